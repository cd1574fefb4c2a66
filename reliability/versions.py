"""``python -m reliability versions lowest|newest|pythons``: the tests elsewhere than where they were written.

lowest   the oldest Python found, every package named in pyproject.toml at the lowest version its bound allows
newest   the newest Python found, every package at the newest version there is today
pythons  every Python found from 3.11 on, with the newest packages

``--python PATH`` names an interpreter, which is then used instead of those found; it may be given several times.
Environments are made in a temporary folder (``--keep FOLDER`` makes them there and leaves them) by uv, which knows how
to resolve to lowest versions; where there is none, it is installed beside them. What follows ``--`` goes to pytest:
without it the whole default suite runs, on every core. Warnings are errors, as everywhere in these tests. The last
lines say for each environment how many tests passed.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
OLDEST = 11  # the minor version of requires-python
SHOWN = ("numpy", "pandas", "scipy", "statsmodels", "matplotlib", "xarray")
EVERY_CORE = ["-n", "logical", "--dist", "loadfile"]


def main(words: list[str]) -> int:
    """Make the environments asked for, run the tests in each; 1 where any fails."""
    words, tests = (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else (words, [])
    parser = argparse.ArgumentParser(prog="python -m reliability versions")
    parser.add_argument("what", choices=["lowest", "newest", "pythons"])
    parser.add_argument("--python", action="append", metavar="PATH", help="an interpreter, instead of those found")
    parser.add_argument("--extra", default="test", help="extra of pyproject.toml to install (default: test)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="make the environments here and leave them")
    asked = parser.parse_args(words)
    found = pythons(asked.python or anywhere())
    if not found:
        print("no Python from 3.11 on was found; name one with --python", file=sys.stderr)
        return 2
    chosen = {"lowest": [min(found)], "newest": [max(found)], "pythons": sorted(found)}[asked.what]
    subprocess.run([sys.executable, ROOT / "tests" / "fetch_data.py"], check=True)  # what some tests compare with
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        folder = (asked.keep or Path(scratch)).resolve()
        uv = uv_in(folder)
        told = [tried(uv, folder, found[v], asked.what == "lowest", asked.extra, tests or EVERY_CORE) for v in chosen]
    print("", *(line for line, _ in told), sep="\n")
    return 0 if all(passed for _, passed in told) else 1


def anywhere() -> list[str]:
    """Where interpreters may be: the one that runs this, those on the PATH, and where pyenv keeps its own."""
    kept = sorted((Path.home() / ".pyenv" / "versions").glob("3.*/bin/python3"))
    on_path = [shutil.which(f"python3.{minor}") for minor in range(OLDEST, OLDEST + 10)]
    return [sys.executable, *filter(None, on_path), *map(str, kept)]


def pythons(paths: list[str]) -> dict[tuple[int, int, int], str]:
    """Interpreters that run and are new enough, by version: the last release of each minor version."""
    found: dict[tuple[int, int, int], str] = {}
    for path in filter(shutil.which, paths):
        asked = "import sys; print(*sys.version_info[:3])"
        told = subprocess.run([path, "-c", asked], capture_output=True, text=True, check=False)
        if told.returncode == 0:
            major, minor, micro = map(int, told.stdout.split())
            if (major, minor) >= (3, OLDEST):
                found.setdefault((major, minor, micro), path)
    newest = {version[:2]: version for version in sorted(found)}
    return {version: found[version] for version in newest.values()}


def uv_in(folder: Path) -> str:
    """The uv on the PATH, else one installed into an environment of its own in `folder`."""
    there = shutil.which("uv")
    if there:
        return there
    place = folder / "uv"
    if not (place / "bin" / "uv").exists():
        venv.create(place, with_pip=True)
        subprocess.run([place / "bin" / "python", "-m", "pip", "install", "-qq", "uv"], check=True)
    return str(place / "bin" / "uv")


def tried(uv: str, folder: Path, python: str, lowest: bool, extra: str, tests: list[str]) -> tuple[str, bool]:
    """Make one environment, say what is in it, run the tests; how they ended, and whether all is well."""
    version = subprocess.run([python, "-V"], capture_output=True, text=True, check=True).stdout.strip()
    name = f"{version}, {'lowest' if lowest else 'newest'} versions"
    place = folder / re.sub(r"\W+", "-", name).lower()
    print(f"\n== {name}", flush=True)
    how = ["--resolution", "lowest-direct" if lowest else "highest"]
    for command in (
        ["venv", "--quiet", "--seed", "--allow-existing", "--python", python, str(place)],  # the wheel's tests need pip
        ["pip", "install", "--quiet", "--upgrade", *how, "--python", str(place), "-e", f"{ROOT}[{extra}]"],
    ):
        told = subprocess.run([uv, *command], capture_output=True, text=True, check=False)
        if told.returncode:
            print(f"could not be made:\n{told.stderr}")
            return f"{name}: could not be made", False
    print(", ".join(installed(uv, place)), flush=True)
    run = [str(place / "bin" / "python"), "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    with tempfile.TemporaryDirectory() as elsewhere:  # hypothesis keeps its examples there and not in the checkout
        environment = os.environ | {"HYPOTHESIS_STORAGE_DIRECTORY": elsewhere, "PYTHONDONTWRITEBYTECODE": "1"}
        with subprocess.Popen(run, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as pytest:
            line = ""
            for line in pytest.stdout or ():
                print(line, end="", flush=True)
    return f"{name}: {line.strip()}", pytest.returncode == 0


def installed(uv: str, place: Path) -> Iterator[str]:
    """Number of packages of an environment, then the versions of the ones that matter most."""
    told = subprocess.run(
        [uv, "pip", "list", "--quiet", "--format", "json", "--python", str(place)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    versions = {row["name"]: row["version"] for row in json.loads(told.stdout)}
    yield f"{len(versions)} packages"
    yield from (f"{name} {versions[name]}" for name in SHOWN if name in versions)
