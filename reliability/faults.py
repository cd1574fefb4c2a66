"""Bad luck: faults injected at write points, real kills, a full disk, a read-only folder, no font, no network, two
runs at once.

After each: no file that is not whole stands under a name that anybody reads, what vouches for a set is of the same run
as the set, the trouble is a sentence of ours, and the same command again gives the bytes of an undisturbed run.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import tradeimpact as ti
from tradeimpact.errors import TradeImpactError

from .circumstances import CIRCUMSTANCES, Untried
from .injected import KINDS, STEP_OF, Point, disturbed
from .jobs import JOBS, ROOT, Failed, contents, spoiled

NEW, OLD = 2, 1  # seeds
KILLED = ("grid", "run", "brief", "grid", "figures", "grid", "run", "brief", "grid", "run")


def main(words: list[str]) -> int:
    """Inject, kill, and report; 1 if anything was not survived."""
    parser = argparse.ArgumentParser(prog="python -m reliability faults", description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="faults to inject")
    parser.add_argument("--kills", type=int, default=10, help="processes to kill")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-circumstances", action="store_true", help="no full disk, read-only folder and so on")
    options = parser.parse_args(words)
    warnings.simplefilter("ignore")
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as place:
        troubles = inject(options.count, draw, Path(place)) if options.count else []
        troubles += kill(options.kills, draw, Path(place)) if options.kills else []
        if not options.no_circumstances:
            troubles += [trouble for name in CIRCUMSTANCES for trouble in _circumstance(name, Path(place))]
    print(f"\nnot survived: {len(troubles)}")
    print("\n".join(troubles))
    return int(bool(troubles))


def inject(count: int, draw: random.Random, place: Path) -> list[str]:
    """`count` faults, jobs and kinds in turn, at a call drawn among those that a whole job makes."""
    injected: Counter[tuple[str, str]] = Counter()
    troubles: list[str] = []
    with drawn_once():
        steps = {job: _steps(job, place) for job in JOBS}
        known = {job: (_reference(job, OLD, place), _reference(job, NEW, place)) for job in JOBS}
        choices = [(job, kind) for kind in KINDS for job in JOBS if steps[job].get(_step(kind), 0)]
        for number in range(count):
            job, kind = choices[number % len(choices)]
            at = draw.randint(1, steps[job][_step(kind)])
            over_old = {"unlink": True, "mkdir": False}.get(_step(kind), bool(number % 2))
            found = one_fault(job, kind, at, known[job], place / "fault", over_old=over_old)
            injected[job, kind] += 1
            troubles += [f"{job}, {kind}, call {at}: {trouble}" for trouble in found]
            if found:
                print(troubles[-len(found) :], file=sys.stderr, flush=True)
            if number % 10 == 9:
                print(f"{number + 1} injected, {len(troubles)} troubles", file=sys.stderr, flush=True)
    for kind in KINDS:
        by_job = ", ".join(f"{job} {injected[job, kind]}" for job in JOBS if injected[job, kind])
        print(f"{kind:<42}{by_job}")
    print(
        f"{sum(injected.values())} faults injected, {len({t.split(': ')[0] for t in troubles})} not survived",
        flush=True,
    )
    return troubles


def one_fault(job: str, kind: str, at: int, known: Any, folder: Path, *, over_old: bool) -> list[str]:
    """Do a job with one fault, over the files of an earlier run or in a new folder; then again without."""
    shutil.rmtree(folder, ignore_errors=True)
    old, new = known
    if over_old:
        _silent(job, folder, OLD)
    point = Point(folder, kind, at)
    said = None
    with disturbed(point):
        try:
            said = _silent(job, folder, NEW)
        except (KeyboardInterrupt, Exception) as problem:
            said = problem
    wrong = [] if point.fired else ["the fault was not met"]
    wrong += _words(said, point)
    wrong += spoiled(folder, old if over_old else {}, new, killed=False)
    _silent(job, folder, NEW)
    again = contents(folder)
    wrong += [f"{name} differs after the second run" for name in new if again.get(name) != new[name]]
    wrong += [f"{name} is too many after the second run" for name in again if name not in new]
    return wrong


def _words(said: Any, point: Point) -> list[str]:
    """Whether what a job said of a fault is a sentence of ours that names the trouble."""
    if isinstance(said, KeyboardInterrupt) or (point.number < 0 and isinstance(said, Failed)):
        return [] if point.number < 0 else ["an interruption nobody asked for"]
    if isinstance(said, TradeImpactError | Failed):
        text = getattr(said, "text", str(said))
        return [] if "cannot be written" in text else [f"it says {text!r}"]
    return [f"it ended with {said!r}"]


def kill(count: int, draw: random.Random, place: Path) -> list[str]:
    """`count` processes killed at moments drawn evenly over what a whole job takes."""
    troubles, finished = [], 0
    known = {}
    for number in range(count):
        job = KILLED[number % len(KILLED)]
        folder = place / "killed"
        if job not in known:
            began = time.monotonic()
            reference = _child(job, place / f"child-{job}", None)
            known[job] = contents(place / f"child-{job}"), reference - began
        new, seconds = known[job]
        shutil.rmtree(folder, ignore_errors=True)
        wait = draw.uniform(0.05, 0.95) * seconds
        ended = _child(job, folder, wait)
        finished += ended == 0
        found = spoiled(folder, {}, new, killed=True) if folder.exists() else []
        there = len(contents(folder)) if folder.exists() else 0
        _child(job, folder, None)
        again = contents(folder)
        found += [f"{name} differs after the second run" for name in new if again.get(name) != new[name]]
        found += [f"{name} is left after the second run" for name in again if name not in new]
        troubles += [f"{job}, killed after {wait:.1f} s: {trouble}" for trouble in found]
        told = f"{job} after {wait:.1f} of {seconds:.1f} s ({there} of {len(new)} files there)"
        print("; ".join([told, *found]), flush=True)
    print(
        f"{count} processes killed ({finished} had finished), {len({t.split(': ')[0] for t in troubles})} not survived"
    )
    return troubles


def _child(job: str, folder: Path, wait: float | None) -> float:
    """Do a job in a process of its own; kill it and its children after `wait` seconds. When it ended; 0 if unharmed."""
    command = [sys.executable, "-W", "ignore", "-m", "reliability.jobs", job, str(folder), str(NEW)]
    with subprocess.Popen(
        command, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as child:
        try:
            _, said = child.communicate(timeout=wait)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            return time.monotonic()
    if child.returncode:
        raise RuntimeError(f"{job} failed undisturbed: {said.decode()}")
    return time.monotonic() if wait is None else 0.0


def _circumstance(name: str, place: Path) -> list[str]:
    """One circumstance, in words: what was found wrong; why it could not be tried."""
    began = time.monotonic()
    try:
        found = CIRCUMSTANCES[name](place / name.replace(" ", "-"))
    except Untried as problem:
        print(f"{name}: not tried ({problem})")
        return []
    print(f"{name}: {'survived' if not found else '; '.join(found)} ({time.monotonic() - began:.0f} s)", flush=True)
    return [f"{name}: {trouble}" for trouble in found]


# --- doing a job ------------------------------------------------------------------------------------------------------


def _step(kind: str) -> str:
    how = KINDS[kind][0]
    return STEP_OF.get(how, how)


def _silent(job: str, folder: Path, seed: int) -> str:
    """Do a job; what it said on a failure is part of the failure."""
    said = StringIO()
    try:
        with redirect_stdout(StringIO()), redirect_stderr(said):
            JOBS[job](folder, seed)
    except Failed as failed:
        failed.text = said.getvalue()  # type: ignore[attr-defined]
        raise
    return said.getvalue()


def _steps(job: str, place: Path) -> dict[str, int]:
    """How often a whole job calls each step in a new folder; files are taken away over an old one only."""
    point = Point(place / f"steps-{job}")
    with disturbed(point):
        _silent(job, point.folder, OLD)
    again = Point(point.folder)
    with disturbed(again):
        _silent(job, point.folder, NEW)
    return point.counts | {"unlink": again.counts["unlink"]}


def _reference(job: str, seed: int, place: Path) -> dict[str, str]:
    folder = place / f"reference-{job}-{seed}"
    _silent(job, folder, seed)
    return contents(folder)


@contextmanager
def drawn_once() -> Iterator[None]:
    """Results, charts and briefings are made once for each seed and kept, so that a fault costs little but its writing;
    a run has one chart instead of five.
    """
    from tradeimpact import output
    from tradeimpact.briefing import write as briefing
    from tradeimpact.figures import save

    made: dict[Any, Any] = {}

    def kept(call: Any, key: Any) -> Any:
        def once(*args: Any, **kwargs: Any) -> Any:
            name = key(*args, **kwargs)
            if name not in made:
                made[name] = call(*args, **kwargs)
            return made[name]

        return once

    content = kept(briefing.briefing_content, lambda case, **how: ("content", how["rng"]))
    forms = {s: kept(f, lambda c, _, s=s: (s, c.manifest["seed"])) for s, f in briefing.FORMS.items()}
    archive = kept(briefing.render_archive, lambda c: (".zip", c.manifest["seed"]))
    render = kept(save._render, lambda figure, name, alt: (name, alt))
    simulate = kept(ti.simulate, lambda case, scenario, **how: ("result", case.name, how["end"], how["rng"]))
    with ExitStack() as stack:
        for place, name, new in (
            (ti, "simulate", simulate),
            (sys.modules["tradeimpact.simulate"], "simulate", simulate),
            (output, "CHARTS", ("bridge",)),
            (briefing, "briefing_content", content),
            (briefing, "FORMS", forms),
            (briefing, "render_archive", archive),
            (save, "_render", render),
            (output, "run_notebook", _run_here),
        ):
            stack.enter_context(patch.object(place, name, new))
        yield


def _run_here(path: Path, target: Path) -> str | None:
    """A notebook's cells run in this process, so that faults reach what they write; what went wrong, else None."""
    import nbformat

    from tradeimpact.write import write_text

    notebook = nbformat.read(path, as_version=4)
    before, trouble = os.getcwd(), None
    os.chdir(path.parent)
    try:
        for cell in notebook.cells:
            exec(_compiled(cell.source), {})
    except Exception as problem:
        trouble = f"{type(problem).__name__}: {problem}"
        print(trouble, file=sys.stderr)
    finally:
        os.chdir(before)
    write_text(target.resolve(), nbformat.writes(notebook) + "\n")
    return trouble


@cache
def _compiled(code: str) -> Any:
    return compile(code, "notebook", "exec")
