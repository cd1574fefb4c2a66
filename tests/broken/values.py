"""Cells of the wrong type, words that are none of the list, days that are none, texts that cannot be shown."""

from __future__ import annotations

from broken import cell, cells, in_folder, raw

NUMBER = ("a number", "Write digits with a decimal point")
DAY = ("a day of the calendar such as 2021-07-14", "Write year-month-day")
LISTED = "Use one of the listed words"

NUMBERS = [
    cell("baseline", 3, "best_xts", value, value, *NUMBER)
    for value in (
        "a lot",
        "1,500",
        "5 000",
        "1.500.000",
        "$500",
        "5m",
        "12%",
        "nan",
        "inf",
        "-inf",
        "0x10",
        "1_000",
        "١٢٣",
        "−5",
        "1e",
        "one",
        "#REF!",
        "=1+1",
        "TRUE",
    )
] + [
    cell("reports", 6, "count_claimed", "2.5", "'2.5'", "a whole number", "Write digits only"),
    cell(
        "reports", 6, "count_claimed", "99999999999999999999", "a whole number of at most 1e+15", "Correct the number"
    ),
    cell("reports", 2, "date_uncertainty_days", "-3", "a number from 0 to 366", "Correct the number"),
    cell("reports", 2, "date_uncertainty_days", "400", "a number from 0 to 366", "Correct the number"),
    cell("fx", 2, "xts_per_usd", "0", "1e-06 or more", "Correct the number or its sign"),
    cell("trucks", 2, "best", "-100", "0 or more", "Correct the number or its sign"),
    cell("tariff", 2, "order", "first", "a whole number", "Write digits only"),
    cell("calendar", 6, "factor_best", "50", "a number from 0 to 5", "Correct the number or its unit"),
    cell("insecurity", 2, "total", "0", "1 or more", "Correct the number or its sign"),
]
WORDS = [
    cell("crossings", 2, "kind", "Border", "one of border, inland", "Did you mean 'border'"),
    cell("authorities", 4, "kind", "rebel", "one of government, nobody, insurgent", LISTED),
    cell("reports", 3, "event", "denies", "one of captured", "Did you mean 'denied'"),
    cell("reports", 3, "about", "Control", "one of control", "Did you mean 'control'"),
    cell("closures", 2, "closed_by", "neighbor", "one of neighbour", "Did you mean 'neighbour'"),
    cell("constraints", 2, "kind", "total", "one of exact, range", LISTED),
    cell("national", 2, "use", "levels", "one of level", "Did you mean 'level'"),
    cell("national", 2, "series", "customs", "one of customs_all", LISTED),
    cell("revenue", 3, "per", "monthly", "one of period, day, month, year", "Did you mean 'month'"),
    cell("revenue", 3, "measure", "all customs", "one of all_customs", "Did you mean 'all_customs'"),
    cell("trade", 2, "flow", "import", "one of imports", "Did you mean 'imports'"),
    cell("tariff", 2, "per", "percent", "one of value, tonne, truck", LISTED),
    cell("outcomes", 3, "role", "test", "one of target", LISTED),
    cell("calendar", 2, "kind", "Month", "one of month", "Did you mean 'month'"),
    cell("levies", 2, "phase", "border", "one of captured_crossing", LISTED),
    cell("baseline", 3, "grade", "D", "one of A, B, C, E", LISTED),
    cell("baseline", 3, "grade", "a", "one of A, B, C, E", LISTED),
    cell("fx", 2, "published_basis", "guessed", "one of printed, vague, judged", LISTED),
    cell("sources", 2, "url", "www.example.org", "http://", "leave it empty"),
    cell("crossings", 3, "crossing", "South Gate", "lower-case letters", "Write it as in 'north_gate'", beside=1),
    cell("crossings", 3, "crossing", "south-gate", "lower-case letters", "Write it as in 'north_gate'", beside=1),
    cell(
        "crossings", 3, "crossing", "south_gate\u200b", "'south_gate\\u200b'", "Write it as in 'north_gate'", beside=1
    ),
    cell("crossings", 3, "crossing", "جنوب", "lower-case letters", "Write it as in 'north_gate'", beside=1),
    cell("reports", 3, "report", "rp 002", "letters, digits", "identifier without spaces"),
    cell("baseline", 3, "best_xts", "", "a money in every row", "Fill in the cell", id="an empty cell of money"),
    cell("reports", 3, "date", "", "a date in every row", "Fill in the cell", id="an empty day"),
    cell("baseline", 3, "basis", "  ", "a text in every row", "Fill in the cell", id="a cell of blanks"),
    cell("fx", 2, "source", "", "a ids in every row", "Fill in the cell", id="an empty source"),
]
DATES = [
    cell("reports", 3, "date", value, repr(value), *DAY)
    for value in ("2001-02-30", "2001-13-01", "2001-06-31", "2001-02-29", "10/06/2001", "06/10/2001", "2001/06/10",
                  "2001-6-10", "10 June 2001", "2001-06", "2001", "20010610", "37052", "2001-06-10T00:00",
                  "2001-06-10 12:30", "٢٠٠١-٠٦-١٠", "June", "2001-W23-7")
] + [
    cell("reports", 3, "date", value, repr(value), "a day of the years 1900 to 2100", "another calendar")
    for value in ("0000-01-01", "1380-03-20", "1422-03-18", "0001-01-01", "2544-06-10", "9999-12-31")
] + [
    cell("closures", 2, "end", "2001-06-01", "start 2001-06-14 after end 2001-06-01", "Swap the two days", beside=1),
    cell("revenue", 2, "period_end", "1999-12-31", "period_start <= period_end", "Swap the two days"),
    cell("fx", 2, "end", "2000-12-31", "start <= end", "Swap the two days"),
    cell("calendar", 3, "start", "2001-05-20", "months that overlap: June 2001", "End each month on the day before"),
    cell("national", 2, "period_end", "2001-04-30", "period_start <= period_end", "Swap the two days"),
    cell("hindsight_control", 2, "start_low", "2001-06-15", "start_low <= start <= start_high", "in order"),
    in_folder("a holiday without an end", "calendar.csv", cells("calendar", (6, {"end": ""})), "a date in every row",
              "Fill in the cell", column="end", rows=(6,)),
]  # fmt: skip
TEXTS = [
    cell(
        "crossings",
        2,
        "name",
        value,
        repr(value)[1:-1],
        "text without control characters",
        "cannot be seen",
        id=f"a control character {ord(value[5]):#04x} in a name",
    )
    for value in ("North\x07Gate", "North\x1bGate", "North\x85Gate", "North\x7fGate")
] + [
    in_folder(
        "a control character in a column of one's own",
        "fx.csv",
        raw("fx.csv", lambda data: data.replace(b"note\n", b"note,x_mine\n", 1).replace(b"synthetic", b"a,b\x01c")),
        "text without control characters",
        "cannot be seen",
        column="x_mine",
        rows=(2, 3),
    ),
]

CASES = [*NUMBERS, *WORDS, *DATES, *TEXTS]
