"""A real browser for the tests in this folder: Debian's Chromium without a screen, driven by Selenium, cut off from
every network but this computer.

System packages: ``apt-get install chromium chromium-driver``; Python packages: ``pip install .[browser]``. Where one is
missing every test here is skipped and says which. ``make test-browser`` runs them; ``make test`` leaves them out.
"""

from __future__ import annotations

import shutil
from base64 import b64decode
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from driving import TOKEN, Server, free_port, start_server

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
PROGRAMS = {"chromium": "chromium", "chromedriver": "chromium-driver"}  # program: Debian package that has it
MODULES = {"selenium": "browser", "jupyterlab": "notebooks", "ipywidgets": "explore", "voila": "explore"}
OFFLINE = "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # the sandbox needs a user other than root; only our own pages are opened
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--hide-scrollbars",
    "--window-size=1500,1300",
    f"--host-resolver-rules={OFFLINE}",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder `browser`; skip them where something is missing, and say what to install."""
    packages = sorted({package for program, package in PROGRAMS.items() if shutil.which(program) is None})
    extras = sorted({extra for module, extra in MODULES.items() if find_spec(module) is None})
    what = [f"apt-get install {' '.join(packages)}"] if packages else []
    what += [f"pip install '.[{','.join(extras)}]'"] if extras else []
    marks = [pytest.mark.browser]
    if what:
        marks.append(pytest.mark.skip(reason=f"needs a browser: {' and '.join(what)}"))
    for item in items:
        if Path(__file__).parent in Path(item.path).parents:
            for mark in marks:
                item.add_marker(mark)


@pytest.fixture
def browser() -> Iterator[Any]:
    """A new headless Chromium with an empty profile (selenium.webdriver.Chrome); it reaches this computer only."""
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options=options, service=Service(executable_path=str(shutil.which("chromedriver"))))
    driver.set_page_load_timeout(120)
    driver.set_script_timeout(60)
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture
def shoot(browser: Any) -> Callable[[str], Path]:
    """Write what the browser shows to build/screenshots/NAME.png: the window, or the whole page with ``whole=True``."""

    def take(name: str, *, whole: bool = False) -> Path:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        options = {"format": "png", "captureBeyondViewport": whole}
        path.write_bytes(b64decode(browser.execute_cdp_cmd("Page.captureScreenshot", options)["data"]))
        return path

    return take


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """A running JupyterLab with a token, and the folder whose notebooks it shows."""
    folder = tmp_path_factory.mktemp("lab")
    shown = folder / "notebooks"
    shown.mkdir()
    port = free_port()
    command = ["jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
    command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={shown}"]
    command += ["--LabApp.expose_app_in_browser=True"]  # so that tests can give JupyterLab's own commands
    server = start_server(command, port, folder, "is running at")
    try:
        yield server, shown
    finally:
        server.stop()
