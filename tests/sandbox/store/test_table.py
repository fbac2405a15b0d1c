"""Tables: order of creation and look-ups."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scimbridge.sandbox.store.records import fold, values_at
from scimbridge.sandbox.store.table import RecordTable, entries_after

RECORDS = st.fixed_dictionaries(
    {"a": st.sampled_from(["x", "X", "xa", "Xb", "y", None]), "l": st.lists(st.sampled_from("pqr"), max_size=3)}
)
STEPS = st.lists(st.tuples(st.sampled_from(["add", "put", "drop"]), st.integers(0, 9), RECORDS), max_size=40)


@given(STEPS)
def test_look_ups_agree_with_a_search(steps):
    """After any steps an index finds just what a look at every record would."""
    table = RecordTable(("a",))
    table.find("l", "p")
    table.find_beginning("a", "x")
    for step, number, values in steps:
        record = {"id": str(number), **values}
        if step == "add" and record["id"] not in table:
            table.add(record)
        elif step == "put" and record["id"] in table:
            table.put(record)
        elif step == "drop" and record["id"] in table:
            table.drop(record["id"])
    for path, values in (("a", "xXy"), ("l", "pqr"), ("a.b", "x")):
        for value in values:
            names = tuple(path.split("."))
            held = {r["id"] for r in table if fold(value) in [fold(v) for v in values_at(r, names)]}
            assert table.find(path, value) == held
            begun = {r["id"] for r in table if any(fold(v).startswith(fold(value)) for v in values_at(r, names))}
            assert table.find_beginning(path, value) == begun
    assert [record_id for _, record_id in table.entries] == list(table.rows)


@given(st.integers(1, 60), st.integers(1, 20), st.sets(st.integers(1, 60)))
def test_pages_by_serial_survive_deletions(size, limit, doomed):
    """A walk in pages sees every record that is never deleted once, though others go between the pages."""
    table = RecordTable()
    for number in range(1, size + 1):
        table.add({"id": str(number)})
    seen, after, gone = [], 0, sorted(doomed)
    while page := entries_after(table.entries, after, limit):
        seen += [record_id for _, record_id in page]
        after = page[-1][0]
        if gone and str(gone[0]) in table:
            table.drop(str(gone[0]))
        gone = gone[1:]
    assert len(seen) == len(set(seen))
    assert {str(n) for n in range(1, size + 1)} - {str(n) for n in doomed} <= set(seen)


def test_serials_are_never_used_again():
    """A record added after a deletion comes last."""
    table = RecordTable()
    for name in "ab":
        table.add({"id": name})
    table.drop("b")
    table.add({"id": "c"})
    assert table.entries == [(1, "a"), (3, "c")]
    assert table.sort(["c", "gone", "a"]) == [(1, "a"), (3, "c")]
