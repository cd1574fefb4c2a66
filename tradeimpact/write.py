"""The one way in which this library writes a file: whole or not at all.

The bytes go to a temporary file in the same folder, are forced to disk, and take the place of the old file
in one step. A reader sees the old file or the new one, never half of either.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path


def write_file(path: str | os.PathLike[str], fill: Callable[[Path], object]) -> Path:
    """Let `fill` write a new file and put it in the place of `path`, making folders; the old file stays whole if
    anything fails.

    Parameters
    ----------
    path : str or path
        File to write. A link is followed, so that the link itself survives.
    fill : callable
        Gets the path of a file that does not exist yet, in the same folder, and writes it.

    Returns
    -------
    Path
        The path as given.

    Raises
    ------
    OSError
        If the folder or the file cannot be written; nothing is left behind.
    """
    target = Path(path)
    real = Path(os.path.realpath(target))
    real.parent.mkdir(parents=True, exist_ok=True)
    temporary = real.with_name(f".{real.name}.{secrets.token_hex(6)}.part")
    try:
        fill(temporary)
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        if real.exists():
            shutil.copymode(real, temporary)
        os.replace(temporary, real)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return target


def write_bytes(path: str | os.PathLike[str], data: bytes) -> Path:
    """Write `data` to `path`; see :func:`write_file`."""
    return write_file(path, lambda new: new.write_bytes(data))


def write_text(path: str | os.PathLike[str], text: str) -> Path:
    """Write `text` as UTF-8 with its line ends unchanged; see :func:`write_bytes`."""
    return write_bytes(path, text.encode("utf-8"))
