"""What a request brings: what of it is noticed is bounded."""

from __future__ import annotations

from structlog.testing import capture_logs

from scimbridge.web.incoming import LONGEST_NOTICE, MOST_NOTICES, notice_some, request_id


def test_notices_of_one_request_are_bounded():
    """However many names a request has and however long they are, so many are noticed and cut to so many letters."""
    noticed: list[str] = []
    notice = notice_some(noticed.append)
    for number in range(10 * MOST_NOTICES):
        notice(f"{number}" + "x" * 1_000_000)
    assert len(noticed) == MOST_NOTICES
    assert set(map(len, noticed)) == {LONGEST_NOTICE}
    assert notice_some(noticed.append) is not notice


def test_a_body_of_unknown_names_fills_no_log(client):
    """A body with a hundred thousand unknown attributes is taken, and the log tells of some of them."""
    body = {"userName": "many", **{f"a{number}": 1 for number in range(100_000)}}
    with capture_logs() as lines:
        assert client.send("POST", "/Users", body).status_code == 201
    assert sum(line["event"] == "attribute not stored" for line in lines) == MOST_NOTICES


def test_a_credential_is_no_request_id():
    """Who sends the same secret as X-Request-Id gets a new id: it would be logged, recorded and told to PingOne."""
    assert request_id("r-1", "Bearer the-secret") == "r-1"
    assert request_id("r-1", None) == "r-1"
    assert request_id("the-secret", "Bearer the-secret") != "the-secret"
    assert request_id(f"scb_k7f2q_{'A' * 43}", "Bearer another") != f"scb_k7f2q_{'A' * 43}"
    assert request_id("two words", "Bearer x") != "two words"
    assert request_id(None, None) != request_id(None, None)
