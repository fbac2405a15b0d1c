"""Which rows are tried: known by their call, whatever an operator calls them, and never one with real consequences."""

from __future__ import annotations

import datetime as dt

import pytest

from scimbridge.operations.inputs import read_inputs
from scimbridge.operations.rooms import open_catalogue
from scimbridge.ops.checking.operations.harmless import Material, inputs_of, place_of

NOW = dt.datetime(2026, 11, 29, 3, 0, tzinfo=dt.UTC)
SOME = Material("0123456789abcdef", NOW, "22222222-2222-4222-8222-222222222222")
ROWS = open_catalogue(None).operations
TRIED = [each for each in ROWS.values() if not each.refuse and place_of(each) is not None]
NO_HARM = {
    "setPassword", "changePassword", "removePassword", "forcePasswordChange", "unlockPassword", "lock", "unlock",
    "bypassMfa", "mailQuota", "join",
}  # fmt: skip


def test_no_mail_no_role_no_device_is_tried():
    """The shipped rows that are tried, each of them; whoever adds one has to say here that it does no harm."""
    assert {each.name for each in TRIED} == NO_HARM
    assert not [each for each in TRIED if each.reads]


@pytest.mark.parametrize("row", TRIED, ids=lambda row: row.name)
def test_what_a_row_is_given_is_what_it_takes(row):
    """The inputs hold, so that the trial finds out about PingOne and not about itself."""
    given = inputs_of(row, SOME)
    assert given is not None
    assert set(read_inputs(row, given, NOW.timestamp(), dt.timedelta(0))) >= set(given)


def test_a_row_that_was_given_another_call_is_not_tried():
    """A name says nothing: `unlock` that sends a mail has no turn."""
    own = (
        '[User.unlock]\ndoes = "x"\ncall = "POST users/{id}"\nmedia = "user.sendVerificationCode"\nout = ""\n'
        'scope = "accounts:write"\nagain = "no"\n'
    )
    assert place_of(open_catalogue(own).operations["User", "unlock"]) is None


def test_a_row_that_wants_more_than_there_is_is_not_tried():
    """Without a group nobody joins one."""
    assert inputs_of(ROWS["User", "join"], Material("0", NOW, None)) is None


def test_a_default_of_the_row_is_not_sent():
    """A row that puts everybody into one real group, or locks for longer than asked, has no place in the trial."""
    join = (
        '[User.join]\ndoes = "x"\ncall = "POST users/{id}/memberOfGroups"\nout = ""\n'
        'scope = "groups:write"\nagain = "yes"\n'
        'in.group = { to = "%s", default = "33333333-3333-4333-8333-333333333333" }\n'
    )
    without = Material("0", NOW, None)
    assert inputs_of(open_catalogue(join % "id").operations["User", "join"], without) is None
    assert inputs_of(open_catalogue(join % "id").operations["User", "join"], SOME) == {"group": SOME.group}
    assert inputs_of(open_catalogue(join % "group.id").operations["User", "join"], SOME) is None
