"""Tables for the tests of the engine: the shipped ones, and small ones that a test writes itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from scimbridge.mapping.tables.compiling import compile_tables
from scimbridge.mapping.tables.table import Table, TableFaults
from scimbridge.pingone.kinds import KINDS
from scimbridge.scim.reading import Manner

ROOT = Path(__file__).parent.parent.parent
HEAD = 'resource = "User"\nendpoint = "/Users"\n'
COMMON = '[common]\nid = "id"\n'
CORE = '["urn:ietf:params:scim:schemas:core:2.0:User"]\nuserName = { to = "username", required = true }\n'

Compile = Callable[[str], Table]


@pytest.fixture(scope="session")
def shipped() -> dict[str, str]:
    """The texts of the tables that ship."""
    files = sorted((ROOT / "mappings").glob("*.toml"))
    return {path.name: path.read_text(encoding="utf-8") for path in files if path.name != "operations.toml"}


@pytest.fixture(scope="session")
def tables(shipped: dict[str, str]) -> dict[str, Table]:
    """The tables that ship, compiled."""
    return compile_tables(shipped, KINDS)


@pytest.fixture(scope="session")
def custom(shipped: dict[str, str]) -> Table:
    """The table of users with one line of each kind added."""
    more = (ROOT / "tests/samples/custom_users.toml").read_text(encoding="utf-8")
    return compile_tables({**shipped, "users.toml": shipped["users.toml"] + more}, KINDS)["User"]


@pytest.fixture(scope="session")
def compile_rows() -> Compile:
    """Compile a small table of users: rows of the core schema, or whole sections, are added to what every table has."""

    def compile_text(rows: str, head: str = "") -> Table:
        return compile_tables({"users.toml": head + HEAD + COMMON + CORE + rows}, KINDS)["User"]

    return compile_text


@pytest.fixture(scope="session")
def faults_of() -> Callable[..., list[str]]:
    """Compile texts by file name and return what is wrong with them."""

    def find(**texts: str) -> list[str]:
        with pytest.raises(TableFaults) as caught:
            compile_tables({f"{name}.toml": text for name, text in texts.items()}, KINDS)
        assert caught.value.faults
        return caught.value.faults

    return find


@pytest.fixture
def told() -> list[str]:
    """What was noticed."""
    return []


@pytest.fixture
def manner(told: list[str]) -> Manner:
    """Read a client kindly."""
    return Manner(False, told.append)


@pytest.fixture
def strict(told: list[str]) -> Manner:
    """Read a client to the letter."""
    return Manner(True, told.append)
