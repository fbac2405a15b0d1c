"""Health needs no token, and says when PingOne is not reachable."""

from __future__ import annotations


def test_live_and_ready(client):
    """A bridge that has heard nothing bad is live and ready, for anybody who asks."""
    http = client.app.test_client()
    for name in ("live", "ready"):
        answer = http.get(f"/health/{name}")
        assert (answer.status_code, answer.json["status"]) == (200, name)
        assert answer.headers["Content-Type"] == "application/json"


def test_not_ready_while_pingone_is_down(client, clock):
    """While calls fail at once the bridge is live and not ready; when PingOne is back it is ready again."""
    http = client.app.test_client()
    client.sandbox.faults.set(drop_before_share=1.0, token_endpoint=True)
    for _attempt in range(4):
        assert client.send("GET", "/Users").status_code == 503
    assert http.get("/health/live").status_code == 200
    answer = http.get("/health/ready")
    assert (answer.status_code, answer.json["status"]) == (503, "not ready")
    client.sandbox.faults.clear()
    clock.offset += 60
    assert client.send("GET", "/Users").status_code == 200
    assert http.get("/health/ready").status_code == 200
