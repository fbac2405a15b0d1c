"""The small company."""

from __future__ import annotations

from scimbridge.sandbox import Sandbox, Switches
from scimbridge.sandbox.model.rules import Cleaner, check_profile
from scimbridge.sandbox.store.seed import seed_company


def test_the_company_is_varied(company):
    """Three populations, 250 users, groups at both levels, a dynamic one, a nested one."""
    directory = company.sandbox.directory
    assert len(directory.users) == 250
    assert [one["name"] for one in directory.populations if one["default"]] == ["Employees"]
    assert len(directory.populations) == 3
    users = list(directory.users)
    assert {user["enabled"] for user in users} == {True, False}
    assert any(not user["name"]["family"].isascii() for user in users)
    assert any("address" not in user for user in users)
    groups = company.good("GET", "/groups")["_embedded"]["groups"]
    assert {"population" in group for group in groups} == {True, False}
    assert sum("userFilter" in group for group in groups) == 1
    assert sum(group["directMemberCounts"]["groups"] for group in groups) == 1
    assert max(group["directMemberCounts"]["users"] for group in groups) > 100


def test_it_is_the_same_each_time(make_directory):
    """The same seed makes the same records, another seed others."""

    def make(seed):
        directory = make_directory()
        directory.populations.drop(next(iter(directory.populations))["id"])
        seed_company(directory, 40, seed=seed)
        return list(directory.users), list(directory.groups), directory.edges.dump()

    assert make(1) == make(1)
    assert make(1) != make(2)


def test_every_seeded_user_would_pass_the_checks(company):
    """The seed goes past the rules, but keeps them."""
    directory = company.sandbox.directory
    for user in directory.users:
        cleaned = Cleaner(directory.schema, Switches()).clean(user)
        check_profile(cleaned, directory.schema, Switches())
        assert all(user[name] == value for name, value in cleaned.items())
    names = [user["username"] for user in directory.users]
    assert len(names) == len({name.lower() for name in names})


def test_seeded_memberships_keep_the_levels(company):
    """Members of population-level groups are of that population."""
    directory = company.sandbox.directory
    for group in directory.groups:
        if "population" in group:
            for user_id in directory.edges.members_of("users", group["id"]):
                assert directory.users.rows[user_id]["population"] == group["population"]


def test_any_number_of_users_can_be_had():
    """The size is an argument, zero too."""
    assert [len(Sandbox.make(seed=number).directory.users) for number in (0, 1, 1200)] == [0, 1, 1200]
    assert len(Sandbox.make().directory.populations) == 1
