"""Sensitivity: what share of an outcome's variance each group of inputs explains, alone and with all it takes part in.

Sobol indices (see `sobol`) are defined for independent inputs only. Inputs that are correlated or kept in an order
(theta >= phi >= epsilon) therefore stay together in one group, and groups are the default. What is random beside the
values themselves goes with a group of its own: monthly shocks of the national level with the level, sampled histories
and the uncertain days of closures with what reports say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import blake2b
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..case import Case
from ..engine.blocks import blocks
from ..engine.sampling import Sampler, ordered_elasticities, seed_of
from ..errors import TradeImpactError
from ..figures.text import amount, label_of, percent
from ..inputs import Inputs
from ..kernel import history
from ..model.control import History
from ..scenario import AsReported, Scenario
from ..tables import records
from .points import (
    ELASTICITIES,
    check_outcome,
    correlations_of,
    evaluate,
    evidence_of,
    is_drawn,
    outcome_of,
    prepared,
    reads,
    words_for,
)
from .sobol import DRAWS, OTHER, Members, grouped, indices_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

LEVEL, HISTORY, REST = "National level", "Who held what (reports)", "Everything else"
NOTE = (
    "Groups are independent of each other; inside a group inputs are correlated or ordered, so it has one index. An "
    "estimate below 0 is chance: the index itself is at least 0."
)
THEMES: Mapping[str, tuple[str, ...]] = {
    "How trade answers cost": ELASTICITIES,
    "Capacity and recovery": (
        "capacity_start", "capacity_ceiling", "capacity_ramp_days", "recovery_start_share", "recovery_half_life_days",
        "permanent_loss", "nobody_open_share", "deferral_share", "deferral_return",
    ),
    "Friction": ("friction_insurgent", "friction_nobody_extra", "friction_threat", "threat_days"),
    "Insecurity": ("insecurity_sensitivity", "collection_weakening", "insecurity_unknown_rise"),
    "Rates and leakage": ("collected_rate_declared", "gap", "gap_split", "bribe_share", "tariff"),
    "Levies and trucks": (
        "levy_per_truck", "value_per_truck", "road_levy_per_truck", "road_paying_share", "receipt_honoured",
        "illicit_transit_per_year", "trucks",
    ),
    "Charged again inland": ("inland_charge_probability", "inland_rate_ratio"),
    LEVEL: ("level_growth", "level_row", "level_value", "annual_growth"),
    "Holidays": ("holiday",),
    "Revenue of each crossing": ("part", "total", "unknown_baseline", "inland_feed"),
}  # fmt: skip


@dataclass(frozen=True)
class Sensitivity:
    """Sobol indices of one outcome.

    Attributes
    ----------
    table : DataFrame
        One row per group, the largest total first: group, first, first_low, first_high, total, total_low, total_high
        (90 % bootstrap intervals), members (names), grade (the weakest of its assumptions).
    text : str
        What a briefer would say.
    sd : float
        Standard deviation of the outcome, currency.
    """

    case: Case
    table: pd.DataFrame
    outcome: str
    sd: float
    window: tuple[date, date]
    scenario: str
    draws: int
    seed: int

    @property
    def text(self) -> str:
        """The largest groups, the interactions, and what an estimate below 0 means."""
        rows = records(self.table)
        what = label_of(self.outcome)
        lines = [
            f"{what}, {self.window[0]} to {self.window[1]}: standard deviation "
            f"{amount(self.sd, currency=self.case.currency.upper())}."
        ]
        for row in rows[:3]:
            lines.append(
                f"{row['group']} explains {percent(row['first'])} of its variance alone (90 %: "
                f"{percent(row['first_low'])} to {percent(row['first_high'])}), {percent(row['total'])} with all it "
                f"takes part in ({percent(row['total_low'])} to {percent(row['total_high'])})."
            )
        alone = float(self.table["first"].sum())
        if alone <= 1.0:
            lines.append(f"All groups alone explain {percent(alone)}; the rest belongs to several of them together.")
        else:
            lines.append(f"All groups alone sum to {percent(alone)}: within the error of 100 %, they hardly interact.")
        below = [str(row["group"]) for row in rows if row["first"] < 0]
        if below:
            named = "; ".join(below[:2]) + (f"; {len(below) - 2} more" if len(below) > 2 else "")
            lines.append(f"Estimates below 0 ({named}) are chance, as no share of a variance is: read their intervals.")
        return "\n".join(lines)

    def plot(self, *, title: str | None = None, save: str | Path | None = None, ax: Axes | None = None) -> Axes:
        """First and total index of each group with their intervals."""
        from ..figures import sensitivity as figure
        from ..figures.save import save as save_figure
        from ..plots import credit

        what = label_of(self.outcome)
        first = records(self.table)[0]
        shares = f"{percent(first['first'])} of the variance alone, {percent(first['total'])} with others"
        finding = f"{first['group']} matters most for the {what.lower()}: {shares}"
        drawn = figure.indices(
            self.table, title=title or finding, source=credit(self.case), note=NOTE, synthetic=self.case.synthetic,
            outcome=what, ax=ax,
        )  # fmt: skip
        if save is not None:
            shown = self.table.assign(members=[" ".join(m) for m in self.table["members"]])
            words = figure.alt_indices(self.table, outcome=what)
            save_figure(drawn, save, table=shown, alt=words, manifest=self.manifest())
        return drawn

    def manifest(self) -> dict[str, Any]:
        """What is needed to get these numbers again."""
        from .. import _version

        return {
            "tradeimpact": _version.__version__, "case": self.case.name, "data": dict(self.case.hashes),
            "scenario": self.scenario, "start": str(self.window[0]), "end": str(self.window[1]),
            "outcome": self.outcome, "draws": self.draws, "seed": self.seed,
            "groups": {row["group"]: list(row["members"]) for row in records(self.table)},
        }  # fmt: skip

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return "<div>" + "".join(f"<p>{escape(line)}</p>" for line in self.text.split("\n")) + "</div>"


def sensitivity(
    case: Case,
    scenario: Scenario | AsReported | None,
    *,
    start: str | date | datetime,
    end: str | date | datetime,
    outcome: str = "government_loss",
    groups: Members | str = "themes",
    as_of: str | date | datetime | None = None,
    draws: int = DRAWS,
    rng: int | np.random.Generator | None = None,
) -> Sensitivity:
    """Sobol first and total indices of what is drawn, with 90 % intervals; by groups that are independent.

    Parameters
    ----------
    case, scenario, start, end, as_of
        As in `simulate`.
    outcome : str
        government_loss, government_revenue, insurgent_gain, baseline or a component of the bridge, over the window in
        the case's currency.
    groups : "themes", "parameters", or mapping of label to names
        Themes such as "Rates and leakage", with each correlation group whole; every independent assumption by itself;
        or groups of your own, the rest under "Everything else". Whatever the choice, a correlation group, the three
        elasticities and the assumptions that sampled histories rest on are not taken apart.
    draws : int
        Of each of the two sets; the model is run (groups + 2) x draws times.
    rng : int, Generator or None

    Returns
    -------
    Sensitivity

    Raises
    ------
    TradeImpactError
        If the outcome or a name is unknown, groups take apart what belongs together, the outcome does not vary, or
        SALib is missing (``pip install tradeimpact[sensitivity]``).
    """
    check_outcome(outcome)
    wanted = list(blocks(draws))
    x = prepared(case, scenario, start, end, as_of)
    seed = seed_of(rng)
    pair = Pair(x, seed)
    members = _members(x, groups, *pair.reads(outcome))
    mixed = [pair.outcomes(number, members, outcome)[:, :count] for number, count in wanted]
    table, sd = indices_of(np.concatenate(mixed, axis=1), list(members), seed)
    table["members"] = [tuple(members[g]) for g in table["group"]]
    table["grade"] = [_weakest(x.case, names) for names in table["members"]]
    window = x.window_days[0].date(), x.window_days[-1].date()
    return Sensitivity(x.case, table, outcome, sd, window, x.scenario.to_yaml(), draws, seed)


class Pair:
    """Two independent sets of draws of a run, mixed name by name."""

    def __init__(self, x: Inputs, seed: int) -> None:
        self.inputs = x
        again = int.from_bytes(blake2b(f"{seed}/{OTHER}".encode(), digest_size=7).digest(), "big")
        self.seeds = (seed, again)
        rho = correlations_of(x)
        copies = [replace(m, name=OTHER + m.name, group=m.group and OTHER + m.group) for m in x.marginals]
        scores = [OTHER + name for name in x.scores]
        both = rho | {OTHER + g: r for g, r in rho.items()}
        self._sampler = Sampler((*x.marginals, *copies), (*x.scores, *scores), both, seed)
        self._marginals = {m.name: m for m in x.marginals}
        self.of_history: set[str] = set()

    def block(self, number: int) -> tuple[dict[str, Array], dict[str, Array]]:
        """Values of one block of either set, each with its elasticities in order."""
        values = self._sampler.block(number)
        one = {n: v for n, v in values.items() if not n.startswith(OTHER)}
        two = {n.removeprefix(OTHER): v for n, v in values.items() if n.startswith(OTHER)}
        first, second = (
            ordered_elasticities(v, self._marginals, s, number) for v, s in zip((one, two), self.seeds, strict=True)
        )
        return first, second

    def reads(self, outcome: str) -> tuple[set[str], set[str]]:
        """Names that the outcome rests on, and those its sampled history does; see `points.reads`."""
        heard, self.of_history = reads(self.inputs, self.block(0)[0], self.seeds[0], outcome)
        return heard, self.of_history

    def outcomes(self, number: int, members: Members, outcome: str) -> Array:
        """The outcome of the first set, of it with each group from the second, and of the second, (groups + 2, B)."""
        sets = self.block(number)
        owner = {name: g for g, names in members.items() for name in names}
        # monthly shocks and sampled histories have streams of their own, which go with these groups
        levels = next((owner[n] for n in THEMES[LEVEL] if n in owner), "")
        histories = next((owner[n] for n in sorted(self.of_history) if n in owner), "")
        past: list[History] = []
        rows = []
        for taken in ((), *((g,) for g in members), tuple(members)):
            values = {n: sets[_group(n, owner) in taken][n] for n in sets[0]}
            level = self.seeds[levels in taken]
            d = evaluate(self.inputs, values, level, number)
            if len(past) < 2:  # the same history wherever its group comes from the same set
                past = [
                    history(self.inputs, evaluate(self.inputs, v, s, number))
                    for v, s in zip(sets, self.seeds, strict=True)
                ]
            rows.append(outcome_of(self.inputs, d, past[histories in taken], outcome))
        return np.stack(rows)


def _group(name: str, owner: Mapping[str, str]) -> str:
    """Group of a value; the option of a structural alternative goes with it, what is fixed goes nowhere."""
    return owner.get(name.removesuffix(":option"), "")


def _members(x: Inputs, groups: Members | str, heard: set[str], of_history: set[str]) -> dict[str, list[str]]:
    """Names by group, so that groups are independent: what belongs together is never taken apart."""
    drawn = [m.name for m in x.marginals if is_drawn(m.options, m.distribution)] + list(x.scores)
    drawn = [n for n in drawn if n in heard]  # the others cannot move the outcome
    if not drawn:
        raise TradeImpactError("the outcome rests on nothing that is drawn, so there is no variance to explain")
    bound = {m.name: m.group for m in x.marginals if m.group}
    if isinstance(groups, str):
        if groups not in ("themes", "parameters"):
            raise TradeImpactError(f"groups={groups!r}: expected 'themes', 'parameters' or a mapping of label to names")
        return (_themed if groups == "themes" else _single)(x, drawn, of_history, bound)
    chosen = grouped(drawn, groups, rest=REST)
    owner = {name: g for g, names in chosen.items() for name in names}
    together = [[n for n in drawn if bound.get(n) == g] for g in dict.fromkeys(bound.values())]
    together += [[n for n in drawn if n in names] for names in (ELASTICITIES, THEMES[LEVEL], of_history)]
    for names in together:
        if len({owner[n] for n in names}) > 1:
            raise TradeImpactError(
                f"{', '.join(names)} are correlated, ordered or sampled together: Sobol indices need them in one group"
            )
    return chosen


def _themed(x: Inputs, drawn: list[str], of_history: set[str], bound: Mapping[str, str]) -> dict[str, list[str]]:
    """Thematic groups; a correlation group that spans several has one of its own."""
    theme = {name: label for label, names in THEMES.items() for name in names}
    place = {n: HISTORY if n in of_history else theme.get(n.split(".", 1)[0], REST) for n in drawn}
    for g in dict.fromkeys(bound.values()):
        names = [n for n in drawn if bound.get(n) == g]
        homes = {place[n] for n in names}
        if len(homes) > 1:
            place |= dict.fromkeys(names, HISTORY if HISTORY in homes else g.replace("_", " ").capitalize())
    found: dict[str, list[str]] = {}
    for n in drawn:
        found.setdefault(place[n], []).append(n)
    return found


def _single(x: Inputs, drawn: list[str], of_history: set[str], bound: Mapping[str, str]) -> dict[str, list[str]]:
    """Every independent name by itself; what belongs together stays together."""
    found: dict[str, list[str]] = {}
    for n in drawn:
        general = n.split(".", 1)[0]
        if n in of_history or (bound.get(n) and any(bound.get(r) == bound[n] for r in of_history)):
            label = HISTORY
        elif bound.get(n):
            label = bound[n].replace("_", " ").capitalize()
        elif n in ELASTICITIES:
            label = next(iter(THEMES))
        elif general in THEMES[LEVEL]:
            label = LEVEL
        elif general in ("trucks", "part", "total"):
            label = words_for(general, x.case)
        else:
            label = words_for(n, x.case)
        found.setdefault(label, []).append(n)
    return found


def _weakest(case: Case, names: Sequence[str]) -> str:
    return max(evidence_of(n, case)["grade"] for n in names)
