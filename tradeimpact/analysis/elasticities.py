"""Elasticities from data: theta within route groups, phi between them, epsilon of all trade (MODEL section 5).

The nested form in three steps, each one the marginal of the next, with a constant for each crossing and group::

    share of c in its group      a[c] + log o - theta log(cost)                     gives theta
    share of group n in all      g[n] + (phi / theta) I[n],      I[n] = log sum over n of o exp(a - theta log(cost))
    all trade                    controls + (epsilon / phi) J,   J = log sum of exp(g + (phi / theta) I)

The shares are fitted by Poisson pseudo-maximum likelihood with an effect per group and period (the score of a
conditional logit weighted by value) or by a logit of the shares themselves; all trade always by the former. The three
steps are one system of moments: standard errors carry the earlier steps into the later ones (Murphy and Topel 1985)
and hold under any variance and under correlation over neighbouring periods (Newey and West 1987).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..case import Case
from ..engine.sampling import FIVE_PER_CENT
from ..errors import TradeImpactError
from ..figures.text import fixed
from ..scenario import to_day
from .nested import METHODS, STEPS, fit_nested
from .panel import panel_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

NAMES = ("theta", "phi", "epsilon")
MEANS = {
    "theta": "among crossings of its route group",
    "phi": "between route groups",
    "epsilon": "of all trade",
}


@dataclass(frozen=True, repr=False)
class Elasticities:
    """Estimated elasticities.

    Attributes
    ----------
    table : DataFrame
        Index elasticity (theta, phi, epsilon): estimate, error (standard error), low, high (90 %), periods and rows
        used, note (why there is none).
    rows : DataFrame
        Index (step, reason): rows, and the trade in them, that were used or why they were not.
    method : str
    source, grade : str
    synthetic : bool
    """

    table: pd.DataFrame
    rows: pd.DataFrame
    method: str
    source: str = ""
    grade: str = ""
    synthetic: bool = False

    @property
    def text(self) -> str:
        """What a briefer would say."""
        lines = []
        for row in self.table.reset_index().to_dict("records"):
            name = row["elasticity"]
            if not np.isfinite(row["estimate"]):
                lines.append(f"{name} ({MEANS[name]}) is not identified: {row['note']}.")
                continue
            low, high = fixed(row["low"], 1), fixed(row["high"], 1)
            lines.append(f"{name}, the response {MEANS[name]}, is {fixed(row['estimate'], 1)} (90 %: {low} to {high}).")
        known = self.table["estimate"].dropna()
        if (known.diff().dropna() > 0).any() or (known < 0).any():
            lines.append("They are not in the order theta >= phi >= epsilon >= 0 that the model needs: see the ranges.")
        left = self.rows[self.rows.index.get_level_values("reason") != "used"]
        left = left[left["rows"] > 0]
        words = [
            f"{int(r['rows'])} {reason} ({step})" for (step, reason), r in zip(left.index, _dicts(left), strict=True)
        ]
        lines.append(f"Rows not used: {', '.join(words) or 'none'}.")
        return ("Synthetic data. " if self.synthetic else "") + " ".join(lines)

    def __repr__(self) -> str:
        return self.text

    def plot(self, case: Case | None = None, *, ax: Axes | None = None) -> Axes:
        """Estimates with 90 % intervals; with a case, what it assumes beside them."""
        from ..figures.estimates import estimates

        prior = None
        if case is not None:
            records = {name: case.assumption_records[name] for name in NAMES if name in case.assumption_records}
            prior = pd.DataFrame({n: {"low": r.low, "best": r.best, "high": r.high} for n, r in records.items()}).T
        found = self.table[self.table["estimate"].notna()]
        best = fixed(found["estimate"].iloc[0], 1)
        return estimates(
            self.table,
            source=self.source,
            title=f"A crossing 1 % dearer trades about {best} % less beside its route group",
            label="Elasticity with respect to cost (% of trade per % of cost)",
            prior=prior,
            grade=self.grade or None,
            synthetic=self.synthetic,
            ax=ax,
        )

    def assume(
        self,
        case: Case,
        *,
        source: str,
        grade: str = "",
        published: str | date | None = None,
        names: Sequence[str] = NAMES,
    ) -> Case:
        """The case with the estimates as its assumptions, lognormal with the estimate's relative error.

        Parameters
        ----------
        case : Case
        source : str
            Where flows and costs come from, for ``case.changes``.
        grade : {"A", "B", "C", "E"}, optional
            Of those data; without it that of the estimate, E where it has none.
        published : day, optional
            When they became public: vintages before it do not see them.
        names : sequence of str
            Elasticities to take over; those that are not identified stay as the case has them.

        Raises
        ------
        TradeImpactError
            If a name is none of the three, or an estimate is not above 0 and so no elasticity of the model.
        """
        return case.assume(
            self.assumptions(names=names, source=source, grade=grade, published=published), source=source
        )

    def assumptions(
        self,
        *,
        source: str,
        grade: str = "",
        published: str | date | None = None,
        names: Sequence[str] = NAMES,
    ) -> dict[str, dict[str, Any]]:
        """Records for ``case.assume``: low, best and high are the 5, 50 and 95 % points. As :meth:`assume`."""
        found: dict[str, dict[str, Any]] = {}
        for name in names:
            if name not in NAMES:
                raise TradeImpactError(f"{name!r} is no elasticity; choose among {', '.join(NAMES)}")
            best, error = (float(self.table.loc[name, c]) for c in ("estimate", "error"))  # type: ignore[arg-type]
            if not np.isfinite(best):
                continue
            if best <= 0:
                raise TradeImpactError(
                    f"{name} is estimated at {best:.2g}, and the model needs it above 0; leave it out of names= and "
                    "keep what the case assumes"
                )
            factor = float(np.exp(FIVE_PER_CENT * error / best))
            found[name] = {"low": best / factor, "best": best, "high": best * factor, "distribution": "lognormal"}
            found[name] |= {"source": source, "grade": grade or self.grade or "E", "alternatives": []}
            if published is not None:
                found[name]["published_latest"] = to_day(published)
        return found


def estimate_elasticities(
    flows: pd.DataFrame,
    costs: pd.DataFrame,
    *,
    groups: Mapping[str, str] | pd.Series | None = None,
    open_share: pd.DataFrame | None = None,
    controls: pd.DataFrame | None = None,
    method: str = "ppml",
    source: str = "",
    grade: str = "",
    synthetic: bool = False,
) -> Elasticities:
    """theta, phi and epsilon from flows and costs per crossing and period.

    Parameters
    ----------
    flows : DataFrame (period x crossing)
        Trade (value, tonnes, trucks), at least 0; missing where not reported. A 0 at an open post is a data point.
    costs : DataFrame (period x crossing)
        Cost of bringing goods worth 1 through, above 0: 1 + burden + friction, or any multiple of it per crossing.
    groups : Series or mapping by crossing, optional
        Route group (``case.crossings.set_index("crossing")["route_group"]``). Without it there is one group and phi
        is not identified.
    open_share : DataFrame (period x crossing), optional
        Share of the period that the post was open, 0 to 1; a shut post (0) is not among the choices. Without it all
        are open throughout.
    controls : DataFrame (period x control), optional
        What else moves all trade (a trend, months of the year, the neighbour's economy). Without it every movement of
        all trade that goes with cost is put down to cost.
    method : {"ppml", "logit"}
        Whether a period counts by its trade or all periods count alike. The first is right on average whatever the
        noise, the second only for small noise: a share is not linear in it.
    source, grade : str
        For labels.
    synthetic : bool

    Returns
    -------
    Elasticities

    Raises
    ------
    TradeImpactError
        Where tables do not fit one another, values are out of range, or costs do not vary within any group.

    Notes
    -----
    What moves costs must not be moved by flows: queues grow with traffic, and an estimate from such costs is too low.
    """
    if method not in METHODS:
        raise TradeImpactError(f"method={method!r}: expected one of {', '.join(METHODS)}")
    panel = panel_of(flows, costs, groups, open_share, controls)
    nested = fit_nested(panel, method)
    table = pd.DataFrame(
        {
            "estimate": nested.estimate,
            "error": nested.error,
            "low": nested.estimate - FIVE_PER_CENT * nested.error,
            "high": nested.estimate + FIVE_PER_CENT * nested.error,
            "periods": nested.periods,
            "rows": [int(nested.rows[s]["rows"].iloc[0]) if s in nested.rows else 0 for s in STEPS],
            "note": nested.notes,
        },
        index=pd.Index(NAMES, name="elasticity"),
    )
    return Elasticities(
        table=table,
        rows=pd.concat(nested.rows, names=["step", "reason"]),
        method=method,
        source=source,
        grade=grade,
        synthetic=synthetic,
    )


def _dicts(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
