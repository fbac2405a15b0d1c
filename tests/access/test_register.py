from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from scimbridge.access import editing
from scimbridge.access.caller import Caller
from scimbridge.access.clients import Client, ClientFaults, StoredSecret, own_client
from scimbridge.access.register import SECONDS, Register
from scimbridge.access.secrets import make_secret

MADE = make_secret(os.urandom)
OTHER = make_secret(os.urandom)


def client(name, made):
    return Client(Caller(name), (StoredSecret(made.id, made.digest, None, 1_700_000_000.0),))


class Clock:
    """A clock that stands until it is put forward, so that a slow machine has no second pass in between."""

    now = 1000.0

    def __call__(self):
        """Return seconds."""
        return self.now

    def sleep(self, seconds):
        """Let time pass."""
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def held(path):
    """A clients file with two clients."""
    editing.add_client(path, client("a", MADE))
    editing.add_client(path, client("b", OTHER))
    return path


def test_a_mark_of_byte_order_is_no_fault(held, make):
    """Editors of Windows begin a file with it; the clients are those of the file, and can be changed."""
    held.write_bytes(b"\xef\xbb\xbf" + held.read_bytes())
    assert len(make(held).current().clients) == 2
    editing.remove_client(held, "b")
    assert [each.name for each in make(held).current().clients] == ["a"]


@pytest.fixture
def make(clock):
    """Make a register on the clock of the test."""
    return lambda path, own=None, check=lambda _clients: []: Register(path, own, clock=clock, check=check)


def names(register):
    return [each.name for each in register.current().clients]


def test_a_change_is_taken_up_within_a_second(make, held, clock):
    """What is revoked is refused, and what is added let in, at the first request a second later."""
    register = make(held)
    assert register.current().by_secret(MADE.text, 0.0)[0].name == "a"
    editing.remove_client(held, "a")
    clock.sleep(1.0)
    with capture_logs() as lines:
        assert register.current().by_secret(MADE.text, 0.0) is None
    assert [(line["event"], line["clients"]) for line in lines] == [("clients read anew", 1)]
    assert register.current().by_secret(OTHER.text, 0.0)[0].name == "b"


def test_the_last_one_can_be_revoked_while_the_bridge_runs(make, held, clock):
    """A file that has no client any more is taken up: everybody is refused then."""
    register = make(held)
    editing.remove_client(held, "a")
    editing.remove_client(held, "b")
    clock.sleep(1.0)
    assert names(register) == []


class Counted(type(Path())):
    """A path that counts how often it is looked at."""

    def stat(self, **more):
        """Count, and look."""
        self.__dict__["looks"] = self.__dict__.get("looks", 0) + 1
        return super().stat(**more)


def test_the_file_is_looked_at_once_a_second_at_most(make, held, clock):
    """However many requests there are, there is one look in a second, and none takes a lock in between."""
    path = Counted(held)
    register = make(path)
    assert path.looks == 1
    with register._turn:
        for _ in range(1000):
            register.current()
    assert path.looks == 1
    for _ in range(3):
        clock.sleep(1.0)
        for _ in range(1000):
            register.current()
    assert path.looks == 4


def test_who_asks_while_another_looks_does_not_wait(make, held, clock):
    """As long as one thread looks at a slow disk, the others go on with what is there."""
    register = make(held)
    clock.sleep(5.0)
    with register._turn:
        assert names(register) == ["a", "b"]


@pytest.mark.parametrize("fault", ["faulty", "vanished", "not text", "checked", "a folder"])
def test_a_faulty_or_vanished_file_changes_nothing_and_is_logged_once(make, held, clock, fault):
    """The last good clients stay, with one error in the log for each change; once mended, it is taken up."""
    wrong = []
    register = make(held, check=lambda clients: list(wrong))
    good = held.read_text()
    match fault:
        case "faulty":
            held.write_text(f"{good}\ncolour = 1\n")
        case "vanished":
            held.unlink()
        case "not text":
            held.write_bytes(b"\xff")
        case "checked":
            wrong.append("clients.a.hidden: no such attribute")
            held.write_text(f"{good}\n")
        case "a folder":
            held.unlink()
            held.mkdir()
    with capture_logs() as lines:
        for _ in range(3):
            clock.sleep(1.0)
            assert names(register) == ["a", "b"]
    assert [(line["log_level"], line["event"]) for line in lines] == [
        ("error", "clients file not taken up, the last good one stays")
    ]
    assert lines[0]["faults"]
    if fault == "a folder":
        held.rmdir()
    wrong.clear()
    held.write_text(good)
    editing.remove_client(held, "b")
    clock.sleep(1.0)
    assert names(register) == ["a"]


class Lost(type(Path())):
    """A path on a disk that can be taken away."""

    def stat(self, **more):
        """Look, if the disk is there."""
        if self.__dict__.get("away"):
            raise OSError(5, "Input/output error")
        return super().stat(**more)


def test_a_disk_that_comes_back_is_read_and_its_next_loss_is_logged(make, held, clock):
    """The very same file is good again after a loss, and a second loss is told anew."""
    path = Lost(held)
    register = make(path)
    with capture_logs() as lines:
        for path.away in (True, True, False, True, False):
            clock.sleep(1.0)
            assert names(register) == ["a", "b"]
    assert [line["log_level"] for line in lines] == ["error", "info"] * 2


def test_a_file_of_the_same_size_and_date_is_still_seen(make, held, clock):
    """A copy that keeps the date, of the same size, is another file all the same."""
    register = make(held)
    old = held.stat()
    text = held.read_text().replace("[clients.b", "[clients.c").replace("[[clients.b", "[[clients.c")
    held.write_text(text)
    os.utime(held, ns=(old.st_atime_ns, old.st_mtime_ns))
    assert held.stat().st_size == old.st_size
    clock.sleep(1.0)
    assert names(register) == ["a", "c"]


@pytest.mark.parametrize("text", ["", "colour = 1", None])
def test_nothing_starts_with_a_faulty_file_or_without_any_client(make, path, text):
    """At the start a faulty, missing or empty file is an error that is told whole."""
    if text is not None:
        path.write_text(text)
    with pytest.raises(ClientFaults) as told:
        make(path)
    assert told.value.faults


def test_nothing_starts_without_file_and_token(make):
    """The bridge is never open to everybody, nor is it started for nobody."""
    with pytest.raises(ClientFaults, match="no client at all"):
        make(None)


def test_the_token_alone_is_enough_and_stays_next_to_the_file(make, held, clock):
    """The client of the bearer token is there without a file, with an empty one, and after every change."""
    own = own_client("the-token")
    assert make(None, own).current().by_secret("the-token", 0.0) == (own, "token")
    register = make(held, own)
    editing.remove_client(held, "a")
    clock.sleep(1.0)
    assert names(register) == ["b"]
    assert register.current().by_secret("the-token", 0.0) == (own, "token")


def test_the_check_is_asked_at_the_start_too(make, held):
    """What the tables say against a client keeps the bridge from starting."""
    with pytest.raises(ClientFaults, match="no such attribute"):
        make(held, check=lambda clients: ["clients.a.hidden: no such attribute"])


def test_under_load_from_many_threads_no_valid_client_is_refused(held):
    """While others are added, rotated and revoked, the one that stays is let in by every thread at every moment."""
    register = Register(held, None, clock=lambda: time.monotonic() * 200, check=lambda _clients: [])
    refused, done = [], threading.Event()

    def ask():
        while not done.is_set():
            if register.current().by_secret(OTHER.text, 0.0) is None:
                refused.append(1)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(10):
        made = make_secret(os.urandom)
        editing.add_client(held, client(f"c{number}", made))
        editing.add_secret(held, f"c{number}", make_secret(os.urandom), now=1_700_000_001.0, old_until=None)
        editing.remove_client(held, f"c{number}")
    done.set()
    for thread in threads:
        thread.join()
    assert not refused
    time.sleep(SECONDS / 200)  # as the register counts, its next look is due
    assert names(register) == ["a", "b"]


# A worker whose clock says at each line that it reads that so many seconds have passed; it answers with who is let in.
WORKER = """
import sys
from pathlib import Path
from scimbridge.access.register import Register
from scimbridge.observe.logs import configure
configure("error")
now = [1000.0]
register = Register(Path(sys.argv[1]), None, clock=lambda: now[0], check=lambda clients: [])
print("ready", flush=True)
for line in sys.stdin:
    now[0] += float(line)
    print(*[bool(register.current().by_secret(secret, 0.0)) for secret in sys.argv[2:]], flush=True)
"""


def test_a_revoked_secret_is_refused_in_every_process_within_two_seconds(held):
    """Processes that share nothing but the file all refuse it as soon as a second has passed by their clocks."""
    with contextlib.ExitStack() as running:
        command = [sys.executable, "-c", WORKER, str(held), MADE.text, OTHER.text]
        workers = [
            running.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
            )
            for _ in range(2)
        ]

        def ask(seconds):
            for worker in workers:
                worker.stdin.write(f"{seconds}\n")
            return {worker.stdout.readline() for worker in workers}

        for worker in workers:
            assert worker.stdout.readline() == "ready\n"
        assert ask(5.0) == {"True True\n"}
        editing.remove_client(held, "a")
        assert ask(1.0) == {"False True\n"}
        assert SECONDS <= 1.0, "which leaves a second for a request that has begun"
