"""Pictures are drawn without a screen in every test."""

import matplotlib

matplotlib.use("agg")


def pytest_ignore_collect(collection_path, config):
    """Browser tests are collected only when asked for by their marker: they share file names with these."""
    if collection_path.name == "browser" and config.getoption("markexpr") != "browser":
        return True
    return None
