"""``python -m reliability mutants [--count 300] [--seed 1]``: which faults put into the model do the tests notice?

A mutant is `tradeimpact/model` with one small fault (see mutation.py). The sample is uniform over all mutants: those
whose name, hashed with the seed, ranks least, so that the first 100 are part of the first 300, and edits elsewhere
leave it as it is. Work is done in a copy of the repository; the repository itself is never touched.

The tests run once without any fault, to see which lines each runs and what it costs. Then a process that has collected
them forks once for each mutant: in the child the function with the fault is given its faulty code. (A fault in what is
run on import needs a child that imports everything anew.) The child runs the tests that pass through the faulty line,
tests of single things before tests of everything, until one fails. A test that takes more than ten times what it took
before (and some seconds) is a timeout. Survivors have passed all those tests, up to `--budget` processor seconds.

Results are added to mutants.csv in the folder, mutant by mutant: a run that was stopped goes on where it was, and
`--again` tries survivors once more, after tests were added.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from .mutant_tests import MODEL, PACKAGE, Run, Seen, apart, cold, import_heavy, measured, quiet, warm
from .mutation import Mutant, mutants

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("tradeimpact", "tests", "data", "docs", "notebooks", "pyproject.toml", "build/test-data")
COLUMNS = ("key", "module", "function", "line", "operator", "before", "after", "result", "by", "tests", "seconds")
MEMORY = 6 << 30
KILLED, TIMEOUT, SURVIVED, UNSEEN, ERROR = "killed", "timeout", "survived", "no test", "error"


def main(words: list[str]) -> int:
    """Measure, sample, run; prints counts and survivors."""
    parser = argparse.ArgumentParser(prog="python -m reliability mutants", description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--budget", type=float, default=30.0, help="processor seconds of tests per mutant")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "tradeimpact-mutants")
    parser.add_argument("--again", action="store_true", help="run those that survived before once more")
    given = parser.parse_args(words)
    given.folder = given.folder.resolve()
    tree = _copied(given.folder)
    os.chdir(tree)
    os.environ |= {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    sys.path[:] = [str(tree), *(p for p in sys.path if p and Path(p).resolve() != ROOT)]
    import_heavy()
    sources = {f"{PACKAGE}.{p.stem}": p.read_text("utf-8") for p in sorted((tree / MODEL).glob("*.py"))}
    everything = [m for module, source in sources.items() for m in mutants(module, source)]
    sample = sorted(everything, key=lambda m: m.rank(given.seed))[: given.count]
    seen = Seen(measured(given.folder, tree))
    table = given.folder / "mutants.csv"
    done = _done(table)
    again = {key for key, row in done.items() if given.again and row["result"] not in {KILLED, TIMEOUT}}
    open_ = [m for m in sample if m.key not in done or m.key in again]
    print(f"{len(everything)} mutants of {PACKAGE}, {len(sample)} in the sample, {len(open_)} to run", flush=True)

    def rows(run: Run, which: list[Mutant]) -> None:
        for row in _all(which, seen, given, run):
            done[row["key"]] = row
            _write(table, done)
        killers = sorted({row["by"] for row in done.values()} & seen.seconds.keys())
        if which and killers:  # the same tests, run the same way without a fault, must pass
            apart(lambda: run(None, killers, given.folder / "slot0"))

    if inside := [m for m in open_ if m.inside]:
        apart(lambda: warm(sources, seen, given.folder, lambda run: rows(run, inside)))
        done |= _done(table)
    rows(cold(sources, seen), [m for m in open_ if not m.inside])
    return _report([done[m.key] for m in sample if m.key in done])


def _copied(folder: Path) -> Path:
    """A fresh copy of what the tests need."""
    tree = folder / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif (ROOT / name).exists():
            shutil.copy2(ROOT / name, tree / name)
    return tree


def _all(open_: list[Mutant], seen: Seen, given: argparse.Namespace, run: Run) -> Iterator[dict[str, Any]]:
    """Run mutants in children, `jobs` at a time; rows as they come."""
    slots = list(range(given.jobs))
    running: dict[int, tuple[Mutant, int, list[str]]] = {}
    waiting = open_[::-1]
    while waiting or running:
        while waiting and slots:
            mutant, slot = waiting.pop(), slots.pop()
            tests = seen.order(mutant, given.budget)
            folder = given.folder / f"slot{slot}"
            folder.mkdir(exist_ok=True)
            (folder / "last").write_text("", "utf-8")
            child = os.fork()
            if not child:
                quiet(folder / "log")
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
                signal.setitimer(signal.ITIMER_PROF, 60)
                os._exit(run(mutant, tests, folder))
            running[child] = mutant, slot, tests
        child, status, used = os.wait3(0)
        mutant, slot, tests = running.pop(child)
        slots.append(slot)
        yield _row(mutant, status, tests, given.folder / f"slot{slot}", used.ru_utime + used.ru_stime)


def _row(mutant: Mutant, status: int, tests: list[str], folder: Path, seconds: float) -> dict[str, Any]:
    code = os.waitstatus_to_exitcode(status)
    last = (folder / "last").read_text("utf-8")
    if code == -signal.SIGPROF:
        result = TIMEOUT
    elif code in {3, 4} or code == -signal.SIGKILL:
        result = ERROR
    else:
        result = {0: SURVIVED, 5: UNSEEN}.get(code, KILLED)
    return {
        "key": mutant.key,
        "module": mutant.module.removeprefix(f"{PACKAGE}."),
        "function": mutant.function,
        "line": mutant.lines[0],
        "operator": mutant.operator,
        "before": " ".join(mutant.before.split())[:200],
        "after": " ".join(mutant.after.split())[:200],
        "result": result,
        "by": (last or "import") if result in {KILLED, TIMEOUT} else "",
        "tests": len(tests),
        "seconds": round(seconds, 1),
    }


def _done(table: Path) -> dict[str, dict[str, Any]]:
    with suppress(FileNotFoundError), table.open(encoding="utf-8", newline="") as file:
        return {row["key"]: row for row in csv.DictReader(file)}
    return {}


def _write(table: Path, rows: dict[str, dict[str, Any]]) -> None:
    fresh = table.with_suffix(".new")
    with fresh.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows.values())
    fresh.replace(table)


def _report(rows: list[dict[str, Any]]) -> int:
    """Counts and survivors; 1 if fewer than 85 % were noticed."""
    counts = Counter(row["result"] for row in rows)
    noticed = counts[KILLED] + counts[TIMEOUT]
    for row in rows:
        if row["result"] not in {KILLED, TIMEOUT}:
            print("{result:<9}{module}.{function}:{line}  {before}  ->  {after}".format(**row))
    print(", ".join(f"{n} {what}" for what, n in counts.most_common()) + f"; {noticed / max(len(rows), 1):.1%} noticed")
    return int(noticed < 0.85 * len(rows))
