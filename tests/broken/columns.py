"""Headers and the shape of rows: columns missing, unknown, double, nameless; delimiters, quotes, ragged rows."""

from __future__ import annotations

from broken import BY_HAND, in_folder, raw, text

LACKING = [  # one required column of every table of the small case
    ("crossings", "kind"), ("crossings", "crossing"), ("authorities", "kind"), ("baseline", "best_xts"),
    ("baseline", "source"), ("sources", "title"), ("fx", "xts_per_usd"), ("national", "unit"), ("trucks", "best"),
    ("inland", "feed_best"), ("calendar", "start"), ("constraints", "members"),
]  # fmt: skip


def _without(column: str):
    """Bytes of a table without one column."""

    def change(data: bytes) -> bytes:
        import csv
        import io

        rows = list(csv.reader(io.StringIO(data.decode(), newline="")))
        at = rows[0].index(column)
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([row[:at] + row[at + 1 :] for row in rows])
        return out.getvalue().encode()

    return change


def _header(old: str, new: str) -> object:
    return raw("fx.csv", lambda data: data.replace(old.encode(), new.encode(), 1))


MISSING = [
    in_folder(f"{table} without {column}", f"{table}.csv", raw(f"{table}.csv", _without(column)),
              "no such column", "Add the column", column=column, rows=(1,), source=BY_HAND)
    for table, column in LACKING
]  # fmt: skip
OPTIONAL = [
    in_folder(f"{table} without {column}", f"{table}.csv", raw(f"{table}.csv", _without(column)), "no such column",
              "its cells may be empty", column=column, rows=(1,), source=BY_HAND)
    for table, column in (("crossings", "latitude"), ("baseline", "note"), ("fx", "low"), ("sources", "url"))
]  # fmt: skip
HEADERS = [
    in_folder(
        "a misspelt column",
        "fx.csv",
        _header(",basis,", ",bassis,"),
        "an unknown column",
        "Did you mean 'basis'",
        column="bassis",
        rows=(1,),
        beside=1,
    ),
    in_folder(
        "a column with a capital letter",
        "fx.csv",
        _header("start,", "Start,"),
        "an unknown column",
        "Did you mean 'start'",
        column="Start",
        rows=(1,),
        beside=1,
    ),
    in_folder(
        "a column of another currency",
        "baseline.csv",
        text("baseline.csv", "best_xts", "best_usd"),
        "an unknown column",
        "Did you mean 'best_xts'",
        column="best_usd",
        rows=(1,),
        beside=1,
    ),
    in_folder(
        "a column of one's own without x_",
        "fx.csv",
        raw(
            "fx.csv",
            lambda data: (
                b"\n".join(line + b",1" for line in data.splitlines())
                .replace(b",1", b",mine", 1)
                .replace(b",mine", b",mine", 1)
            ),
        ),
        "an unknown column",
        "start it with 'x_'",
        column="mine",
        rows=(1,),
    ),
    in_folder(
        "a column twice",
        "fx.csv",
        _header(",high,", ",low,"),
        "2 columns of that name",
        "Rename or delete all but one",
        column="low",
        rows=(1,),
    ),
    in_folder(
        "a column without a name",
        "fx.csv",
        _header(",high,", ",,"),
        "no name for column number 5",
        "Name the column or delete it",
        rows=(1,),
    ),
    in_folder(
        "a column whose name has a space without width",
        "fx.csv",
        _header("start,", "st\u200bart,"),
        "an unknown column",
        "Did you mean 'start'",
        column="st\u200bart",
        rows=(1,),
        beside=1,
    ),
    in_folder(
        "a remark above the header",
        "fx.csv",
        raw("fx.csv", lambda data: b"# rates of the bank\n" + data),
        "too many cells (11)",
        "1 cells, as in the header",
        rows=(2, 3, 4),
        beside=12,
    ),
]
SHAPES = [
    *(
        in_folder(
            f"{name} between the cells",
            "fx.csv",
            raw("fx.csv", lambda data, mark=mark: data.replace(b",", mark)),
            "a header without a comma",
            "commas between the cells",
            rows=(1,),
        )
        for name, mark in (("semicolons", b";"), ("tabs", b"\t"), ("bars", b"|"))
    ),
    in_folder(
        "too few cells",
        "fx.csv",
        raw("fx.csv", lambda data: data + b"2002-01-01,2002-02-01\n"),
        "too few cells (2)",
        "missing commas",
        rows=(4,),
    ),
    in_folder(
        "too many cells",
        "fx.csv",
        text("fx.csv", "2001-06-30,10", "2001-06-30,1,0"),
        "too many cells (12)",
        "quotation marks",
        rows=(2,),
    ),
    in_folder(
        "a decimal comma",
        "fx.csv",
        text("fx.csv", ",10,9.5,", ",10,9,5,"),
        "too many cells (12)",
        "quotation marks",
        rows=(2,),
    ),
    in_folder(
        "an open quotation mark",
        "fx.csv",
        raw("fx.csv", lambda data: data + b'2002-01-01,"2002\n'),
        "a row that cannot be read",
        "Close every quotation mark",
        rows=(4,),
    ),
    in_folder(
        "a quotation mark inside a cell",
        "fx.csv",
        text("fx.csv", ",invented,invented", ',"in"vented,invented'),
        "a row that cannot be read",
        "write a quotation mark inside a cell twice",
        rows=(2,),
    ),
    in_folder(
        "a quoted line break in a name",
        "crossings.csv",
        text("crossings.csv", "north_gate,", '"north\n_gate",'),
        "'north\\n_gate'",
        "Write it as in 'north_gate'",
        column="crossing",
        rows=(2,),
        beside=1,
    ),
    in_folder(
        "a line cut off at the end",
        "fx.csv",
        raw("fx.csv", lambda data: data[:-40]),
        "too few cells",
        "commas",
        rows=(3,),
    ),
    in_folder(
        "a row of totals at the end",
        "trucks.csv",
        raw("trucks.csv", lambda data: data + b"Total,135,170,205,,,,,,\n"),
        "'Total'",
        "Write it as in 'north_gate'",
        column="crossing",
        rows=(5,),
        beside=4,
    ),
]

CASES = [*MISSING, *OPTIONAL, *HEADERS, *SHAPES]
