"""The briefing's page in a real browser: no serious finding of axe-core, no network, no running over on A4.

Beside the system packages that conftest names it needs axe-core from the npm registry:
``npm install --prefix build/browser axe-core`` (MPL-2.0, used by this test alone).
"""

import json
from base64 import b64decode
from pathlib import Path

import pytest

import tradeimpact as ti

ROOT = Path(__file__).parents[2]
AXE = ROOT / "build" / "browser" / "node_modules" / "axe-core" / "axe.min.js"
SYNTHETIC = ROOT / "tests" / "cases" / "synthetic-3"
SERIOUS = ("serious", "critical")

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("briefing")
    written = ti.write_brief(ti.load_case(SYNTHETIC), since="2001-06-20", draws=64, to=folder)
    return next(path for path in written if path.suffix == ".html")


def findings(browser):
    """Serious findings of axe-core on the page shown, as (rule, help, first node)."""
    browser.execute_script(AXE.read_text(encoding="utf-8"))
    found = browser.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document).then(done, problem => done({error: `${problem}`}))"
    )
    assert "error" not in found, found
    return [
        (rule["id"], rule["help"], rule["nodes"][0]["html"][:200])
        for rule in found["violations"]
        if rule["impact"] in SERIOUS
    ]


def requested(browser):
    """Addresses that the page asked for."""
    sent = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [str(one["params"]["request"]["url"]) for one in sent if one["method"] == "Network.requestWillBeSent"]


@pytest.mark.skipif(not AXE.is_file(), reason="needs axe-core: npm install --prefix build/browser axe-core")
def test_axe_has_no_serious_finding(browser, page, shoot):
    browser.get(page.as_uri())
    shoot("briefing-screen", whole=True)
    assert findings(browser) == []


@pytest.mark.skipif(not AXE.is_file(), reason="needs axe-core: npm install --prefix build/browser axe-core")
def test_axe_would_find_a_picture_without_words(browser, page):
    browser.get(page.as_uri())
    browser.execute_script("document.querySelector('img').removeAttribute('alt')")
    assert "image-alt" in {rule for rule, _, _ in findings(browser)}


def test_the_page_asks_for_nothing_and_all_its_pictures_are_there(browser, page):
    browser.get(page.as_uri())
    asked = [address for address in requested(browser) if not address.startswith(("data:", "chrome"))]
    assert asked == [page.as_uri()]
    sizes = browser.execute_script("return [...document.images].map(i => [i.complete, i.naturalWidth])")
    assert len(sizes) >= 6
    assert all(complete and width > 100 for complete, width in sizes)
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


@pytest.mark.parametrize("width", [360, 1500])
def test_nothing_runs_over_the_edge_of_a_telephone_or_a_screen(browser, page, width):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    browser.get(page.as_uri())
    wide = browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert wide[0] <= wide[1]


def test_it_prints_to_a4_within_the_margins(browser, page, shoot):
    browser.get(page.as_uri())
    # the width of the text on A4 with the margins of the page: 210 - 2 x 14 mm at 96 dots an inch
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 688, "height": 1000, "deviceScaleFactor": 1, "mobile": False},
    )
    over = browser.execute_script(
        "return [...document.querySelectorAll('table, img, p, li, h1, h2, h3, td, th')]"
        ".filter(e => e.getBoundingClientRect().right > 689).map(e => e.outerHTML.slice(0, 120))"
    )
    assert over == []
    shoot("briefing-print", whole=True)
    printed = b64decode(browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"])
    assert printed.startswith(b"%PDF")
    # A4 is 595 by 842 points
    assert b"/MediaBox [0 0 594.95996 841.91998]" in printed or b"/MediaBox [0 0 595" in printed
