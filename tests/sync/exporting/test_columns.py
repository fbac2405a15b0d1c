"""Flat columns: one for each row of a table, named and ordered by it, and never a secret."""

from __future__ import annotations

from scimbridge.mapping.translate import compile_answer
from scimbridge.sync.exporting.columns import compile_columns
from tests.conftest import PINGONE_USER, shipped_tables

RECORD = {
    "id": "1", "username": "ada", "externalId": "hr-1", "enabled": True, "name": {"given": "Ada", "family": "L"},
    "email": "ada@example.com", "primaryPhone": "+1", "mobilePhone": "+2", "address": {"locality": "Berlin"},
    "population": {"id": "p"}, "mfaEnabled": False, "createdAt": "2024-01-01T00:00:00.000Z",
    "lastSignOn": {"at": "2024-02-01T00:00:00.000Z"}, "password": {"status": "OK", "value": "secret"},
    "memberOfGroupIDs": ["g"],
}  # fmt: skip


def read(kind="User", record=None):
    """Return the columns of a record, by name."""
    table = shipped_tables().whole[kind]
    resource = compile_answer(table)(record or RECORD, "/scim/v2")
    return {column.name: column.read(resource) for column in compile_columns(table)}


def test_values():
    """Each attribute stands in its column: single, part of another, one of a list, of an extension."""
    found = read()
    assert found["userName"] == "ada"
    assert found["name.givenName"] == "Ada"
    assert found["displayName"] == "Ada L"
    assert found["active"] is True
    assert found['emails[type eq "work"].value'] == "ada@example.com"
    assert found['phoneNumbers[type eq "work"].value'] == "+1"
    assert found['phoneNumbers[type eq "mobile"].value'] == "+2"
    assert found['addresses[type eq "work"].locality'] == "Berlin"
    assert found['addresses[type eq "work"].country'] is None
    assert found["meta.created"] == "2024-01-01T00:00:00.000Z"
    assert found[f"{PINGONE_USER}:population.id"] == "p"
    assert found[f"{PINGONE_USER}:mfaEnabled"] is False
    assert found[f"{PINGONE_USER}:lastSignOn.at"] == "2024-02-01T00:00:00.000Z"


def test_never_a_secret():
    """No column holds a password, its state, or what a record does not show by itself."""
    names = " ".join(read())
    assert "password" not in names
    assert "groups" not in names
    assert "members" not in " ".join(read("Group", {"id": "1", "name": "x"}))


def test_order():
    """The same table gives the same columns in the same order: common ones, core ones, extensions."""
    names = list(read())
    assert names[:5] == ["id", "externalId", "meta.created", "meta.lastModified", "userName"]
    assert names == list(read(record={"id": "2"}))
    assert [name.startswith("urn:") for name in names] == sorted(name.startswith("urn:") for name in names)


def test_types():
    """Booleans and whole numbers have their types, all else is text."""
    types = {column.name: column.type for column in compile_columns(shipped_tables().whole["User"])}
    assert (types["active"], types["userName"]) == ("BOOLEAN", "VARCHAR")
    groups = {
        column.name.rpartition(":")[2]: column.type for column in compile_columns(shipped_tables().whole["Group"])
    }
    assert groups["directMemberCounts.users"] == "BIGINT"
