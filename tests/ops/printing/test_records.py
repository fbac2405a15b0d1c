"""Records of changes as a table and as JSON lines."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from scimbridge.observe.audit import Record
from scimbridge.ops.printing.records import print_records, write_csv, write_records

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


def test_which_part_it_was_about(printed):
    """A session that was ended is named in the table and has a column of its own in CSV."""
    record = replace(RECORD, verb="sessions.delete", changed=(), part=KEY[::-1])
    line = printed(print_records, [record]).splitlines()[1]
    assert "sessions.delete" in line
    assert f"[part: {KEY[::-1]}]" in line
    stream = io.StringIO()
    write_csv(stream, [record])
    (row,) = csv.DictReader(io.StringIO(stream.getvalue()))
    assert row["part"] == KEY[::-1]


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


USER = "b4ce6c0a-0000-4000-8000-000000000001"
GROUP = replace(
    RECORD,
    resource="Group",
    changed=("members",),
    added=1,
    members_added=(USER,),
    address="192.0.2.7",
    secret="ab12cd34",
)


def test_a_row_says_who_and_from_where(printed):
    """A row of a group has its members, the peer's address and the secret's id, and names where they are known."""
    row = printed(print_records, [GROUP]).splitlines()[1]
    assert "192.0.2.7 ab12cd34" in row
    assert f"(+1 -0) [added: {USER}]" in row
    row = printed(print_records, [GROUP], {KEY: "Admins", USER: "jane"}).splitlines()[1]
    assert f"Group Admins ({KEY})" in row
    assert "[added: jane]" in row


def test_many_members_are_counted(printed):
    """Of many members a row names the first."""
    many = replace(GROUP, added=7, members_added=tuple(f"m{number}" for number in range(7)))
    assert "[added: m0, m1, m2, m3, m4 and 2 more]" in printed(print_records, [many])


def test_json_has_names_beside():
    """A line is the record as it is kept, and the names of its ids where they are known."""
    stream = io.StringIO()
    write_records(stream, [GROUP], {USER: "jane", "another": "bob"})
    assert json.loads(stream.getvalue()) == GROUP.to_json() | {"names": {USER: "jane"}}


def test_csv_has_a_line_for_each_record():
    """Below the names of the columns, each record is a line; lists stand in one cell."""
    stream = io.StringIO()
    write_csv(stream, [GROUP, replace(RECORD, bulk=True)], {KEY: "Admins", USER: "jane"})
    first, second = csv.DictReader(io.StringIO(stream.getvalue()))
    told = {name: first[name] for name in ("key", "name", "members_added", "members_added_names", "address", "secret")}
    assert told == {
        "key": KEY, "name": "Admins", "members_added": USER, "members_added_names": "jane", "address": "192.0.2.7",
        "secret": "ab12cd34",
    }  # fmt: skip
    assert (second["changed"], second["bulk"]) == ("name.familyName active", "true")


@pytest.mark.parametrize("mark", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_csv_holds_no_formula(mark):
    """What a spreadsheet would carry out is quoted, be it a name, a request's id or a client."""
    evil = f'{mark}HYPERLINK("http://192.0.2.1","x")'
    stream = io.StringIO()
    write_csv(stream, [replace(GROUP, request=evil, client=evil)], {KEY: evil, USER: evil})
    (row,) = csv.DictReader(io.StringIO(stream.getvalue(), newline=""))
    assert [row[name] for name in ("request", "client", "name", "members_added_names")] == [f"'{evil}"] * 4
