"""Faults of assumptions.toml and of datapackage.json."""

from __future__ import annotations

from pathlib import Path

from broken import THREE, Broken, descriptor, in_folder, raw, text
from tradeimpact.case.assumptions import Assumptions

TOML, JSON = "assumptions.toml", "datapackage.json"
RECORD = '\n[assumption.{name}]\nlow = 1.0\nbest = 2.0\nhigh = 3.0\nsource = "invented"\n{line}\n'
OPTION = "{{label='{label}',weight={weight},low=1,best=2,high=3{more}}}"
REPACK = "python -m tradeimpact package FOLDER"


def toml(id: str, change, *says: str, column: str = "", beside: int = 0) -> Broken:
    """An entry that changes the text of the assumptions."""
    edit = raw(TOML, lambda data: change(data.decode()).encode())
    return in_folder(id, TOML, edit, *says, column=column, beside=beside)


def record(name: str, line: str, column: str, *says: str, id: str = "", beside: int = 0) -> Broken:
    """An entry that adds a record with one faulty line; its name is free, so that it is no second one."""
    added = RECORD.format(name=name, line=line)
    return toml(id or f"{name}: {line[:40]}", lambda t: t + added, *says, column=f"{name}{column}", beside=beside)


def theta(old: str, new: str, column: str, *says: str) -> Broken:
    """An entry that changes one line of the record of theta."""
    head = "[assumption.theta]\n"

    def attempt(tmp: Path) -> object:
        t = (THREE / TOML).read_text(encoding="utf-8")
        at = t.index(head)
        (tmp / TOML).write_text(t[:at] + t[at:].replace(old, new, 1), encoding="utf-8")
        return Assumptions.read(tmp / TOML)

    return Broken(
        id=f"theta: {' '.join(new.split())[:90]}", attempt=attempt, says=says, file=TOML, column=f"theta{column}"
    )


def said(id: str, *says: str, **entries: object) -> Broken:
    """An entry that changes what the descriptor says."""
    return in_folder(id, JSON, descriptor(**entries), *says)


FILE = [
    toml("a bracket not closed", lambda t: t + "\n[assumption.x\n", "a readable TOML file", "Mend the line it names"),
    toml("a record twice", lambda t: t + RECORD.format(name="theta", line=""), "twice", "Mend the line it names"),
    toml("a field twice", lambda t: t.replace("low = 3.0", "low = 3.0\nlow = 2.0", 1), "overwrite", "Mend the line"),
    toml("endless brackets", lambda t: t + "\nx = " + "[" * 50_000, "a readable TOML file", "Mend the line"),
    toml(
        "no schema version",
        lambda t: t.replace('schema_version = "1"', ""),
        "found None",
        "Write schema_version 1",
        column="schema_version",
    ),
    toml(
        "another schema version",
        lambda t: t.replace('schema_version = "1"', 'schema_version = "2"'),
        "found '2'",
        "A newer release wrote it",
        column="schema_version",
    ),
    toml(
        "an unknown section",
        lambda t: t + "\n[assumptions.theta]\nlow = 1\n",
        "an unknown entry",
        "Rename or delete",
        column="assumptions",
    ),
    toml("a stray entry", lambda t: "thetta = 3\n" + t, "an unknown entry", "Rename or delete it", column="thetta"),
    in_folder(
        "assumptions that are a number",
        TOML,
        raw(TOML, lambda _: b'schema_version = "1"\nassumption = 3\n'),
        "found 3; expected tables",
        "Write tables such as [assumption.name]",
        column="assumption",
    ),
    in_folder(
        "a record that is a number",
        TOML,
        raw(TOML, lambda _: b'schema_version = "1"\n[assumption]\ntheta = 3\n'),
        "a table with low, best, high",
        "Write [assumption.theta]",
        column="theta",
    ),
    *(
        toml(
            f"a correlation of {value}",
            lambda t, value=value: t.replace("rho = 0.5", f"rho = {value}"),
            "rho, at least 0 and below 1",
            "Give rho",
            column="correlation.insecurity",
        )
        for value in ("1.0", "-0.1", "nan", "true", "'half'", "0.5\nrhoo = 1")
    ),
]
RECORDS = [
    theta("low = 3.0", "low = 9.0", ".low/best/high", "low <= best <= high", "Put them in order"),
    theta("high = 8.0", "high = 4.0", ".low/best/high", "low <= best <= high", "Put them in order"),
    theta("best = 5.0", "best = 9.0", ".low/best/high", "low <= best <= high", "Put them in order"),
    theta("best = 5.0", "best = 'five'", ".low/best/high", "three finite numbers", "Give low, best and high"),
    theta("best = 5.0", "best = true", ".low/best/high", "three finite numbers", "Give low, best and high"),
    theta("best = 5.0", "best = nan", ".low/best/high", "three finite numbers", "Give low, best and high"),
    theta("high = 8.0", "high = inf", ".low/best/high", "three finite numbers", "Give low, best and high"),
    theta("low = 3.0", "low = -3.0", ".low", "above 0 for a lognormal", "choose another distribution"),
    theta('"lognormal"', '"gaussian"', ".distribution", "one of normal, lognormal", "Choose one"),
    theta('source = "invented"', 'source = " "', ".source", "where the numbers come from", "Name a source"),
    theta('grade = "E"', 'grade = "D"', ".grade", "one of A, B, C, E", "Grade the evidence"),
    theta(
        "published_latest = 2001-01-31",
        'published_latest = "soon"',
        ".published_latest",
        "without quotes",
        "Write the day",
    ),
    theta(
        "published_latest = 2001-01-31",
        "published_latest = 2001-01-31T10:00:00",
        ".published_latest",
        "a day such as",
        "Write the day",
    ),
    theta("low = 3.0", "lowest = 3.0\nlow = 3.0", ".lowest", "an unknown field", "Remove or rename it"),
    theta("low = 3.0", "sign = 2\nlow = 3.0", ".sign", "1 or -1", "against its group"),
    theta("low = 3.0", "sign = true\nlow = 3.0", ".sign", "1 or -1", "against its group"),
    theta('unit = "1"', "unit = 3", ".unit", "text", "Put it between quotation marks"),
    theta("low = 3.0", "description = 5\nlow = 3.0", ".description", "text", "Put it between quotation marks"),
    theta(
        "low = 3.0",
        'description = "a\\u0007b"\nlow = 3.0',
        ".description",
        "text without control characters",
        "quotation",
    ),
    theta("low = 3.0", 'group = "nowhere"\nlow = 3.0', "", "group 'nowhere'", "Add [correlation.nowhere]"),
    *(
        theta("low = 3.0", f"prior = {value}\nlow = 3.0", ".prior", "[low, best, high]", "Mend it or leave it out")
        for value in ("3", "[1.0, 2.0]", "[3.0, 2.0, 1.0]", "['a', 2.0, 3.0]", "[1.0, 2.0, inf]")
    ),
    *(
        theta("low = 3.0", f"alternatives = {value}\nlow = 3.0", ".alternatives", *says)
        for value, says in (
            ("3", ("a list of options", "Write [[assumption.theta.alternatives]]")),
            ("[1]", ("label, weight, low, best, high", "Mend that option")),
            ("[{label='a'}]", ("label, weight, low, best, high", "Mend that option")),
            (f"[{OPTION.format(label='a', weight=-1, more='')}]", ("weight -1", "Mend that option")),
            (f"[{OPTION.format(label='a', weight='inf', more='')}]", ("weight inf", "Mend that option")),
            (f"[{OPTION.format(label='a', weight=1, more=',colour=1')}]", ("label, weight, low", "Mend that option")),
            (f"[{OPTION.format(label='a', weight=1, more=',grade=9')}]", ("grade 9", "Mend that option")),
            (f"[{OPTION.format(label='a', weight=0, more='')}]", ("weights that are all 0", "Weigh at least one")),
            (
                f"[{OPTION.format(label='a', weight=1, more='')}, {OPTION.format(label='a', weight=2, more='')}]",
                ("the labels a, a", "Rename one"),
            ),
        )
    ),
]
NAMES = [
    record("gapp", "", "", "the model does not know", "Did you mean 'gap'", id="a misspelt assumption"),
    record("colour", "", "", "the model does not know", "See case.assumptions", id="an assumption about nothing"),
    toml("an assumption about an unknown crossing", lambda t: t.replace("gap.east_gate", "gap.west_gate"),
         "'gap' of 'west_gate'", "Did you mean 'east_gate'", column="gap.west_gate"),
    *(toml(f"{name} in per cent", lambda t, name=name: _in_per_cent(t, name), "a fraction from 0 to 1",
           "write 0.35 for 35 %", column=name)
      for name in ("deferral_share", "bribe_share", "road_paying_share", "inland_charge_probability")),
    toml("a negative friction", lambda t: _set(t, "friction_threat", -0.3, "normal"), "0 or more", "Correct the sign",
         column="friction_threat"),
]  # fmt: skip


def _set(t: str, name: str, value: float, distribution: str) -> str:
    """The text with one record at one value."""
    import re

    at = t.index(f"[assumption.{name}]")
    end = t.index("\n[", at + 1) if "\n[" in t[at + 1 :] else len(t)
    body = re.sub(r"(low|best|high) = .*", rf"\1 = {value}", t[at:end])
    return t[:at] + re.sub(r'distribution = ".*"', f'distribution = "{distribution}"', body) + t[end:]


def _in_per_cent(t: str, name: str) -> str:
    return _set(t, name, 40.0, "fixed")


DESCRIPTOR = [
    in_folder("no descriptor", JSON, lambda folder: (folder / JSON).unlink(), "no such file", REPACK),
    *(in_folder(f"a descriptor of {name}", JSON, raw(JSON, lambda _, data=data: data), *says)
      for name, data, says in (
        ("nothing", b"", ("text that is not JSON", "Mend it, or delete it")),
        ("half an object", b"{", ("text that is not JSON", "Mend it, or delete it")),
        ("a list", b"[]", ("JSON that is not an object", REPACK)),
        ("a text", b'"text"', ("JSON that is not an object", REPACK)),
        ("endless brackets", b"[" * 100_000, ("text that is not JSON", "Mend it, or delete it")))),
    in_folder("an entry twice", JSON, text(JSON, '"currency": "XTS"', '"currency": "AFN", "currency": "XTS"'),
              "the entry 'currency' stands in it twice", "Mend it, or delete it"),
    said("a later schema version", "schema_version '9'", "A newer release wrote it", schema_version="9"),
    said("a descriptor without schema version", "schema_version None", "Write schema_version 1", schema_version=None),
    said("a currency in words", "currency 'dollars'", "three capital letters", currency="dollars"),
    said("a currency in small letters", "currency 'xts'", "Write the currency", currency="xts"),
    said("a title of blanks", "title ' '", "Write the title", title=" "),
    said("a title that is a number", "title 5", "Write the title", title=5),
    said("a title with control characters", "title 'a\\x07b'", "Write the title", title="a\x07b"),
    said("a name with a space", "name 'a b'", "Write the name of the case", name="a b"),
    said("a name that leads elsewhere", "name '../x'", "Write the name of the case", name="../x"),
    said("a last day in words", "baseline_until 'June'", "2021-06-21", baseline_until="June"),
    said("a last day that is a number", "baseline_until 20010531", "leave the entry out", baseline_until=20010531),
    said("a last day of another calendar", "baseline_until '1380-03-10'", "a day such as", baseline_until="1380-03-10"),
    said("an unknown calendar", "calendar 'lunar'", "one of gregorian", "Choose one", calendar="lunar"),
    said("an unknown form", "form 'shrot'", "one of short", "Choose one", form="shrot"),
    said("synthetic in words", "synthetic 'no'", "one of true, false", "Choose one", synthetic="no"),
    said("synthetic as a number", "synthetic 1;", "one of true, false", "Choose one", synthetic=1),
    said("an unknown measure", "baseline_measure 'profit'", "one of revenue, trade_value", baseline_measure="profit"),
    said("days of another calendar in a full case", "dates_in 'solar_hijri' in a full case", "Gregorian",
         dates_in="solar_hijri"),
    said("a period that is a list", "period ['a']", "between quotation marks", period=["a"]),
    said("a misspelt entry", "the unknown entry 'baseline_untill'", "Did you mean 'baseline_until'",
         baseline_untill="2001-01-01"),
    said("resources that are a text", "not a list of objects", "package FOLDER", resources="all"),
    said("resources without paths", "not a list of objects, each with its path", REPACK, resources=[{"path": ["a"]}]),
    *(said(f"a resource at {path[:16]!r}", *says, resources=[{"path": path}])
      for path, says in (
        ("../secret.csv", ("'../secret.csv'", "leads out of the case folder")),
        ("/etc/passwd", ("'/etc/passwd'", "leads out of the case folder")),
        ("..\\secret.csv", ("leads out of the case folder", "List files of the case folder only")),
        ("a\0b", ("leads out of the case folder", "List files of the case folder only")),
        ("a" * 5000, ("a name of great length", "List files of the case folder only")),
        ("gone.csv", ("'gone.csv'", "no such file", "put the file back")),
        ("", ("the resource ''", "List files of the case folder only")))),
]  # fmt: skip

CASES = [*FILE, *RECORDS, *NAMES, *DESCRIPTOR]
