"""Pages that the documentation makes from the repository itself, as a hook of MkDocs: nothing here is written twice.

The tour runs its own code and the README's; the notebooks are shown as they were executed; each case has a page of
its tables and sources; the gallery shows every figure beside the line that makes it; the reference lists every public
name; equations become MathML, which browsers draw by themselves.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import html
import io
import json
import os
import re
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
PARTS = {  # top folder or module of a public name -> heading of the reference
    "case": "Cases",
    "scenario": "Scenarios",
    "simulate": "Running",
    "results": "Results",
    "inference": "Control from reports",
    "analysis": "Questions",
    "model": "The model by itself",
    "events": "Event files",
    "briefing": "Briefings",
    "errors": "Errors",
}
FENCE = re.compile(r"^```python\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
MATH = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+?)\$", re.DOTALL)
INHERITED = "\n    options:\n      inherited_members: true"
README_MARK = "<!-- the ten lines of the README -->"
equations: dict[str, str] = {}


# --- hooks of MkDocs --------------------------------------------------------------------------------------------------


def on_config(config: Any) -> Any:
    """Add the pages made here to the navigation, and those that other hands may have added."""
    nav = config["nav"]
    place = next(number for number, entry in enumerate(nav) if "Stability" in entry)
    made: list[Any] = [
        {"Cases": [{descriptor(folder)["title"]: f"cases/{folder.name}.md"} for folder in case_folders()]},
        {"Notebooks": [{notebook_title(path): f"notebooks/{path.stem}.md"} for path in notebooks()]},
        {"Gallery": "gallery.md"},
        {"Reference": [{head: f"reference/{slug(head)}.md"} for head in reference()]},
    ]
    if (ROOT / "docs" / "reliability.md").exists():
        made.append({"Reliability": "reliability.md"})
    nav[place:place] = made
    return config


def on_files(files: Files, config: Any) -> Files:
    """Make the pages that have no file of their own."""
    pages: dict[str, str | bytes] = {"gallery.md": gallery_page()}
    for folder in case_folders():
        pages[f"cases/{folder.name}.md"] = case_page(folder)
    for path in notebooks():
        pages.update(notebook_page(path))
    for head, names in reference().items():
        pages[f"reference/{slug(head)}.md"] = reference_page(head, names)
    for name in figure_names():
        path = picture(name)
        if path is not None:
            pages[f"figures/{path.name}"] = path.read_bytes()
    pages.update(tour_files())
    for uri, content in pages.items():
        old = files.get_file_from_path(uri)
        if old is not None:
            files.remove(old)
        files.append(File.generated(config, uri, content=content))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Put a mark in the place of every equation of a page that has them."""
    return with_marks(markdown) if page.meta.get("math") else markdown


def on_page_content(content: str, page: Any, config: Any, files: Files) -> str:
    """Put the MathML in the place of its mark."""
    for mark, mathml in equations.items():
        content = content.replace(f"<p>{mark}</p>", mathml).replace(mark, mathml)
    return content


def with_marks(text: str) -> str:
    """Text with a mark for each `$...$` and `$$...$$` outside of code, the MathML of which is kept for later."""
    from latex2mathml.converter import convert

    def mark(found: re.Match[str]) -> str:
        name = f"equation{len(equations):04d}mark"
        display = "block" if found.group(1) else "inline"
        equations[name] = convert((found.group(1) or found.group(2)).strip(), display=display)
        return f"\n\n{name}\n\n" if found.group(1) else name

    pieces = re.split(r"(^```.*?^```$|`[^`\n]+`)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(piece if number % 2 else MATH.sub(mark, piece) for number, piece in enumerate(pieces))


def tour_files() -> dict[str, str | bytes]:
    """The tour with what its code shows, run from top to bottom in one session, and its pictures."""
    text = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    text = text.replace(README_MARK, f"```python\n{FENCE.findall(readme)[0]}```\n")
    made: dict[str, str | bytes] = {}
    names: dict[str, Any] = {}
    out, end = [], 0
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        try:
            os.chdir(folder)  # what the code writes goes with the folder
            for found in FENCE.finditer(text):
                out += [text[end : found.end()], "\n", *shown(found.group(1), names, made)]
                end = found.end()
        finally:
            os.chdir(before)
    made["tour.md"] = "".join([*out, text[end:]])
    return made


def shown(code: str, names: dict[str, Any], made: dict[str, str | bytes]) -> Iterator[str]:
    """Run code and yield, as Markdown, what a notebook would show of it; pictures go into `made`."""
    import matplotlib

    matplotlib.use("agg")
    *body, last = ast.parse(code).body
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()) as printed:
        if isinstance(last, ast.Expr):
            exec(compile(ast.Module(body, []), "tour", "exec"), names)
            value = eval(compile(ast.Expression(last.value), "tour", "eval"), names)
        else:
            exec(compile(ast.Module([*body, last], []), "tour", "exec"), names)
            value = None
    if printed.getvalue():
        yield text_output(printed.getvalue())
    figure = getattr(value, "figure", None)
    if figure is not None and hasattr(figure, "savefig"):
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
        name = f"tour_{len(made) + 1}.png"
        made[name] = buffer.getvalue()
        title = next((text.get_text() for text in figure.texts if text.get_gid() == "title"), "Figure of the tour")
        yield f'\n<img src="{name}" alt="{html.escape(" ".join(title.split()))}">\n\n'
    elif hasattr(value, "_repr_html_"):
        yield html_output(value._repr_html_())
    elif value is not None:
        yield text_output(str(value))


def text_output(text: str) -> str:
    """Plain output, escaped."""
    return f'\n<div class="output"><pre>{html.escape(text.rstrip())}</pre></div>\n\n'


def html_output(text: str) -> str:
    """HTML output on lines without blank ones, so that Markdown leaves it alone."""
    body = re.sub(r"<style.*?</style>|\s*\n\s*", " ", text, flags=re.DOTALL)
    return f'\n<div class="scroll">{body}</div>\n\n'


def notebooks() -> list[Path]:
    """The notebooks in their order."""
    return sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))


def source(cell: dict[str, Any]) -> str:
    """Text of a cell."""
    found = cell["source"]
    return found if isinstance(found, str) else "".join(found)


def notebook_title(path: Path) -> str:
    """The question that a notebook asks."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return source(cells[0]).split("\n", 1)[0].lstrip("# ").strip()


def notebook_page(path: Path) -> dict[str, str | bytes]:
    """A notebook as it was executed, as Markdown, with its pictures."""
    made: dict[str, str | bytes] = {}
    out = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        text = source(cell)
        if cell["cell_type"] == "markdown":
            out.append(re.sub(r"\]\(([\w-]+)\.ipynb", r"](\1.md", text) + "\n\n")
        elif cell["cell_type"] == "code":
            out.append(f"```python\n{text}\n```\n\n")
            for output in cell.get("outputs", []):
                out.append(notebook_output(output, text, path.stem, made))
    made[f"notebooks/{path.stem}.md"] = "".join(out)
    return made


def notebook_output(output: dict[str, Any], code: str, stem: str, made: dict[str, str | bytes]) -> str:
    """One output of a cell as Markdown; a picture goes into `made`."""
    data = output.get("data", {})
    joined = {kind: value if isinstance(value, str) else "".join(value) for kind, value in data.items()}
    if "image/png" in joined:
        name = f"{stem}_{len(made) + 1}.png"
        made[f"notebooks/{name}"] = base64.b64decode(joined["image/png"])
        return f'\n<img src="{name}" alt="{html.escape(picture_words(code))}">\n\n'
    if "text/html" in joined:
        return html_output(joined["text/html"])
    text = joined.get("text/plain") or output.get("text", "")
    return text_output(text if isinstance(text, str) else "".join(text)) if text else ""


def picture_words(code: str) -> str:
    """Alternative text of the last figure that a cell saves, from its manifest."""
    names = re.findall(r'save="\.\./figures/([\w-]+)"|save\([^)]*"\.\./figures/([\w-]+)"', code)
    for name in reversed([one or two for one, two in names]):
        manifest = ROOT / "figures" / f"{name}.json"
        if manifest.exists():
            return str(json.loads(manifest.read_text(encoding="utf-8"))["alt"])
    return "Figure made by the code above"


def figure_names() -> list[str]:
    """Names of the figures, each of which has a picture and a manifest."""
    return [path.stem for path in sorted((ROOT / "figures").glob("*.json")) if picture(path.stem) is not None]


def picture(name: str) -> Path | None:
    """Picture of a figure: a film where it is one."""
    found = [ROOT / "figures" / f"{name}.{kind}" for kind in ("gif", "png")]
    return next((path for path in found if path.exists()), None)


def makers() -> dict[str, tuple[Path, str]]:
    """For each figure the notebook and the statement that makes it."""
    found: dict[str, tuple[Path, str]] = {}
    for path in notebooks():
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] != "code":
                continue
            text = re.sub(r";\s*$", "", source(cell), flags=re.MULTILINE)
            with contextlib.suppress(SyntaxError):
                for node in ast.parse(text).body:
                    line = ast.get_source_segment(text, node) or ""
                    for name in re.findall(r"\.\./figures/([\w-]+)", line):
                        found[name] = (path, line)
    return found


def gallery_page() -> str:
    """All figures with the line that makes each and its alternative text."""
    lines = [
        "# Gallery\n",
        "Every figure of the notebooks, with the line that makes it.\n",
        '<div class="gallery" markdown>\n',
    ]
    made = makers()
    for name in figure_names():
        alt = json.loads((ROOT / "figures" / f"{name}.json").read_text(encoding="utf-8"))["alt"]
        file = (picture(name) or Path(f"{name}.png")).name
        words = html.escape(alt)
        lines.append(f'<figure markdown="block">\n\n<img src="figures/{file}" alt="{words}" loading="lazy">\n')
        if name in made:
            path, line = made[name]
            lines += [f"\n```python\n{line}\n```\n", f"\n[{notebook_title(path)}](notebooks/{path.stem}.md)\n"]
        lines.append("\n</figure>\n")
    return "\n".join([*lines, "</div>\n"])


def case_folders() -> list[Path]:
    """Folders of the cases that come with the library."""
    return sorted(path.parent for path in (ROOT / "data").glob("*/datapackage.json"))


def descriptor(folder: Path) -> dict[str, Any]:
    """What a case says of itself."""
    found: dict[str, Any] = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    return found


def table_html(rows: Any) -> str:
    """A table in a box that scrolls."""
    return html_output(rows.to_html(index=False, na_rep="", border=0, escape=True))


def case_page(folder: Path) -> str:
    """What a case holds: its story in numbers, assumptions, every table, and its sources."""
    import pandas as pd

    about = descriptor(folder)
    out = ["---\nsearch:\n  exclude: true\n---\n\n", f"# {about['title']}\n\n{about['description']}\n\n"]
    facts = {key: about[key] for key in ("name", "period", "currency", "calendar", "baseline_until") if key in about}
    out.append("".join(f"* **{key.replace('_', ' ')}**: {html.escape(str(value))}\n" for key, value in facts.items()))
    if "credit" in about:
        out.append(f"* **credit**: {html.escape(about['credit'])}\n")
    out.append(f'\n```python\nimport tradeimpact as ti\n\ncase = ti.load_case("{about["name"]}")\n```\n\n')
    out += ["## Assumptions\n\n", "Low and high are the 5 and 95 % points.\n", assumption_table(folder)]
    out.append("## Tables\n\n")
    for resource in about["resources"]:
        path = folder / resource["path"]
        if path.suffix != ".csv" or resource["name"] == "sources":
            continue
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        out += [f"### {resource['name']}\n\n{resource.get('description', '')}, {len(table)} rows.\n\n"]
        summary = f"<summary>{html.escape(resource['path'])}</summary>"
        out.append(f"<details>{summary}{table_html(table).strip()}</details>\n\n")
    sources = folder / "sources.csv"
    if sources.exists():
        out += ["## Sources\n\n", table_html(pd.read_csv(sources, dtype=str, keep_default_na=False))]
    return "".join(out)


def assumption_table(folder: Path) -> str:
    """Assumptions of a case as a table."""
    import pandas as pd

    records = tomllib.loads((folder / "assumptions.toml").read_text(encoding="utf-8"))
    columns = ("low", "best", "high", "unit", "grade", "source")
    rows = [
        {"name": name, **{column: plain(record.get(column, "")) for column in columns}}
        for name, record in flat(records.get("assumption", records))
    ]  # fmt: skip
    return table_html(pd.DataFrame(rows, columns=["name", *columns]).astype(str))


def plain(value: Any) -> str:
    """A number without an exponent or a needless decimal; anything else as it is."""
    if not isinstance(value, int | float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:,.6g}"


def flat(records: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every record of nested tables: those that state a best value."""
    for name, value in records.items():
        entries = value if isinstance(value, list) else [value]
        for entry in entries:
            if not isinstance(entry, dict):
                continue
            label = str(entry.get("name", name))
            if "best" in entry:
                yield label, entry
            else:
                yield from flat({f"{label} {key}": part for key, part in entry.items()})


def slug(head: str) -> str:
    """Name of a page."""
    return re.sub(r"\W+", "-", head.lower()).strip("-")


def reference() -> dict[str, list[str]]:
    """Public names by part, each as the place where it is written."""
    import tradeimpact as ti

    found: dict[str, list[str]] = {head: [] for head in [*PARTS.values(), "Everything else"]}
    for name in ti.__all__:
        if name.startswith("_"):
            continue
        thing = getattr(ti, name)
        module = getattr(thing, "__module__", None) or thing.__name__
        place = f"{module}.{thing.__qualname__}" if hasattr(thing, "__qualname__") else module
        part = module.split(".")[1] if "." in module else ""
        found[PARTS.get(part, "Everything else")].append(place)
        found[PARTS.get(part, "Everything else")] += answers(module)
    found["Results"].append("tradeimpact.plots.Plots")
    return {head: sorted(dict.fromkeys(names)) for head, names in found.items() if names}


def answers(module: str) -> list[str]:
    """Public classes of a module: what its functions return."""
    here = vars(sys.modules[module])
    return [f"{module}.{name}" for name, thing in here.items()
            if isinstance(thing, type) and thing.__module__ == module and not name.startswith("_")]  # fmt: skip


def reference_page(head: str, names: list[str]) -> str:
    """Signatures and docstrings of some public names."""
    return (
        f"# {head}\n\n"
        + "\n\n".join(f"::: {name}{INHERITED if name.endswith('.Plots') else ''}" for name in names)
        + "\n"
    )
