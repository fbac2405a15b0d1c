"""Starting and stopping, and the HTTP server below."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from scimbridge.sandbox import Sandbox, WorkerCredentials, start
from scimbridge.sandbox.server import describe

ROOT = Path(__file__).parents[2]


def echo(environ, start_response):
    """Answer with what was asked."""
    body = environ["wsgi.input"].read()
    text = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {environ['QUERY_STRING']} ".encode() + body
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [text]


@pytest.fixture
def echoing():
    running = start(echo)
    yield running
    running.close()


def raw(running, *parts):
    """Send bytes as they are and return all that comes back until the connection ends."""
    port = int(running.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for part in parts:
            connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while data := connection.recv(65536):
            received += data
    return received


def test_a_sandbox_is_a_context(make_caller):
    """Inside it answers, after it nobody does."""
    credentials = WorkerCredentials("e" * 8, "c", "s")
    with Sandbox.start(credentials=credentials) as sandbox:
        url = sandbox.url
        assert requests.get(f"{url}/_sandbox/health", timeout=10).json() == {"status": "UP"}
        assert (sandbox.environment_id, sandbox.client_id, sandbox.client_secret) == ("e" * 8, "c", "s")
        assert describe(sandbox)["SCIMBRIDGE_PINGONE_API_URL"] == url
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/_sandbox/health", timeout=10)
    with pytest.raises(RuntimeError):
        _ = sandbox.url


def test_it_works_without_a_port():
    """The application serves a test client in process."""
    sandbox = Sandbox.make(seed=3)
    form = {"grant_type": "client_credentials"}
    client = sandbox.app.test_client()
    answer = client.post(
        f"/{sandbox.environment_id}/as/token", data=form, auth=(sandbox.client_id, sandbox.client_secret)
    )
    headers = {"Authorization": f"Bearer {answer.get_json()['access_token']}"}
    listed = client.get(f"/v1/environments/{sandbox.environment_id}/users", headers=headers)
    assert listed.get_json()["count"] == 3


def test_a_taken_port_is_an_error(echoing):
    """A port that is taken is OSError."""
    with pytest.raises(OSError, match="in use"):
        start(echo, int(echoing.url.rsplit(":", 1)[1]))


def test_closing_ends_open_connections():
    """close() does not wait for clients that keep their connection, and leaves no thread."""
    running = start(echo)
    session = requests.Session()
    assert session.get(f"{running.url}/x", timeout=10).text == "GET /x  "
    running.close()
    assert not [t for t in threading.enumerate() if t in running.server._connections.values()]
    with pytest.raises(requests.ConnectionError):
        session.get(f"{running.url}/x", timeout=10)


def test_a_connection_serves_many_requests(echoing):
    """Keep-alive: requests one after another, sent at once too, are answered in order."""
    request = b"POST /a%20b?c=d HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nxyz"
    received = raw(echoing, request + request, b"GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert received.count(b"HTTP/1.1 200 OK") == 3
    assert received.count(b"POST /a b c=d xyz") == 2
    assert received.endswith(b"Connection: close\r\n\r\nGET /last  ")


def test_bodies_may_be_chunked_and_expected(echoing):
    """Chunked bodies are put together; `Expect: 100-continue` is told to go on."""
    head = b"POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
    chunked = raw(echoing, head + b"Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: x\r\n\r\n")
    assert chunked.endswith(b"POST /  abcde")
    expected = raw(echoing, head + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n", b"hi")
    assert expected.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_head_and_old_versions(echoing):
    """HEAD has no body; HTTP/1.0 closes unless asked not to."""
    assert raw(echoing, b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n").endswith(b"\r\n\r\n")
    assert b"Connection: close" in raw(echoing, b"GET / HTTP/1.0\r\n\r\n")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/2\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"400"),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 12000 + b"\r\n", b"431"),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n", b"413"),
    ],
)
def test_what_is_no_request_is_refused_and_closed(echoing, sent, status):
    """Malformed and outsized requests get their status and the connection ends."""
    try:
        received = raw(echoing, sent)
    except (ConnectionResetError, BrokenPipeError):
        received = b""
    assert received == b"" or received.startswith(b"HTTP/1.1 " + status)
    assert requests.get(f"{echoing.url}/x", timeout=10).status_code == 200


def test_many_threads_at_once(api):
    """Concurrent creates of one name: exactly one wins; of different names: all."""
    with ThreadPoolExecutor(10) as pool:
        same = list(pool.map(lambda _: api.call("POST", "/users", {"username": "same"}).status_code, range(10)))
        many = list(pool.map(lambda n: api.call("POST", "/users", {"username": f"u{n}"}).status_code, range(50)))
    assert sorted(same) == [201] + [400] * 9
    assert set(many) == {201}
    assert api.good("GET", "/users")["count"] == 51


def test_run_serves_until_it_is_told_to_stop(tmp_path):
    """`run` announces address and credentials, saves, and ends at SIGTERM."""
    path = tmp_path / "data.json"
    code = f"from pathlib import Path; from scimbridge.sandbox import run; run(0, data=Path({str(path)!r}), seed=3)"
    with subprocess.Popen([sys.executable, "-u", "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            lines = [process.stdout.readline() for _ in range(6)]
            assert lines[0].startswith("PingOne sandbox at http://127.0.0.1:")
            assert "3 users" in lines[0]
            settings = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines[1:])
            url = settings["SCIMBRIDGE_PINGONE_AUTH_URL"]
            assert requests.get(f"{url}/_sandbox/health", timeout=10).status_code == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=10) == 0
        finally:
            process.kill()
    assert path.exists()
