"""A bridge that serves looks once whether PingOne has an attribute for each row: log, health page and figure say so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from scimbridge.app import create_app
from scimbridge.ops import lacking_rows

URN = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
GROUP = "urn:pingidentity:schemas:extension:2.0:PingOneGroup"
FOUND = ["User nickName (disabled)", "User costCentre (missing)", "Group cost (missing)"]


@pytest.fixture
def tables(tmp_path):
    """Tables with a row for users and one for groups that PingOne has nothing for."""
    (tmp_path / "users.toml").write_text(
        f'extends = "shipped"\nresource = "User"\n["{URN}"]\ncostCentre = "costCentre"\n'
    )
    (tmp_path / "groups.toml").write_text(f'extends = "shipped"\nresource = "Group"\n["{GROUP}"]\ncost = "cost"\n')
    return tmp_path


@pytest.fixture
def serve(settings, sandbox, clock, monkeypatch):
    """Make applications as `serve` does, each waited for until its look has ended."""
    looks = []

    class Watched(lacking_rows.SchemaLook):
        def begin(self):
            looks.append(self)
            super().begin()

    monkeypatch.setattr("scimbridge.app.SchemaLook", Watched)

    def make(start="one start", node=None, **changes):
        chosen = replace(settings, **changes)
        with capture_logs() as lines:
            app = create_app(chosen, node_file=node, clock=clock, wall=clock.wall, sleep=clock.sleep, start=start)
            assert looks[-1].ended.wait(60)
        return app.test_client(), lines

    return make


def disable(sandbox, name):
    schema = sandbox.directory.schema
    schema.put(replace(schema.get(name), enabled=False))


def asked(sandbox):
    """Return how often the schema was read."""
    return sum(call.startswith("GET /schemas") for call in sandbox.journal.calls)


def test_rows_that_fit(serve, sandbox):
    """Where each row has its attribute, a line says so, and the health page too; no figure has a row."""
    http, lines = serve()
    assert [line["log_level"] for line in lines if "every row has its attribute" in line["event"]] == ["info"]
    ready = http.get("/health/ready")
    assert (ready.status_code, ready.json["schema"]) == (200, "fits")
    assert "scimbridge_rows_without_attribute{" not in http.get("/metrics").text
    assert asked(sandbox) == 2


def test_rows_without_an_attribute(serve, sandbox, tables):
    """Missing and disabled attributes are an error in the log, stand on the health page, and are a figure each."""
    disable(sandbox, "nickname")
    http, lines = serve(mappings=tables)
    (line,) = (line for line in lines if line["event"].startswith("PingOne has no attribute"))
    assert (line["log_level"], sorted(line["rows"])) == ("error", sorted(FOUND))
    ready = http.get("/health/ready")
    assert (ready.status_code, ready.json["status"]) == (200, "ready")
    assert sorted(ready.json["rows"]) == sorted(FOUND)
    text = http.get("/metrics").text
    for resource, name, why in (each.replace("(", "").replace(")", "").split() for each in FOUND):
        labels = f'attribute="{name}",reason="{why}",resource="{resource}"'
        assert f"scimbridge_rows_without_attribute{{{labels}}} 1.0" in text


def test_members_of_an_object(serve, sandbox):
    """Of an object that is disabled each row is told."""
    disable(sandbox, "address")
    ready = serve()[0].get("/health/ready").json
    assert len(ready["rows"]) == 5
    assert all(row.startswith('User addresses[type eq "work"].') for row in ready["rows"])


def test_once_for_all_processes(serve, sandbox, tables, tmp_path):
    """Processes of one start look once between them and all say what was found; a reload looks anew."""
    node = tmp_path / "node"
    serve("one", node=node, mappings=tables)
    once = asked(sandbox)
    disable(sandbox, "nickname")
    other, lines = serve("one", node=node, mappings=tables)
    assert asked(sandbox) == once
    assert sorted(other.get("/health/ready").json["rows"]) == sorted(FOUND[1:])
    assert "costCentre" in other.get("/metrics").text
    assert not [line for line in lines if line["event"].startswith("PingOne has no attribute")]
    anew, _lines = serve("another", node=node, mappings=tables)
    assert asked(sandbox) == 2 * once
    assert sorted(anew.get("/health/ready").json["rows"]) == sorted(FOUND)


def test_pingone_is_away_for_a_moment(serve, sandbox):
    """A look that fails is made again, and says meanwhile that nothing is known."""
    sandbox.faults.plan("error", method="GET", path="/schemas", times=8)
    http, lines = serve()
    assert http.get("/health/ready").json["schema"] == "fits"
    told = [line for line in lines if line["event"] == "PingOne's user schema could not be looked at"]
    assert told
    assert all(line["log_level"] == "warning" for line in told)


def test_nobody_looks_for_ever(serve, sandbox):
    """A worker that may not read the schema, and a PingOne that stays away, end it; the bridge goes on."""
    sandbox.faults.set(error_share=1.0)
    http, lines = serve()
    assert http.get("/health/ready").json["schema"] == "not looked at"
    last = [line for line in lines if line["event"] == "PingOne's user schema could not be looked at"][-1]
    assert last["again_in"] is None


def test_nobody_looks_unasked(client, sandbox):
    """An application that no start has made asks PingOne nothing, and its health page says nothing of rows."""
    assert "schema" not in client.app.test_client().get("/health/ready").json
    assert asked(sandbox) == 0
