"""What the server says of a request holds at the edge: whose it may be, and how long it has waited already."""

from __future__ import annotations

from scimbridge.web.serving import CLAIM, WAITED, claim, waited

USERS = "/scim/v2/Users?count=1"


def test_another_server_says_nothing():
    """Under a server that is not ours every client may go on, and nothing has waited."""
    assert claim({}, "hr")
    assert waited({}) == 0.0


def test_a_client_over_its_share_is_refused_before_anything_is_done(client):
    """Who turns out to be a client that has its share of the threads gets 429 with Retry-After, and PingOne no call."""
    told = []

    def refuse(name):
        told.append(name)
        return False

    answer = client.send("GET", USERS, environ_overrides={CLAIM: refuse})
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "1"
    assert answer.json["status"] == "429"
    assert len(told) == 1
    assert client.calls == []


def test_a_wait_is_part_of_the_time_that_a_request_has(client, settings):
    """A request that has waited for all of its time is answered at once that there is none left."""
    late = {WAITED: settings.request_deadline + 1}
    answer = client.send("GET", USERS, environ_overrides=late)
    assert answer.status_code == 503
    assert client.send("GET", USERS, environ_overrides={WAITED: 1.0}).status_code == 200
