"""Faults at write points: an error, or fewer bytes than were written, at one chosen call of one chosen step.

Steps are those of the library's one way of writing: make a folder, write the bytes of a temporary file, force them to
disk, put it in its place, take an old file away, and between two files. Only calls under the job's folder count.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

STEPS = ("mkdir", "write", "fsync", "replace", "unlink")
KINDS = {
    "disk full, nothing written": ("write", errno.ENOSPC),
    "disk full, half written": ("half", errno.ENOSPC),
    "disk full when forced to disk": ("fsync", errno.ENOSPC),
    "disk full at a folder": ("mkdir", errno.ENOSPC),
    "device error while writing": ("half", errno.EIO),
    "device error when forced to disk": ("fsync", errno.EIO),
    "device error when put in place": ("replace", errno.EIO),
    "no permission to write": ("write", errno.EACCES),
    "no permission to put in place": ("replace", errno.EACCES),
    "no permission to take away": ("unlink", errno.EACCES),
    "read-only folder": ("write", errno.EROFS),
    "read-only parent": ("mkdir", errno.EROFS),
    "fewer bytes than were written, silently": ("short", 0),
    "interrupted while writing": ("half", -1),
    "interrupted between files": ("after", -1),
}
STEP_OF = {"half": "write", "short": "write", "after": "replace"}


@dataclass
class Point:
    """The `at`-th call of a step under `folder` fails; without a kind the calls are only counted."""

    folder: Path
    kind: str = ""
    at: int = -1
    fired: bool = False

    def __post_init__(self) -> None:
        self.counts = dict.fromkeys(STEPS, 0)
        self.how, self.number = KINDS.get(self.kind, ("", 0))

    def due(self, step: str, path: Any) -> bool:
        """Count a call; whether it is the one that fails."""
        if self.folder not in (Path(path), *Path(path).parents):
            return False
        self.counts[step] += 1
        if STEP_OF.get(self.how, self.how) != step or self.counts[step] != self.at:
            return False
        self.fired = True
        return True

    def fail(self, path: Any) -> None:
        """Raise what this kind raises."""
        if self.number < 0:
            raise KeyboardInterrupt
        raise OSError(self.number, os.strerror(self.number), str(path))


@contextmanager
def disturbed(point: Point) -> Iterator[Point]:
    """Let the calls of a block go through `point`."""
    mkdir, write, unlink = Path.mkdir, Path.write_bytes, Path.unlink
    fsync, replace = os.fsync, os.replace

    def new_mkdir(self: Path, *args: Any, **kwargs: Any) -> None:
        if not self.exists() and point.due("mkdir", self):
            point.fail(self)
        mkdir(self, *args, **kwargs)

    def new_write(self: Path, data: Any) -> int:
        if not point.due("write", self):
            return write(self, data)
        if point.how != "write":
            write(self, bytes(data)[: len(data) // 2])
        if point.how != "short":
            point.fail(self)
        return len(data)

    def new_unlink(self: Path, *args: Any, **kwargs: Any) -> None:
        if not self.name.endswith(".part") and self.exists() and point.due("unlink", self):
            point.fail(self)
        unlink(self, *args, **kwargs)

    def new_fsync(handle: int) -> None:
        path = os.readlink(f"/proc/self/fd/{handle}")
        if point.due("fsync", path):
            point.fail(path)
        fsync(handle)

    def new_replace(source: Any, target: Any) -> None:
        due = point.due("replace", target)
        if due and point.how == "replace":
            point.fail(target)
        replace(source, target)
        if due:
            point.fail(target)

    with ExitStack() as stack:
        for place, name, new in (
            (Path, "mkdir", new_mkdir),
            (Path, "write_bytes", new_write),
            (Path, "unlink", new_unlink),
            (os, "fsync", new_fsync),
            (os, "replace", new_replace),
            *_netcdf(point),
        ):
            stack.enter_context(patch.object(place, name, new))
        yield point


def _netcdf(point: Point) -> list[tuple[Any, str, Any]]:
    """The netCDF library writes its files itself, and says RuntimeError where others say OSError."""
    import xarray as xr

    whole = xr.Dataset.to_netcdf

    def new_netcdf(self: Any, path: Path, *args: Any, **kwargs: Any) -> Any:
        made = whole(self, path, *args, **kwargs)
        if point.due("write", path):
            data = path.read_bytes()
            with open(path, "wb") as file:
                file.write(data[: len(data) // 2] if point.how != "write" else b"")
            if point.number < 0:
                raise KeyboardInterrupt
            if point.how != "short":
                raise RuntimeError("NetCDF: HDF error")
        return made

    return [(xr.Dataset, "to_netcdf", new_netcdf)]
