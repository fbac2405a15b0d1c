"""What systemd and `scimbridge health` are told by a real gunicorn, over a real socket and through real files."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from scimbridge.cli.commands import command
from scimbridge.serve import addresses
from scimbridge.serve.service_manager import ServiceManager

ROOT = Path(__file__).parents[2]
PROGRAM = """
    import os, sys
    from pathlib import Path
    from scimbridge.serve import server as serve

    def prepare():
        if Path("faulty").exists():
            raise ValueError("it is faulty")
        def app(environ, start_response):
            status = "503 Unavailable" if environ["PATH_INFO"] == "/health/ready" else "200 OK"
            body = os.environ.get("NOTIFY_SOCKET", "none").encode()
            start_response(status, [("Content-Length", str(len(body)))])
            return [body]
        return lambda: app

    serve.run(prepare, serve.Options(host="0.0.0.0", port=0, threads=2, graceful_seconds=5))
"""


def lines(datagram):
    """The words of a datagram by name, as systemd reads them."""
    return dict(line.split("=", 1) for line in datagram.decode().splitlines())


class Started:
    """A bridge as systemd starts it, and the socket at which it reports."""

    def __init__(self, folder):
        self.folder = folder
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(60)
        self.socket.bind(str(folder / "notify"))
        (folder / "program.py").write_text(textwrap.dedent(PROGRAM))
        self.environ = {"RUNTIME_DIRECTORY": str(folder)}
        self.process = subprocess.Popen(
            [sys.executable, "program.py"],
            cwd=folder,
            env={**os.environ, **self.environ, "NOTIFY_SOCKET": str(folder / "notify"), "PYTHONPATH": str(ROOT)},
            stderr=subprocess.DEVNULL,
        )
        self.first = self.hear()

    def hear(self):
        """Return the next report; one that never comes ends the test."""
        return lines(self.socket.recv(4096))

    def ask(self, *arguments):
        """Run `scimbridge health` beside it."""
        return CliRunner().invoke(command, ["health", *arguments], env=self.environ)


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    running = Started(tmp_path_factory.mktemp("sd"))
    yield running
    if running.process.poll() is None:
        running.process.kill()
    running.process.wait()
    running.socket.close()


def test_ready_is_said_once_it_listens(started):
    """The first report is READY, when requests are answered, and it says where."""
    assert started.first["READY"] == "1"
    assert started.first["STATUS"].startswith("listens at http://127.0.0.1:")


def test_health_finds_a_bridge_at_any_port(started):
    """Without being told where, `scimbridge health` asks the bridge of this user, which no child may speak for."""
    told = started.ask()
    assert (told.exit_code, told.output.split()[-1]) == (0, "none")


def test_health_says_what_is_not_well(started):
    """A bridge that is not ready, or does not answer, makes exit code 1 and a line that says so."""
    told = started.ask("--ready")
    assert told.exit_code == 1
    assert "/health/ready: 503" in told.output
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        told = started.ask("--url", f"http://127.0.0.1:{closed.getsockname()[1]}")
    assert told.exit_code == 1
    assert "no answer (Connection refused)" in told.output


def test_a_reload_is_said_and_what_became_of_it(started):
    """RELOADING comes first with the time of the clock that systemd reads, READY when it is over, refused or not."""
    (started.folder / "faulty").touch()
    for end in ("the last reload was refused, the log says why", started.first["STATUS"]):
        started.process.send_signal(signal.SIGHUP)
        begun, over = started.hear(), started.hear()
        assert begun["RELOADING"] == "1"
        assert int(begun["MONOTONIC_USEC"]) > 0
        assert over["READY"] == "1"
        assert over["STATUS"].endswith(end)
        (started.folder / "faulty").unlink(missing_ok=True)


def test_stopping_is_said_and_nobody_is_found_any_more(started):
    """STOPPING is the last report, and a bridge that stops is no longer asked."""
    started.process.send_signal(signal.SIGTERM)
    assert started.hear()["STOPPING"] == "1"
    assert started.process.wait(timeout=60) == 0
    assert addresses.find(started.environ) == ()
    told = started.ask()
    assert told.exit_code == 1
    assert "no bridge of this user listens" in told.output


def test_a_bridge_that_was_killed_is_not_asked(tmp_path):
    """What a killed bridge left is not taken for one, whoever has its process number now."""
    environ = {"RUNTIME_DIRECTORY": str(tmp_path)}
    with addresses.listening(environ) as first:
        assert first.say("http://127.0.0.1:1") == ""
        assert addresses.find(environ) == ("http://127.0.0.1:1",)
        (left,) = tmp_path.iterdir()
    left.write_text("http://127.0.0.1:1")
    assert addresses.find(environ) == ()
    with addresses.listening(environ) as again:
        assert again.say("http://127.0.0.1:2") == ""
        assert addresses.find(environ) == ("http://127.0.0.1:2",)


def test_what_another_wrote_is_not_followed(tmp_path):
    """A link in the place of a file leads nowhere."""
    environ = {"RUNTIME_DIRECTORY": str(tmp_path)}
    with addresses.listening(environ) as other:
        other.say("http://127.0.0.1:1")
        (held,) = tmp_path.iterdir()
        (tmp_path / f"scimbridge-{os.geteuid()}-0.listens").symlink_to(held)
        assert addresses.find(environ) == ("http://127.0.0.1:1",)


def test_a_bridge_starts_where_no_file_can_be_written(tmp_path):
    """That it cannot be found by itself is a reason to be told, and no exception."""
    with addresses.listening({"RUNTIME_DIRECTORY": str(tmp_path / "missing")}) as nowhere:
        assert nowhere.say("http://127.0.0.1:1") == "No such file or directory"


@pytest.mark.parametrize(
    ("address", "tls", "url"),
    [
        (("0.0.0.0", 8080), False, "http://127.0.0.1:8080"),
        (("::", 8443), True, "https://[::1]:8443"),
        (("10.0.0.7", 443), True, "https://10.0.0.7:443"),
    ],
)
def test_a_bridge_is_asked_at_an_address_of_its_machine(address, tls, url):
    """What listens at every address is asked at the loopback, all else where it listens."""
    assert addresses.url_of(address, tls=tls) == url


def test_an_abstract_socket_is_meant_by_an_at_sign():
    """`@name` is Linux's name without a file; the time is told in microseconds."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(f"\0scimbridge-{os.getpid()}")
        environ = {"NOTIFY_SOCKET": f"@scimbridge-{os.getpid()}"}
        ServiceManager.of(environ, lambda: 5_000_999).reloading()
        assert lines(heard.recv(4096))["MONOTONIC_USEC"] == "5000"
    assert environ == {}


def test_a_manager_that_is_gone_stops_nothing(tmp_path):
    """The bridge goes on, and its log says that nobody heard; where there is no manager, nothing is said."""
    with capture_logs() as said:
        ServiceManager(str(tmp_path / "gone"), lambda: 0).ready("listens")
        ServiceManager("", lambda: 0).stopping()
    assert [(line["event"], line["said"]) for line in said] == [("service manager not reached", "READY=1")]


@pytest.mark.parametrize("given", ["127.0.0.1:8080", "ftp://127.0.0.1", "http://"])
def test_an_address_that_cannot_be_asked_is_refused(given):
    """The error says what would be right, with the exit code of wrong usage."""
    told = CliRunner().invoke(command, ["health", "--url", given])
    assert told.exit_code == 2
    assert "http://127.0.0.1:8080" in told.output
