"""Every dependency has a reason on file; the lock with hashes covers what the figures need, at the versions pinned."""

import re
import tomllib
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = ROOT / "requirements.lock"


def own(requirements):
    """Names of requirements, without the project's references to its own extras."""
    return {canonicalize_name(Requirement(text).name) for text in requirements} - {"tradeimpact"}


def test_every_dependency_stands_on_its_page_with_a_reason():
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    listed = {}
    for part in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        rows = re.findall(r"^\| ([a-z0-9-]+) \| (\S.*\S) \|$", part, re.MULTILINE)
        listed[part.split("\n", 1)[0].strip()] = {
            name for name, reason in rows if len(reason) > 4 and name != "package"
        }
    wanted = {name: own(items) for name, items in PROJECT["optional-dependencies"].items()}
    wanted = {"base": own(PROJECT["dependencies"])} | {name: items for name, items in wanted.items() if items}
    assert {name: items for name, items in listed.items() if items} == wanted


def locked():
    """Version and hashes of each package of the lock, and its marker."""
    text = LOCK.read_text(encoding="utf-8").replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            requirement, *hashes = line.split("--hash=")
            parsed = Requirement(requirement)
            found[canonicalize_name(parsed.name)] = (str(parsed.specifier), [h.strip() for h in hashes], parsed.marker)
    return found


def pinned():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if "==" in line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}


def needed(extra):
    """Names of an extra and of the extras that it names."""
    names = set()
    for text in PROJECT["optional-dependencies"][extra]:
        requirement = Requirement(text)
        names |= {name for part in requirement.extras for name in needed(part)}
    return names | own(PROJECT["optional-dependencies"][extra])


def test_the_lock_has_the_versions_that_are_pinned_each_with_hashes_and_names_no_address():
    text = LOCK.read_text(encoding="utf-8")
    assert not re.search(r"https?:|file:|--(extra-)?index-url|--find-links|--trusted-host|/(home|tmp)/", text)
    pins = pinned()
    for name, (version, hashes, _) in locked().items():
        assert version == f"=={pins.get(name)}", f"{name}: run `make lock`"
        assert hashes, name
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes), name


def test_the_lock_covers_what_the_figures_need_down_to_the_last_package():
    from importlib import metadata

    pins = locked()
    found = set(pins)
    wanted = {canonicalize_name(Requirement(text).name) for text in PROJECT["dependencies"]} | needed("figures")
    assert wanted <= found
    for name in sorted(found):  # and what those need in turn, as far as it is installed here
        try:
            here = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        if f"=={here.version}" != pins[name][0]:  # another version than the lock's may need other packages
            continue
        for text in here.requires or []:
            requirement = Requirement(text)
            if requirement.marker is None or Marker(str(requirement.marker)).evaluate({"extra": ""}):
                assert canonicalize_name(requirement.name) in found, f"{name} needs {requirement.name}: run `make lock`"
