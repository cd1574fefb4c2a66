"""A folder to start a case from: three invented crossings, one total, two reports, ready to run and to replace."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from ..errors import CaseError
from ..write import new_folder, write_text
from .build import FORM
from .calendar_systems import check_system
from .descriptor import DESCRIPTOR, ENTRIES, SCHEMA_VERSION, says
from .folder import ASSUMPTIONS

TEMPLATE = Path(__file__).with_name("template")
FILES = ("README.md", "crossings.csv", "national.csv", "reports.csv", ASSUMPTIONS)
README = FILES[0]


def new_case(
    folder: str | os.PathLike[str], *, currency: str = "ETB", calendar: str = "gregorian", title: str = ""
) -> list[Path]:
    """Write the template of a case, synthetic until its rows are replaced.

    Parameters
    ----------
    folder : str or path
        A new or empty folder.
    currency : str
        Three capital letters.
    calendar : {"gregorian", "solar_hijri", "ethiopian"}
        Calendar by whose months results are summed.
    title : str

    Returns
    -------
    list of Path
        Files written: tables, assumptions.toml, datapackage.json, and a README.md that says what to write where.

    Raises
    ------
    CaseError
        If the folder holds files already, or currency, calendar or title are none.
    """
    place = Path(folder)
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise CaseError(
            f"{os.fspath(folder)!r} is not empty. Give a new folder, so that nothing of yours is overwritten."
        )
    if not re.fullmatch(ENTRIES["currency"][0], currency):
        raise CaseError(f"{currency!r} is no currency. Write {ENTRIES['currency'][1]}.")
    if title and not says("title", title):
        raise CaseError(f"{title!r} cannot be the title of a case. Give a text without control characters.")
    name = re.sub(r"[^A-Za-z0-9_.\-]+", "-", place.resolve().name).strip("-.") or "my-case"
    shown = place.name.encode("utf-8", "replace").decode()  # a name on disk need not be text
    heading = title or f"{name} (synthetic template)"
    descriptor = {
        "name": name,
        "title": heading,
        "description": "Synthetic template of a case: replace its rows by your own.",
        "schema_version": SCHEMA_VERSION,
        "currency": currency,
        "calendar": check_system(calendar),
        "dates_in": "gregorian",
        "form": FORM,
        "synthetic": True,
    }
    with new_folder(place) as made:
        for file in FILES:
            text = (TEMPLATE / file).read_text(encoding="utf-8")
            if file == README:
                for mark, value in (("{title}", heading), ("{folder}", shown), ("{currency}", currency)):
                    text = text.replace(mark, value)
            write_text(made / file, text)
        write_text(made / DESCRIPTOR, json.dumps(descriptor, indent=2, ensure_ascii=False) + "\n")
    return [place / file for file in (*FILES, DESCRIPTOR)]
