"""Ready is what the last calls of all processes say, and a node that is not ready finds out by itself when it is."""

from __future__ import annotations

import queue
import threading

import pytest

from scimbridge.pingone.send import Request
from scimbridge.pingone.sending.readiness import Outlook, Readiness

GET = Request("GET", "/users/x")


@pytest.fixture
def watched(pair, moving):
    """Two processes and their outlooks, which look at once and in the same thread."""
    clients = pair()
    return *clients, *(Outlook(client, moving, run=lambda look: look()) for client in clients)


def test_it_looks_where_nothing_is_known(host, watched):
    """A node that has made no call makes one, which shows whether it can."""
    _one, _other, outlook, _second = watched
    assert outlook.look() == Readiness("reachable", "valid")
    assert [each.path.rpartition("/")[2] for each in host.api] == ["users?limit=1"]
    outlook.look()
    assert len(host.api) == 1


def test_a_revoked_worker_is_not_ready(host, watched, refusals, attempt, moving):
    """Revoked: also the process that has not noticed says so; let in again: ready within five seconds, by itself."""
    one, other, first, second = watched
    assert attempt(one, GET) is attempt(other, GET) is None
    good, host.usual = host.usual, refusals.token
    host.tokens.extend([refusals.client] * 4)
    attempt(one, GET)
    moving.offset += 1
    assert first.look() == second.look() == Readiness("reachable", "refused")
    host.usual = good
    host.tokens.clear()
    moving.offset += 20
    assert first.look() == Readiness("reachable", "valid")
    moving.offset += 1
    assert second.look().is_ready


@pytest.mark.parametrize(
    ("refusal", "standing"),
    [
        ("token", Readiness("reachable", "refused")),
        ("rights", Readiness("reachable", "without rights")),
        ("gateway", Readiness("not reachable", "valid")),
    ],
)
def test_an_api_that_refuses_everything_is_not_ready(host, watched, refusals, attempt, moving, refusal, standing):
    """Whether PingOne answers 401, 403 or 502 to everything: the next look says so, in both processes, and its end."""
    one, other, first, second = watched
    assert attempt(one, GET) is attempt(other, GET) is None
    good, host.usual = host.usual, getattr(refusals, refusal)
    moving.offset += 6
    attempt(one, GET)
    assert first.look() == standing
    moving.offset += 1
    assert second.look() == standing
    assert not standing.is_ready
    host.usual = good
    moving.offset += 6
    assert second.look().is_ready
    moving.offset += 1
    assert first.look().is_ready


def test_the_last_outcome_counts_and_not_the_one_before(host, watched, refusals, attempt, moving):
    """A good answer of a moment ago does not hide that nothing gets through now."""
    one, _other, first, _second = watched
    assert attempt(one, GET) is None
    assert first.look().is_ready
    host.usual = refusals.gateway
    attempt(one, GET, seconds=0.5)
    assert first.look() == Readiness("not reachable", "valid")


def test_one_path_without_rights_is_ready(host, watched, refusals, attempt, moving):
    """What is forbidden is in the log; a node that may do all else is ready, after a look at most."""
    one, _other, first, _second = watched
    assert attempt(one, GET) is None
    host.play(refusals.rights)
    attempt(one, Request("GET", "/identityProviders"))
    assert first.look().is_ready
    moving.offset += 60
    assert first.look().is_ready


def test_an_error_for_everything_is_not_ready(host, watched, behaviours, attempt, moving):
    """A 500 that PingOne words, to everything: one poisoned request is told from it by a look."""
    one, _other, first, _second = watched
    assert attempt(one, GET) is None
    poison = behaviours["answer"](500, {"code": "UNEXPECTED_ERROR"})
    host.play(*[poison] * 6)
    attempt(one, GET)
    assert first.look().is_ready
    host.usual = poison
    attempt(one, GET)
    moving.offset += 6
    assert first.look() == Readiness("not reachable", "valid")


def test_a_pause_is_told_and_no_reason_to_take_a_node_away(host, watched, behaviours, attempt, moving):
    """In a long pause clients get Retry-After from a node that is ready."""
    one, _other, first, second = watched
    host.play(behaviours["answer"](503, {}, Retry_After="120"))
    attempt(one, GET)
    moving.offset += 1
    assert first.look() == Readiness("pausing", "valid")
    assert len(host.api) == 1
    assert second.look() == Readiness("pausing", "valid")


def test_it_does_not_keep_who_asks_waiting(watched, attempt, moving):
    """Where something is known, a look that takes long is not waited for; the next one says what it found."""
    one, _other, _first, _second = watched
    attempt(one, GET)
    begun = []
    outlook = Outlook(one, moving, run=begun.append)
    one.conditions.note("unreachable", {})
    assert not outlook.look().is_ready
    (look,) = begun
    look()
    assert outlook.look().is_ready


def test_a_look_now_asks_what_was_refused(host, watched, refusals, attempt):
    """At a start the token endpoint is asked, whatever it refused before; what fails is named."""
    one, _other, first, second = watched
    host.tokens.extend([refusals.client])
    assert attempt(one, GET) is not None
    assert second.look_now() == (Readiness("reachable", "valid"), "")
    assert first.look_now()[0].is_ready
    host.usual = refusals.gateway
    assert first.look_now()[1] == "PingOne answered with status 502"


def test_only_who_begins_the_first_look_waits_for_it(pair, moving):
    """While the first look hangs, another who asks is answered at once, and does not hold a second thread."""
    client, _other = pair()
    looks = queue.Queue()
    outlook = Outlook(client, moving, run=looks.put)
    first = threading.Thread(target=outlook.look)
    first.start()
    look = looks.get(timeout=10)
    assert not outlook.look().is_ready
    assert first.is_alive()
    look()
    first.join(10)
    assert outlook.look().is_ready
    assert looks.empty()
