"""Files of another schema version say what to do: a newer one asks for an update, an older one is told how to mend it.

There has been one version of every file so far, so that there is nothing to upgrade yet.
"""

import json
import re
import shutil
from pathlib import Path

import pytest

import tradeimpact as ti
from tradeimpact.case.package import package
from tradeimpact.errors import CaseError, ScenarioError

ROOT = Path(__file__).resolve().parents[1]
SYNTHETIC = ROOT / "tests" / "cases" / "synthetic-3"
NEWER = "A newer release wrote it: update tradeimpact"
OLDER = "Write schema_version 1 if the file follows the documentation of this release, else make it anew"
VERSIONS = [("2", NEWER), ("999", NEWER), ("0", OLDER), ("1.0", OLDER), ("one", OLDER), (None, OLDER), (True, OLDER)]


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(SYNTHETIC, tmp_path / "case"))


def with_version(folder, version):
    path = folder / "datapackage.json"
    body = json.loads(path.read_text("utf-8"))
    body["schema_version"] = version
    if version is None:
        del body["schema_version"]
    path.write_text(json.dumps(body), "utf-8")


@pytest.mark.parametrize(("version", "remedy"), VERSIONS)
def test_a_case_of_another_version_says_what_to_do(folder, version, remedy):
    with_version(folder, version)
    with pytest.raises(CaseError, match=rf"datapackage.json: found schema_version .*{re.escape(remedy)}"):
        ti.load_case(folder)
    problems = ti.validate(folder)
    assert problems["remedy"].str.contains(remedy, regex=False).any()


@pytest.mark.parametrize("version", ["1", 1])
def test_a_case_of_this_version_opens(folder, version):
    with_version(folder, version)
    assert ti.load_case(folder).name == "synthetic-3"


@pytest.mark.parametrize(("version", "remedy"), [v for v in VERSIONS if v[0] is not None])
def test_packaging_does_not_turn_another_version_into_this_one(folder, version, remedy):
    with_version(folder, version)
    before = (folder / "datapackage.json").read_bytes()
    with pytest.raises(CaseError, match=re.escape(remedy)):
        package(folder)
    assert (folder / "datapackage.json").read_bytes() == before


@pytest.mark.parametrize(("version", "remedy"), [v for v in VERSIONS if isinstance(v[0], str)])
def test_assumptions_of_another_version_say_what_to_do(folder, version, remedy):
    path = folder / "assumptions.toml"
    path.write_text(path.read_text("utf-8").replace('schema_version = "1"', f'schema_version = "{version}"'), "utf-8")
    with pytest.raises(CaseError) as caught:
        ti.load_case(folder)
    assert remedy in str(caught.value)
    assert "assumptions.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("version", "remedy"), [("2", NEWER), ("0", OLDER), ("", OLDER), ("yes", OLDER), ("[1]", OLDER), ("-1", OLDER)]
)
def test_a_scenario_of_another_version_says_what_to_do(version, remedy):
    with pytest.raises(ScenarioError, match=rf"schema_version is .*this release reads 1\. {re.escape(remedy)}"):
        ti.Scenario.from_yaml(f"schema_version: {version}\nname: n\nevents: []\n")


@pytest.mark.parametrize("version", ["1", "'1'"])
def test_a_scenario_of_this_version_opens(version):
    assert ti.Scenario.from_yaml(f"schema_version: {version}\nname: n\nevents: []\n") == ti.Scenario("n")


def test_all_that_ships_and_all_that_is_written_carries_the_version(tmp_path):
    for path in [*ROOT.glob("data/*/datapackage.json"), *ROOT.glob("tests/cases/*/datapackage.json")]:
        assert json.loads(path.read_text("utf-8"))["schema_version"] == "1", path
    ti.save_case(ti.load_case(SYNTHETIC), tmp_path / "saved")
    assert json.loads((tmp_path / "saved" / "datapackage.json").read_text("utf-8"))["schema_version"] == "1"
    assert ti.Scenario("n").to_yaml().startswith("schema_version: 1\n")
