"""The directory in process: the lock, the look-ups and what is kept between writes."""

from __future__ import annotations

import pytest

from scimbridge.sandbox.http.errors import ApiError
from scimbridge.sandbox.lists.listing import list_records
from scimbridge.sandbox.model.groups import create_group
from scimbridge.sandbox.model.memberships import add_membership, groups_of, members_of
from scimbridge.sandbox.model.users import create_user, merge_user


def test_records_that_were_handed_out_never_change(directory):
    """A write makes a new record; the old one stays as it was read."""
    old = create_user(directory, {"username": "a", "name": {"given": "G"}})
    copy = {**old, "name": dict(old["name"])}
    new = merge_user(directory, old["id"], {"name": {"family": "F"}})
    assert old == copy
    assert new["name"] == {"given": "G", "family": "F"}


def test_a_filter_is_worked_out_once_between_writes(directory):
    """The second page uses the first one's result; a write makes it stale."""
    for number in range(5):
        create_user(directory, {"username": f"u{number}", "title": "T"})
    text = 'title eq "T"'
    page = list_records(directory, "users", text, 0, 2)
    assert (len(page.records), page.count, page.last) == (2, 5, 2)
    kept = directory.recall(("users", text))
    assert kept is not None
    assert list_records(directory, "users", text, 2, 2).count == 5
    assert directory.recall(("users", text)) is kept
    create_user(directory, {"username": "u5", "title": "T"})
    assert directory.recall(("users", text)) is None
    assert list_records(directory, "users", text, 0, 2).count == 6


def test_results_are_kept_within_bounds(directory):
    """Not every filter ever asked is remembered."""
    for number in range(1100):
        list_records(directory, "users", f'title eq "{number}"', 0, 10)
    assert len(directory.results) == 1024
    directory.remember(("users", "many"), [(number, "") for number in range(1_000_001)])
    assert len(directory.results) == 64


def test_whoever_listens_hears_of_each_write(directory):
    """One call for each accepted write, none for a refusal."""
    heard = []
    directory.listeners.append(lambda: heard.append(directory.revision))
    create_user(directory, {"username": "a"})
    with pytest.raises(ApiError):
        create_user(directory, {"username": "a"})
    create_group(directory, {"name": "G"})
    assert heard == [2, 3]


def test_groups_and_members_agree(directory):
    """A user is in a group just when the group has the user."""
    users = [create_user(directory, {"username": f"u{n}", "title": "T" if n % 2 else "S"}) for n in range(6)]
    groups = [create_group(directory, {"name": f"G{n}"}) for n in range(3)]
    groups.append(create_group(directory, {"name": "D", "userFilter": 'title eq "T"'}))
    for number, user in enumerate(users):
        add_membership(directory, "users", user["id"], {"id": groups[number % 3]["id"]})
    add_membership(directory, "groups", groups[0]["id"], {"id": groups[1]["id"]})
    add_membership(directory, "groups", groups[3]["id"], {"id": groups[2]["id"]})
    for group in groups:
        for type_ in ("DIRECT", "INDIRECT"):
            members = members_of(directory, "users", group["id"], type_)
            assert set(members) == {
                user["id"] for user in users if groups_of(directory, "users", user).get(group["id"]) == type_
            }


def test_an_environment_without_populations_takes_no_users(directory):
    """At least one population has to be there first."""
    directory.populations.drop(next(iter(directory.populations))["id"])
    with pytest.raises(ApiError) as caught:
        create_user(directory, {"username": "a"})
    assert caught.value.details[0].code == "REQUIRED_VALUE"
