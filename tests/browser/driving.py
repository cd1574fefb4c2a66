"""Steps that the tests in this folder share: servers with a token, pages, notebooks, and waiting for what must come."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOKEN = "a-token-for-tests-only"
SECONDS_TO_START = 90


def answered(browser: Any) -> list[str]:
    """Addresses from which the browser got an answer since this was last called."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [str(m["params"]["response"]["url"]) for m in messages if m["method"] == "Network.responseReceived"]


def until(what: Callable[[], Any], seconds: float = 60, every: float = 0.2, saying: str = "it never happened") -> Any:
    """First true answer of `what`; an AssertionError after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = what()
        if answer:
            return answer
        time.sleep(every)
    raise AssertionError(f"{saying} in {seconds:g} seconds")


@dataclass
class Server:
    """A server that the tests started: its process, port, token, and what it wrote."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    token: str = TOKEN

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def status(self, path: str = "/", **headers: str) -> int:
        """HTTP status of one request, redirects not followed."""
        request = urllib.request.Request(self.address + path, headers=headers)
        try:
            with urllib.request.build_opener(_Stay).open(request, timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return int(refusal.code)

    def stop(self) -> None:
        """End this process and nothing else."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(20)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_server(command: list[str], port: int, folder: Path, ready: str) -> Server:
    """Start ``python -m COMMAND`` with its settings in `folder`, and wait until `ready` stands in what it writes."""
    settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet), encoding="utf-8")
    own = {
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
        "PYTHONUNBUFFERED": "1",
    }
    log = folder / "server.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], stdout=file, stderr=subprocess.STDOUT, env={**os.environ, **own}
        )
    server = Server(process, port, log)
    try:
        until(
            lambda: ready in log.read_text(encoding="utf-8", errors="replace") or process.poll() is not None,
            SECONDS_TO_START,
            saying=f"{command[0]} did not start",
        )
        assert process.poll() is None, log.read_text(encoding="utf-8", errors="replace")
    except BaseException:
        server.stop()
        raise
    return server


def open_notebook(browser: Any, server: Server, name: str) -> None:
    """Open a notebook in JupyterLab and wait until its kernel is ready."""
    from selenium.webdriver.common.by import By

    browser.get(f"{server.address}/lab/tree/{name}?token={server.token}&reset")
    until(lambda: browser.find_elements(By.CSS_SELECTOR, ".jp-Notebook .jp-Cell"), saying=f"{name} did not open")
    until(
        lambda: browser.find_elements(By.CSS_SELECTOR, ".jp-Notebook-ExecutionIndicator[data-status='idle']"),
        saying="the kernel did not start",
    )


def run_all_cells(browser: Any, seconds: float = 240) -> list[dict[str, Any]]:
    """Clear every output, run every cell by the command behind "Run All Cells", and return the outputs in order.

    Read from JupyterLab's own model of the notebook: cells out of sight are not on the page.
    """
    cells = "window.jupyterapp.shell.currentWidget.content.widgets.filter(cell => cell.model.type === 'code')"
    until(lambda: browser.execute_script(f"return {cells}.length"), saying="the notebook did not come to the front")
    browser.set_script_timeout(seconds)
    for _ in range(3):  # a kernel that is still being connected runs nothing
        for command in ("clear-all-cell-outputs", "run-all-cells"):
            fault = browser.execute_async_script(
                "const done = arguments[arguments.length - 1];"
                f"jupyterapp.commands.execute('notebook:{command}').then(() => done(''), fault => done(`${{fault}}`));"
            )
            assert fault == ""
        if all(browser.execute_script(f"return {cells}.map(cell => cell.model.executionCount)")):
            return list(browser.execute_script(f"return {cells}.flatMap(cell => cell.model.outputs.toJSON())"))
        time.sleep(2.0)
    raise AssertionError("the cells did not run")
