"""The files that say what to install agree with one another and with what the package imports."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tradeimpact import __version__

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
PROVIDED_BY = {
    "yaml": "pyyaml",
    "mpl_toolkits": "matplotlib",
    "docx": "python-docx",
    "pptx": "python-pptx",
    "PIL": "pillow",
}


def expand(requirements: Iterable[str]) -> Iterator[Requirement]:
    """Requirements with the project's references to its own extras replaced by what they hold."""
    for text in requirements:
        requirement = Requirement(text)
        if canonicalize_name(requirement.name) == PROJECT["name"]:
            for extra in requirement.extras:
                yield from expand(EXTRAS[extra])
        else:
            yield requirement


def by_name(requirements: Iterable[str]) -> dict[str, Requirement]:
    return {canonicalize_name(item.name): item for item in expand(requirements)}


def pinned() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line) for line in pins)
    return {canonicalize_name(name): version for name, version in (line.split("==") for line in pins)}


def imported(tree: ast.AST) -> set[str]:
    """Top-level names of everything imported absolutely, anywhere below ``tree``."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.partition(".")[0])
    return names


def test_the_promised_extras_exist_and_all_is_their_union():
    promised = {
        "notebooks", "calendars", "sensitivity", "xlsx", "brief", "figures", "explore", "scale", "bench",
        "reliability", "browser", "docs", "test", "all",
    }  # fmt: skip
    assert set(EXTRAS) == promised
    # the rivals of the benchmarks are not the library's, and one brings a GPL package
    everything = by_name(item for extra in promised - {"all", "bench", "reliability"} for item in EXTRAS[extra])
    assert by_name(EXTRAS["all"]) == everything


def test_environment_file_asks_for_what_pyproject_asks_for():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *listed, rest = environment["dependencies"]
    listed += rest["pip"]  # what conda-forge does not have
    python = Requirement("python" + PROJECT["requires-python"])
    wanted = {**by_name([*PROJECT["dependencies"], *EXTRAS["all"]]), "python": python}
    assert environment["name"] == PROJECT["name"]
    assert len(listed) == len(set(listed))
    assert by_name(listed) == wanted


def test_every_dependency_is_pinned_within_its_bounds():
    pins = pinned()
    for name, requirement in by_name([*PROJECT["dependencies"], *EXTRAS["all"]]).items():
        assert name in pins, f"{name}: run `make lock`"
        assert requirement.specifier.contains(pins[name]), f"{requirement} against {pins[name]}: run `make lock`"


def test_the_package_imports_only_what_it_declares():
    known = set(by_name([*PROJECT["dependencies"], *EXTRAS["all"]]))
    undeclared = {}
    for path in sorted((ROOT / "tradeimpact").rglob("*.py")):
        names = imported(ast.parse(path.read_text(encoding="utf-8")))
        outside = names - sys.stdlib_module_names - {"tradeimpact"}
        missing = {name for name in outside if canonicalize_name(PROVIDED_BY.get(name, name)) not in known}
        if missing:
            undeclared[path.relative_to(ROOT).as_posix()] = missing
    assert undeclared == {}


def test_citation_and_changelog_name_the_version_being_built():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    latest = re.search(r"^## (\S+)", changelog, re.MULTILINE)
    assert latest
    assert str(citation["version"]) == latest.group(1) == __version__
    assert citation["license"] == PROJECT["license"]
