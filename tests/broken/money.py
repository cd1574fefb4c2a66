"""Money that is negative, beyond all measure, out of order, or a percentage where a fraction is meant."""

from __future__ import annotations

from broken import cell, cells, in_folder

SIGN = ("money, 0 or more", "Write the amount without a sign")
PERCENT = ("a fraction from 0 to 1", "write 0.35 for 35 %")
LARGE = ("a number of at most 1e+24 in size", "Correct the number or its unit")
ORDER = "Put the values in order"

NEGATIVE = [
    *(cell("baseline", 3, f"{bound}_xts", "-5", "'-5'", *SIGN) for bound in ("low", "best", "high")),
    cell("constraints", 3, "low_xts", "-1", "'-1'", *SIGN),
    cell("revenue", 3, "best", "-3000000", "negative money: '-3000000'", "only a measure called a change"),
    cell("national", 3, "best", "-60000000", "negative money", "Write the amount without a sign"),
    cell("outcomes", 3, "low", "-3500000", "negative money", "Write the amount without a sign"),
    cell("levies", 2, "low", "-100", "negative money", "Write the amount without a sign"),
]
ENDLESS = [
    cell("baseline", 3, column, value, *LARGE)
    for column, value in (("best_xts", "1e999"), ("high_xts", "1e25"), ("low_xts", "9" * 30))
] + [
    cell("national", 3, "best", "1e300", *LARGE), cell("revenue", 3, "best", "-1e300", *LARGE),
    cell("fx", 2, "xts_per_usd", "1e30", *LARGE), cell("trucks", 2, "high", "1e400", *LARGE),
]  # fmt: skip
DISORDER = [
    cell("baseline", 3, "low_xts", "99999999", "low_xts <= best_xts <= high_xts", ORDER),
    cell("baseline", 3, "best_xts", "99999999", "low_xts <= best_xts <= high_xts", ORDER, at="low_xts"),
    cell("constraints", 3, "low_xts", "60000000", "low_xts <= best_xts <= high_xts", ORDER),
    cell("trucks", 2, "low", "200", "low <= best <= high", ORDER),
    cell("trucks", 2, "high", "1", "low <= best <= high", ORDER, at="low"),
    cell("national", 2, "low", "6000000", "low <= best <= high", ORDER),
    cell("national", 2, "high", "1", "low, best, high = none, 5890000, 1", ORDER, at="low"),
    cell("revenue", 2, "low", "60000001", "low <= best <= high", ORDER),
    cell("trade", 2, "low", "110", "low <= best <= high", ORDER),
    cell("outcomes", 3, "high", "3000000", "low <= best <= high", ORDER, at="low"),
    cell("levies", 2, "high", "50", "low <= best <= high", ORDER, at="low"),
    cell("leakage", 2, "low", "0.45", "low <= best <= high", ORDER),
    cell("illicit", 2, "low", "99999", "low <= best <= high", ORDER),
    cell("income_estimates", 2, "low", "9999999", "low <= best <= high", ORDER),
    cell("diversion", 2, "low", "25", "low <= best <= high", ORDER),
    cell("inland", 2, "feed_low", "0.55", "feed_low <= feed_best <= feed_high", ORDER),
    cell("calendar", 6, "factor_low", "0.6", "factor_low <= factor_best <= factor_high", ORDER),
    cell("fx", 2, "xts_per_usd", "20", "low <= xts_per_usd <= high", ORDER, at="low"),
    cell("tariff", 2, "rate_low", "0.2", "rate_low <= rate_best <= rate_high", ORDER),
    cell("closures", 2, "start_low", "2001-06-15", "start_low <= start <= start_high", ORDER),
    cell("closures", 2, "end_high", "2001-06-16", "end_low <= end <= end_high", ORDER, at="end_low"),
    in_folder(
        "several rows in disorder",
        "baseline.csv",
        cells("baseline", (2, {"low_xts": "9e7"}), (4, {"low_xts": "9e7"})),
        "low_xts, best_xts, high_xts = 90000000",
        ORDER,
        column="low_xts",
        rows=(2, 4),
    ),
]
PERCENTAGES = [
    cell("crossings", 3, "house_share", "35", "'35'", *PERCENT),
    cell("crossings", 3, "house_share", "1.5", "'1.5'", *PERCENT),
    cell("inland", 2, "feed_best", "50", "'50'", *PERCENT),
    cell("inland", 2, "feed_best", "50%", "'50%'", *PERCENT),
    cell("inland", 2, "feed_low", "-0.1", "a number from 0 to 1", "Correct the number"),
    cell("inland", 2, "feed_high", "6000", "a number from 0 to 1", "Correct the number"),
    cell("closures", 2, "open_share", "20", "'20'", *PERCENT),
    cell("hindsight_reports", 2, "probability_true", "95", "'95'", *PERCENT, needs=("reports",)),
    cell("national", 6, "best", "40", "a share above 1: '40'", *PERCENT),
    cell("leakage", 2, "high", "50", "a share above 1: '50'", *PERCENT),
    cell("tariff", 2, "rate_high", "10", "a rate of more than five times the value", "write 0.35 for 35 %",
         at="rate_best"),
]  # fmt: skip
NOTHING = [
    in_folder("a baseline of nothing", "baseline.csv",
              cells("baseline", *((row, {"low_xts": "0", "best_xts": "0", "high_xts": "0"}) for row in (2, 3, 4, 5))),
              "0 for every unit", "Give the annual figures", column="best_xts", rows=(2, 3, 4, 5)),
    in_folder("a level of nothing", "national.csv", cells("national", (2, {"best": "0"})), "no total above 0",
              "Fill in best", column="best", rows=(2,)),
    in_folder("a level without a figure", "national.csv", cells("national", (2, {"best": ""})), "no total above 0",
              "Fill in best", column="best", rows=(2,)),
    in_folder("years of growth of nothing", "national.csv", cells("national", (3, {"best": "0"}), (5, {"best": ""})),
              "no total above 0", "mark the row 'context'", column="best", rows=(3, 5)),
]  # fmt: skip

CASES = [*NEGATIVE, *ENDLESS, *DISORDER, *PERCENTAGES, *NOTHING]
