"""The tests of the model, run for mutants.py: what each costs and which lines it runs, and again with a fault put in.

Nothing here changes a file. A fault in the body of a function is put in by giving the function its faulty code, in a
child of a process that has collected all tests; any other by importing everything anew in a child.
"""

from __future__ import annotations

import gc
import hashlib
import importlib
import importlib.machinery
import json
import os
import signal
import sys
import time
import types
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from .mutation import Mutant, mutated

PACKAGE = "tradeimpact.model"
MODEL = "tradeimpact/model"
TESTS = """attribution baseline by_hand chain closing decompose elasticities history identities identities_every_run
    incidence inference level levy model_edges next_crossing reconcile revenue sampled_history series shapley statistics
    steps tariff trade_response"""
HEAVY = (
    "coverage hypothesis matplotlib.pyplot numpy pandas pytest scipy.optimize scipy.special scipy.stats "
    "statsmodels.tsa.statespace.structural xarray"
)

Run = Callable[[Mutant | None, list[str], Path], int]  # in a child: fault, tests in order, folder for notes; exit code


def import_heavy() -> None:
    """Everything that takes long to import, but not the library. Examples of Hypothesis are the same in every run."""
    for name in HEAVY.split():
        importlib.import_module(name)
    from hypothesis import Phase, settings

    phases = [Phase.explicit, Phase.generate]  # a failing example is not made smaller
    settings.register_profile("mutants", derandomize=True, database=None, deadline=None, phases=phases)
    settings.load_profile("mutants")


def apart(work: Callable[[], int]) -> None:
    """In a child process, which may import what this one must not."""
    child = os.fork()
    if not child:
        code = 1
        try:
            code = work()
        finally:
            sys.stdout.flush()
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if status:
        raise SystemExit("a process of tests failed; see the logs in the folder")


class Seen:
    """What a run without fault showed: processor seconds of each test, and the tests that run each line."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.seconds: dict[str, float] = found["seconds"]
        self.lines: dict[str, dict[str, list[str]]] = found["lines"]
        by_file = defaultdict(list)
        for test in self.seconds:
            by_file[test.split("::")[0]].append(test)
        self.by_file = dict(by_file)
        self.breadth: Counter[str] = Counter()  # modules that a test runs: few for a test of one thing
        for found in self.lines.values():
            self.breadth.update({t for c in {c for at in found.values() for c in at} for t in self.tests(c)})

    def tests(self, context: str) -> list[str]:
        """What a fixture runs counts for every test of its file."""
        return [context] if "::" in context else self.by_file.get(context, [])

    def limit(self, test: str) -> float:
        """Seconds after which a test is stopped; it may be the first of its file to need what the file shares."""
        longest = max(self.seconds[t] for t in self.by_file[test.split("::")[0]])
        return 5 + 10 * self.seconds[test] + 3 * longest

    def order(self, mutant: Mutant, budget: float) -> list[str]:
        """Tests through the faulty lines, or, of what runs on import, through any line of the module.

        Those that run least of the model come first, and of these the quickest.
        """
        lines = self.lines.get(mutant.module, {})
        first, last = mutant.lines
        at = {c for line in range(first, last + 1) for c in lines.get(str(line), ())} if mutant.function else set()
        contexts = at or {c for found in lines.values() for c in found}
        tests = {t for c in contexts for t in self.tests(c)}
        order, spent = [], 0.0
        for test in sorted(tests, key=lambda t: (self.breadth[t], self.seconds[t], t)):
            spent += self.seconds[test]
            if order and spent > budget:
                break
            order.append(test)
        return order


def measured(folder: Path, tree: Path) -> dict[str, Any]:
    """Lines and costs of the tests, from a child process; every test must pass. Files measured before are not again."""
    kept = folder / "measured.json"
    found: dict[str, Any] = {"digests": {}, "seconds": {}, "lines": {}}
    with suppress(FileNotFoundError):
        found = json.loads(kept.read_text("utf-8"))
    model = sorted(str(p.relative_to(tree)) for p in (tree / MODEL).glob("*.py"))
    files = [f for f in (f"tests/test_{name}.py" for name in TESTS.split()) if (tree / f).exists()] + model
    text = "".join((tree / f).read_text("utf-8") for f in model)
    digests = {f: hashlib.sha256((text + (tree / f).read_text("utf-8")).encode()).hexdigest() for f in files}
    stale = [f for f in files if found["digests"].get(f) != digests[f]]
    if stale:
        print(f"measuring {len(stale)} files of tests", flush=True)
        apart(lambda: _measure(stale, folder))
        _merge(found, json.loads((folder / "fresh.json").read_text("utf-8")), set(stale))
        found["digests"] = digests
        kept.write_text(json.dumps(found), "utf-8")
    return found


def _merge(found: dict[str, Any], fresh: dict[str, Any], stale: set[str]) -> None:
    """What was measured now in place of what was measured of these files before."""
    found["seconds"] = {t: s for t, s in found["seconds"].items() if t.split("::")[0] not in stale} | fresh["seconds"]
    for module in found["lines"].keys() | fresh["lines"].keys():
        old, new = (x["lines"].get(module, {}) for x in (found, fresh))
        found["lines"][module] = {
            n: [c for c in old.get(n, ()) if c.split("::")[0] not in stale] + new.get(n, [])
            for n in old.keys() | new.keys()
        }


def _measure(files: list[str], folder: Path) -> int:
    import coverage
    import pytest

    quiet(folder / "measured.log")
    watch = coverage.Coverage(data_file=None, include=[f"{MODEL}/*"], config_file=False)
    seconds: dict[str, float] = {}

    class Plugin:
        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
            begin = time.process_time()
            result = yield
            seconds[item.nodeid] = time.process_time() - begin
            return result

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_setup(self, item: Any) -> Iterator[None]:
            watch.switch_context(item.nodeid.split("::")[0])
            result = yield
            watch.switch_context(item.nodeid)
            return result

        def pytest_runtest_teardown(self) -> None:
            watch.switch_context("")

    watch.start()
    code = pytest.main([*_options(folder / "basetemp"), *files], plugins=[Plugin()])
    watch.stop()
    lines = {}
    for path in watch.get_data().measured_files():
        at = watch.get_data().contexts_by_lineno(path)
        lines[f"{PACKAGE}.{Path(path).stem}"] = {str(n): [c for c in contexts if c] for n, contexts in at.items()}
    (folder / "fresh.json").write_text(json.dumps({"seconds": seconds, "lines": lines}), "utf-8")
    return int(code)


def _options(temporary: Path) -> list[str]:
    imported_before = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"
    return ["-q", "-x", "--tb=line", "-p", "no:cacheprovider", "-W", imported_before, f"--basetemp={temporary}"]


def quiet(log: Path) -> None:
    """Everything printed goes to a file."""
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(handle, 1)
    os.dup2(handle, 2)


def warm(sources: dict[str, str], seen: Seen, folder: Path, rows: Callable[[Run], None]) -> int:
    """Try mutants in the process that has collected all tests."""
    import pytest

    quiet(folder / "warm.log")
    options = [*_options(folder / "basetemp"), "--capture=no"]
    return int(pytest.main([*options, *seen.by_file], plugins=[Warm(sources, seen, rows)]))


class Warm:
    """A plugin of pytest that collects once and then, instead of running the tests, tries mutant after mutant.

    Good for faults in the body of a function: the child gives the function its faulty code.
    """

    def __init__(self, sources: dict[str, str], seen: Seen, rows: Callable[[Run], None]) -> None:
        self.sources, self.seen, self.rows = sources, seen, rows
        self.last = Path()

    def pytest_runtestloop(self, session: Any) -> bool:
        """In place of the tests."""
        items = {item.nodeid: item for item in session.items}
        gc.freeze()

        def run(mutant: Mutant | None, tests: list[str], folder: Path) -> int:
            self.last = folder / "last"
            if mutant:
                _give_code(mutant, self.sources[mutant.module])
            chosen = [items[test] for test in tests]
            for item, following in zip(chosen, [*chosen[1:], None], strict=True):
                item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
                if session.testsfailed:
                    return 1
            return 0 if chosen else 5

        self.rows(run)
        return True

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Begin to count."""
        self.last.write_text(nodeid, "utf-8")
        signal.setitimer(signal.ITIMER_PROF, self.seen.limit(nodeid))


def _give_code(mutant: Mutant, source: str) -> None:
    """The function or method with the fault gets its code; whoever imported it has it too."""
    module = importlib.import_module(mutant.module)
    code: Any = compile(mutated(source, mutant), str(module.__file__), "exec")
    found: Any = module
    for name in mutant.function.split("."):
        code = [c for c in code.co_consts if isinstance(c, types.CodeType) and c.co_name == name][-1]  # after overloads
        found = vars(found)[name]
        if not isinstance(found, type):
            break
    for wrapper in ("fget", "__func__", "__wrapped__"):
        found = getattr(found, wrapper, found)
    found.__code__ = code


def cold(sources: dict[str, str], seen: Seen) -> Run:
    """For faults in what is run on import, too: the child imports the library anew. Slower."""
    import pytest

    def run(mutant: Mutant | None, tests: list[str], folder: Path) -> int:
        faulty = Faulty(mutant, sources[mutant.module]) if mutant else None
        files = sorted({test.split("::")[0] for test in tests})
        return int(
            pytest.main(
                [*_options(folder / "basetemp"), *files], plugins=[Ordered(tests, seen, folder / "last", faulty)]
            )
        )

    return run


class Ordered:
    """A plugin of pytest: some tests in a certain order, the last one begun named in a file, each with a limit."""

    def __init__(self, tests: list[str], seen: Seen, last: Path, faulty: Faulty | None) -> None:
        self.place = {test: i for i, test in enumerate(tests)}
        self.seen, self.last, self.faulty = seen, last, faulty

    def pytest_sessionstart(self) -> None:
        """Before pytest's own finder, which would load modules whose examples are tests."""
        if self.faulty:
            sys.meta_path.insert(0, self.faulty)

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """In place, as the hook wants it."""
        items[:] = sorted((i for i in items if i.nodeid in self.place), key=lambda i: self.place[i.nodeid])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Begin to count."""
        self.last.write_text(nodeid, "utf-8")
        signal.setitimer(signal.ITIMER_PROF, self.seen.limit(nodeid))


class Faulty(importlib.machinery.SourceFileLoader):
    """Finds one module, and loads it with the fault."""

    def __init__(self, mutant: Mutant, source: str) -> None:
        self.mutant, self.source = mutant, source

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        """The module in question, found where it is and loaded by this."""
        if name != self.mutant.module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        assert spec
        assert spec.origin
        super().__init__(name, spec.origin)
        spec.loader = self
        return spec

    def get_code(self, fullname: str) -> Any:
        """The code with the fault in it."""
        return compile(mutated(self.source, self.mutant), self.path, "exec")
