"""A table with every kind of row, and the PingOne records that fit it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from scimbridge.mapping.tables.compiling import compile_tables
from scimbridge.mapping.tables.table import Table
from scimbridge.mapping.translate import compile_answer
from scimbridge.pingone.kinds import KINDS, USERS
from scimbridge.scim.reading import Manner

ROOT = Path(__file__).parent.parent.parent
WORDS = st.text("abc DE", min_size=1, max_size=4).filter(str.strip).map(lambda text: "w" + text.strip())
JSON = st.recursive(st.integers(-9, 9) | WORDS | st.booleans(), lambda inner: st.lists(inner, min_size=1), max_leaves=3)
PHONES = st.integers(10, 99).map(lambda number: f"+1 555 {number}")
IDS = st.sampled_from(["id-1", "id-2", "id-3"])

NATIVE = {
    "email": WORDS.map(lambda word: f"{word.replace(' ', '.')}@example.org"),
    "primaryPhone": PHONES,
    "mobilePhone": PHONES,
    "locale": st.sampled_from(["en-GB", "de-DE"]),
    "preferredLanguage": st.sampled_from(["en-GB", "de;q=0.5"]),
    "timezone": st.sampled_from(["Europe/Paris", "Asia/Tokyo"]),
    "address.countryCode": st.sampled_from(["DE", "FR"]),
    "photo.href": WORDS.map(lambda word: f"https://example.org/{word.replace(' ', '-')}.png"),
    "costCentres": st.lists(WORDS, min_size=1, max_size=3),
    "skills": st.lists(WORDS, min_size=1, max_size=3),
    "profile": st.dictionaries(st.sampled_from("pq"), JSON, min_size=1),
    "settings": st.dictionaries(st.sampled_from("pq"), JSON, min_size=1),
    "remote": st.booleans(),
    "grade": st.integers(-5, 5),
    "hiredAt": st.sampled_from(["2025-03-01T09:15:27.114Z", "2024-12-31T23:00:00Z"]),
    "identityProvider.id": IDS,
    "account.unlockAt": st.sampled_from(["2999-01-01T00:00:00.000Z", "2999-06-01T00:00:00.000Z"]),
}
STATES = {
    "account.status": st.sampled_from(["OK", "LOCKED"]),
    "verifyStatus": st.sampled_from(["NOT_INITIATED", "ENABLED", "DISABLED"]),
    "lifecycle.status": st.just("ACCOUNT_OK"),  # the same in any two states of one user: it is given at creation
}


@dataclass(frozen=True, slots=True, repr=False)
class Users:
    """The compiled table, what translates its records, and a strategy that makes them."""

    table: Table
    answer: Any
    records: Any
    manner: Manner
    writable: tuple[Any, ...]  # ((URN, name), shape) of what a client may write

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """Write a short text where Hypothesis writes the arguments of a law that fails.

        It warns of half a megabyte, and the warning, an error here, would be told in the place of what is wrong: as
        draws that differ from one run to the next.
        """
        printer.text("users")

    def merge_members(self, record: dict[str, Any], changes: Any) -> dict[str, Any]:
        """Carry changes out as a PingOne that merges nested objects member by member."""
        return _with_facets(_merge(record, changes.body), changes.facets)

    def replace_members(self, record: dict[str, Any], changes: Any) -> dict[str, Any]:
        """Carry changes out as a PingOne that takes nested objects as the whole new value."""
        after = dict(record)
        for name, value in changes.body.items():
            after[name] = _without_nulls(value)
        return _with_facets({name: value for name, value in after.items() if value is not None}, changes.facets)

    def operate(self, record: dict[str, Any], native: Any) -> dict[str, Any]:
        """Carry out native operations as RFC 7644 says of plain and of nested attributes."""
        after = _copy(record)
        for operation in native.operations:
            value = None if operation["op"] == "remove" else _copy(operation["value"])
            _put(after, operation["path"].split("."), value)
        return _with_facets(after, native.facets)


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copy(part) for name, part in value.items()}
    return [_copy(part) for part in value] if isinstance(value, list) else value


def _put(place: dict[str, Any], path: list[str], value: Any) -> None:
    for name in path[:-1]:
        place = place.setdefault(name, {})
    if value is None:
        place.pop(path[-1], None)
    else:
        place[path[-1]] = value


def _merge(held: Any, changes: Any) -> Any:
    after = dict(held) if isinstance(held, dict) else {}
    for name, value in changes.items():
        if value is None:
            after.pop(name, None)
        elif isinstance(value, dict) and name not in ("profile", "settings"):
            after[name] = _merge(after.get(name), value)
        else:
            after[name] = value
    return after


def _without_nulls(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: _without_nulls(part) for name, part in value.items() if part is not None}


def _with_facets(record: dict[str, Any], facets: dict[str, Any]) -> dict[str, Any]:
    after = _copy(record)
    for via, value in facets.items():
        if via != "password":
            _put(after, list(USERS.facet(via).path), value)
    return after


def _make_record(fields: dict[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {"id": "u1", "environment": {"id": "e1"}, "createdAt": "2025-01-01T00:00:00.000Z"}
    for native, value in fields.items():
        _put(record, native.split("."), value)
    if "id" not in record.get("identityProvider", {}):
        record.pop("identityProvider", None)
    if record["account"]["status"] == "OK":
        record["account"].pop("unlockAt", None)
    return record


@pytest.fixture(scope="session")
def users() -> Users:
    """Users with the shipped table and a line of each kind beside it."""
    text = (ROOT / "mappings" / "users.toml").read_text() + (ROOT / "tests/samples/custom_users.toml").read_text()
    others = {name: (ROOT / "mappings" / name).read_text() for name in ("groups.toml", "populations.toml")}
    table = compile_tables({"users.toml": text, **others}, KINDS)["User"]
    given = {"enabled": st.booleans(), "mfaEnabled": st.booleans(), "population.id": IDS, "username": WORDS, **STATES}
    natives = [row.native for row in table.rows if row.writable and row.via != "password" and row.native not in given]
    extra = {"address.unmapped": WORDS, "unmapped": WORDS, "identityProvider.type": WORDS}
    optional = {native: NATIVE.get(native, WORDS) for native in natives} | extra
    writable = tuple((key, shape) for key, shape in table.shapes.items() if any(row.writable for row in shape.rows))
    records = st.fixed_dictionaries(given, optional=optional).map(_make_record)
    return Users(table, compile_answer(table), records, Manner(False, lambda _name: None), writable)
