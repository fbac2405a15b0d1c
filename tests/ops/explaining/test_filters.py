"""Filters: what PingOne is asked, what is checked here, and the requests of the real list."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

KEY = "11111111-1111-4111-8111-111111111111"


@pytest.mark.parametrize(
    ("filter_", "asked", "checked"),
    [
        ('userName eq "x"', 'username eq "x"', "nothing"),
        ("active eq true", "enabled eq true", "nothing"),
        ('userName sw "x" and title pr', 'username sw "x"', "the whole filter, over what PingOne answers"),
        ('externalId eq "x"', 'externalId eq "x"', "the whole filter, over what PingOne answers"),
        ("title pr", "for all users: it cannot answer any of it", "at most 250,000 records"),
        (f'id eq "{KEY}"', "for the few records that it can hold for", "the whole filter"),
        (f'groups.value eq "{KEY}"', f'memberOfGroups[id eq "{KEY}"]', "nothing"),
    ],
)
def test_a_filter_is_split(run_explain, filter_, asked, checked):
    """What is pushed and what is checked stand beside each other."""
    said = run_explain(filter_)
    assert said.code == 0
    assert said.below("PingOne is asked")[0].startswith(asked)
    assert checked in said.below("checked here")[0]


def test_where_case_matters_both_are_shown(run_explain):
    """A field whose case nobody knows is shown for a PingOne that ignores case and for one that minds it."""
    said = run_explain('title eq "Lead"')
    asked = [line[19:] for line in said.lines if line.startswith("  PingOne is asked")]
    assert asked == ['title eq "Lead"', "for all users: it cannot answer any of it"]
    assert said.text.index("without case (`scimbridge check` tells)") < said.text.index("minds case")


def test_a_filter_on_groups(run_explain):
    """A member's groups are read from its memberships."""
    said = run_explain(f'members.value eq "{KEY}"', "Group")
    assert said.below("requests")[0] == f"GET /users/{KEY}/memberOfGroups?limit=100&expand=group"


def test_unquoted_values_are_taken_as_the_bridge_takes_them(run_explain):
    """Entra's older reference check works here as it does in a request."""
    assert run_explain(f"id eq {KEY}").below("requests") == [f"GET /users/{KEY}"]


@pytest.mark.parametrize("filter_", ['userName sw "a"', "active eq false", 'userName eq "x" and active eq true'])
def test_what_is_explained_is_what_is_sent(run_explain, client, filter_):
    """The request that `explain` shows is the one that PingOne gets from the bridge."""
    client.list("/Users", filter=filter_)
    (entry,) = [each for each in client.sandbox.journal.to_json()["entries"] if each["path"].endswith("/users")]
    assert run_explain(filter_).below("requests") == [f"GET /users?{unquote(entry['query'])}"]


def test_an_id_that_cannot_be_one_asks_nothing(run_explain):
    """PingOne's ids are UUIDs: for anything else no call is spent."""
    said = run_explain('id eq "abc"')
    assert said.below("PingOne is asked") == ["nothing: no record can match, since ids are UUIDs"]
