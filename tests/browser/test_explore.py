"""The explorer in a browser: in JupyterLab and served alone, sliders move numbers and pictures; nobody else gets in.

Screenshots are kept in build/screenshots.
"""

import base64
import http.client
import re
import subprocess
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import nbformat
import pytest
from driving import answered, open_notebook, run_all_cells, start_server, until

from tradeimpact import Scenario

ROOT = Path(__file__).parents[2]
CASE = "afghanistan-2021"
AXE = ROOT / "build" / "browser" / "node_modules" / "axe-core" / "axe.min.js"
CODE = """
import tradeimpact as ti
case = ti.load_case("afghanistan-2021")
fall = ti.Scenario("Islam Qala falls").capture("islam_qala", on="2021-07-08", by="taliban")
ti.explore(case, fall)
"""
FIRST_PAGE_SECONDS = 120  # a kernel starts and loads the case, on a busy machine


class Page:
    """The panel on the page that the browser shows."""

    def __init__(self, browser):
        from selenium.webdriver.common.by import By

        self.browser, self.css = browser, By.CSS_SELECTOR
        until(lambda: self.find(".ti-numbers td"), FIRST_PAGE_SECONDS, saying="the panel did not come")

    def find(self, selector):
        return self.browser.find_elements(self.css, selector)

    def one(self, selector):
        return until(lambda: self.find(selector), saying=f"{selector} did not come")[0]

    def read(self, selector, name="innerText"):
        """A property of an element, read in one go: the panel may put another in its place at any time."""
        script = "const e = document.querySelector(arguments[0]); return e && e[arguments[1]]"
        return until(lambda: self.browser.execute_script(script, selector, name), saying=f"{selector} did not come")

    def loss(self):
        cell = self.read("[data-line='government_loss'] td")
        return float(cell.strip().replace(",", "").replace("−", "-"))

    def picture(self, name):
        return self.read(f"img.ti-{name}", "src")

    def alt(self, name):
        return self.read(f"img.ti-{name}", "alt")

    def word(self):
        return self.read(".ti-word")

    def settle(self):
        time.sleep(0.5)  # what was asked for has arrived
        until(lambda: "of one run" in self.word(), saying="the pictures did not come")

    def press(self, selector, *keys):
        """Give an element keys as a keyboard would; a slider that was moved tells so at the end."""
        from selenium.webdriver.common.keys import Keys

        element = self.one(selector)
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.send_keys(*(getattr(Keys, key, key) for key in keys))

    def undo_until(self, reached):
        """Press Undo until the numbers are back: keys that came slowly are a step each."""
        for _ in range(10):
            self.click("button", "Undo")
            self.settle()
            if reached():
                return
        raise AssertionError("undo did not bring the numbers back")

    def click(self, selector, words=None):
        for element in self.find(selector):
            if words is None or element.text.strip() == words:
                self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
                element.click()
                return
        raise AssertionError(f"no {selector} says {words}")


@pytest.fixture(scope="module")
def explorer(tmp_path_factory):
    """The explorer served without a notebook, as ``python -m tradeimpact explore`` does it."""
    folder = tmp_path_factory.mktemp("explorer")
    scenario = folder / "fall.yaml"
    Scenario("Islam Qala falls").capture("islam_qala", "2021-07-08", by="taliban").to_yaml(scenario)
    command = ["tradeimpact", "explore", CASE, "--scenario", str(scenario), "--port", "0", "--no-browser"]
    server = start_server(command, 0, folder, "token=")
    address = urlsplit(re.search(r"http://\S+", server.log.read_text(encoding="utf-8"))[0])
    assert address.hostname == "127.0.0.1"
    server.port, server.token = address.port, parse_qs(address.query)["token"][0]
    try:
        yield server
    finally:
        server.stop()


# --- it works -------------------------------------------------------------------------------------------------


def move_everything(page, shoot, name):
    """A slider of days by keyboard, an assumption, the day of the map; then undo: numbers and pictures follow."""
    page.settle()
    shoot(f"{name}_opened", whole=True)
    before = page.loss(), page.picture("bridge"), page.picture("map"), page.picture("holders"), page.alt("bridge")
    page.press(".ti-fall-islam_qala .noUi-handle", *["ARROW_RIGHT"] * 7)
    until(lambda: page.loss() != before[0], saying="the numbers did not move")
    field = ".ti-fall-islam_qala input[type=date]"
    until(lambda: page.read(field, "value") == "2021-07-15", saying="the field does not say what the slider says")
    page.settle()
    assert 0 < page.loss() < before[0]  # seven days fewer in insurgent hands
    assert page.picture("bridge") != before[1]
    assert page.alt("bridge") != before[4]
    assert page.picture("holders") != before[3]
    assert page.picture("map") == before[2]  # on the last day it is held by the same
    shoot(f"{name}_slider_moved", whole=True)

    moved = page.loss()
    page.press(".ti-map-day .noUi-handle", "HOME")
    until(lambda: page.picture("map") != before[2], saying="the map did not move")
    page.settle()
    assert "22 June 2021" in page.alt("map") or "22 Jun" in page.alt("map")
    assert page.loss() == moved

    page.click(".widget-toggle-button", "Assumptions")
    page.press(".ti-held-friction_insurgent .noUi-handle", *["ARROW_RIGHT"] * 10)
    until(lambda: page.loss() != moved, saying="the assumption did not move the numbers")
    page.settle()
    assert page.one(".ti-held-friction_insurgent input[type=checkbox]").is_selected()
    shoot(f"{name}_assumption_held", whole=True)

    for wanted in (moved, before[0]):
        page.undo_until(lambda wanted=wanted: page.loss() == wanted)
    assert not page.one("button[disabled]").is_enabled()


def test_in_jupyterlab_sliders_move_numbers_and_pictures(browser, lab, shoot):
    server, shown = lab
    cells = [nbformat.v4.new_code_cell(CODE.strip())]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), shown / "explore.ipynb")
    open_notebook(browser, server, "explore.ipynb")
    assert [output["output_type"] for output in run_all_cells(browser)] == ["execute_result"]
    move_everything(Page(browser), shoot, "explore_lab")


def test_served_alone_sliders_move_numbers_and_pictures(browser, explorer, shoot):
    browser.get(f"{explorer.address}/?token={explorer.token}")
    page = Page(browser)
    move_everything(page, shoot, "explore_served")

    page.click(".widget-toggle-button", "Window")
    page.press(".ti-window input[type=text]", "END", *" again", "ENTER")
    page.click(".widget-toggle-button", "Save and copy")
    until(lambda: "again" in page.read("a.ti-save", "download"), saying="the scenario did not get its name")
    saved = base64.b64decode(page.read("a.ti-save", "href").split("base64,")[1]).decode("utf-8")
    wanted = Scenario("Islam Qala falls again").capture("islam_qala", "2021-07-08", by="taliban")
    assert Scenario.from_yaml(saved) == wanted
    assert '.capture("islam_qala", on="2021-07-08", by="taliban")' in page.read(".ti-copy", "dataset")["code"]
    page.settle()
    shoot("explore_served_save_and_copy", whole=True)

    page.click(".widget-toggle-button", "Closures and other events")
    shoot("explore_served_events", whole=True)
    page.click("button", "Remove: capture islam_qala 2021-07-08 by taliban")
    until(lambda: page.loss() == 0, saying="a crossing that does not fall still costs")
    page.click(".widget-toggle-button", "Window")
    page.press(".ti-window input[type=date]", "12312030")
    until(lambda: page.find("[role=alert]"), saying="nobody said that the window is the wrong way round")
    assert "before it starts" in page.word()
    assert "Traceback" not in browser.page_source
    shoot("explore_served_refusal", whole=True)

    elsewhere = [address for address in answered(browser) if not address.startswith(explorer.address)]
    assert [address for address in elsewhere if not address.startswith(("data:", "blob:"))] == []


@pytest.mark.skipif(not AXE.is_file(), reason="needs axe-core: npm install --prefix build/browser axe-core")
def test_axe_has_no_serious_finding_in_any_section(browser, explorer):
    browser.get(f"{explorer.address}/?token={explorer.token}")
    page = Page(browser)
    page.settle()
    browser.execute_script(AXE.read_text(encoding="utf-8"))
    for section in ("Falls", "Closures and other events", "Assumptions", "Window", "Save and copy"):
        page.click(".widget-toggle-button", section)
        found = browser.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run(document.querySelector('.ti-explore')).then(done, fault => done({error: `${fault}`}))"
        )
        assert "error" not in found, found
        serious = [rule for rule in found["violations"] if rule["impact"] in ("serious", "critical")]
        assert [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in serious] == []


# --- nobody else gets in --------------------------------------------------------------------------------------


def test_without_its_token_the_page_is_refused(explorer):
    assert explorer.status("/") == 403
    assert explorer.status("/?token=wrong") == 403
    assert explorer.status("/", Authorization="token wrong") == 403


def test_without_its_token_no_kernel_is_reached(explorer):
    kernel = "/api/kernels/00000000-0000-0000-0000-000000000000"
    assert explorer.status(kernel) == 403
    assert upgrade(explorer, kernel + "/channels") == 403
    assert explorer.status("/login") in (403, 404)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1"])
def test_another_origin_is_refused_even_with_the_token(explorer, origin):
    path = f"/?token={explorer.token}"
    assert explorer.status(path, Origin=origin) == 403
    channels = f"/api/kernels/00000000-0000-0000-0000-000000000000/channels?token={explorer.token}"
    assert upgrade(explorer, channels, Origin=origin) == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1:1", ""])
def test_another_host_name_is_refused_even_with_the_token(explorer, host):
    connection = http.client.HTTPConnection("127.0.0.1", explorer.port, timeout=60)
    connection.putrequest("GET", f"/?token={explorer.token}", skip_host=True)
    connection.putheader("Host", host)
    connection.endheaders()
    assert connection.getresponse().status in (400, 403)
    connection.close()


def test_it_listens_on_this_computer_only(explorer):
    listening = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    ours = [row.split() for row in listening.splitlines() if f":{explorer.port:04X} " in row]
    addresses = {row[1].split(":")[0] for row in ours if row[3] == "0A"}
    assert addresses == {"0100007F"}  # 127.0.0.1, little-endian


def test_the_token_is_on_no_command_line_and_the_page_tells_it_to_nobody(explorer):
    told = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert explorer.token not in told
    connection = http.client.HTTPConnection("127.0.0.1", explorer.port, timeout=FIRST_PAGE_SECONDS)
    connection.request("GET", f"/?token={explorer.token}")
    answer = connection.getresponse()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    connection.close()
    assert answer.status == 200
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "default-src 'self'" in headers["content-security-policy"]


def upgrade(server, path, **headers):
    """Status of a request to open a web socket."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    wanted = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    connection.request("GET", path, headers={**wanted, "Sec-WebSocket-Key": "dGVzdGtleXRlc3RrZXkwMA==", **headers})
    status = connection.getresponse().status
    connection.close()
    return status
