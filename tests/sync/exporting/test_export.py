"""An export over HTTP: complete, counted, in each form; ended anywhere and gone on with, nobody is missing or twice."""

from __future__ import annotations

import csv
import gc
import itertools
import json
import os
import threading
import time
from dataclasses import replace

import pytest

from scimbridge.pingone.errors import PingOneError
from scimbridge.sandbox import Sandbox
from scimbridge.sync.exporting.export import Counting, export
from scimbridge.sync.exporting.orders import ExportFailed, ExportOrder, ExportRefused
from scimbridge.sync.exporting.staging import Staging

USERS = 1100
COUNTING = Counting(time.monotonic, time.time, lambda: 0)


@pytest.fixture(scope="module")
def large():
    """A PingOne with users enough to be read in parts, which nobody changes."""
    with Sandbox.start(seed=USERS) as sandbox:
        yield sandbox


@pytest.fixture
def desk(large, open_desk):
    """A desk at the large one."""
    large.faults.clear()
    yield open_desk(large)
    large.faults.clear()


@pytest.fixture
def order(tmp_path):
    """Make orders: `order("users", "csv", where=...)`."""

    def make(what="users", format_="jsonl", **more):
        form = more.pop("form", "scim" if format_ == "jsonl" else "columns")
        return ExportOrder(what=what, file=tmp_path / f"{what}.{format_}", format=format_, form=form, **more)

    return make


def lines(order):
    """Return what stands in a file of an order, as objects."""
    if order.format == "csv":
        with order.file.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    return [json.loads(line) for line in order.file.read_text().splitlines()]


def ids_of(sandbox, keep=lambda _record: True):
    """Return the sorted ids of users."""
    return sorted(record["id"] for record in sandbox.directory.users if keep(record))


# -- forms and formats -------------------------------------------------------------------------------------------------


def test_scim(desk, large, order):
    """As SCIM a line is what a list shows, for every user, counted at the end."""
    wanted = order()
    report = export(desk, wanted, COUNTING)
    found = lines(wanted)
    assert sorted(each["id"] for each in found) == ids_of(large)
    assert (report.rows, report.read, report.counted) == (USERS, USERS, USERS)
    record = next(iter(large.directory.users))
    shown = next(each for each in found if each["id"] == record["id"])
    assert shown["userName"] == record["username"]
    assert shown["meta"]["version"]
    assert "password" not in json.dumps(found[0])


def test_native(desk, large, order):
    """As PingOne's own records lines have its names, without links."""
    wanted = order(form="native")
    export(desk, wanted, COUNTING)
    record = next(iter(large.directory.users))
    shown = next(each for each in lines(wanted) if each["id"] == record["id"])
    assert (shown["username"], shown["population"]) == (record["username"], record["population"])
    assert not {"_links", "_embedded", "password"} & shown.keys()


def test_csv(desk, large, order):
    """As CSV there is a line for each user below one with the names of the columns."""
    wanted = order(format_="csv")
    export(desk, wanted, COUNTING)
    found = {each["id"]: each for each in lines(wanted)}
    assert sorted(found) == ids_of(large)
    record = next(each for each in large.directory.users if not each["enabled"])
    assert found[record["id"]]["userName"] == record["username"]
    assert found[record["id"]]["active"] == "false"


def test_parquet(desk, large, order):
    """As Parquet columns have types, and every user is there."""
    duckdb = pytest.importorskip("duckdb")
    wanted = order(format_="parquet")
    export(desk, wanted, COUNTING)
    with duckdb.connect() as database:
        table = database.execute(f"SELECT id, active FROM '{wanted.file}'").fetchall()
    assert sorted(key for key, _active in table) == ids_of(large)
    assert {type(active) for _key, active in table} == {bool}
    assert [each.name for each in wanted.file.parent.iterdir()] == [wanted.file.name]
    assert wanted.file.stat().st_mode & 0o777 == 0o600


def test_resource_in_a_column(desk, order):
    """Where a format has columns, SCIM is one of them, beside the id."""
    wanted = order("populations", "csv", form="scim")
    export(desk, wanted, COUNTING)
    assert [(each["id"], json.loads(each["resource"])["id"]) for each in lines(wanted)] == [
        (each["id"], each["id"]) for each in lines(wanted)
    ]


def test_groups(desk, large, order):
    """Groups come with their members, as a list shows them."""
    wanted = order("groups")
    export(desk, wanted, COUNTING)
    held = {each["id"]: {one["value"] for one in each.get("members", ())} for each in lines(wanted)}
    assert held.keys() == {each["id"] for each in large.directory.groups}
    sales = next(each["id"] for each in large.directory.groups if each["name"] == "Sales")
    assert held[sales] == set(large.directory.edges.members_of("users", sales))


def test_where(desk, large, order):
    """Of a filter PingOne is asked what it can answer; the rest is checked here, and said."""
    wanted = order(where='userName sw "a" and not (active eq true)')
    report = export(desk, wanted, COUNTING)

    def keep(record):
        return record["username"].startswith("a") and not record["enabled"]

    assert sorted(each["id"] for each in lines(wanted)) == ids_of(large, keep)
    assert report.rows < report.read < USERS


def test_where_by_id(desk, large, order):
    """A filter that names an id costs one call, and no walk."""
    key = ids_of(large)[0]
    wanted = order(where=f'id eq "{key}"')
    report = export(desk, wanted, COUNTING)
    assert [each["id"] for each in lines(wanted)] == [key]
    assert report.how == "by what the filter names"


def test_where_by_group(desk, large, order):
    """Members of a group are users for whom a filter holds."""
    group = next(each["id"] for each in large.directory.groups if each["name"] == "Engineering")
    wanted = order(where=f'groups.value eq "{group}"')
    export(desk, wanted, COUNTING)
    assert {each["id"] for each in lines(wanted)} > set(large.directory.edges.members_of("users", group))


@pytest.mark.parametrize("where", ["", "nonsense eq 1", "userName eq", 'password eq "x"'])
def test_where_that_is_wrong(desk, order, where):
    """A filter that is wrong is told before a file is begun."""
    wanted = order(where=where)
    with pytest.raises(ExportRefused, match="--where: "):
        export(desk, wanted, COUNTING)
    assert not list(wanted.file.parent.iterdir())


def test_members(desk, large, order):
    """Memberships come with whether they are direct, through nesting and filters too, counted at the end."""
    wanted = order("members", "csv")
    report = export(desk, wanted, COUNTING)
    found = lines(wanted)
    direct = {(each["group.value"], each["member.value"]) for each in found if each["membership"] == "direct"}
    edges = large.directory.edges
    assert direct == {
        (group["id"], member)
        for group in large.directory.groups
        for kind in ("users", "groups")
        for member in edges.members_of(kind, group["id"])
    }
    assert len(found) == len({(each["group.value"], each["member.value"]) for each in found}) == report.counted
    berlin = [each for each in found if each["group.display"] == "Berlin Office"]
    assert {each["membership"] for each in berlin} == {"indirect"}
    assert {each["member.type"] for each in found} == {"User", "Group"}


def test_members_of_some_groups(desk, order):
    """Of memberships a filter chooses the groups."""
    wanted = order("members", where='displayName sw "S"', form="native")
    export(desk, wanted, COUNTING)
    assert {each["group"]["name"] for each in lines(wanted)} == {"Sales"}


def test_filter_that_is_not_minded(make_sandbox, open_desk, order):
    """Where PingOne leaves out the filter on memberships, nobody is told to be in a group."""
    desk = open_desk(make_sandbox(30, ignored_filters=frozenset({"memberOfGroups"})))
    with pytest.raises(PingOneError, match="ignores the filter on memberships"):
        export(desk, order("members"), COUNTING)


@pytest.mark.parametrize(
    ("name", "reason"), [("x" * 250, "it cannot be written"), ("pipe", "is no file, so it cannot give way to one")]
)
def test_place_that_is_none(desk, order, tmp_path, name, reason):
    """A name that no file can have, and a place that holds something else than a file, are told before a call."""
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(ExportRefused, match=reason):
        export(desk, replace(order(), file=tmp_path / f"{name}.jsonl"), COUNTING)
    assert (tmp_path / "pipe.jsonl").is_fifo()


def test_record_of_the_reading(make_sandbox, open_desk, order, tmp_path):
    """Where readings are recorded, an export is one: who, what was asked by, and how many were written."""
    trail = tmp_path / "audit.jsonl"
    desk = open_desk(make_sandbox(30), audit=str(trail), audit_reads=True)
    report = export(desk, order(where="active eq true"), COUNTING)
    (record,) = map(json.loads, trail.read_text().splitlines())
    assert (record["client"], record["verb"], record["resource"]) == ("export", "search", "User")
    assert (record["result"], record["returned"]) == ("done", report.rows)


def test_two_things_on_standard_output(make_sandbox, open_desk, order):
    """Lines of an export and records of readings do not go to one place."""
    desk = open_desk(make_sandbox(30), audit="-", audit_reads=True)
    with pytest.raises(ExportRefused, match="records of readings go to standard output too"):
        export(desk, ExportOrder(what="users", file=None, format="jsonl", form="scim"), COUNTING)


# -- ended in the middle -----------------------------------------------------------------------------------------------


class Killed(BaseException):
    """The process ends here; what is written so far is written, since nothing is buffered."""


@pytest.fixture
def killed_at(monkeypatch):
    """End a run at the note of a number in its journal: `killed_at(5, lambda: export(...))`."""

    def end(number, run):
        calls, note = itertools.count(1), Staging._note

        def note_or_end(self, entry):
            if next(calls) == number:
                raise Killed
            note(self, entry)

        with monkeypatch.context() as patch:
            patch.setattr(Staging, "_note", note_or_end)
            with pytest.raises(Killed):
                run()

    return end


@pytest.mark.parametrize("what", ["users", "members"])
def test_disk_that_is_full(desk, order, monkeypatch, request, what):
    """Where a line cannot be written no call is under way any more when that is told."""
    gc.disable()
    request.addfinalizer(gc.enable)  # nobody else ends what is left behind
    full = OSError(28, "No space left on device")
    monkeypatch.setattr(Staging, "write", lambda *_more: (_ for _ in ()).throw(full))
    monkeypatch.setattr("scimbridge.sync.exporting.formats.JsonLines.head", lambda _self: b"")
    monkeypatch.setattr(Staging, "holds_anything", True)
    with pytest.raises(OSError, match="No space left"):
        export(desk, order(what, parallel=8), COUNTING)
    assert not [each.name for each in threading.enumerate() if each.name.startswith("walk")]


@pytest.mark.parametrize(
    ("what", "format_", "point"),
    [("users", "csv", 2), ("users", "csv", 9), ("users", "jsonl", 40), ("users", "csv", 51), ("members", "csv", 12)],
)
def test_killed_and_gone_on_with(desk, order, killed_at, what, format_, point):
    """Killed anywhere and gone on with, the file is the one of a run that nobody disturbed."""
    undisturbed = order(what, format_)
    export(desk, undisturbed, COUNTING)
    wanted = sorted(map(json.dumps, lines(undisturbed)))
    undisturbed.file.unlink()
    killed_at(point, lambda: export(desk, order(what, format_), COUNTING))
    again = order(what, format_, resume=True)
    assert not again.file.exists()
    report = export(desk, again, COUNTING)
    assert sorted(map(json.dumps, lines(again))) == wanted
    assert report.rows == len(wanted)
    assert report.resumed is not None


def test_killed_again_and_again(desk, large, order, killed_at):
    """Killed at every turn, it comes to its end nevertheless, as long as each run writes something."""
    for point in (4, 5, 6, 12):
        killed_at(point, lambda: export(desk, order(resume=True), COUNTING))
    wanted = order(resume=True)
    export(desk, wanted, COUNTING)
    assert sorted(each["id"] for each in lines(wanted)) == ids_of(large)


def test_change_between_two_runs(make_sandbox, open_desk, order, killed_at):
    """Who moves to a part that the first run has finished is found by the second, in one row."""
    sandbox = make_sandbox(USERS)
    desk, directory = open_desk(sandbox), sandbox.directory
    killed_at(10, lambda: export(desk, order("users", "csv"), COUNTING))
    written = order("users", "csv").file.with_name(".users.csv.part").read_text()
    with directory.lock:
        late = next(each for each in reversed([*directory.users]) if each["id"] not in written)
        directory.users.put(directory.bumped({**late, "username": "a-first"}))
        directory.revision += 1
    wanted = order("users", "csv", resume=True)
    export(desk, wanted, COUNTING)
    assert sorted(each["id"] for each in lines(wanted)) == ids_of(sandbox)


def test_pingone_that_goes_away(desk, large, order):
    """An export that PingOne ends leaves the target as it was, and the rest to be gone on with."""
    wanted = order()
    wanted.file.write_text("of yesterday")
    large.faults.plan("error", "GET", "/users", times=100_000, skip=12)
    with pytest.raises(PingOneError):
        export(desk, wanted, COUNTING)
    assert wanted.file.read_text() == "of yesterday"
    large.faults.clear()
    export(desk, order(resume=True), COUNTING)
    assert sorted(each["id"] for each in lines(wanted)) == ids_of(large)


def test_other_options(desk, order, killed_at):
    """What was begun for another filter is not gone on with."""
    killed_at(6, lambda: export(desk, order(), COUNTING))
    with pytest.raises(ExportRefused, match="had another filter"):
        export(desk, order(where="active eq true", resume=True), COUNTING)


def test_bad_days(desk, large, order):
    """Through refusals and lost answers the file is complete."""
    large.faults.set(error_share=0.1, drop_after_share=0.05, cut_share=0.05)
    wanted = order("users", "csv")
    export(desk, wanted, COUNTING)
    assert sorted(each["id"] for each in lines(wanted)) == ids_of(large)


def test_named_and_gone_on_with(desk, large, order, monkeypatch):
    """What a filter names is there once, also where the first run ended after reading it."""
    key = ids_of(large)[0]
    monkeypatch.setattr(Staging, "publish", lambda *_more: (_ for _ in ()).throw(Killed))
    with pytest.raises(Killed):
        export(desk, order(where=f'id eq "{key}"'), COUNTING)
    monkeypatch.undo()
    again = order(where=f'id eq "{key}"', resume=True)
    report = export(desk, again, COUNTING)
    assert [each["id"] for each in lines(again)] == [key]
    assert (report.rows, report.resumed) == (1, 1)


def test_value_that_is_not_of_its_type(desk, order, monkeypatch):
    """A value that its column in Parquet cannot hold is told, and no file is there."""
    pytest.importorskip("duckdb")
    monkeypatch.setattr("scimbridge.sync.exporting.columns.TYPES", {"string": "BIGINT"})
    wanted = order("populations", "parquet")
    with pytest.raises(ExportFailed, match="cannot be written as Parquet"):
        export(desk, wanted, COUNTING)
    assert not wanted.file.exists()
