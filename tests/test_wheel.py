"""The wheel carries the data: built and installed without network, then used from an empty folder."""

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FROM_EMPTY_FOLDER = """
import json, sys

opened = set()
sys.addaudithook(lambda event, args: opened.add(str(args[0])) if event == "open" else None)
import tradeimpact as ti

cases = list(ti.list_cases()["case"])
crossings = {case: len(ti.load_case(case).crossings) for case in cases}
tables = sorted(name for name in opened if name.endswith((".csv", ".toml", "datapackage.json")))
print(json.dumps({"package": ti.__file__, "crossings": crossings, "tables": tables}))
"""


def run(*command: str | Path, cwd: Path) -> str:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([str(word) for word in command], cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode == 0, f"{command[:4]} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    (built,) = folder.glob("tradeimpact-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The scripts folder of a new environment: the wheel inside, its dependencies seen through a path file.

    An editable tradeimpact of the running environment stays out of sight: path files are not followed twice.
    """
    home = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", home, cwd=home)
    paths = {"base": str(home), "platbase": str(home)}
    site = Path(sysconfig.get_path("purelib", scheme="venv", vars=paths))
    dependencies = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "dependencies.pth").write_text("\n".join(sorted(dependencies)), encoding="utf-8")
    scripts = Path(sysconfig.get_path("scripts", scheme="venv", vars=paths))
    install = ("install", "--quiet", "--no-deps", "--no-index", wheel)
    run(sys.executable, "-m", "pip", "--python", scripts / "python", *install, cwd=home)
    return scripts


def test_wheel_holds_every_data_file_unchanged_and_the_type_marker(wheel):
    kept = [path.relative_to(ROOT).as_posix() for path in (ROOT / "data").rglob("[!.]*") if path.is_file()]
    assert kept
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
        for name in kept:
            assert archive.read(f"tradeimpact/{name}") == (ROOT / name).read_bytes(), name
    assert "tradeimpact/py.typed" in inside
    assert not [name for name in inside if name.startswith(("data/", "tests/", "notebooks/"))]


def test_installed_wheel_lists_and_loads_its_cases_in_an_empty_folder(installed, tmp_path):
    said = json.loads(run(installed / "python", "-c", FROM_EMPTY_FOLDER, cwd=tmp_path))
    package = Path(said["package"]).parent
    assert package.is_relative_to(installed.parent)
    assert said["crossings"]["afghanistan-2021"] >= 15
    tables = [Path(name) for name in said["tables"]]
    assert sum(table.is_relative_to(package / "data") for table in tables) >= 10
    assert [table for table in tables if not table.is_relative_to(package)] == []


def test_installed_command_lists_the_cases(installed, tmp_path):
    assert "afghanistan-2021" in run(installed / "tradeimpact", "list", cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []
