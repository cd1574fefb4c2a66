"""Numbers and names in words: rounding to what the error supports, amounts of money, labels of table lines.

The rounding rule is that of the Particle Data Group: with the three leading digits of the error from 100 to
354 keep two digits of it, from 355 to 949 one, from 950 to 999 round it up to 1000 and keep two; the value
is rounded to the same place.
"""

from __future__ import annotations

import math

MINUS = "−"
UNITS = ((1e9, "bn"), (1e6, "m"), (1e3, "thousand"), (1.0, ""))
WORDS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)

LABELS = {
    "baseline": "Baseline (no crossing falls)",
    "government": "Government",
    "insurgent": "Insurgents",
    "nobody": "Nobody",
    "government_revenue": "Collected by the government",
    "government_loss": "Government loss",
    "insurgent_baseline": "Insurgents' baseline (before the falls)",
    "insurgent_revenue": "Received by insurgents",
    "insurgent_gain": "Insurgent gain",
    "lost_to_insurgent_control": "Lost to insurgent control",
    "lost_to_nobody": "Lost where nobody holds",
    "lost_to_closure": "Lost to closure",
    "contraction": "Trade deterred by cost",
    "held_back": "Held back by insecurity",
    "rerouting": "Rerouting and capacity",
    "deferred_returned": "Deferred cargo that returned",
    "weaker_collection": "Weaker collection",
    "collected_inland": "Collected inland",
    "levy_received": "Levied at held crossings",
    "levy_gap": "Levy lower than duty",
    "trade_lost_at_captured": "Trade gone from captured crossings",
    "shut_while_held": "Shut while held by insurgents",
    "transfer_ratio": "Transfer ratio",
    "loss": "Government loss",
    "gain": "Insurgent gain",
}


def label_of(name: str) -> str:
    """Words for the name of a table line; an unknown name is spelt out.

    >>> label_of("lost_to_insurgent_control"), label_of("road_levies")
    ('Lost to insurgent control', 'Road levies')
    """
    plain = name.replace("_", " ").strip()
    return LABELS.get(name, plain[:1].upper() + plain[1:])


def lower_first(words: str) -> str:
    """Words as they stand inside a sentence: the first letter small, unless the first word is an abbreviation.

    >>> lower_first("General insecurity"), lower_first("VAT refunds")
    ('general insecurity', 'VAT refunds')
    """
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def count_word(number: int) -> str:
    """Whole number as a word up to twelve, as digits beyond.

    >>> count_word(7), count_word(14)
    ('seven', '14')
    """
    return WORDS[number] if 0 <= number < len(WORDS) else f"{number:,}"


def last_place(error: float) -> int | None:
    """Power of ten of the last digit that `error` supports; None where the error says nothing (0, missing).

    >>> last_place(0.119), last_place(0.367)
    (-2, -1)
    """
    if not math.isfinite(error) or error <= 0:
        return None
    power = math.floor(math.log10(error))
    leading = error / 10.0**power
    return power - 1 if leading < 3.55 else power


def round_to_error(value: float, error: float) -> float:
    """Round `value` to the last digit that `error` supports; unchanged where the error is 0 or missing.

    >>> round_to_error(4_567_000_000, 300_000_000), round_to_error(0.827, 0.367)
    (4570000000.0, 0.8)
    """
    place = last_place(error)
    if place is None or not math.isfinite(value):
        return float(value)
    return float(round(float(value), -place))


def unit_of(largest: float) -> tuple[float, str]:
    """Size and word of the unit in which an amount up to `largest` is read.

    >>> unit_of(4.6e9), unit_of(250_000_000)
    ((1000000000.0, 'bn'), (1000000.0, 'm'))
    """
    if not math.isfinite(largest):
        return UNITS[-1]
    return next((unit for unit in UNITS if abs(largest) >= unit[0]), UNITS[-1])


def fixed(value: float, decimals: int) -> str:
    """Number with thousands marks, a real minus sign, and no "-0"; "?" where it is missing.

    >>> fixed(-1234.5, 1), fixed(-0.001, 1)
    ('−1,234.5', '0.0')
    """
    if not math.isfinite(value):
        return "?"
    rounded = round(float(value), decimals)
    return f"{abs(rounded):,.{decimals}f}" if rounded >= 0 else f"{MINUS}{abs(rounded):,.{decimals}f}"


def decimals_for(largest: float) -> int:
    """Decimals that give `largest` three digits, for numbers that stand beside it and add up to it.

    >>> decimals_for(5.91), decimals_for(72.0), decimals_for(1234.0)
    (2, 1, 0)
    """
    if not math.isfinite(largest) or largest == 0:
        return 0
    return max(0, 2 - math.floor(math.log10(abs(largest))))


def two_digits(value: float) -> str:
    """Number with two digits that count, and no more than two decimals.

    >>> two_digits(15.04), two_digits(4.55), two_digits(0.9), two_digits(0.041), two_digits(123.0)
    ('15', '4.5', '0.90', '0.04', '123')
    """
    if not math.isfinite(value) or value == 0:
        return fixed(value, 0)
    return fixed(value, min(2, max(0, 1 - math.floor(math.log10(abs(value))))))


def supported(value: float, error: float) -> str:
    """Number rounded to what `error` supports, with two digits where that says nothing.

    >>> supported(404.2, 137.0), supported(5.31, 1.02), supported(0.041, 0.0)
    ('400', '5.3', '0.04')
    """
    place = last_place(error)
    return two_digits(value) if place is None else fixed(round_to_error(value, error), max(0, -place))


def _resolve(value: float, error: float | None) -> int:
    place = last_place(error) if error is not None else None
    if place is not None:
        return place
    return math.floor(math.log10(abs(value))) - 1 if value else 0


def amount(value_afn: float, error: float | None = None, *, currency: str = "AFN") -> str:
    """Amount of money in words, rounded to what `error` supports, or to two digits without one.

    Parameters
    ----------
    value_afn : float
        Amount in units of `currency`.
    error : float, optional
        Its error in the same unit, for instance half the width of the 90 % interval.
    currency : str
        Code that is printed behind the amount.

    Examples
    --------
    >>> amount(4_567_000_000), amount(4_567_000_000, 30_000_000, currency="MMK")
    ('4.6 bn AFN', '4.567 bn MMK')
    """
    if not math.isfinite(value_afn):
        return "an unknown amount"
    place = _resolve(value_afn, error)
    rounded = round(float(value_afn), -place)
    size, word = unit_of(max(abs(rounded), 10.0**place))
    decimals = max(0, round(math.log10(size)) - place)
    return " ".join(part for part in (fixed(rounded / size, decimals), word, currency) if part)


def estimate(middle_afn: float, low_afn: float, high_afn: float, *, currency: str = "AFN") -> str:
    """Middle and 90 % interval in words, in one unit, rounded to what half the interval supports.

    Parameters
    ----------
    middle_afn, low_afn, high_afn : float
        Amounts in units of `currency`.
    currency : str

    Examples
    --------
    >>> estimate(2.04e9, 1.23e9, 3.39e9), estimate(5e6, 5e6, 5e6, currency="USD")
    ('2.0 bn AFN (90 %: 1.2 to 3.4)', '5.0 m USD')
    """
    if not (math.isfinite(middle_afn) and math.isfinite(low_afn) and math.isfinite(high_afn)) or low_afn == high_afn:
        return amount(middle_afn, currency=currency)
    largest = max(abs(low_afn), abs(high_afn))
    place = _resolve(largest, (high_afn - low_afn) / 2)
    size, word = unit_of(largest)
    decimals = max(0, round(math.log10(size)) - place)
    middle, low, high = (
        fixed(round(float(value), -place) / size, decimals) for value in (middle_afn, low_afn, high_afn)
    )
    return f"{' '.join(part for part in (middle, word, currency) if part)} (90 %: {low} to {high})"


def millions(value: float) -> str:
    """Amount in whole millions with thousands marks, for tables: one decimal below ten.

    >>> millions(1_234_500_000.0), millions(-4_560_000.0)
    ('1,234', '−4.6')
    """
    return fixed(value / 1e6, 1 if abs(value) < 1e7 else 0)


def percent(share: float) -> str:
    """A fraction as whole per cent.

    >>> percent(0.213), percent(-0.002)
    ('21 %', '0 %')
    """
    return f"{fixed(100 * share, 0)} %"
