"""/metrics and what is counted at the edge."""

from __future__ import annotations

import pytest
from flask import Flask

from scimbridge.access.secrets import make_secret
from scimbridge.observe.metrics import Metrics
from scimbridge.web import metrics as edge


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/scim/v2/Users", "users"),
        ("/scim/v2/users/7f1b", "users"),
        ("/scim/v2/Users/.search", "users"),
        ("/scim/v2//Groups/7f1b", "groups"),
        ("/scim/v2/Populations", "populations"),
        ("/scim/v2/Bulk", "bulk"),
        ("/scim/v2/Schemas/urn:x", "discovery"),
        ("/scim/v2/ResourceTypes", "discovery"),
        ("/scim/v2/ServiceProviderConfig", "discovery"),
        ("/openapi.json", "discovery"),
        ("/scim/v2/.search", "search"),
        ("/scim/v2/", "search"),
        ("/scim/v2", "search"),
        ("/scim/v2/Me", "other"),
        ("/scim/v2x/Users", "other"),
        ("/oauth2/token", "oauth"),
        ("/health/live", "health"),
        ("/metrics", "metrics"),
        ("/Users", "other"),
        ("/ada@example.org", "other"),
        ("", "other"),
    ],
)
def test_kinds(path, kind):
    """Any path is one of a dozen kinds, so that nothing that a client sends becomes a label."""
    assert edge.kind_of(path, "/scim/v2") == kind


@pytest.fixture
def metrics():
    return Metrics("1.2.3")


@pytest.fixture
def client(metrics):
    app = Flask("metrics", static_folder=None)
    app.register_blueprint(edge.blueprint(metrics))

    @app.get("/scim/v2/Users/<key>")
    def one(key):
        if key == "broken":
            raise RuntimeError(key)
        return {}, 404 if key == "none" else 200

    app.wsgi_app = edge.Measured(app.wsgi_app, metrics, "/scim/v2", iter(range(1000)).__next__)
    return app.test_client()


def test_every_request_is_counted(client):
    """Answers, refusals, what breaks and what is not ours: each is counted once, and none is left under way."""
    for path in ("/scim/v2/Users/ada", "/scim/v2/Users/none", "/scim/v2/Users/broken", "/ada@example.org"):
        client.get(path)
    client.open("/scim/v2/Users/ada", method="PUT")
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    for line in (
        'scimbridge_requests_total{kind="users",method="GET",status="2xx"} 1.0',
        'scimbridge_requests_total{kind="users",method="GET",status="4xx"} 1.0',
        'scimbridge_requests_total{kind="users",method="GET",status="5xx"} 1.0',
        'scimbridge_requests_total{kind="users",method="PUT",status="4xx"} 1.0',
        'scimbridge_requests_total{kind="other",method="GET",status="4xx"} 1.0',
        'scimbridge_request_seconds_sum{kind="users",method="GET"} 3.0',
        "scimbridge_requests_under_way 1.0",
    ):
        assert line in answer.text
    assert "ada" not in answer.text


def test_an_application_that_breaks_out(metrics):
    """What not even the application answers counts as 500, and is raised."""

    def broken(environ, start_response):
        raise MemoryError

    with pytest.raises(MemoryError):
        edge.Measured(broken, metrics, "/scim/v2", lambda: 0.0)({"PATH_INFO": "/scim/v2/Users"}, print)
    assert b'requests_total{kind="users",method="other",status="5xx"} 1.0' in metrics.expose()
    assert b"requests_under_way 0.0" in metrics.expose()


def test_what_the_bridge_itself_refuses_is_counted(make_client, tmp_path):
    """Refused logins count by reason, and answers 429 of the bridge by client and limit; no address is told."""
    clients = tmp_path / "clients.toml"
    secret = make_secret(lambda size: b"a" * size)
    clients.write_text(
        f"""[clients.hr]
        scopes = ["users:read"]
        limits = {{ requests_per_second = 1 }}
        secrets = [{{ id = "{secret.id}", sha256 = "{secret.digest.hex()}", created = 2026-11-21T10:00:00Z }}]
        """
    )
    client = make_client(settings={"clients": clients})
    client.send("GET", "/Users?count=1", headers={"Authorization": "Bearer nobody"})
    for status in (200, 429):
        answer = client.send("GET", "/Users?count=1", headers={"Authorization": f"Bearer {secret.text}"})
        assert answer.status_code == status
    told = client.app.test_client().get("/metrics").text
    for line in (
        'scimbridge_logins_refused_total{reason="a token that is not known"} 1.0',
        'scimbridge_logins_refused_total{reason="a certificate outside its dates"} 0.0',
        'scimbridge_requests_limited_total{client="hr",limit="requests_per_second"} 1.0',
    ):
        assert line in told
    assert "scimbridge_configuration_info{digest=" in told
    assert "127.0.0.1" not in told
