"""A notebook as its reader meets it: opened in JupyterLab, its kernel started, every cell run, its figure there."""

import shutil
from pathlib import Path

from driving import open_notebook, run_all_cells

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def test_the_quickstart_runs_in_jupyterlab_and_shows_its_figure(browser, lab, shoot):
    from selenium.webdriver.common.by import By

    server, shown = lab
    shutil.copy(NOTEBOOKS / "01_quickstart.ipynb", shown)
    open_notebook(browser, server, "01_quickstart.ipynb")
    browser.execute_script("window.seen = new WeakSet(document.querySelectorAll('.jp-OutputArea-output'))")
    run_all_cells(browser)
    outputs = browser.find_elements(By.CSS_SELECTOR, ".jp-OutputArea-output")
    assert outputs
    errors = browser.find_elements(By.CSS_SELECTOR, "[data-mime-type='application/vnd.jupyter.error']")
    assert [error.text for error in errors] == []
    assert browser.find_elements(By.CSS_SELECTOR, "[data-mime-type='application/vnd.jupyter.stderr']") == []
    pictures = browser.find_elements(By.CSS_SELECTOR, ".jp-OutputArea-output img")
    sizes = [int(picture.get_attribute("naturalWidth")) for picture in pictures]
    assert sizes
    assert min(sizes) > 400
    new = browser.execute_script(
        "return [...document.querySelectorAll('.jp-OutputArea-output')].filter(o => !window.seen.has(o)).length"
    )
    assert new > 0, "the outputs are those that the file came with"
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", pictures[0])
    shoot("lab_quickstart")
