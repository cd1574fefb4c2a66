"""The one way in which this library writes files: whole or not at all, and one run at a time in a folder.

The bytes go to a temporary file in the same folder, are forced to disk, and take the place of the old file
in one step. A reader sees the old file or the new one, never half of either. Temporary files have names of their own
(".NAME.….part") that nothing reads; those of a program that was killed are removed by the next that writes there.
"""

from __future__ import annotations

import errno
import hashlib
import os
import platform
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

from .errors import WriteError

try:
    import fcntl
except ImportError:  # not on Windows: two runs into one folder are not told apart there
    fcntl = None  # type: ignore[assignment]

HERE = hashlib.blake2s(platform.node().encode(), digest_size=3).hexdigest()  # this computer, in names of its files
LEFT_BEHIND = re.compile(r"\..+\.([0-9a-f]{6})-(\d+)-[0-9a-f]{8}\.part")
DAY = 86_400.0
WAIT = 10.0  # seconds for another program to finish a few files
REMEDIES = {
    errno.ENOSPC: "free some space, or give a folder on another disk",
    errno.EDQUOT: "your share of the disk is used up: free some space, or give another folder",
    errno.EACCES: "give a folder that you may write to",
    errno.EPERM: "give a folder that you may write to",
    errno.EROFS: "give a folder that can be written to",
    errno.ENAMETOOLONG: "give a shorter name",
}
_swept: set[Path] = set()
_held: set[Path] = set()


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
    WriteError
        If the folder or the file cannot be written; nothing is left behind.
    """
    with _staged(path, fill) as put:
        put()
    return Path(path)


def write_bytes(path: str | os.PathLike[str], data: bytes) -> Path:
    """Write `data` to `path`; see :func:`write_file`."""
    return write_file(path, partial(_whole, data=data))


def write_text(path: str | os.PathLike[str], text: str) -> Path:
    """Write `text` as UTF-8 with its line ends unchanged; see :func:`write_bytes`."""
    return write_bytes(path, text.encode("utf-8"))


def write_files(files: Mapping[Path, bytes | str]) -> list[Path]:
    """Write files of one folder that belong together, all or, where one cannot be written, none.

    The last one vouches for the others: it is taken away before the first changes and comes when all are there, so that
    a set without it is one whose writing was cut off.
    """
    with ExitStack() as stack:
        for folder in {path.parent for path in files}:
            stack.enter_context(alone(folder, wait=WAIT))
        puts = []
        for path, content in files.items():
            data = content.encode("utf-8") if isinstance(content, str) else content
            puts.append(stack.enter_context(_staged(path, partial(_whole, data=data))))
        *_, last = files
        remove(last)
        for put in puts:
            put()
    return list(files)


def remove(path: Path) -> None:
    """Take a file away, if it is there."""
    with _told(path):
        path.unlink(missing_ok=True)


@contextmanager
def new_folder(place: Path) -> Iterator[Path]:
    """A folder to fill, which takes the place of `place`, absent or empty, when all went well; else nothing is left."""
    real = Path(os.path.realpath(place))
    with _told(place):
        real.parent.mkdir(parents=True, exist_ok=True)
        sweep(real.parent)
        temporary = _temporary(real)
        temporary.mkdir()
    try:
        yield temporary
        with _told(place):
            if real.exists():
                real.rmdir()
            os.replace(temporary, real)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


@contextmanager
def alone(folder: str | os.PathLike[str], *, wait: float = 0.0) -> Iterator[None]:
    """Hold a folder, which is made, against other programs that write results there; also when killed, it is let go.

    Raises
    ------
    WriteError
        If another program holds it for `wait` seconds more, or the folder cannot be made.
    """
    place = Path(os.path.realpath(folder))
    with _told(folder):
        place.mkdir(parents=True, exist_ok=True)
    if fcntl is None or place in _held:
        yield
        return
    with _told(folder):
        handle = os.open(place, os.O_RDONLY)
    try:
        _lock(handle, folder, wait)
        _held.add(place)
        yield
    finally:
        _held.discard(place)
        os.close(handle)


def _lock(handle: int, folder: str | os.PathLike[str], wait: float) -> None:
    until = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() < until:
                time.sleep(0.05)
                continue
            raise WriteError(
                f"{os.fspath(folder)}: another run is writing there; wait until it has ended, or give another folder"
            ) from None
        except OSError:  # a file system without locks
            return
        return


def sweep(folder: Path) -> None:
    """Remove temporary files that killed programs left in `folder`; once for each folder and program."""
    if folder in _swept:
        return
    _swept.add(folder)
    for path in folder.glob(".*.part"):
        found = LEFT_BEHIND.fullmatch(path.name)
        if found is None or not _abandoned(path, found[1], int(found[2])):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _abandoned(path: Path, computer: str, program: int) -> bool:
    """Whether nobody writes a temporary file any more: its program is gone, or it is a day old."""
    if computer == HERE and os.name == "posix":
        try:
            os.kill(program, 0)
        except ProcessLookupError:
            return True
        except OSError:
            pass
    try:
        return time.time() - path.stat().st_mtime > DAY
    except OSError:
        return False


def _temporary(real: Path) -> Path:
    return real.with_name(f".{real.name}.{HERE}-{os.getpid()}-{secrets.token_hex(4)}.part")


@contextmanager
def _staged(path: str | os.PathLike[str], fill: Callable[[Path], object]) -> Iterator[Callable[[], None]]:
    """A whole new file beside `path`; calling what is given puts it in its place, else it is removed."""
    real = Path(os.path.realpath(path))
    temporary = _temporary(real)

    def put() -> None:
        with _told(path):
            os.replace(temporary, real)

    try:
        with _told(path):
            real.parent.mkdir(parents=True, exist_ok=True)
            sweep(real.parent)
            fill(temporary)
            with open(temporary, "rb") as file:
                os.fsync(file.fileno())
            if real.exists():
                shutil.copymode(real, temporary)
        yield put
    finally:
        with suppress(OSError):
            temporary.unlink()


def _whole(new: Path, data: bytes) -> None:
    new.write_bytes(data)
    if new.stat().st_size != len(data):
        raise OSError(errno.EIO, "fewer bytes arrived than were written")


@contextmanager
def _told(path: str | os.PathLike[str]) -> Iterator[None]:
    """What the system says of a file, in a sentence that names it and the remedy."""
    try:
        yield
    except WriteError:
        raise
    except OSError as problem:
        remedy = REMEDIES.get(problem.errno or 0, "give another folder")
        told = WriteError(f"{os.fspath(path)}: cannot be written ({problem.strerror or problem}); {remedy}")
        told.errno = problem.errno
        raise told from problem
