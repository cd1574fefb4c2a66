"""The explorer's server, started for real: without its token, or from another host name or origin, there is nothing."""

import http.client
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

pytest.importorskip("voila", reason="pip install .[explore]")

CASE = Path(__file__).parent / "cases" / "by-hand-synthetic"
KERNEL = "00000000-0000-4000-8000-000000000000"  # of no page
SOCKET = {
    "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """(port, token) of a running explorer, and the file that gets what it says on its error stream."""
    log = tmp_path_factory.mktemp("served") / "errors.txt"
    command = [sys.executable, "-u", "-m", "tradeimpact", "explore", str(CASE), "--port", "0", "--no-browser"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    with (
        open(log, "w") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment) as process,
    ):
        address = urlsplit(re.search(r"http://\S+", process.stdout.readline())[0])
        yield address.port, parse_qs(address.query)["token"][0], log
        process.terminate()  # an interrupt is ignored by what a script starts in the background
        process.wait(timeout=60)


def asked(server, path, *, token=True, method="GET", headers=None):
    """Status, headers and text of an answer."""
    port, right, _ = server
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    given = {} if token is False else {"Authorization": f"token {right if token is True else token}"}
    connection.request(method, path, headers={**given, **(headers or {})})
    answer = connection.getresponse()
    try:
        return answer.status, dict(answer.getheaders()), answer.read(100_000).decode("utf-8", "replace")
    finally:
        connection.close()


def test_the_server_listens_on_this_computer_only(server):
    wanted = f"{server[0]:04X}"
    listening = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if not Path(table).exists():
            pytest.skip("no /proc/net/tcp to look into")
        rows = [line.split() for line in Path(table).read_text().splitlines()[1:]]
        listening += [row[1] for row in rows if row[1].endswith(f":{wanted}") and row[3] == "0A"]
    assert listening == [f"0100007F:{wanted}"]  # 127.0.0.1, as the kernel writes it


@pytest.mark.parametrize("path", ["/", "/anything", f"/api/kernels/{KERNEL}", f"/voila/api/shutdown/{KERNEL}"])
@pytest.mark.parametrize("token", [False, "", "x", "A" * 43])
def test_without_the_token_no_page_and_no_kernel_is_shown(server, path, token):
    method = "POST" if "shutdown" in path else "GET"
    status, headers, text = asked(server, path, token=token, method=method)
    assert status == 403
    assert "username" not in headers.get("Set-Cookie", "")
    assert server[1] not in text


def test_with_the_token_the_door_is_open(server):
    status, headers, _ = asked(server, f"/api/kernels/{KERNEL}")
    assert status == 404  # past the door and the token: there is no such kernel
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'self'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:80"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.1.evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://127.0.0.1"},
    ],
)
@pytest.mark.parametrize("socket", [False, True])
def test_another_host_name_or_origin_is_refused_with_the_right_token_too(server, headers, socket):
    path = f"/api/kernels/{KERNEL}/channels" if socket else "/"
    status, _, text = asked(server, path, headers={**headers, **(SOCKET if socket else {})})
    assert status == 403
    assert text.startswith("Refused")


def test_a_web_socket_needs_the_token(server):
    path = f"/api/kernels/{KERNEL}/channels"
    own = {**SOCKET, "Origin": f"http://127.0.0.1:{server[0]}"}
    assert asked(server, path, token=False, headers=own)[0] == 403
    assert asked(server, path, token="x", headers=own)[0] == 403
    assert asked(server, path, headers=own)[0] == 404  # the right token, but no such kernel


@pytest.mark.parametrize(
    "path",
    [
        "/api/contents", "/api/terminals", "/api/sessions", "/api/kernels", "/api/config/x", "/api/me", "/login",
        "/lab", "/terminals/websocket/1", "/voila/tree", "/voila/api/contents", "/voila/files/explore.ipynb",
        "/voila/files/", "/voila/files/../../etc/passwd", "/voila/static/", "/voila/static/../../app.py",
        "/voila/static/%2e%2e/%2e%2e/app.py", "/voila/templates/", "/voila/templates/../../app.py",
        "/voila/labextensions/", "/files/explore.ipynb", "/static/", "/metrics",
    ],
)  # fmt: skip
def test_no_file_no_listing_no_terminal_and_no_other_interface_is_served(server, path):
    status, _, text = asked(server, path)
    assert status in (403, 404, 405, 500)
    assert "Traceback" not in text
    assert "explore.ipynb" not in text
    assert "Index of" not in text


def test_the_token_is_in_no_log(server):
    asked(server, f"/?token=wrong{server[1]}")
    asked(server, f"/api/kernels/{KERNEL}?token={server[1]}", headers={"Referer": f"http://x/?token={server[1]}"})
    assert server[1] not in server[2].read_text()


def test_the_token_is_compared_in_a_time_that_tells_nothing(monkeypatch):
    from types import SimpleNamespace

    from tradeimpact.explore import serve

    provider = serve._server_class().identity_provider_class(token="right")
    seen = []
    digest = serve.secrets.compare_digest
    monkeypatch.setattr(serve.secrets, "compare_digest", lambda *both: seen.append(both) or digest(*both))
    for given, taken in (("right", "right"), ("wrong", None), ("", None)):
        request = SimpleNamespace(get_argument=lambda *_, given=given: given, request=SimpleNamespace(headers={}))
        assert provider.get_token(request) == taken
    assert seen == [(b"right", b"right"), (b"wrong", b"right"), (b"", b"right")]
