"""A lost answer is decided by the row: repeated, found out, or told as 504; never two mails, never two checks."""

from __future__ import annotations

import pytest

from scimbridge.operations.rooms import open_catalogue
from tests.operations.test_each import EACH, filled, prepared

WRITES = ("POST", "PUT", "PATCH", "DELETE")
ROWS = {f"{each.resource}.{each.name}": each for each in open_catalogue(None)}
WRITING = [each for each in EACH if not ROWS[each[0]].reads]


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
@pytest.mark.parametrize(("name", "method", "path", "body", "status", "calls"), WRITING, ids=[e[0] for e in WRITING])
def test_a_lost_answer(desk, name, method, path, body, status, calls, kind):
    """The answer to the call that changes something is lost, after PingOne did it or before."""
    desk = prepared(desk)
    row, path, body = ROWS[name], filled(desk, path), filled(desk, body)
    last = calls[-1] if calls and not calls[-1].startswith("GET") else None
    method_lost = row.call.method if last is None else last.split(" ", 1)[0]
    desk.ask("GET", ".password")  # so that no token is due
    desk.client.sandbox.faults.plan(kind, method=method_lost, times=1)
    answer = desk.ask(method, path, body)
    writes = [call for call in desk.calls if call.split(" ", 1)[0] in WRITES]
    if row.again == "no":
        assert answer.status_code == 504, answer.text
        assert "not known" in answer.json["detail"]
        assert len(writes) == 1
    else:
        assert answer.status_code in (200, 201, 204), (answer.text, desk.calls)
