"""A node with two worker processes has one log: what it starts with, what is wrong with PingOne, what was taken up."""

from __future__ import annotations

import signal
from dataclasses import replace


def events(node, *begins):
    """Return the lines whose event begins like one of these."""
    return [line for line in node.log if str(line["event"]).startswith(begins)]


def test_a_revoked_worker_application_from_start_to_reload(make_pingone, start_nodes, wait_until, tmp_path):
    """Each thing is said once by two processes; the endpoint is asked once; SIGHUP with the new secret asks at once."""
    pingone = make_pingone(5)
    secret = tmp_path / "secret"
    secret.write_text(pingone.sandbox.client_secret)
    settings = {**pingone.settings, "SCIMBRIDGE_PINGONE_CLIENT_SECRET_FILE": str(secret)}
    del settings["SCIMBRIDGE_PINGONE_CLIENT_SECRET"]
    (node,) = start_nodes(1, settings, workers=2)
    wait_until(lambda: events(node, "PingOne is reachable"), "the first look")
    first = [line["event"] for line in node.log[:6]]
    assert first == ["bridge starts", "table", "table", "table", "clients", "kept"]
    assert node.log[5]["state"] == "memory://"

    tokens = pingone.sandbox.tokens
    tokens.credentials = replace(tokens.credentials, client_secret="another~one~of~more~letters")
    tokens.revoke_all()
    asked = pingone.calls("POST", "token")
    answers = [node.scim("GET", "/Users?count=1") for _ in range(20)]
    assert {answer.status for answer in answers} == {502}
    assert all(1 <= int(answer.headers["Retry-After"]) <= 5 for answer in answers[1:])
    assert pingone.calls("POST", "token") - asked == 2  # Basic, and then the form
    (line,) = events(node, "token refused")
    assert (line["level"], line["code"], line["by"]) == ("error", "invalid_client", "token endpoint")
    assert line["correlation"]
    assert node.ask("GET", "/health/ready").json["token"] == "refused"

    secret.write_text("another~one~of~more~letters")
    node.signal(signal.SIGHUP)
    wait_until(lambda: len(events(node, "PingOne is reachable")) == 2, "the look after the reload")
    wait_until(lambda: node.scim("GET", "/Users?count=1").status == 200, "a good answer")
    (line,) = events(node, "configuration taken up")
    assert line["changed"] == {"settings": ["pingone_client_secret: another"]}
    assert set(line["tables"]) == {"User", "Group", "Population"}
    assert "another~one" not in node.log_file.read_text()
