"""The whole bridge as a program: real gunicorn in a process of its own, in front of a sandbox, over real sockets."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from scimbridge.sandbox import Sandbox, describe

ROOT = Path(__file__).parent.parent.parent
TOKEN = "the-token-of-the-tests"


def free_port():
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


class Bridge:
    """A running bridge. `said` is all that it has written so far."""

    def __init__(self, folder, program=("-m", "scimbridge.cli"), seed=50, **variables):
        self.sandbox = Sandbox.start(seed=seed)
        self.port = free_port()
        self.output = folder / "output"
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SCIMBRIDGE_")},
            **describe(self.sandbox),
            "PYTHONPATH": str(ROOT),
            "SCIMBRIDGE_BEARER_TOKEN": TOKEN,
            **{f"SCIMBRIDGE_{name}": value for name, value in variables.items()},
        }
        command = [sys.executable, *program, "serve", "--port", str(self.port), "--threads", "8"]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder, env=environ)
        while self._answers() is None:
            assert self.process.poll() is None, self.said[-300:]
            time.sleep(0.05)

    def _answers(self):
        try:
            return self.ask("GET", "/health/live")
        except OSError:
            return None

    @property
    def said(self):
        """Everything on standard output and standard error."""
        return self.output.read_text()

    def ask(self, method, path, body=None, headers=None):
        """Ask as a client library would, and return status, headers and body as text."""
        sent = {"Authorization": f"Bearer {TOKEN}", **(headers or {})}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body=body, headers=sent)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()

    def send(self, *lines, body=b""):
        """Send a request as it stands and return all bytes that come back before the connection ends."""
        with closing(socket.create_connection(("127.0.0.1", self.port), timeout=30)) as connection:
            connection.sendall(b"\r\n".join([*lines, b"", b""]) + body)
            connection.settimeout(30)
            arrived = b""
            try:
                while part := connection.recv(65536):
                    arrived += part
                    connection.settimeout(2)  # is there more?
            except OSError:  # kept open, or closed in a hurry
                pass
            return arrived

    def stop(self):
        """End both, and return the bridge's exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        self.sandbox.close()
        return code


@pytest.fixture(scope="module")
def bridge(tmp_path_factory):
    """A bridge for all tests of a module."""
    running = Bridge(tmp_path_factory.mktemp("bridge"))
    yield running
    assert running.stop() == 0
