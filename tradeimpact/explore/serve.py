"""The same panel without a notebook: a server on this computer only, that shows the page to whoever has the token.

Voila runs one kernel per page from a notebook of one cell and shows its widgets; the cookie that follows the token and
the check of web sockets are those of Jupyter's server. In front stands a door that refuses every request for another
host name or from a page of another origin, and the browser is told to load nothing from elsewhere.
"""

from __future__ import annotations

import json
import logging
import secrets
import socket
import warnings
import webbrowser
from collections.abc import Callable
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..case import Case, find_case, load_case
from ..errors import TradeImpactError, TradeImpactWarning
from ..scenario import Scenario
from . import need
from .panel import Panel
from .state import Plan

HOST = "127.0.0.1"
PORT = 8866
LOGS = ("tornado.access", "tornado.application", "tornado.general")
IDLE_SECONDS = 1800  # after which the kernel of a page that was closed is ended
SECURITY = {
    "Content-Security-Policy": "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self'; "
    "form-action 'none'; base-uri 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def serve(
    case: str,
    scenario: Scenario | None = None,
    *,
    start: Any = None,
    end: Any = None,
    port: int = PORT,
    open_browser: bool = True,
    tell: Callable[[str], None] = print,
) -> None:
    """Serve the panel of a case on 127.0.0.1 until it is interrupted.

    Parameters
    ----------
    case : str
        Name of a case, or its folder.
    scenario : Scenario, optional
        What to begin with.
    start, end : day, optional
        Window; as for `explore`.
    port : int
        0 for any that is free.
    open_browser : bool
    tell : callable
        Gets the address with its token.

    Raises
    ------
    TradeImpactError
        If the extra `explore` is not installed, the port is taken, or case, scenario and window do not fit.
    """
    need("voila")
    folder = find_case(case).resolve()
    plan = Plan.begin(load_case(case), scenario, start=start, end=end)  # refuses here, not on the page
    chosen = {
        "case": case,
        "folder": str(folder) if Path(case).is_dir() else case,
        "scenario": plan.scenario.to_yaml(),
        "start": plan.start.isoformat(),
        "end": plan.end.isoformat(),
    }
    with TemporaryDirectory(prefix="tradeimpact-explore-") as place:
        notebook = Path(place) / "explore.ipynb"
        notebook.write_text(json.dumps(one_cell(chosen, plan.case)), encoding="utf-8")
        _run(notebook, port, open_browser, tell)


def served(case: str, folder: str, scenario: str, start: str, end: str) -> Panel:
    """The panel on a served page; `serve` has checked all of it and told every warning.

    Voila sends the page when its cell has run; the page asks for the widgets once and then hears of changes. It would
    never hear of those in between.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TradeImpactWarning)
        known = load_case(folder)
    return Panel(Plan.begin(known, Scenario.from_yaml(scenario), start=start, end=end, opened=case), pictured=True)


def one_cell(chosen: dict[str, str], case: Case) -> dict[str, Any]:
    """Notebook of one cell that shows the panel; what was chosen stands in it as JSON text and is never run."""
    code = f"import json\nfrom tradeimpact.explore.serve import served\nserved(**json.loads({json.dumps(chosen)!r}))"
    cell: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "id": "panel",
        "metadata": {},
        "outputs": [],
        "source": code,
    }
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "title": f"{case.title}: what if"}
    return {"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _run(notebook: Path, port: int, open_browser: bool, tell: Callable[[str], None]) -> None:
    """Start the server on a notebook and stay until it is interrupted."""
    token = secrets.token_urlsafe(32)
    try:
        listening = socket.create_server((HOST, port))
    except OSError as problem:
        reason = problem.strerror or problem
        raise TradeImpactError(f"port {port} on {HOST} cannot be used ({reason}); choose another with --port") from None
    with listening:
        _serve_on(listening, token, notebook, open_browser, tell)


def _serve_on(
    listening: socket.socket, token: str, notebook: Path, open_browser: bool, tell: Callable[[str], None]
) -> None:
    from traitlets.config import Config

    listening.setblocking(False)
    port = int(listening.getsockname()[1])

    def opened() -> None:
        address = f"http://{HOST}:{port}/?token={token}"
        tell(f"The explorer is at {address}\nOnly this computer reaches it, and only with the token; Ctrl-C ends it.")
        if open_browser:
            webbrowser.open(_page_that_leads_to(address, notebook.parent).as_uri())

    config = Config()
    settings = {"headers": SECURITY, "log_function": lambda handler: None}
    config.Voila.update(token=token, log_level=logging.ERROR, tornado_settings=settings)
    for name in LOGS:
        logging.getLogger(name).addFilter(lambda record: _without(token, record))
    config.Voila.config_file_paths = []  # no file of the user's may loosen what is set here
    config.VoilaConfiguration.update(file_allowlist=[], show_tracebacks=False, template="lab", theme="light")
    config.MappingKernelManager.update(cull_idle_timeout=IDLE_SECONDS, cull_interval=60)
    server = _server_class()(config=config)
    server.listening, server.opened, server.port = listening, opened, port
    server.initialize([str(notebook)])
    server.start()


def _without(token: str, record: logging.LogRecord) -> bool:
    """Take the token out of what is logged: a request that fails is told with its address."""
    record.msg, record.args = record.getMessage().replace(token, "(token)"), ()
    return True


def _page_that_leads_to(address: str, folder: Path) -> Path:
    """A file in a folder of our own that sends the browser to `address`: command lines are seen by all users."""
    page = folder / "open.html"
    page.touch(mode=0o600)
    page.write_text(f'<meta http-equiv="refresh" content="0; url={escape(address)}">', encoding="utf-8")
    return page


def _server_class() -> Any:
    """Voila with a door in front, without its form for tokens, on sockets that are already bound."""
    from tornado import web
    from tornado.httpserver import HTTPServer
    from tornado.httputil import HTTPServerRequest
    from tornado.ioloop import IOLoop
    from tornado.routing import Router
    from voila.app import Voila
    from voila.tornado.handler import TornadoVoilaHandler
    from voila.voila_identity_provider import VoilaIdentityProvider

    class Refused(web.RequestHandler):
        def prepare(self) -> None:
            self.set_status(403)
            self.finish("Refused: ask from this computer, and from a page of this server.")

    class Page(TornadoVoilaHandler):  # type: ignore[misc]
        def get_login_url(self) -> str:
            raise web.HTTPError(403, reason="Refused: open the address with its token")

        @web.authenticated
        async def get(self, path: str | None = None) -> None:
            if path:  # else Voila offers a file of that name
                raise web.HTTPError(404)
            await super().get()

    class Token(VoilaIdentityProvider):  # type: ignore[misc]
        def get_token(self, handler: Any) -> str | None:
            given = super().get_token(handler) or ""  # compared in a time that tells nothing about the right one
            return str(self.token) if secrets.compare_digest(given.encode(), self.token.encode()) else None

    class Door(Router):
        def __init__(self, app: web.Application, port: int) -> None:
            self.app, self.hosts = app, {f"{name}:{port}" for name in (HOST, "localhost")}

        def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
            origin = request.headers.get("Origin")
            if request.host in self.hosts and (origin is None or origin == f"http://{request.host}"):
                return self.app.find_handler(request, **kwargs)
            return self.app.get_handler_delegate(request, Refused)

    class Explorer(Voila):  # type: ignore[misc]
        identity_provider_class = Token

        def init_handlers(self) -> list[Any]:
            login = {handler for _, handler in self.identity_provider.get_handlers()}
            kept = [entry for entry in super().init_handlers() if entry[1] not in login]
            return [(e[0], Page, *e[2:]) if e[1] is TornadoVoilaHandler else e for e in kept]

        def listen(self) -> None:
            HTTPServer(Door(self.app, self.port)).add_socket(self.listening)
            self.opened()
            self.ioloop = IOLoop.current()
            try:
                self.ioloop.start()
            except KeyboardInterrupt:
                pass
            finally:
                self.stop()

    return Explorer
