"""The model at given points: one block of draws with some of its values set, and the words for what is drawn.

`simulate` draws everything together. Questions about one assumption need the same draws with one value pinned, or two
sets of draws mixed name by name; both hand a block's values to the kernel through `Given`. Money in the case's
currency over the whole window.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..case import Case
from ..engine.blocks import BLOCK
from ..engine.sampling import Sampler
from ..errors import TradeImpactError, did_you_mean
from ..figures.text import label_of
from ..inputs import Inputs, prepare
from ..kernel import Drawn, draw_block, history, respond
from ..model.control import History
from ..model.ledger import COMPONENTS, TOTALS, government_loss, ledger_lines
from ..scenario import AsReported, Scenario, to_day

Array = NDArray[np.float64]

OUTCOMES = (*TOTALS, "insurgent_gain", *COMPONENTS)
ELASTICITIES = ("theta", "phi", "epsilon")

FIGURES = {
    "holiday": "calendar",
    "inland_feed": "inland",
    "level_growth": "national",
    "level_row": "national",
    "level_value": "national",
    "tariff": "tariff",
    "baseline_level": "national",
    "part": "baseline",
    "share": "baseline",
    "total": "constraints",
    "trucks": "trucks",
}  # table behind each position inside ranges

WORDS = {
    "theta": "Route choice within a neighbour (theta)",
    "phi": "Switching between neighbours (phi)",
    "epsilon": "Total imports and their cost (epsilon)",
    "capacity_ceiling": "Capacity ceiling of open posts",
    "capacity_start": "Capacity at once",
    "capacity_ramp_days": "Days until capacity is reached",
    "recovery_start_share": "Share open at reopening",
    "recovery_half_life_days": "Half-life of recovery",
    "permanent_loss": "Trade lost for good",
    "nobody_open_share": "Share open where nobody holds",
    "friction_insurgent": "Friction under insurgents",
    "friction_nobody_extra": "Extra friction where nobody holds",
    "friction_threat": "Friction under threat",
    "insecurity_sensitivity": "Trade held back by insecurity (gamma)",
    "insecurity_unknown_rise": "Rise of insecurity not yet published",
    "collection_weakening": "Weaker collection under insecurity",
    "deferral_share": "Share of trade that waits",
    "deferral_return": "Pace at which waiting trade returns",
    "collected_rate_declared": "Collected rate on declared value",
    "gap": "Collection gap",
    "gap_split": "Split of the gap (undeclared or leaking)",
    "bribe_share": "Bribes' share of leakage",
    "inland_charge_probability": "Chance of an inland charge",
    "inland_rate_ratio": "Inland charge over duty",
    "levy_per_truck": "Levy per truck",
    "value_per_truck": "Value of a truck load",
    "road_levy_per_truck": "Road levy per truck",
    "road_paying_share": "Share of trucks that pay on the road",
    "illicit_transit_per_year": "Illicit transit",
    "illicit_transit_per_year:option": "Illicit transit: which estimate",
    "weight_admission": "Weight of an admission",
    "weight_neighbour": "Weight of a neighbour's word",
    "weight_witness": "Weight of a witness",
    "weight_other_side": "Weight of the other side's claim",
    "weight_own_side": "Weight of an own-side claim",
    "weight_relay": "Weight of a relay",
    "repeat_power": "Weight of repeats",
    "silence": "Chance that a change is reported (rho)",
    "hazard_fall": "Daily chance of a fall",
    "hazard_collect": "Daily chance of collecting",
    "hazard_recapture": "Daily chance of recapture",
    "fall_to_nobody": "Falls that leave nobody in charge",
    "initial_held": "Held at the start",
    "closure_days": "Length of a closure",
    "contagion": "Contagion of falls",
    "annual_growth": "Growth of revenue in a year",
    "baseline_level": "National revenue had nothing fallen",
    "holiday": "Trade on holidays",
    "inland_feed": "What feeds the inland houses",
    "level_growth": "Growth since the last figure",
    "level_row": "Which of the conflicting totals",
    "level_value": "National total within its rounding",
    "tariff": "Scheduled rates",
    "trucks": "Trucks a day",
    "share": "Share of national revenue",
    "part": "Annual revenue",
    "total": "Sum stated by a source",
    "unknown_baseline": "Revenue of a post without a figure",
}


class Heard(dict[str, Array]):
    """Values that note which of them were read; what is made from them by ``|`` notes it in the same place."""

    def __init__(self, values: Mapping[str, Array], names: set[str]) -> None:
        super().__init__(values)
        self.names = names

    def __or__(self, other: Any) -> Heard:  # type: ignore[override]
        return Heard({**dict(self.items()), **other}, self.names)

    def __getitem__(self, name: str) -> Array:
        self.names.add(name)
        return super().__getitem__(name)

    def copy(self) -> Heard:
        """The same values, heard in the same place."""
        return Heard(dict(self.items()), self.names)

    def get(self, name: str, default: Array | None = None) -> Array | None:  # type: ignore[override]
        """Value of a name, noted too."""
        return self[name] if name in self else default  # noqa: SIM401


class Given(Sampler):
    """A sampler whose block is given: the kernel takes these values in place of drawn ones."""

    def __init__(self, values: Mapping[str, Array], seed: int) -> None:
        self.seed = seed
        self._values = values if isinstance(values, Heard) else dict(values)

    def block(self, block: int, *more: int) -> dict[str, Array]:
        """The given values, whatever the block's number."""
        return self._values.copy()


def prepared(
    case: Case,
    scenario: Scenario | AsReported | None,
    start: str | date | datetime,
    end: str | date | datetime,
    as_of: str | date | datetime | None,
) -> Inputs:
    """Case, scenario and window as `simulate` would lay them out."""
    first, last = to_day(start), to_day(end)
    if last < first:
        raise TradeImpactError(f"the window ends on {last}, before it starts on {first}; both ends are included")
    day = None if as_of is None else to_day(as_of)
    return prepare(case if day is None else case.as_of(day), scenario, first, last, as_of=day)


def check_outcome(outcome: str, known: tuple[str, ...] = OUTCOMES) -> None:
    """Raise unless `outcome` is a line of the ledgers that can be asked for."""
    if outcome not in known:
        hint = did_you_mean(str(outcome), known)
        raise TradeImpactError(f"outcome={outcome!r}: expected one of {', '.join(known)}. {hint}".strip())


def evaluate(x: Inputs, values: Mapping[str, Array], seed: int, number: int) -> Drawn:
    """What a block draws when its values are given; monthly shocks come from `seed`."""
    return draw_block(x, Given(values, seed), number)


def reads(x: Inputs, values: Mapping[str, Array], seed: int, outcome: str) -> tuple[set[str], set[str]]:
    """Names of the drawn values that an outcome rests on, and of those its sampled history rests on.

    The second are none where events are stated. What is not read at all cannot move the outcome.
    """
    names: set[str] = set()
    d = evaluate(x, Heard(values, names), seed, 0)
    past: set[str] = set()
    paths = history(x, replace(d, p=Heard(d.p, past)))
    outcome_of(x, replace(d, p=Heard(d.p, names)), paths, outcome)
    return names | past, past


def outcome_of(x: Inputs, d: Drawn, paths: History, outcome: str) -> Array:
    """One ledger line over all crossings and the whole window, (BLOCK,), currency."""
    r = respond(x, d, paths)
    flows, rates = r.flows.over(x.window), r.rates.over(x.window)
    if outcome == "government_loss":
        daily = government_loss(flows, rates)
    else:
        daily = ledger_lines(flows, rates)[outcome].sum(axis=0)
    return np.asarray(np.broadcast_to(daily, (len(x.window_days), BLOCK)).sum(axis=0))


def correlations_of(x: Inputs) -> dict[str, float]:
    """Correlation by group, of the groups that occur."""
    return {m.group: x.case.correlations[m.group] for m in x.marginals if m.group}


def is_drawn(options: tuple[tuple[float, float, float, float], ...], distribution: str) -> bool:
    """Whether a marginal has any spread."""
    return len(options) > 1 or (distribution != "fixed" and options[0][1] != options[0][3])


def words_for(name: str, case: Case) -> str:
    """Short label of anything that is drawn: an assumption, a truck count, a baseline figure.

    Overrides of one crossing name it: ``gap.zaranj`` is "Collection gap, Zaranj".
    """
    if name in WORDS:
        return WORDS[name]
    general, _, where = name.partition(".")
    first = WORDS.get(general, label_of(general))
    if not where:
        return first
    places = dict(zip(case.crossings["crossing"].astype(str), case.crossings["name"].astype(str), strict=True))
    return f"{first}, {places.get(where, where.replace('_', ' '))}"


def evidence_of(name: str, case: Case) -> dict[str, str]:
    """Grade (the weakest) and sources behind anything that is drawn: an assumption or a figure with a range."""
    name = name.removesuffix(":option")
    record = case.assumption_records.get(name)
    if record is not None:
        return {"grade": record.grade, "source": record.source}
    general, _, where = name.partition(".")
    known = FIGURES.get(general, "")
    if known not in case.tables or case.tables[known].empty:
        return {"grade": "E", "source": ""}
    table = case.tables[known]
    if known in ("baseline", "trucks"):
        table = table[table["crossing"] == where]
    elif known == "constraints":
        table = table[table["constraint"] == where]
    elif known == "national":
        table = table[table["use"] == ("growth" if general == "level_growth" else "level")]
    elif known == "calendar":
        table = table[table["kind"] == "holiday"]
    grades = sorted({str(g) for g in table["grade"] if str(g)})
    sources = dict.fromkeys(s for cell in table["source"] for s in str(cell).split(";"))
    return {"grade": grades[-1] if grades else "E", "source": ";".join(sources)}
