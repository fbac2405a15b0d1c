"""Walks through all resource types at once: several readers, while users go; nobody who stays is missed."""

from __future__ import annotations

import random

import pytest

from scimbridge.lists.root_places import RootPlaces
from scimbridge.scim.paging import Window
from scimbridge.state.memory import MemoryState


class Reader:
    """Reads all that matches a filter, page by page, until the total or an empty page."""

    def __init__(self, client, sizes, chance):
        self.client, self.sizes, self.chance = client, sizes, chance
        self.start, self.got, self.done = 1, [], False

    def read(self):
        """Read the next page."""
        query = {"filter": "id pr", "startIndex": self.start, "count": self.chance.choice(self.sizes)}
        answer = self.client.good("GET", "/", query_string=query)
        self.got += [resource["id"] for resource in answer["Resources"]]
        self.start += len(answer["Resources"])
        self.done = not answer["Resources"] or self.start > answer["totalResults"]


def there(client):
    directory = client.sandbox.directory
    return {each["id"] for kind in (directory.users, directory.groups, directory.populations) for each in kind}


@pytest.mark.parametrize("seed", range(6))
def test_readers_side_by_side(make_client, seed):
    """Three readers of one query, between whose pages users go, get all that stays, and then one gets it once."""
    client, chance = make_client(60), random.Random(seed)
    begun = there(client)
    readers = [Reader(client, sizes, chance) for sizes in ([4], [9, 13, 3], [25])]
    while reading := [reader for reader in readers if not reader.done]:
        chance.choice(reading).read()
        users = [user["id"] for user in client.sandbox.directory.users]
        if len(users) > 25 and chance.random() < 0.5:
            client.good("DELETE", f"/Users/{chance.choice(users)}")
    for reader in readers:
        assert begun & there(client) <= set(reader.got)
    alone = Reader(client, [8], chance)
    while not alone.done:
        alone.read()
    assert sorted(alone.got) == sorted(there(client))


def test_the_types_behind_a_reader_are_not_asked_again(client):
    """A window in the second type costs no call for the first one."""
    for start, count in ((1, 240), (241, 15), (256, 3)):
        client.list("/", startIndex=start, count=count, excludedAttributes="members")
    assert client.calls == ["GET /groups", "GET /populations"]


def test_the_earliest_place_stays_until_the_last_has_asked(clock):
    """Of two that stand at one position both are answered from the earlier place, and who asks again as well."""
    places = RootPlaces(MemoryState(clock), clock.wall)
    places.keep("walk", Window(191, 10), 10, (200,))
    places.keep("walk", Window(191, 10), 10, (190,))
    for _reader in range(2):
        assert places.find("walk", 201) == (200,)
        places.keep("walk", Window(201, 10), 10, (200,))
    assert places.find("walk", 201) == (200,)
    places.keep("walk", Window(211, 10), 5, None)
    assert places.find("walk", 216) == ()
