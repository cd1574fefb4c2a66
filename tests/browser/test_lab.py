"""A notebook as its reader meets it: opened in JupyterLab, its kernel started, every cell run, its figure there."""

import shutil
from pathlib import Path

from driving import open_notebook, run_all_cells, until

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def test_the_quickstart_runs_in_jupyterlab_and_shows_its_figure(browser, lab, shoot):
    from selenium.webdriver.common.by import By

    server, shown = lab
    shutil.copy(NOTEBOOKS / "01_quickstart.ipynb", shown)
    open_notebook(browser, server, "01_quickstart.ipynb")
    outputs = run_all_cells(browser)
    kinds = {output["output_type"] for output in outputs}
    assert kinds == {"execute_result", "display_data"}  # no error, and nothing on stdout or stderr
    assert sum("image/png" in output["data"] for output in outputs) == 1
    picture = until(lambda: browser.find_elements(By.CSS_SELECTOR, ".jp-OutputArea-output img"))[0]
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", picture)
    assert int(picture.get_attribute("naturalWidth")) > 400
    shoot("lab_quickstart")
