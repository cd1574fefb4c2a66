"""Finding and loading cases: those that come with the library, and any folder of your own."""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path

import pandas as pd

from ..errors import CaseError, TradeImpactWarning, did_you_mean
from .build import FORM, finished
from .case import Case
from .descriptor import DESCRIPTOR, REPACK, read_descriptor
from .folder import Folder, read_folder
from .odd import warn_of_odd
from .read import decode, parse_csv, read_bytes

CASE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-]*")
LISTED = ("case", "title", "crossings", "currency", "period")


def list_cases() -> pd.DataFrame:
    """Cases that come with the library.

    Returns
    -------
    DataFrame
        One row per case: case (the name to load), title, crossings (how many, inland houses included),
        currency, period (first and last day the case is about, "" where its descriptor does not say).
    """
    rows = []
    for name, folder in sorted(_packaged().items()):
        metadata, _ = read_descriptor(folder)
        texts = {key: str(metadata.get(key, "")) for key in ("title", "currency", "period")}
        rows.append({"case": name, "crossings": _count(folder), **texts})
    return pd.DataFrame(rows, columns=list(LISTED))


def find_case(case: str | os.PathLike[str]) -> Path:
    """Folder of a case.

    Parameters
    ----------
    case : str or path
        Name of a case that comes with the library, or a folder.

    Raises
    ------
    CaseError
        If there is neither; the message lists the names and suggests the nearest.
    """
    text = os.fspath(case)
    packaged = _packaged()
    if isinstance(case, str) and text in packaged:
        return packaged[text]
    folder = Path(text)
    if folder.is_dir():
        return folder
    names = ", ".join(sorted(packaged)) or "none"
    if isinstance(case, str) and CASE_NAME.fullmatch(text):
        hint = did_you_mean(text, packaged) or "Give one of these names, or the folder of a case of your own."
        raise CaseError(f"There is no case {text!r}. Cases that come with the library: {names}. {hint}")
    found = "a file" if folder.exists() else "nothing"
    raise CaseError(
        f"{text!r} is not a case folder: found {found}; expected a folder with {DESCRIPTOR} and tables. "
        f"Give a folder, or the name of a case that comes with the library: {names}."
    )


def load_case(case: str | os.PathLike[str]) -> Case:
    """Read a case, check all of it, and return it ready for use.

    Parameters
    ----------
    case : str or path
        Name of a case that comes with the library (see :func:`list_cases`), or a folder.

    Returns
    -------
    Case

    Raises
    ------
    CaseError
        If anything is wrong: one message that lists every problem with file, column, rows and remedy.

    Warns
    -----
    TradeImpactWarning
        If files differ from the descriptor's hashes: somebody edited them, which is allowed. If the case leaves
        something to the library's defaults: short tables (``"form": "short"`` in the descriptor), or no assumptions.
        If figures are possible but odd, as a crossing that collects more than the country: each is named with its row.
    """
    folder = find_case(case)
    read = read_folder(folder)
    name = str(read.metadata.get("name") or folder.resolve().name)
    if read.problems:
        raise CaseError(read.problems, f"Case {name!r}")
    if read.changed:
        warnings.warn(
            f"Case {name!r}: {', '.join(read.changed)} changed since the case was packaged. "
            f"{REPACK} if the change is yours; else get the case again.",
            TradeImpactWarning,
            stacklevel=2,
        )
    made = _case(name, read)
    warn_of_odd(name, read.tables, read.assumptions, listed=read.metadata.get("form") != FORM)
    if read.metadata.get("form") == FORM or not read.assumptions.records:
        return finished(made, read.notes)
    return made


def _case(name: str, read: Folder) -> Case:
    metadata = {key: value for key, value in read.metadata.items() if key != "resources"}
    return Case(
        name=name,
        title=str(metadata["title"]),
        currency=str(metadata["currency"]),
        calendar_name=str(metadata.get("calendar", "")),
        _metadata=metadata,
        _tables=read.tables,
        _assumptions=read.assumptions,
    )


def data_file(name: str) -> Path:
    """File that comes with the library beside its cases, such as "outlines/countries.geojson".

    Raises
    ------
    CaseError
        If the installation lacks it, or the name leads out of the library's data.
    """
    for root in _roots() if "\0" not in name else ():
        file = (root / name).resolve()
        if file.is_relative_to(root.resolve()) and file.is_file():
            return file
    raise CaseError(f"The installation lacks its data file {name!r}. Install tradeimpact again.")


def _roots() -> list[Path]:
    """Folders of the library's own data: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).resolve().parents[1]
    roots = [package / "data"]
    if (package.parent / "pyproject.toml").is_file():  # a checkout; else the parent is no folder of ours
        roots.append(package.parent / "data")
    return [root for root in roots if root.is_dir()]


def _packaged() -> dict[str, Path]:
    """Folders of the cases that come with the library."""
    return {
        folder.name: folder for root in _roots() for folder in sorted(root.iterdir()) if (folder / DESCRIPTOR).is_file()
    }


def _count(folder: Path) -> int:
    """Rows of the table of crossings, 0 where it cannot be read."""
    data, _ = read_bytes(folder, "crossings.csv")
    text = decode(data, "crossings.csv")[0] if data is not None else None
    frame = parse_csv(text, "crossings.csv")[0] if text is not None else None
    return 0 if frame is None else len(frame)
