"""Records of changes as a table and as JSON lines."""

from __future__ import annotations

import io
import json
from dataclasses import replace

from scimbridge.observe.audit import Record
from scimbridge.ops.printing.records import print_records, write_records

KEY = "0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70"
RECORD = Record(
    id="a0", time="2026-11-21T10:00:00.123Z", client="okta", request="r-1", verb="patch", result="done",
    resource="User", key=KEY, changed=("name.familyName", "active"), status=200,
)  # fmt: skip


def test_the_table_has_a_line_for_each_record(printed):
    """A record is one line with time, client, verb, resource, result, status and what changed."""
    text = printed(print_records, [
        RECORD,
        replace(RECORD, id="a1", verb="create", result="refused", scim_type="uniqueness", status=409, bulk=True),
        replace(RECORD, id="a2", verb="patch", result="failed", steps=("disable",), status=503, added=2, removed=1),
    ])  # fmt: skip
    lines = text.splitlines()
    assert len(lines) == 4
    assert lines[0].split() == ["TIME", "CLIENT", "VERB", "RESOURCE", "RESULT", "STATUS", "CHANGED"]
    assert lines[1].split() == [
        RECORD.time, "okta", "patch", "User", KEY, "done", "200", "name.familyName,", "active",
    ]  # fmt: skip
    for part in ("create*", "refused", "409", "uniqueness", "(+2 -1)", "done: disable"):
        assert part in text


def test_nothing_found_is_said(printed):
    """An empty table says that it is one."""
    assert printed(print_records, []) == "nothing found\n"


def test_no_record_can_move_the_cursor(printed):
    """What somebody wrote into the file cannot play tricks on a terminal."""
    text = printed(print_records, [replace(RECORD, client="\x1b[2J", changed=("\r\x07",))])
    assert all(line.isprintable() for line in text.splitlines())


def test_json_is_a_line_for_each_record():
    """Each line is a document: the record as it is kept."""
    stream = io.StringIO()
    write_records(stream, [RECORD, replace(RECORD, id="a1")])
    assert [json.loads(line) for line in stream.getvalue().splitlines()] == [
        RECORD.to_json(), RECORD.to_json() | {"id": "a1"},
    ]  # fmt: skip
