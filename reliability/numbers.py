"""``python -m reliability numbers --show|--check|--change "why"``: headline numbers on file, changed only on purpose.

tests/headline_numbers.csv holds medians and 90 % ends of loss, gain, revenue and transfer ratio for every case that
ships and the main scenarios of the notebooks, at few draws and one seed. They guard against change, not for truth: few
draws are noisy, but the same. A test compares them with what the library computes now, to TOLERANCE: rounding differs
between processors and versions of numpy by some 1e-12, and a reader sees three digits. ``--change`` writes the new
numbers and a line under "Numbers changed" of CHANGELOG.md with the largest moves, old and new.
"""

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd

import tradeimpact as ti

ROOT = Path(__file__).parents[1]
FILE = ROOT / "tests" / "headline_numbers.csv"
CHANGELOG = ROOT / "CHANGELOG.md"
HEADING = "### Numbers changed"
LINES = ("baseline", "government_revenue", "government_loss", "insurgent_gain", "transfer_ratio")
STATISTICS = ("median", "low", "high")
KEY = ["case", "run", "start", "end", "line", "statistic"]
DRAWS, SEED = 256, 1
TOLERANCE = 1e-6  # of the number, or of the baseline's median for numbers near zero
NAMED = 3  # moves that a changelog line tells

Make = Callable[[ti.Case], "ti.Scenario | object | None"]
SPIN_BOLDAK = ("spin_boldak", "2021-07-14")
SHUT_UNTIL = "2021-07-25"
HELD_UNTIL = "2021-08-15"


def reported(case: ti.Case) -> object:
    """The history as reports tell it."""
    return case.as_reported()


def falls(case: ti.Case) -> ti.Scenario:
    """Notebooks 01 and 03: the gate falls and is shut by the neighbour."""
    return ti.Scenario("it falls, shut").capture(*SPIN_BOLDAK, by="taliban").close(*SPIN_BOLDAK, SHUT_UNTIL)


def falls_open(case: ti.Case) -> ti.Scenario:
    """Notebook 01: the gate falls, stays open, and a levy is taken per truck."""
    return ti.Scenario("it falls, open").capture(*SPIN_BOLDAK, by="taliban").levy(*SPIN_BOLDAK, per_truck=40_000)


def held(case: ti.Case) -> ti.Scenario:
    """Notebook 03: the gate is held, under threat, and shut by the neighbour."""
    return ti.Scenario("it is held").threat(*SPIN_BOLDAK, HELD_UNTIL).close(*SPIN_BOLDAK, SHUT_UNTIL)


def hindsight(end: str) -> Make:
    """The best dates with hindsight."""
    return lambda case: case.in_hindsight(end)


RUNS: tuple[tuple[str, str, str, str, Make], ...] = (
    ("afghanistan-2021", "nothing falls", "2021-06-22", "2021-07-22", lambda case: None),
    ("afghanistan-2021", "as reported", "2021-06-22", "2021-07-22", reported),
    ("afghanistan-2021", "in hindsight", "2021-06-22", "2021-07-22", hindsight("2021-07-22")),
    ("afghanistan-2021", "in hindsight", "2021-06-22", "2021-08-15", hindsight("2021-08-15")),
    ("afghanistan-2021", "it falls, shut", "2021-06-22", "2021-07-22", falls),
    ("afghanistan-2021", "it falls, open", "2021-06-22", "2021-07-22", falls_open),
    ("afghanistan-2021", "it falls, shut", "2021-07-14", "2021-08-15", falls),
    ("afghanistan-2021", "it is held", "2021-07-14", "2021-08-15", held),
    ("myanmar-2023", "as reported", "2023-10-27", "2023-12-31", reported),
    ("myanmar-2023", "in hindsight", "2023-10-27", "2023-12-31", hindsight("2023-12-31")),
    ("synthetic-posts", "as reported", "2002-04-01", "2002-05-31", reported),
    ("synthetic-posts", "in hindsight", "2002-04-01", "2002-05-31", hindsight("2002-05-31")),
)


def computed() -> pd.DataFrame:
    """The headline numbers as the library gives them now: columns of `KEY` and value."""
    cases = {name: ti.load_case(name) for name in dict.fromkeys(run[0] for run in RUNS)}
    rows = []
    for name, run, start, end, make in RUNS:
        case = cases[name]
        table = ti.simulate(case, make(case), start=start, end=end, draws=DRAWS, rng=SEED, progress=False).summary()
        for line in LINES:
            rows += [(name, run, start, end, line, s, float(table.loc[line, s])) for s in STATISTICS]
    return pd.DataFrame(rows, columns=[*KEY, "value"])


def on_file(file: Path = FILE) -> pd.DataFrame:
    """The headline numbers on file."""
    return pd.read_csv(file, dtype=dict.fromkeys(KEY, str))


def moved(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Numbers that differ by more than `TOLERANCE`, those that only one side has included, largest moves first.

    Columns of `KEY`, old, new, and by: the move as a share of the old number, infinite where there is none.
    """
    both = old.rename(columns={"value": "old"}).merge(new.rename(columns={"value": "new"}), on=KEY, how="outer")
    scale = new[(new["line"] == "baseline") & (new["statistic"] == "median")].set_index(KEY[:4])["value"]
    near_zero = both.set_index(KEY[:4]).index.map(scale).to_numpy(dtype=float, copy=True)
    near_zero[(both["line"] == "transfer_ratio").to_numpy()] = 1.0
    gap, missing = (both["new"] - both["old"]).abs(), both["old"].isna() & both["new"].isna()
    largest = pd.concat([both["old"].abs(), pd.Series(near_zero, index=both.index).fillna(0)], axis=1).max(axis=1)
    by = (gap / both["old"].abs()).where(both["old"].ne(0), float("inf")).fillna(float("inf"))
    return both.assign(by=by)[~(gap <= TOLERANCE * largest) & ~missing].sort_values("by", ascending=False)


def told(rows: pd.DataFrame, most: int | None = None) -> list[str]:
    """Moves as text, old and new."""
    return [
        f"{r['case']}, {r['run']} ({r['start']} to {r['end']}), {r['line']} {r['statistic']}: "
        f"{r['old']:.6g} to {r['new']:.6g}"
        for r in rows.head(most).to_dict("records")
    ]


def changelog_with(text: str, entry: str) -> str:
    """The changelog with `entry` as first item under the heading of changed numbers of its newest version."""
    if HEADING in text:
        return text.replace(f"{HEADING}\n\n", f"{HEADING}\n\n{entry}\n", 1)
    newest = re.search(r"^## .*\n", text, re.MULTILINE)
    if newest is None:
        raise SystemExit("CHANGELOG.md has no heading of a version")
    following = re.search(r"^## ", text[newest.end() :], re.MULTILINE)
    end = newest.end() + following.start() if following else len(text)
    return f"{text[:end].rstrip()}\n\n{HEADING}\n\n{entry}\n" + (f"\n{text[end:]}" if following else "")


def main(words: list[str]) -> int:
    """Show, check or change the numbers; 1 where a check finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m reliability numbers")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--show", action="store_true", help="print what the library computes now")
    what.add_argument("--check", action="store_true", help="compare it with the file")
    what.add_argument(
        "--change", metavar="WHY", help="write it to the file, and a line with the reason to CHANGELOG.md"
    )
    asked = parser.parse_args(words)
    new = computed()
    if asked.show:
        wide = new.pivot_table(index=KEY[:5], columns="statistic", values="value", sort=False)
        print(wide[list(STATISTICS)].to_string(float_format=lambda x: f"{x:.6g}"))
        return 0
    old = on_file() if FILE.exists() else new.iloc[:0]
    rows = moved(old, new)
    if asked.check:
        print("\n".join(told(rows)) or f"{len(new)} numbers are as on file")
        return 1 if len(rows) else 0
    if not asked.change.strip():
        print("say why the numbers change", file=sys.stderr)
        return 2
    if not len(rows):
        print(f"{len(new)} numbers are as on file; nothing is written")
        return 0
    new.to_csv(FILE, index=False, float_format="%.12g", lineterminator="\n")
    if len(old):
        more = f"; {len(rows) - NAMED} more in tests/headline_numbers.csv" if len(rows) > NAMED else ""
        entry = f"- {asked.change.strip().rstrip('.')}. {len(rows)} of {len(new)} headline numbers move: "
        entry += "; ".join(told(rows, NAMED)) + more + "."
        CHANGELOG.write_text(changelog_with(CHANGELOG.read_text("utf-8"), entry), "utf-8")
    print(f"{len(rows)} numbers changed; see {FILE.name}" + (" and CHANGELOG.md" if len(old) else ""))
    return 0
