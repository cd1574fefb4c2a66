"""A full disk, a read-only folder, no font, no network, two runs at once: each on real files, each in words.

What needs rights that are not there (a mount, a network of its own) says so and is not counted as survived.
"""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from unittest.mock import patch

from .jobs import JOBS, ROOT, Failed, contents, spoiled

SEED, OTHER = 2, 3


class Untried(Exception):
    """A circumstance that this machine or user cannot bring about."""


def full_disk(folder: Path) -> list[str]:
    """A disk of too few bytes, then of enough."""
    wrong = []
    for job, kilobytes in (("run", 300), ("run", 24), ("grid", 40), ("brief", 200)):
        new = reference(job, SEED, folder)
        with mounted(folder / f"{job}-{kilobytes}", f"size={kilobytes}k") as place:
            wrong += refused(job, place / "out", "No space left on device")
            wrong += spoiled(place / "out", {}, new, killed=False)
            mount("-o", "remount,size=64m", str(place))
            wrong += completed(job, place / "out", new)
    return wrong


def read_only_folder(folder: Path) -> list[str]:
    """A folder mounted read-only with older results in it, then mounted for writing."""
    wrong = []
    for job in ("run", "grid", "brief"):
        old, new = reference(job, OTHER, folder), reference(job, SEED, folder)
        with mounted(folder / job, "size=64m") as place:
            done(job, place / "out", OTHER)
            mount("-o", "remount,ro", str(place))
            wrong += refused(job, place / "out", "Read-only file system")
            wrong += spoiled(place / "out", old, new, killed=False)
            mount("-o", "remount,rw", str(place))
            wrong += completed(job, place / "out", new)
    return wrong


def missing_font(folder: Path) -> list[str]:
    """matplotlib without its own sans font: a warning, and the manifest says with what was drawn."""
    import json

    from matplotlib import font_manager

    others = [font for font in font_manager.fontManager.ttflist if not font.name.startswith("DejaVu")]
    with patch.object(font_manager.fontManager, "ttflist", others), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        font_manager.fontManager._findfont_cached.cache_clear()
        done("run", folder, SEED)
    font_manager.fontManager._findfont_cached.cache_clear()
    wrong = [] if any("DejaVu Sans is missing" in str(warning.message) for warning in told) else ["no warning"]
    if "font" not in json.loads((folder / "bridge.json").read_text()):
        wrong.append("the manifest does not say the font")
    return wrong + ([] if (folder / "bridge.svg").stat().st_size > 10_000 else ["no figure"])


def no_network(folder: Path) -> list[str]:
    """Figures and a briefing in a network of their own that holds this computer alone."""
    alone = ["unshare", "--net", "sh", "-c", 'ip link set lo up 2>/dev/null; exec "$@"', "sh"]
    if subprocess.run([*alone, "true"], capture_output=True).returncode:
        raise Untried("no right to make a network")
    wrong = []
    for job in ("figures", "brief"):
        new = reference(job, SEED, folder)
        place = folder / f"alone-{job}"
        command = [*alone, sys.executable, "-W", "ignore", "-m", "reliability.jobs", job, str(place), str(SEED)]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if ended.returncode:
            wrong.append(f"{job}: {ended.stderr[-300:]}")
        elif job != "figures" and contents(place) != new:  # a notebook run by a kernel holds more than one run here
            wrong.append(f"{job}: other bytes than with a network")
    return wrong


def two_runs_at_once(folder: Path) -> list[str]:
    """Two processes with different seeds into one folder: what is there is of one of them, and a refusal says why."""
    wrong, refusals = [], 0
    for job in ("run", "grid", "brief"):
        each = [reference(job, seed, folder) for seed in (SEED, OTHER)]
        place = folder / f"both-{job}"
        command = [sys.executable, "-W", "ignore", "-m", "reliability.jobs", job, str(place)]
        both = [
            subprocess.Popen(
                [*command, str(seed)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
            )
            for seed in (SEED, OTHER)
        ]
        ends = [(child.communicate()[1], child.returncode) for child in both]
        refused_here = [said for said, code in ends if code]
        refusals += len(refused_here)
        wrong += [f"{job}: {said[-300:]}" for said in refused_here if "another run is writing there" not in said]
        if contents(place) not in each:
            wrong.append(f"{job}: files of two runs side by side")
    print(f"two runs at once: of 6 runs {refusals} were refused", end="; ")
    return wrong


CIRCUMSTANCES: dict[str, Callable[[Path], list[str]]] = {
    "full disk": full_disk,
    "read-only folder": read_only_folder,
    "missing font": missing_font,
    "no network": no_network,
    "two runs at once": two_runs_at_once,
}


def done(job: str, folder: Path, seed: int) -> str:
    """Do a job and give what it said on the error stream."""
    said = StringIO()
    with redirect_stdout(StringIO()), redirect_stderr(said):
        try:
            JOBS[job](folder, seed)
        except Failed as failed:
            raise Failed(said.getvalue()) from failed
    return said.getvalue()


def reference(job: str, seed: int, folder: Path) -> dict[str, str]:
    """Files of an undisturbed job."""
    place = folder.parent / f"whole-{job}-{seed}"
    if not place.exists():
        done(job, place, seed)
    return contents(place)


def refused(job: str, folder: Path, words: str) -> list[str]:
    """Do a job that cannot succeed; what is wrong with what it says."""
    try:
        done(job, folder, SEED)
    except Exception as problem:
        said = str(problem)
        return [] if words in said and "cannot be written" in said else [f"{job}: it says {said!r}"]
    return [f"{job}: it says nothing"]


def completed(job: str, folder: Path, new: dict[str, str]) -> list[str]:
    """Do a job that must succeed now."""
    done(job, folder, SEED)
    return [] if contents(folder) == new else [f"{job}: other bytes than undisturbed"]


def mount(*words: str) -> None:
    """Call mount; Untried where that is not allowed."""
    ended = subprocess.run(["mount", *words], capture_output=True, text=True)
    if ended.returncode:
        raise Untried(ended.stderr.strip() or "no right to mount")


@contextmanager
def mounted(place: Path, options: str) -> Iterator[Path]:
    """A disk of its own in memory."""
    if not hasattr(os, "geteuid") or os.geteuid():
        raise Untried("only root may mount")
    place.mkdir(parents=True)
    mount("-t", "tmpfs", "-o", options, "tmpfs", str(place))
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], capture_output=True, check=False)
