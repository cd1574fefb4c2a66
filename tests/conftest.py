"""Pictures are drawn without a screen in every test, and none is left open for the next."""

import sys

import matplotlib
import pytest

matplotlib.use("agg")


def pytest_ignore_collect(collection_path, config):
    """Browser tests are collected only when asked for by their marker: they share file names with these."""
    if collection_path.name == "browser" and config.getoption("markexpr") != "browser":
        return True
    return None


@pytest.fixture(autouse=True)
def _closed():
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")
