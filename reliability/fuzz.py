"""Coverage-guided fuzzing of every reader: ``python -m reliability fuzz [READER ...] [--minutes 10] [--seed 1]``.

Each reader runs in a process of its own under atheris (``pip install atheris``), which watches what code of tradeimpact
an input reaches and keeps inputs that reach more. Only the library's own errors may come out; anything else, more than
ten seconds of processor time or more than 2 GB of memory is a finding, kept once for each place with its smallest input
in ``build/fuzz/READER``. The exit code is 1 if there is one.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLACE = ROOT / "build" / "fuzz"
LONGEST = 65_536  # bytes of an input
SLOW_SECONDS = 10.0  # of processor time
DEPTH = 2  # mutations, one upon another, of an input: more and hardly any is read to its end
HANG_SECONDS = 300  # by the clock, which runs on where other programs have the processors
MEMORY_MB = 2048
NAMES = ("csv", "xlsx", "toml", "yaml", "json", "events", "tables")


def main(words: list[str]) -> int:
    """Fuzz the readers named, one after the other; a table at the end, and as ``build/fuzz/summary.json``."""
    parser = argparse.ArgumentParser(prog="python -m reliability fuzz")
    parser.add_argument("readers", nargs="*", metavar="READER", help=f"of {', '.join(NAMES)}; all unless given")
    parser.add_argument("--minutes", type=float, default=10.0, help="for each reader")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(words)
    unknown = set(options.readers) - set(NAMES)
    if unknown:
        parser.error(f"no reader {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    rows = [fuzz(name, options.minutes, options.seed) for name in options.readers or NAMES]
    columns = ("reader", "seconds", "executions", "taken", "edges", "corpus", "findings")
    for row in [dict(zip(columns, columns, strict=True)), *rows]:
        print("".join(f"{row[column]!s:>12}" for column in columns))
    return int(any(row["findings"] for row in rows))


def fuzz(name: str, minutes: float, seed: int) -> dict[str, object]:
    """Run one reader in a process of its own, and say what came of it."""
    place = PLACE / name
    shutil.rmtree(place, ignore_errors=True)
    (place / "corpus").mkdir(parents=True)
    command = [
        *(sys.executable, "-m", "reliability.fuzz", name, f"-max_total_time={round(minutes * 60)}", f"-seed={seed}"),
        *(f"-timeout={HANG_SECONDS}", f"-rss_limit_mb={MEMORY_MB}", f"-max_len={LONGEST}", "-print_final_stats=1"),
        *(f"-report_slow_units={HANG_SECONDS}", f"-mutate_depth={DEPTH}"),
        *(f"-artifact_prefix={place}{os.sep}hard-", str(place / "corpus")),
    ]
    began = time.monotonic()
    with open(place / "log.txt", "w", encoding="utf-8") as log:
        once = {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "MPLBACKEND": "agg"}
        subprocess.run(command, cwd=ROOT, env={**os.environ, **once}, stdout=log, stderr=log, check=False)
    said = (place / "log.txt").read_text(encoding="utf-8", errors="replace")
    counts = re.findall(r"#(\d+)\s.*?cov: (\d+).*?corp: (\d+)", said) or [("0", "0", "0")]
    done = re.search(r"number_of_executed_units: (\d+)", said)
    if done is None:
        raise RuntimeError(f"{name}: the fuzzer did not run to its end; its log is build/fuzz/{name}/log.txt")
    row: dict[str, object] = {
        "reader": name,
        "seconds": round(time.monotonic() - began),
        "executions": int(done[1]),
        "taken": (place / "taken").stat().st_size,
        "edges": int(counts[-1][1]),
        "corpus": int(counts[-1][2]),
        "findings": len(list(place.glob("found-*.txt"))) + len(list(place.glob("hard-[!s]*"))),
    }
    summary = PLACE / "summary.json"
    rows = json.loads(summary.read_text("utf-8")) if summary.exists() else {}
    summary.write_text(json.dumps(rows | {name: row}, indent=2) + "\n", encoding="utf-8")
    return row


class Findings:
    """What came out that should not: one file of traceback and one of input for each place it came from."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.sizes: dict[str, int] = {}

    def keep(self, error: BaseException, data: bytes) -> None:
        """Note an error with the input that gave it, if it is new or its input the smallest yet."""
        frames = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in frames if f"{os.sep}tradeimpact{os.sep}" in frame.filename] or frames
        last = ours[-1]
        key = f"{type(error).__name__}-{Path(last.filename).stem}-{last.name.strip('<>')}-{last.lineno}"
        if len(data) >= self.sizes.get(key, sys.maxsize):
            return
        self.sizes[key] = len(data)
        (self.place / f"found-{key}.bin").write_bytes(data)
        told = "".join(traceback.format_exception(error))
        (self.place / f"found-{key}.txt").write_text(told, encoding="utf-8", errors="backslashreplace")


def child(name: str, arguments: list[str]) -> None:
    """Fuzz one reader in this process; does not return."""
    import warnings

    import atheris

    with atheris.instrument_imports(include=["tradeimpact"]):
        import tradeimpact.case
        import tradeimpact.case.case
        import tradeimpact.case.folder
        import tradeimpact.case.spreadsheet
        import tradeimpact.case.validate
        import tradeimpact.events
        import tradeimpact.figures.outlines
        import tradeimpact.grid
        import tradeimpact.scenario  # noqa: F401
    from tradeimpact.errors import TradeImpactError

    from .fuzz_mutators import mixed
    from .fuzz_readers import READERS

    warnings.simplefilter("ignore")
    begin, mutation, seeds, _ = READERS[name]
    place = PLACE / name
    for number, seed in enumerate(seeds()):
        (place / "corpus" / f"seed-{number:03d}").write_bytes(seed)
    findings = Findings(place)
    scratch = Path(tempfile.mkdtemp(prefix="tradeimpact-fuzz-"))
    read = begin(scratch)
    gc.freeze()  # what is loaded now stays: a fifth of the time went into looking through it
    taken = os.open(place / "taken", os.O_WRONLY | os.O_CREAT)  # a byte for every input that nothing was wrong with

    def one(data: bytes) -> None:
        began = time.process_time()
        try:
            with contextlib.suppress(TradeImpactError):
                read(data)
                os.write(taken, b".")
            if time.process_time() - began > SLOW_SECONDS:
                raise TimeoutError(f"{time.process_time() - began:.0f} s of processor time")
        except Exception as error:
            findings.keep(error, data)

    atheris.Setup([sys.argv[0], *arguments], one, custom_mutator=mixed(mutation))
    atheris.Fuzz()


if __name__ == "__main__":
    child(sys.argv[1], sys.argv[2:])
