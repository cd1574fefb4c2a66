"""Which crossing do truckers choose? A conditional logit on a long table, with alternatives that can be shut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..engine.sampling import FIVE_PER_CENT
from ..errors import TradeImpactError, did_you_mean
from ..figures.text import fixed
from ..model.choice import fit_choice, separated

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class ChoiceModel:
    """A fitted conditional logit.

    Attributes
    ----------
    table : DataFrame
        Index coefficient; estimate, error (from the information), robust_error (sandwich by chooser), low and high
        (90 %, from the robust error).
    rows : DataFrame
        Index reason: rows of the long table, and choices in them, that were used or why they were not.
    log_likelihood, null_log_likelihood : float
        At the maximum, and with equal shares of all that was open.
    choices : float
        Sum of `chosen` in the rows used.
    source, grade : str
    synthetic : bool
    """

    table: pd.DataFrame
    rows: pd.DataFrame
    log_likelihood: float
    null_log_likelihood: float
    choices: float
    source: str = ""
    grade: str = ""
    synthetic: bool = False

    @property
    def text(self) -> str:
        """What a briefer would say."""
        first = self.table.iloc[-1]
        left = self.rows.drop(index="used")
        dropped = ", ".join(f"{int(n):,} {reason}" for reason, n in left["rows"].items() if n)
        return (
            ("Synthetic data. " if self.synthetic else "")
            + f"{self.choices:,.6g} choices; log-likelihood {fixed(self.log_likelihood, 3)} "
            + f"({fixed(self.null_log_likelihood, 3)} if all that was open had been alike). "
            + f"{self.table.index[-1]}: {fixed(first['estimate'], 3)} (90 %: {fixed(first['low'], 3)} to "
            + f"{fixed(first['high'], 3)}). Rows not used: {dropped or 'none'}."
        )

    def __repr__(self) -> str:
        return self.text

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Coefficients with their 90 % intervals."""
        from ..figures.estimates import estimates

        return estimates(
            self.table,
            source=self.source,
            title="What the choices say: effect of each attribute on utility",
            label="Coefficient (utility per unit)",
            grade=self.grade or None,
            synthetic=self.synthetic,
            ax=ax,
        )


def conditional_logit(
    table: pd.DataFrame,
    attributes: Sequence[str],
    *,
    chooser: str,
    alternative: str,
    chosen: str,
    available: str | None = None,
    constants: Sequence[str] | bool = True,
    source: str = "",
    grade: str = "",
    synthetic: bool = False,
) -> ChoiceModel:
    """Conditional (multinomial) logit of choices among the alternatives that were open.

    Parameters
    ----------
    table : DataFrame, one row per chooser and alternative
        A chooser may be a truck, or a day or month of many.
    attributes : sequence of str
        Columns with the attributes of the alternatives (log cost, hours), one coefficient each.
    chooser, alternative, chosen : str
        Columns: who chooses, the name of the alternative, and 1 for the one chosen (0 for the others), or how many
        chose it (trucks, or the value of goods).
    available : str, optional
        Column of truth values or 0 and 1: a shut crossing is not among the choices.
    constants : sequence of str or bool
        Alternatives with a constant of their own; True gives one to all but the first by name.
    source, grade : str
    synthetic : bool

    Returns
    -------
    ChoiceModel

    Raises
    ------
    TradeImpactError
        Where columns are missing or hold no numbers, something shut was chosen, or the data do not tell a coefficient.

    Examples
    --------
    >>> trucks = pd.DataFrame({
    ...     "day": [1, 1, 2, 2, 3, 3], "post": ["a", "b"] * 3, "log_cost": [0.0, 0.2, 0.3, 0.0, 0.1, 0.1],
    ...     "trucks": [80, 20, 30, 70, 55, 45]})
    >>> found = conditional_logit(trucks, ["log_cost"], chooser="day", alternative="post", chosen="trucks")
    >>> found.table["estimate"].round(2).to_dict()
    {'constant b': -0.37, 'log_cost': -4.33}
    """
    _columns(table, [chooser, alternative, chosen, *attributes, *([available] if available else [])])
    y, reason = _reasons(table, attributes, chosen, available)
    x, names = _design(table, attributes, alternative, constants)
    sets = pd.factorize(table[chooser])[0].astype(np.intp)
    leave_out_idle(reason, sets, y)
    used = reason == "used"
    if not used.any():
        raise TradeImpactError("no chooser had two alternatives to choose from, so nothing can be estimated")
    reason[np.flatnonzero(used)[separated(x[used], y[used], dense(sets[used]))]] = "separated"
    leave_out_idle(reason, sets, y)
    used = reason == "used"
    # the constant of an alternative that was never chosen went with its rows
    keep = [i for i, n in enumerate(names) if n in attributes or x[used, i].any()]
    fit = fit_choice(x[used][:, keep], y[used], dense(sets[used]), [names[i] for i in keep])
    error, robust = (np.sqrt(np.diag(m)) for m in (fit.covariance, fit.robust))
    b = fit.coefficients
    found = pd.DataFrame(
        {"estimate": b, "error": error, "robust_error": robust}
        | {"low": b - FIVE_PER_CENT * robust, "high": b + FIVE_PER_CENT * robust},
        index=pd.Index([names[i] for i in keep], name="coefficient"),
    )
    return ChoiceModel(
        table=found,
        rows=row_counts(reason, y),
        log_likelihood=fit.log_likelihood,
        null_log_likelihood=fit.null,
        choices=float(y[used].sum()),
        source=source,
        grade=grade,
        synthetic=synthetic,
    )


REASONS = ("used", "shut", "missing", "alone", "separated")


def row_counts(reason: NDArray[np.object_], y: Array) -> pd.DataFrame:
    """Rows and what was chosen in them, by reason: used; shut; an attribute missing; alone in its set, or in a set
    where nothing was chosen; separated.
    """
    counts = {name: (int((reason == name).sum()), float(np.nansum(y[reason == name]))) for name in REASONS}
    return pd.DataFrame.from_dict(counts, orient="index", columns=["rows", "chosen"]).rename_axis("reason")


def leave_out_idle(reason: NDArray[np.object_], sets: NDArray[np.intp], y: Array) -> None:
    """Mark rows of sets with one alternative, or none chosen: they say nothing about a choice."""
    used = reason == "used"
    count = np.bincount(sets[used], minlength=sets.max() + 1)
    amount = np.bincount(sets[used], y[used], minlength=sets.max() + 1)
    reason[used & ((count[sets] < 2) | (amount[sets] == 0))] = "alone"


def dense(sets: NDArray[np.intp]) -> NDArray[np.intp]:
    """Codes 0..n-1 in order of first appearance."""
    return pd.factorize(sets)[0].astype(np.intp)


def _reasons(
    table: pd.DataFrame, attributes: Sequence[str], chosen: str, available: str | None
) -> tuple[Array, NDArray[np.object_]]:
    """What was chosen (rows,), and "used", "shut" or "missing" for each row."""
    y = _numbers(table, chosen)
    is_open = np.ones(len(table), dtype=bool) if available is None else _numbers(table, available) > 0
    missing = np.isnan(y)
    for name in attributes:
        missing = missing | np.isnan(_numbers(table, name))
    wrong = np.flatnonzero((y < 0) | (~is_open & (y > 0)))
    if len(wrong):
        where = " where the alternative is shut" if y[wrong[0]] > 0 else ""
        raise TradeImpactError(f"row {table.index[wrong[0]]!r} has {chosen} {y[wrong[0]]:g}{where}; mend that row")
    if (y[is_open & missing] > 0).any():
        raise TradeImpactError("an alternative that was chosen lacks an attribute; give it or leave the chooser out")
    reason = np.full(len(table), "used", dtype=object)
    reason[missing] = "missing"
    reason[~is_open] = "shut"
    return y, reason


def _design(
    table: pd.DataFrame, attributes: Sequence[str], alternative: str, constants: Sequence[str] | bool
) -> tuple[Array, list[str]]:
    """Constants, then attributes, (rows, k), and their names."""
    labels = table[alternative].astype(str).to_numpy()
    known = sorted(set(labels))
    own = known[1:] if constants is True else list(constants or [])
    unknown = [name for name in own if name not in known]
    if unknown:
        raise TradeImpactError(f"constants: no alternative {unknown[0]!r}. {did_you_mean(unknown[0], known)}".strip())
    columns = [*(labels == name for name in own), *(_numbers(table, name) for name in attributes)]
    if not columns:
        raise TradeImpactError("neither attributes nor constants: there is nothing to estimate")
    return np.column_stack(columns).astype(float), [*(f"constant {name}" for name in own), *attributes]


def _columns(table: pd.DataFrame, names: Sequence[str]) -> None:
    for name in names:
        if name not in table:
            hint = did_you_mean(name, [str(c) for c in table.columns])
            raise TradeImpactError(f"the table has no column {name!r}. {hint}".strip())


def _numbers(table: pd.DataFrame, name: str) -> Array:
    try:
        values = pd.to_numeric(table[name]).to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        raise TradeImpactError(f"column {name!r} holds something that is no number") from None
    if np.isinf(values).any():
        raise TradeImpactError(f"column {name!r} is infinite in places; a shut crossing is marked in `available`")
    return np.asarray(values)
