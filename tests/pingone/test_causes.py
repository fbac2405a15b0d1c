"""Causes hold what a log may hold: status, code, correlation id, host, and sentences of ours."""

from __future__ import annotations

from scimbridge.pingone import causes
from scimbridge.pingone.errors import NoToken, OutOfTime, Throttled, Unreachable


def chained(outer, inner):
    outer.__cause__ = inner
    return outer


def test_a_sentence_of_pingones_is_not_repeated():
    """What has a status is told by it; a code that does not look like one is left out."""
    error = NoToken("no: ada@example.org", status=401, code="ada@example.org", correlation="c-1")
    error.host = "auth.pingone.eu"
    assert causes.facts_of(error) == {
        "cause": "PingOne's token endpoint answered with status 401",
        "upstream_status": 401,
        "correlation": "c-1",
        "host": "auth.pingone.eu",
    }


def test_what_has_no_status_is_told_in_words_of_ours():
    """Without an answer there is only our own sentence."""
    assert causes.facts_of(Unreachable("the connection to PingOne broke off")) == {
        "cause": "the connection to PingOne broke off"
    }


def test_a_success_that_cannot_be_used_is_told_in_words_of_ours():
    """That PingOne answered with status 200 would be no cause."""
    error = Unreachable("PingOne answered 200 with an empty body", status=200)
    assert causes.describe(error) == "PingOne answered 200 with an empty body"


def test_the_cause_is_what_was_to_be_repeated():
    """A repetition for which there was no time is told by the failure behind it."""
    down, late = Unreachable("x", status=502), OutOfTime("late")
    assert causes.find(chained(ValueError("x"), chained(late, down))) is down
    asked = Throttled("slow down", status=429)
    assert causes.find(chained(asked, Unreachable("our sentence"))) is asked
    assert causes.find(chained(ValueError("x"), KeyError("y"))) is None
