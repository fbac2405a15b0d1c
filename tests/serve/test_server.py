from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
from gunicorn.http import errors

from scimbridge.serve import refusals

ROOT = Path(__file__).parents[2]
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

# A small application in a process of its own: what is tested here is everything around an application.
PROGRAM = """
    import os, sys, time
    from pathlib import Path
    from scimbridge.serve import server as serve
    from scimbridge.settings.declared import SettingsFaults
    from scimbridge.observe import logs

    seconds = {"head": float(sys.argv[3]), "body": float(sys.argv[3])} if len(sys.argv) > 3 else {}
    bounds = serve.ArrivalBounds(**seconds)
    logs.configure("debug")
    word = Path(sys.argv[1])

    def prepare():
        text = word.read_text()
        if "faulty" in text:
            raise SettingsFaults(["WORD: it is faulty; write another one"])
        def app(environ, start_response):
            path = environ["PATH_INFO"]
            if path == "/break":
                raise RuntimeError("personal value")
            if path == "/slow":
                word.with_name("begun").touch()
                time.sleep(1)
            if path == "/header":
                start_response("200 OK", [("X-Bad", "a\\nb")])
                return [b""]
            body = f"{text} {os.getpid()} {environ['QUERY_STRING'].__len__()}".encode()
            if environ["REQUEST_METHOD"] == "POST" and path == "/read":
                body = str(len(environ["wsgi.input"].read())).encode()
            start_response("200 OK", [("Content-Length", str(len(body)))])
            return [body]
        return lambda: app

    try:
        options = serve.Options(port=int(sys.argv[2]), workers=2, threads=4, graceful_seconds=5, bounds=bounds)
        serve.run(prepare, options)
    except SettingsFaults as faults:
        print(faults, file=sys.stderr)
        sys.exit(2)
"""


def free_port():
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


class Served:
    """The program above on a port, with its word in a file and its log in another."""

    def __init__(self, folder, arrival=None):
        self.port = free_port()
        self.word = folder / "word"
        self.word.write_text("first")
        self.log = folder / "log"
        program = folder / "program.py"
        program.write_text(textwrap.dedent(PROGRAM))
        arguments = [sys.executable, str(program), str(self.word), str(self.port)]
        if arrival is not None:
            arguments.append(str(arrival))
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                arguments, stderr=log, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}
            )
        self.wait_for(lambda: self.get("/")[0] == 200)

    def wait_for(self, holds):
        """Ask until something holds; a test that hangs is ended by pytest's own limit."""
        while True:
            assert self.process.poll() is None, self.log.read_text()
            try:
                if holds():
                    return
            except OSError:
                pass
            time.sleep(0.05)

    def get(self, path, method="GET", body=None, headers=None):
        """Ask as a client library would, and return status, headers and body."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def send(self, raw):
        """Send bytes that no client library would send, and return status, headers and body."""
        with closing(socket.create_connection(("127.0.0.1", self.port), timeout=60)) as connection:
            connection.sendall(raw)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        status, *headers = head.decode("ascii").split("\r\n")
        return int(status.split()[1]), dict(line.split(": ", 1) for line in headers), body

    def stop(self):
        """End the program as a supervisor would, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    running = Served(tmp_path_factory.mktemp("served"))
    yield running
    assert running.stop() == 0


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET /Users?filter=" + b"x" * 8200 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 9000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-Many: x\r\n" * 120 + b"\r\n", 431),
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"get / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /Users?filter=a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nBad Name: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX-Folded: b\r\n c\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\nabc", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: odd\r\n\r\nabc", 501),
        (b"POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nExpect: more\r\nContent-Length: 0\r\n\r\n", 417),
        (b"GET /break HTTP/1.1\r\nHost: a\r\n\r\n", 500),
        (b"GET /header HTTP/1.1\r\nHost: a\r\n\r\n", 500),
    ],
    ids=lambda part: part[:40] if isinstance(part, bytes) else None,
)
def test_gunicorn_refuses_in_the_words_of_scim(served, raw, status):
    """What never reaches the application, or breaks it, is answered by a SCIM Error as JSON."""
    answered, headers, body = served.send(raw)
    assert answered == status
    assert headers["Content-Type"] == "application/scim+json"
    assert headers["Connection"] == "close"
    message = json.loads(body)
    assert message["schemas"] == [ERROR]
    assert message["status"] == str(status)
    assert message["detail"]
    assert "personal value" not in body.decode()


def test_a_long_filter_passes(served):
    """A request line of 8190 bytes is served: long `or` filters are usual."""
    path = "/?" + "x" * (8190 - len("GET /? HTTP/1.1"))
    status, _, body = served.get(path)
    assert status == 200
    assert int(body.split()[-1]) == len(path) - 2


def test_the_log_tells_a_failure_without_what_was_sent(served):
    """Log lines are JSON; neither the message of an exception nor a query stands in them."""
    served.send(b"GET /break?filter=ada@example.org HTTP/1.1\r\nHost: a\r\n\r\n")
    served.send(b"GET /Users?filter=ada@example.org b HTTP/1.1\r\nHost: a\r\n\r\n")
    served.wait_for(lambda: "request refused" in served.log.read_text())
    lines = [json.loads(line) for line in served.log.read_text().splitlines()]
    failed = [line for line in lines if line["event"] == "request failed"]
    assert failed[0]["exception"][0]["type"] == "builtins.RuntimeError"
    assert "ada@example.org" not in served.log.read_text()
    assert "personal value" not in served.log.read_text()


def test_a_connection_is_kept_alive(served):
    """Several requests go over one connection."""
    with closing(HTTPConnection("127.0.0.1", served.port, timeout=60)) as connection:
        for _ in range(3):
            connection.request("GET", "/")
            assert connection.getresponse().read().startswith(b"first")
            assert connection.sock is not None


def test_a_body_that_nobody_reads_does_no_harm(served):
    """A request whose body the application ignores is answered, and the next one as well."""
    assert served.get("/", "POST", b"x" * 200_000)[0] == 200
    assert served.get("/read", "POST", b"x" * 200_000)[2] == b"200000"


def test_a_request_that_trickles_is_ended(tmp_path):
    """A request that does not arrive whole in time is answered by 408, and holds no thread any longer."""
    served = Served(tmp_path, arrival=1)
    assert served.send(b"GET / HTTP/1.1\r\nHost: a\r\n")[0] == 408
    assert served.send(b"POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")[0] == 408
    served.wait_for(lambda: served.get("/")[0] == 200)
    assert served.stop() == 0


def test_a_stop_lets_a_request_finish(tmp_path):
    """SIGTERM ends the program with code 0 after the request under way got its answer."""
    served = Served(tmp_path)
    with closing(HTTPConnection("127.0.0.1", served.port, timeout=60)) as connection:
        connection.request("GET", "/slow")
        served.wait_for((tmp_path / "begun").exists)
        served.process.send_signal(signal.SIGTERM)
        assert connection.getresponse().status == 200
    assert served.process.wait(timeout=60) == 0


def test_a_hangup_takes_a_changed_configuration_and_refuses_a_faulty_one(tmp_path):
    """SIGHUP prepares anew in the master: a good configuration is taken, a faulty one changes nothing."""
    served = Served(tmp_path)
    served.word.write_text("faulty")
    served.process.send_signal(signal.SIGHUP)
    served.wait_for(lambda: "reload refused" in served.log.read_text())
    assert served.get("/")[2].startswith(b"first")
    assert "WORD: it is faulty; write another one" in served.log.read_text()
    served.word.write_text("second")
    served.process.send_signal(signal.SIGHUP)
    served.wait_for(lambda: served.get("/")[2].startswith(b"second"))
    assert served.stop() == 0


def test_a_faulty_configuration_never_listens(tmp_path):
    """When preparing fails, the program ends with the faults before a socket is bound."""
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent(PROGRAM))
    word = tmp_path / "word"
    word.write_text("faulty")
    with closing(socket.socket()) as taken:
        # The port is taken, so an attempt to listen would be seen in the log and in the exit code.
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = subprocess.run(
            [sys.executable, str(program), str(word), str(taken.getsockname()[1])],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=False,
        )
    assert ended.returncode == 2
    assert ended.stderr == "WORD: it is faulty; write another one\n"


def test_every_refusal_of_gunicorn_has_its_words():
    """Each way in which gunicorn refuses a request has a status that is the client's, none repeats it."""
    ours = {errors.InvalidResponseHeader, errors.InvalidResponseHeaderName}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    for kind in kinds:
        if issubclass(kind, errors.ParseException) and kind not in ours:
            status, detail = refusals.refusal(kind.__new__(kind))
            assert 400 <= status < 500 or status == 501
            assert detail.endswith(".")
    assert refusals.refusal(KeyError("ada"))[0] == 500
    for kind in ours:
        assert refusals.refusal(kind.__new__(kind))[0] == 500
