"""Nobody keeps the others out: neither who sends slowly or not at all, nor a client with many long requests."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
THREADS = 4
PATCH = "/scim/v2/Users/1"

# An application whose requests last until a file is there. Its clients are named by their credentials, as a login does.
PROGRAM = """
    import sys, time, uuid
    from pathlib import Path
    from scimbridge.observe import logs
    from scimbridge.serve import server as serve
    from scimbridge.web import serving

    logs.configure("debug")
    folder = Path(sys.argv[1])

    def app(environ, start_response):
        client = environ.get("HTTP_AUTHORIZATION", "nobody").split("-")[0]
        status, taken = "200 OK", 0
        if client != "nobody" and not serving.claim(environ, client):
            status = "429 Too Many Requests"
        elif "hold" in environ["QUERY_STRING"]:
            (folder / f"begun-{client}-{uuid.uuid4()}").touch()
            while not (folder / "release").exists():
                time.sleep(0.005)
        if status == "200 OK" and environ["REQUEST_METHOD"] != "GET":
            try:
                taken = len(environ["wsgi.input"].read())
            except ValueError:
                status = "413 Too Large"
        body = f"{environ['PATH_INFO']} {taken}".encode()
        start_response(status, [("Content-Length", str(len(body)))])
        return [body]

    bounds = serve.ArrivalBounds(head=float(sys.argv[3]), body=60.0, largest_body=1000, connections_per_address=40)
    serve.run(lambda: lambda: app, serve.Options(
        port=int(sys.argv[2]), threads=int(sys.argv[4]), graceful_seconds=20, bounds=bounds,
        longest_wait=float(sys.argv[5]),
    ))
"""


class Served:
    """The program above on a port."""

    def __init__(self, folder, head=60.0, longest_wait=60.0):
        with closing(socket.socket()) as held:
            held.bind(("127.0.0.1", 0))
            self.port = held.getsockname()[1]
        self.folder = folder
        program = folder / "program.py"
        program.write_text(textwrap.dedent(PROGRAM))
        words = [sys.executable, program, folder, self.port, head, THREADS, longest_wait]
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [str(word) for word in words], stderr=log, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}
            )
        self.wait_for(lambda: self.ask("GET", "/")[0] == 200)

    def wait_for(self, holds):
        """Ask until something holds; a test that hangs is ended by pytest's own limit."""
        while True:
            assert self.process.poll() is None, (self.folder / "log").read_text()
            try:
                if holds():
                    return
            except OSError:
                pass
            time.sleep(0.01)

    def ask(self, method, path, client=None, body=None):
        """Return status, headers and content of one request."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            headers = {} if client is None else {"Authorization": client}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def connect(self, *sent):
        """Return a connection over which these bytes were sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        for each in sent:
            connection.sendall(each)
        return connection

    def begun(self, client):
        """Return how many requests of a client are held."""
        return len(list(self.folder.glob(f"begun-{client}-*")))

    def forget(self):
        """Make ready for another test."""
        for each in (*self.folder.glob("begun-*"), *self.folder.glob("release")):
            each.unlink()


def is_refused(served):
    try:
        served.connect().close()
    except ConnectionRefusedError:
        return True
    return False


def read_to_end(connection):
    return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    running = Served(tmp_path_factory.mktemp("lockout"))
    yield running
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(60) == 0


@pytest.fixture
def served(program):
    program.forget()
    yield program
    (program.folder / "release").touch()


@pytest.fixture
def side_by_side():
    with ThreadPoolExecutor(32) as pool:
        yield pool


@pytest.mark.parametrize(
    "sent",
    [
        (),
        (b"GET",),
        (b"GET / HTTP/1.1\r\nHost: a\r\n",),
        (b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n", b"abc"),
        (b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n", b"abc"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\n"),
    ],
    ids=["nothing", "a word", "half a head", "half a body", "half a chunk", "half of a second one"],
)
def test_who_sends_half_a_request_holds_no_thread(served, sent):
    """More connections than there are threads, each with half a request, keep nobody out."""
    with ExitStack() as stack:
        for _ in range(3 * THREADS):
            stack.enter_context(closing(served.connect(*sent)))
        assert served.ask("GET", "/")[2] == b"/ 0"
        assert served.ask("PUT", "/", body=["x"])[2] == b"/ 5"


def test_the_first_of_too_many_gives_way(served):
    """Over the limit of one address its oldest connection is let go, and the newest is served."""
    with ExitStack() as stack:
        held = [stack.enter_context(closing(served.connect(b"GET / HTTP/1.1\r\n"))) for _ in range(45)]
        with suppress(ConnectionResetError):  # where its bytes were not looked at yet
            assert read_to_end(held[0])[:12] in (b"", b"HTTP/1.1 503")
        held[-1].sendall(b"Host: a\r\nConnection: close\r\n\r\n")
        assert read_to_end(held[-1]).startswith(b"HTTP/1.1 200")


def test_a_client_with_many_long_requests_keeps_nobody_out(served, side_by_side):
    """It holds half of the threads; others, health, metrics and its own disables are answered; then all of its own."""
    long = [side_by_side.submit(served.ask, "PATCH", "/scim/v2/Groups/1?hold", "greedy", {}) for _ in range(12)]
    served.wait_for(lambda: served.begun("greedy") == THREADS // 2)
    disable = {"Operations": [{"op": "Replace", "path": "active", "value": "False"}]}
    for path in ("/health/live", "/metrics", "//health/ready"):
        assert served.ask("GET", path)[0] == 200
    for _ in range(3):
        assert served.ask("GET", "/scim/v2/Users", "other")[0] == 200
    assert served.ask("PATCH", PATCH, "greedy", disable)[0] == 200
    assert served.ask("DELETE", PATCH, "greedy")[0] == 200
    assert served.begun("greedy") == THREADS // 2
    (served.folder / "release").touch()
    assert [each.result()[0] for each in long] == [200] * 12


def test_what_takes_access_away_goes_where_every_thread_is_held(served, side_by_side):
    """Where two clients hold all threads, a third one's disable is answered, and so is health."""
    long = [side_by_side.submit(served.ask, "GET", "/?hold", client) for client in ("one", "two") * THREADS]
    served.wait_for(lambda: served.begun("one") + served.begun("two") == THREADS)
    assert served.ask("PUT", PATCH, "three", {"active": False})[0] == 200
    body = b'{"Operations": [{"op": "replace", "value": {"active": false}}]}'
    head = f"PATCH {PATCH} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    chunks = b"5\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (body[:5], len(body) - 5, body[5:])
    with closing(served.connect(head, chunks)) as sent:
        assert read_to_end(sent).startswith(b"HTTP/1.1 200")
    assert served.ask("GET", "/health/live")[0] == 200
    waiting = side_by_side.submit(served.ask, "GET", "/", "three")
    assert served.ask("DELETE", PATCH, "three")[0] == 200
    assert not waiting.done()
    (served.folder / "release").touch()
    assert waiting.result()[0] == 200
    assert all(each.result()[0] == 200 for each in long)


def test_all_tokens_of_a_client_are_one(served, side_by_side):
    """Several credentials of one client share its threads, once they were seen."""
    for number in range(6):
        assert served.ask("GET", "/", f"many-{number}")[0] == 200
    long = [side_by_side.submit(served.ask, "GET", "/?hold", f"many-{number}") for number in range(6)]
    served.wait_for(lambda: served.begun("many") == THREADS // 2)
    assert served.ask("GET", "/", "other")[0] == 200
    assert served.begun("many") == THREADS // 2
    (served.folder / "release").touch()
    assert [each.result()[0] for each in long] == [200] * 6


def test_requests_follow_each_other_on_one_connection(served):
    """Requests that are sent together are answered in turn, with bodies by length and in chunks."""
    chunked = b"PUT /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    by_length = b"PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde"
    last = b"GET /c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with closing(served.connect(by_length + chunked + last[:10])) as connection:
        connection.sendall(last[10:])
        answers = read_to_end(connection)
    assert [part.partition(b"HTTP")[0] for part in answers.split(b"\r\n\r\n")[1:]] == [b"/a 5", b"/b 3", b"/c 0"]


def test_a_client_that_waits_for_continue_gets_it(served):
    """`Expect: 100-continue` is answered before the body, and not where the body is too large to be waited for."""
    head = b"PUT /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
    with closing(served.connect(head % 5)) as connection:
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"abcde")
        assert read_to_end(connection).endswith(b"/a 5")
    with closing(served.connect(head % 5000)) as connection:
        assert read_to_end(connection).startswith(b"HTTP/1.1 413")


def test_a_body_that_is_too_large_is_not_waited_for(served):
    """The application answers a request whose body is larger than any that is taken, and the connection ends."""
    with closing(served.connect(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", b"x" * 10)) as connection:
        answer = read_to_end(connection)
    assert answer.startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    "chunks",
    [b"zz\r\n", b"2\r\nabXX0\r\n\r\n", b"2;a\nb\r\nab\r\n0\r\n\r\n", b" 2\r\nab\r\n0\r\n\r\n",
     b"2\r\nab\r\n0\r\nA b\r\n\r\n", b"1" * 9000],
    ids=["size", "end of a chunk", "extension", "blank", "trailer", "endless size"],
)  # fmt: skip
@pytest.mark.parametrize("method", [b"PUT", b"GET"], ids=["read", "not read"])
def test_malformed_chunks_are_refused_once(served, method, chunks):
    """Whether the application would read the body or not, there is one answer, 400, and the connection ends with it."""
    head = method + b" / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    with closing(served.connect(head + chunks + b"GET /after HTTP/1.1\r\nHost: a\r\n\r\n")) as connection:
        answers = read_to_end(connection)
    assert answers.startswith(b"HTTP/1.1 400")
    assert answers.count(b"HTTP/1.1") == 1


def test_a_body_in_chunks_that_is_too_large_is_answered_once(served):
    """The application's word is the last one on that connection."""
    head = b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n"
    with closing(served.connect(head + b"x" * 2000)) as connection:
        answers = read_to_end(connection)
    assert answers.startswith(b"HTTP/1.1 413")
    assert answers.count(b"HTTP/1.1") == 1


def test_no_body_ends_the_worker(served):
    """A body that cannot be judged is one request's trouble: those that arrive beside it are answered."""
    text = json.dumps({"Operations": [{"op": "add", "path": "active", "value": "[" * 9000}], "b": False}).encode()
    head = b"PATCH %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    with closing(served.connect(b"GET / HTTP/1.1\r\n")) as beside:
        with closing(served.connect(head % (PATCH.encode(), len(text)) + text)) as connection:
            assert b"HTTP/1.1" in read_to_end(connection)
        beside.sendall(b"Host: a\r\nConnection: close\r\n\r\n")
        assert read_to_end(beside).startswith(b"HTTP/1.1 200")


def test_a_request_that_ended_half_way_is_not_carried_out(served):
    """A body that is shorter than was said is no request: it is refused, and the application never sees it."""
    with closing(served.connect(b"DELETE /x?hold HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")) as connection:
        connection.shutdown(socket.SHUT_WR)
        assert read_to_end(connection).startswith(b"HTTP/1.1 400")
    assert served.begun("nobody") == 0


def test_a_request_that_waits_too_long_is_refused(tmp_path, side_by_side):
    """A client's request that its own long ones hold up is answered 503 in time, as a SCIM error; a slow head 408."""
    served = Served(tmp_path, head=0.3, longest_wait=0.3)
    long = [side_by_side.submit(served.ask, "GET", "/?hold", "greedy") for _ in range(THREADS // 2)]
    served.wait_for(lambda: served.begun("greedy") == THREADS // 2)
    status, headers, content = served.ask("GET", "/", "greedy")
    assert status == 503
    assert headers["Retry-After"] == "1"
    assert json.loads(content)["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    with closing(served.connect(b"GET / HTTP/1.1\r\n")) as slow:
        assert read_to_end(slow).startswith(b"HTTP/1.1 408")
    with closing(served.connect(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n", b"x")) as slow:
        assert read_to_end(slow).startswith(b"HTTP/1.1 408")
    # At a stop, what has a thread is finished, and who comes now is to go elsewhere: nobody waits for a reset.
    served.process.send_signal(signal.SIGTERM)
    served.wait_for(lambda: is_refused(served))
    (tmp_path / "release").touch()
    assert [each.result()[0] for each in long] == [200] * (THREADS // 2)
    assert served.process.wait(60) == 0
