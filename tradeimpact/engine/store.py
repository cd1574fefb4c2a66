"""Parts of a run on disk, so that an interrupted run goes on where it stopped.

A part is a file of named arrays, written whole or not at all, in a folder named after the fingerprint of its run: a
part of another case, scenario, seed or version cannot be taken for one of this run. A file that cannot be read is as
good as none: its part is done again.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..write import write_bytes


def fingerprint(content: Mapping[str, Any]) -> str:
    """Hash of what makes a run what it is, as hexadecimal text."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode("utf-8")).hexdigest()


@dataclass(frozen=True)
class Store:
    """Parts of one run in ``folder/<fingerprint>``."""

    folder: Path
    key: str

    @property
    def place(self) -> Path:
        """The folder of this run's parts."""
        return self.folder / self.key[:24]

    def path(self, numbers: Sequence[int]) -> Path:
        """The file of the part that holds these blocks."""
        return self.place / f"blocks-{numbers[0]:07d}-{numbers[-1]:07d}.npz"

    def save(self, numbers: Sequence[int], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write a part."""
        buffer = io.BytesIO()
        np.savez(buffer, **dict(arrays))  # type: ignore[arg-type]
        write_bytes(self.path(numbers), buffer.getvalue())

    def load(self, numbers: Sequence[int], names: Sequence[str]) -> dict[str, NDArray[Any]] | None:
        """Read a part, or None where there is none that can be read."""
        try:
            with np.load(io.BytesIO(self.path(numbers).read_bytes()), allow_pickle=False) as found:
                return {name: found[name] for name in names}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def clear(self) -> None:
        """Remove this run's parts."""
        shutil.rmtree(self.place, ignore_errors=True)
