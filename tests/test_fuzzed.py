"""What coverage-guided fuzzing (``python -m reliability fuzz``) brought out other than an error of ours, kept small."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

import tradeimpact as ti
from tradeimpact.case import package, validate
from tradeimpact.case.assumptions import Assumptions
from tradeimpact.errors import CaseError, ScenarioError, TradeImpactError
from tradeimpact.figures.outlines import read_outlines

SMALL = Path(__file__).parent / "cases" / "by-hand-synthetic"


@pytest.mark.parametrize(
    "name",
    [
        "2001-99-10",  # ValueError from the constructor of days
        "!!int ''",  # IndexError
        "!!bool x",  # KeyError
        "!!timestamp x",  # AttributeError
        "!!float x",  # ValueError
        "? [a]\n  : b",
    ],
)
def test_scenario_files_that_yaml_itself_does_not_refuse(name):
    with pytest.raises(ScenarioError):
        ti.Scenario.from_yaml(f"schema_version: 1\nevents:\n- capture: a\n  'on': {name}\n")


def test_a_scenario_file_whose_number_no_float_holds():
    with pytest.raises(ScenarioError, match="event 1"):
        ti.Scenario.from_yaml(f"schema_version: 1\nevents:\n- levy: a\n  start: 2001-01-01\n  rate: {'9' * 39}e400\n")


def test_a_scenario_at_an_impossible_address():
    with pytest.raises(ScenarioError, match="check the path"):
        ti.Scenario.from_yaml("a\0b")


def test_a_pipe_in_the_place_of_a_scenario_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "scenario.yaml")
    with pytest.raises(ScenarioError, match="check the path"):
        ti.Scenario.from_yaml(tmp_path / "scenario.yaml")


@pytest.mark.parametrize("number", ["9" * 400, "9" * 5000, "nan", "'1'"])
def test_assumptions_whose_number_no_float_holds(tmp_path, number):
    path = tmp_path / "assumptions.toml"
    path.write_text(f'schema_version = "1"\n[assumption.phi]\nlow = 1.0\nbest = 1.0\nhigh = {number}\nsource = "x"\n')
    with pytest.raises(CaseError, match=r"assumptions\.toml"):
        Assumptions.read(path)


@pytest.mark.parametrize(
    "shape",
    [
        {"type": "Polygon", "coordinates": [[[0, 0], [1]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], "x"]]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": 1},
        {"type": "MultiPolygon", "coordinates": [[[0, 0], [1, 1]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1e999, 1]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [10**400, 1]]]},
        {"type": []},
        {},
        None,
        "x",
    ],
)
def test_outlines_whose_coordinates_are_none(shape):
    feature = {"properties": {"name": "Norland"}, "geometry": shape}
    for features in ([feature], feature, [None], ["x"], {"a": 1}):
        with pytest.raises(TradeImpactError, match="utline"):
            read_outlines({"features": features})


def test_a_manifest_that_fits_a_file_that_is_no_result(tmp_path):
    (tmp_path / "a.nc").write_bytes(b"no netCDF")
    digest = hashlib.sha256(b"no netCDF").hexdigest()
    for text in (json.dumps({"sha256": digest}), "[" * 100_000, "[]", "1", '{"sha256": []}'):
        (tmp_path / "a.json").write_text(text)
        with pytest.raises(TradeImpactError, match=r"a\.nc"):
            ti.open_result(tmp_path / "a.nc")


@pytest.mark.parametrize("path", [[1], {"a": 1}, None, "a\0b", "\udc80", "x" * 3000])
def test_a_descriptor_whose_resources_are_no_files(tmp_path, path):
    folder = Path(shutil.copytree(SMALL, tmp_path / "case"))
    whole = json.loads((folder / "datapackage.json").read_text())
    (folder / "datapackage.json").write_text(json.dumps(whole | {"resources": [{"name": "x", "path": path}]}))
    assert "error" in set(validate(folder)["severity"])
    with pytest.raises(CaseError, match=r"datapackage\.json"):
        ti.load_case(folder)


def refusal(door, folder):
    """What a door says when it refuses a folder, "" where it lets it in."""
    try:
        door(folder)
    except CaseError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "entries",
    [{"currency": 'A"B\n,'}, {"currency": None}, {"calendar": []}, {"period": {}}, {"name": 1}, {"title": []}],
)
@pytest.mark.filterwarnings("ignore::tradeimpact.errors.TradeImpactWarning")
def test_a_descriptor_whose_entries_are_of_another_kind(tmp_path, entries):
    folder = Path(shutil.copytree(SMALL, tmp_path / "case"))
    whole = json.loads((folder / "datapackage.json").read_text())
    for more in ({}, {"form": "short"}):
        for door in (validate, ti.load_case, package):
            (folder / "datapackage.json").write_text(json.dumps(whole | more | entries))
            said = refusal(door, folder)  # another error than ours ends the test
            assert not said or any(word in said for word in ("datapackage.json", "no currency", "short tables"))


@pytest.mark.parametrize("entries", [{"period": "\ud800"}, {"title": "half \ude00"}, {"x": [{"\ud800": 1}]}])
def test_a_descriptor_with_half_a_sign_is_not_packaged_again(tmp_path, entries):
    folder = Path(shutil.copytree(SMALL, tmp_path / "case"))
    path = folder / "datapackage.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | entries))
    before = path.read_bytes()
    with pytest.raises(CaseError, match=f"datapackage.json: '{next(iter(entries))}' holds half a sign"):
        package(folder)
    assert path.read_bytes() == before


def test_half_a_sign_in_a_title_is_not_packaged(tmp_path):
    folder = Path(shutil.copytree(SMALL, tmp_path / "case"))
    with pytest.raises(CaseError, match="'title' holds half a sign"):
        package(folder, title="half \udcff")  # as a command line gives a byte that is no UTF-8


def test_a_new_case_with_half_a_sign_in_its_title_or_folder(tmp_path):
    with pytest.raises(CaseError, match="cannot be the title"):
        ti.new_case(tmp_path / "a", title="half \udcff")
    assert not (tmp_path / "a").exists()
    ti.new_case(tmp_path / "b\udcff")
    assert "b?" in (tmp_path / "b\udcff" / "README.md").read_text("utf-8")
