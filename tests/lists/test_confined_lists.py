"""Lists of clients that are confined to populations: what is asked of PingOne, and which of its counts are believed."""

from __future__ import annotations

import uuid

import pytest

from scimbridge.sandbox.lists import vocabulary

OWN = "Partners"


@pytest.fixture
def sorted_client(make_client):
    """240 users: 140 of the population, of which the first 110 are leads, and 100 of another one behind them."""
    client = make_client(240)
    users = client.sandbox.directory.users
    for number, user in enumerate([record["id"] for record in users]):
        population = client.population(OWN if number < 140 else "Customers")
        title = "Lead" if number < 110 else "Clerk"
        users.put({**users.get(user), "population": {"id": population}, "title": title, "nickname": "x"})
    client.sandbox.directory.revision += 1
    return client


LONG = "".join(f' or userName eq "{"x" * 90}{number:03}"' for number in range(20))


@pytest.mark.parametrize(
    ("text", "total", "calls"),
    [
        (None, 140, 1),
        ('title eq "Lead"', 110, 1),  # all of it is asked: the first page tells the total
        ('nickName eq "x"', 140, 1),
        ('not (title eq "Clerk")', 110, 2),  # the population is asked, and its count is not the client's
        (f'title eq "Lead"{LONG}', 110, 2),  # too long together with the populations: the same
    ],
)
def test_whose_count_is_believed(sorted_client, caller_of, text, total, calls):
    """That of PingOne, where it was asked for just what the client asked for; else all pages are read."""
    keys = [sorted_client.population(OWN), *(str(uuid.UUID(int=number)) for number in range(20))]
    own = caller_of(sorted_client, keys=keys)
    own.list("/Users", filter='title eq "nobody" or nickName eq "nobody"')  # what has to be learnt is learnt
    found = own.list("/Users", count=1, **({} if text is None else {"filter": text}))
    assert (found["totalResults"], len(own.calls)) == (total, calls)


def test_the_count_of_everybody_is_nobodys(sorted_client, caller_of, monkeypatch):
    """Where PingOne takes no condition on populations it counts everybody, and the first page does not show it."""
    monkeypatch.delitem(vocabulary._BUILT_IN, "population.id")
    own = caller_of(sorted_client, populations={OWN})
    for more in ({}, {"filter": 'nickName eq "x"'}, {"filter": "active pr"}):
        assert own.list("/Users", count=1, **more)["totalResults"] == 140
    assert sorted_client.list("/Users", count=1)["totalResults"] == 240


def test_a_group_that_the_client_may_not_know_of_holds_nobody(client, caller_of):
    """Nobody is looked for: how long that takes would tell how many there are."""
    own = caller_of(client, populations={OWN})
    foreign = client.group("Berlin Office")
    for text in (f'groups.value eq "{foreign}"', 'groups.value eq "no id"', f'groups eq "{uuid.UUID(int=1)}"'):
        assert own.list("/Users", filter=text)["totalResults"] == 0
        assert "GET /users" not in own.calls
    assert client.list("/Users", filter=f'groups.value eq "{foreign}"')["totalResults"] > 0


def test_nowhere_is_nobody_without_a_call(client, caller_of):
    """Who may go nowhere is told so without PingOne, whatever is asked."""
    nobody = caller_of(client, populations=set())
    for more in ({}, {"filter": 'userName sw "a"'}, {"filter": f'id eq "{client.users_in(OWN)[0]}"'}, {"cursor": ""}):
        assert (nobody.list("/Users", **more)["totalResults"], nobody.calls) == (0, [])
