"""Tables of kinds that are only read: what follows without a word, and what a table cannot say of them."""

from __future__ import annotations

import pytest

from scimbridge.mapping.tables.compiling import compile_tables
from scimbridge.pingone.kinds import KINDS

URN = "urn:example:IdentityProvider"
HEAD = 'resource = "IdentityProvider"\nendpoint = "/IdentityProviders"\n'
ROWS = f'[common]\nid = "id"\n["{URN}"]\ndisplayName = "name"\n'


def compiled(head="", rows=""):
    return compile_tables({"providers.toml": HEAD + head + ROWS + rows}, KINDS)["IdentityProvider"]


def test_nothing_of_it_can_be_written():
    """Without a word in the table every row is readOnly, and no verb is allowed."""
    table = compiled(rows='own = "whatever"\nenabled = { to = "enabled", type = "boolean" }\n')
    assert {row.attribute.mutability for row in table.rows} == {"readOnly"}
    assert not any(row.writable for row in table.rows)
    assert table.allow == frozenset()


def test_no_row_has_to_write_anything():
    """No field is needed by a PingOne that makes none; so each can be left out, disabled or hidden."""
    assert compiled(head='disable = ["displayName"]\n').shape(URN, "displayName") is None


def test_what_is_said_and_is_so_is_no_fault():
    """A table may say what follows anyway."""
    table = compiled(head="allow = []\n", rows='type = { to = "type", mutability = "readOnly" }\n')
    assert table.allow == frozenset()


@pytest.mark.parametrize(
    ("head", "rows", "fault"),
    [
        (
            'allow = ["delete"]\n', "",
            "providers.toml: allow = ['delete']: identityProviders are only read; leave `allow` out",
        ),
        (
            "", 'type = { to = "type", mutability = "readWrite" }\n',
            f"[{URN}] type: mutability = 'readWrite': identityProviders are only read; leave `mutability` out",
        ),
        ("", 'on = { to = "enabled", via = "enabled" }\n', f"providers.toml: [{URN}] on: via = 'enabled' is for users"),
        (
            "", 'all.value = { to = "all", via = "memberships" }\n',
            f'providers.toml: [{URN}] all.value: via = "memberships" is for the members of groups, as members.value',
        ),
        ("", "[[population]]\nwhen = 'displayName pr'\nuse = 'x'\n",
         "providers.toml: population: rules stand in the table of users"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_of_it(faults_of, head, rows, fault):
    """Each is refused at the start, in the words of the table."""
    assert [each for each in faults_of(providers=HEAD + head + ROWS + rows) if each.endswith(fault)]
