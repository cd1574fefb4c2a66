"""A briefing's figures and tables as files in one zip: what a reader needs to check it or to draw it otherwise."""

from __future__ import annotations

import hashlib
import json

from ..figures.save import csv_text, manifest_text
from .content import Content
from .parts import zipped


def render_archive(content: Content) -> bytes:
    """Zip with figures/ (svg, png, csv, json each), tables/ (csv), provenance.csv and manifest.json.

    The manifest names what made the briefing and the SHA-256 of every other file.
    """
    files: dict[str, bytes] = {}
    for part in content.parts:
        for figure in part.figures:
            files |= {f"figures/{figure.name}.{kind}": data for kind, data in sorted(figure.files.items())}
        for table in part.tables:
            files[f"tables/{table.name}.csv"] = csv_text(table.data).encode("utf-8")
    files["provenance.csv"] = csv_text(content.provenance).encode("utf-8")
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    given = {**content.manifest, "files": sums, "synthetic": content.synthetic, "title": content.title}
    text = manifest_text(given, alt=content.subtitle, name=content.stem)
    record = json.loads(text)
    record["briefing"], record["subtitle"] = record.pop("figure"), record.pop("alt")
    files["manifest.json"] = (json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode("utf-8")
    return zipped(files)
