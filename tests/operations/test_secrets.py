"""Secrets reach no log, no record, no metric and no error, whatever becomes of the operation."""

from __future__ import annotations

import io
import json

import pytest

from scimbridge.observe.logs import configure
from scimbridge.operations.rooms import open_catalogue
from tests.operations.test_each import prepared

WITH_SECRETS = [row for row in open_catalogue(None) if row.secrets]
SECRET = "Xq7-swordfish-{}-Zebra!"


@pytest.fixture
def log(monkeypatch):
    """All that is logged, at debug level."""
    stream = io.StringIO()
    configure("debug", stream=stream, form="json")
    yield stream
    configure("info")


def bodies(row):
    """Return what may be sent with secrets in it: right, wrong, and in the wrong place."""
    good = {each.name: SECRET.format(each.name) for each in row.inputs if each.secret}
    yield good
    yield {name: [text] for name, text in good.items()}
    yield {name: text * 100 for name, text in good.items()}
    yield {**good, "forceChange": SECRET.format("force"), "x": SECRET.format("x")}


@pytest.mark.parametrize("kind", [None, "error", "drop_after", "cut", "throttled"])
def test_no_secret_anywhere(make_desk, log, tmp_path, kind):
    """Each operation with secrets, done, refused and lost: none of them is anywhere."""
    path = tmp_path / "audit.jsonl"
    settings = {"audit": str(path), "audit_values": True, "audit_reads": True, "log_level": "debug"}
    desk = prepared(make_desk(settings=settings))
    answers = []
    for row in WITH_SECRETS:
        for body in bodies(row):
            if kind is not None:
                desk.client.sandbox.faults.plan(kind, path="/users/", times=2)
            answers.append(desk.ask("POST", f".{row.name}", body))
            desk.client.sandbox.faults.clear()
            answers.append(desk.ask("POST", f"/Users/.{row.name}", {**body, "match": {}}))
    told = [answer.text + str(answer.headers) for answer in answers]
    told += [path.read_text(), desk.client.app.test_client().get("/metrics").text, log.getvalue()]
    assert "setPassword" in path.read_text()
    assert "request" in log.getvalue()
    for text in told:
        assert "swordfish" not in text
    assert any(answer.status_code >= 400 for answer in answers)


def test_no_secret_in_what_is_printed(open_desk):
    """Neither the description of operations nor their values as Python prints them have a secret."""
    desk = open_desk()
    offered = json.dumps(desk.client.good("GET", "/.operations"))
    for row in WITH_SECRETS:
        named = [each for each in json.loads(offered)["operations"] if each["name"] == row.name]
        for each in named:
            assert {item["name"] for item in each["inputs"] if item.get("secret")} == row.secrets
            assert not any({"default", "example"} & item.keys() for item in each["inputs"] if item.get("secret"))


def test_the_line_of_a_request_names_the_operation(open_desk, log):
    """Whoever reads the log sees what was asked; of a name that is none, nothing."""
    desk = open_desk()
    desk.ask("POST", ".unlock")
    desk.ask("POST", f".{SECRET}")
    lines = [line for line in map(json.loads, log.getvalue().splitlines()) if "route" in line]
    assert [line.get("operation") for line in lines if line["method"] == "POST"][-2:] == ["unlock", None]
