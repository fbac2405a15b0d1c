"""Two clients of one application that share a node file, as two worker processes do."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from scimbridge.pingone.errors import PingOneError
from scimbridge.pingone.send import Call
from scimbridge.state.sqlite import SqliteState


@pytest.fixture
def told():
    """The changes that were told, by any client: what, and whether it begins."""
    return []


@pytest.fixture
def pair(connection, moving, told, tmp_path):
    """Make clients that share one file: `pair(**arguments)` gives two, each with a state of its own over it."""

    def make(**arguments):
        def one():
            state = SqliteState(tmp_path / "state.db", clock=moving, sleep=moving.sleep)
            common = {**moving.arguments, "state": state, "ledger": state, "tell": told.append, **arguments}
            return connection(**common)

        return one(), one()

    return make


@pytest.fixture
def words(told):
    """Return what was told so far, as `+name` where it began and `-name` where it ended."""
    return lambda: [f"{'+' if change.begins else '-'}{change.what}" for change in told]


@pytest.fixture
def attempt(moving):
    """Send one call within so many seconds; return what it raised, or None."""

    def send(client, request, seconds=50.0):
        try:
            client(request, Call(deadline=moving() + seconds))
        except PingOneError as error:
            return error
        return None

    return send


@pytest.fixture
def refusals(behaviours):
    """Answers that a token endpoint or an API refuses with."""
    answer = behaviours["answer"]
    return SimpleNamespace(
        client=answer(400, {"error": "unauthorized_client", "error_description": "no: top~secret"}),
        token=answer(401, {"code": "ACCESS_FAILED", "message": "for ada@example.org"}),
        rights=answer(403, {"code": "ACCESS_FAILED", "details": [{"code": "INSUFFICIENT_PERMISSIONS"}]}),
        gateway=answer(502, b"<html>"),
    )
