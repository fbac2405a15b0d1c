"""A client that is confined to populations: what is outside is to it what is not there."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from scimbridge.reach.confinement import Confinement
from scimbridge.sandbox.lists import vocabulary
from scimbridge.state.memory import MemoryState

URN = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
GROUP_URN = "urn:pingidentity:schemas:extension:2.0:PingOneGroup"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
OWN = "Partners"


def ids(message):
    return [resource["id"] for resource in message["Resources"]]


def patch(*operations):
    return {"schemas": [PATCH], "Operations": list(operations)}


def op(verb, path=None, value=None):
    return {"op": verb, **({} if path is None else {"path": path}), **({} if value is None else {"value": value})}


def search(text):
    return {"schemas": [SEARCH], "filter": text, "attributes": ["id"]}


def bulk(method, path, data=None):
    body = {"method": method, "path": path, **({} if data is None else {"data": data})}
    return {"schemas": [BULK], "Operations": [body | ({"bulkId": "b"} if method == "POST" else {})]}


@pytest.fixture
def client(make_client):
    return make_client(80)


@pytest.fixture
def own(client, caller_of):
    """A client confined to one population."""
    return caller_of(client, populations={OWN})


def filled(client, value, key):
    """Put ids in the place of names in an attempt."""
    if isinstance(value, str):
        for name, found in (
            ("{id}", key), ("{user}", client.users_in(OWN)[0]), ("{group}", client.group("Sales", OWN)),
            ("{own}", client.population(OWN)),
        ):  # fmt: skip
            value = value.replace(name, found)
        return value
    if isinstance(value, dict):
        return {name: filled(client, inner, key) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(client, inner, key) for inner in value]
    return value


# -- whatever is asked of what is outside ----------------------------------------------------------------------------

LIST = "/{kind}?attributes=id&filter="
TO_USERS = [
    ("GET", "/Users/{id}", None), ("GET", "/Users/{id}?attributes=groups", None),
    ("GET", "/Users/{id}?excludedAttributes=groups", None),
    ("PUT", "/Users/{id}", {"userName": "mine", "title": "x"}),
    ("PUT", "/Users/{id}", {"userName": "mine", URN: {"population": {"id": "{own}"}}}),
    ("PUT", "/Users/{id}", {"userName": "mine", "active": False, "password": "S3cret-start!"}),
    ("PATCH", "/Users/{id}", patch(op("replace", "title", "x"))),
    ("PATCH", "/Users/{id}", patch(op("replace", "active", False))),
    ("PATCH", "/Users/{id}", patch(op("replace", "password", "S3cret-start!"))),
    ("PATCH", "/Users/{id}", patch(op("replace", f"{URN}:population.id", "{own}"))),
    ("PATCH", "/Users/{id}", patch(op("add", "emails", [{"value": "a@example.com"}]))),
    ("PATCH", "/Users/{id}", patch(op("remove", "title"))),
    ("DELETE", "/Users/{id}", None),
    ("POST", "/Bulk", bulk("PUT", "/Users/{id}", {"userName": "mine"})),
    ("POST", "/Bulk", bulk("PATCH", "/Users/{id}", patch(op("replace", "title", "x")))),
    ("POST", "/Bulk", bulk("DELETE", "/Users/{id}")),
    ("GET", '/Users?attributes=id&filter=id eq "{id}"', None),
    ("GET", '/Users?attributes=id&filter=id eq "{id}" and active pr', None),
    ("GET", '/Users?attributes=id&filter=id eq "{id}" or id eq "{user}"', None),
    ("GET", '/Users?attributes=id&filter=not (id eq "{id}")', None),
    ("GET", '/Users?attributes=id&cursor=&filter=id eq "{id}"', None),
    ("POST", "/Users/.search", search('id eq "{id}"')),
    ("POST", "/.search", search('id eq "{id}"')),
    ("GET", '/?filter=id eq "{id}"', None),
]  # fmt: skip
AS_MEMBERS = [
    ("PATCH", "/Groups/{group}", patch(op("add", "members", [{"value": "{id}"}]))),
    ("PATCH", "/Groups/{group}", patch(op("add", "members", [{"value": "{id}", "type": "User"}]))),
    ("PATCH", "/Groups/{group}", patch(op("add", "members", [{"value": "{id}", "type": "Group"}]))),
    ("PATCH", "/Groups/{group}", patch(op("add", None, {"members": [{"value": "{id}"}], "displayName": "Mine"}))),
    ("PATCH", "/Groups/{group}", patch(op("remove", 'members[value eq "{id}"]'))),
    ("PATCH", "/Groups/{group}", patch(op("remove", "members", [{"value": "{id}"}]))),
    ("PATCH", "/Groups/{group}", patch(op("replace", "members", [{"value": "{id}"}]))),
    ("PUT", "/Groups/{group}", {"displayName": "Mine", "members": [{"value": "{id}"}]}),
    ("POST", "/Groups", {"displayName": "Mine", "members": [{"value": "{id}"}]}),
    ("POST", "/Bulk", bulk("POST", "/Groups", {"displayName": "Mine", "members": [{"value": "{id}"}]})),
    ("POST", "/Bulk", bulk("PATCH", "/Groups/{group}", patch(op("add", "members", [{"value": "{id}"}])))),
    ("GET", '/Groups?filter=members.value eq "{id}"', None),
    ("GET", '/Groups?filter=members eq "{id}"', None),
    ("GET", '/Groups?filter=members[value eq "{id}"] and displayName pr', None),
    ("GET", '/Groups?attributes=id&filter=not (members.value eq "{id}")', None),
    ("GET", '/Groups?attributes=id&filter=members.value eq "{id}" or displayName sw "s"', None),
]  # fmt: skip
TO_GROUPS = [
    ("GET", "/Groups/{id}", None), ("GET", "/Groups/{id}?excludedAttributes=members", None),
    ("PUT", "/Groups/{id}", {"displayName": "Mine"}), ("PUT", "/Groups/{id}", {"displayName": "Mine", "members": []}),
    ("PATCH", "/Groups/{id}", patch(op("replace", "displayName", "Mine"))),
    ("PATCH", "/Groups/{id}", patch(op("add", "members", [{"value": "{user}"}]))),
    ("PATCH", "/Groups/{id}", patch(op("remove", "members"))),
    ("PATCH", "/Groups/{id}", patch(op("remove", 'members[value eq "{user}"]'))),
    ("PATCH", "/Groups/{id}", patch(op("replace", f"{GROUP_URN}:population.id", "{own}"))),
    ("DELETE", "/Groups/{id}", None),
    ("POST", "/Bulk", bulk("PATCH", "/Groups/{id}", patch(op("add", "members", [{"value": "{user}"}])))),
    ("POST", "/Bulk", bulk("DELETE", "/Groups/{id}")),
    ("GET", '/Groups?filter=id eq "{id}"', None),
    ("GET", '/Users?attributes=id&filter=groups.value eq "{id}"', None),
    ("GET", '/Users?attributes=id&filter=groups eq "{id}"', None),
    ("GET", '/Users?attributes=id&filter=groups[value eq "{id}"]', None),
    ("GET", '/Users?attributes=id&filter=groups.value eq "{id}" and active eq true', None),
    ("GET", '/Users?attributes=id&filter=groups.value eq "{id}" or userName sw "a"', None),
    ("GET", '/Users?attributes=id&filter=not (groups.value eq "{id}")', None),
    ("GET", '/Users?attributes=id&filter=groups.value eq "{id}" and groups.value eq "{group}"', None),
    ("GET", '/Users?attributes=id&filter=id eq "{user}" and groups.value eq "{id}"', None),
    ("GET", '/Users?attributes=id&cursor=&filter=groups.value eq "{id}"', None),
    ("POST", "/Users/.search", search('groups.value eq "{id}"')),
]  # fmt: skip
TO_POPULATIONS = [
    ("GET", "/Populations/{id}", None), ("PUT", "/Populations/{id}", {"displayName": "Mine"}),
    ("PATCH", "/Populations/{id}", patch(op("replace", "displayName", "Mine"))),
    ("DELETE", "/Populations/{id}", None),
    ("POST", "/Bulk", bulk("PATCH", "/Populations/{id}", patch(op("replace", "displayName", "Mine")))),
    ("GET", '/Populations?filter=id eq "{id}"', None), ("GET", '/Populations?filter=not (id eq "{id}")', None),
    ("GET", f'/Users?attributes=id&filter={URN}:population.id eq "{{id}}"', None),
    ("GET", f'/Users?attributes=id&filter=not ({URN}:population.id eq "{{own}}")', None),
    ("GET", f'/Users?attributes=id&filter={URN}:population.id eq "{{id}}" or userName sw "a"', None),
    ("GET", f'/Users?attributes=id&filter={URN}:population.id ne "{{own}}"', None),
    ("GET", f'/Groups?attributes=id&filter={GROUP_URN}:population.id eq "{{id}}"', None),
    ("POST", "/Users", {"userName": "mine", URN: {"population": {"id": "{id}"}}}),
    ("POST", "/Bulk", bulk("POST", "/Users", {"userName": "mine", URN: {"population": {"id": "{id}"}}})),
    ("POST", "/Groups", {"displayName": "Mine", GROUP_URN: {"population": {"id": "{id}"}}}),
    ("PATCH", "/Users/{user}", patch(op("replace", f"{URN}:population.id", "{id}"))),
    ("PATCH", "/Users/{user}", patch(op("replace", f"{URN}:population", {"id": "{id}"}), op("replace", "title", "x"))),
    ("PATCH", "/Users/{user}", patch(op("add", None, {URN: {"population": {"id": "{id}"}}}))),
    ("PUT", "/Users/{user}", {"userName": "mine", "title": "x", URN: {"population": {"id": "{id}"}}}),
    ("POST", "/Bulk", bulk("PATCH", "/Users/{user}", patch(op("replace", f"{URN}:population.id", "{id}")))),
]  # fmt: skip


def foreign_user(client):
    inside = client.members(client.group("Research", "Employees"))
    return [next(iter(inside)), client.users_in("Customers")[0]]


def foreign_group(client):
    levels = (("Research", "Employees"), ("Newsletter", "Customers"))
    environment = ("All Hands", "Engineering", "Empty Room", "Berlin Office")
    return [client.group(*level) for level in levels] + [client.group(name) for name in environment]


def foreign_population(client):
    return [client.population("Employees"), client.population("Customers")]


ATTEMPTS = [
    (foreign_user, TO_USERS), (foreign_user, AS_MEMBERS), (foreign_group, TO_GROUPS), (foreign_group, AS_MEMBERS),
    (foreign_population, TO_POPULATIONS),
]  # fmt: skip


def told(client, attempt, key, headers):
    """Make an attempt. Returns the answer without its request id, with a word in the place of the id, and the calls."""
    method, path, body = (filled(client, part, key) for part in attempt)
    answer = client.send(method, path, body, headers=headers)
    assert answer.status_code < 500, answer.text
    said = {name: value for name, value in answer.headers.items() if name != "X-Request-Id"}
    return (
        answer.status_code,
        str(said).replace(key, "X"),
        answer.data.replace(key.encode(), b"X"),
        sorted(client.calls),
    )


@pytest.mark.parametrize(("foreign", "attempts"), ATTEMPTS, ids=["users", "members", "groups", "nested", "populations"])
def test_outside_is_nobody(client, own, held, foreign, attempts):
    """An attempt at what is outside is answered byte for byte as one at nobody, costs as much and changes nothing."""
    before = held(client)
    outside = [*foreign_population(client), "Employees", "Customers", *foreign(client)]
    for attempt in attempts:
        for headers in ({}, {"If-Match": "*"}):
            told(own, attempt, str(uuid.uuid4()), headers)  # what is learnt of PingOne on the way is learnt before
            expected = told(own, attempt, str(uuid.uuid4()), headers)
            for key in foreign(client):
                found = told(own, attempt, key, headers)
                assert found == expected, attempt
                assert not [name for name in outside if name in found[1] + found[2].decode()], attempt
            assert held(client) == before, attempt


def test_404(client, own):
    """What is outside is 404 after one look; what the client may see is 200."""
    foreign = client.users_in("Employees")[0]
    assert own.fault("GET", f"/Users/{foreign}") == (404, None)
    assert own.calls == ["GET /users/{user}"]
    assert own.fault("PATCH", f"/Users/{foreign}", patch(op("replace", "title", "x"))) == (404, None)
    assert own.calls == ["GET /users/{user}"]
    assert own.good("GET", f"/Users/{client.users_in(OWN)[0]}")["id"] == client.users_in(OWN)[0]
    assert own.fault("GET", f"/Populations/{client.population('Employees')}") == (404, None)
    assert own.calls == []


# -- lists -------------------------------------------------------------------------------------------------------------


def test_lists_cost_one_call_a_page(make_client, caller_of):
    """A list within one population is one call for each of its pages, and its total is the population's."""
    client = make_client(250)
    own = caller_of(client, populations={"Employees"})
    mine = client.users_in("Employees")
    assert len(mine) > 150
    first = own.list("/Users")
    assert own.calls == ["GET /users"]
    second = own.list("/Users", startIndex=101)
    assert own.calls == ["GET /users"]
    assert ids(first) + ids(second) == mine
    assert first["totalResults"] == second["totalResults"] == len(mine)
    assert own.list("/Users", count=0)["totalResults"] == len(mine)
    assert own.calls == ["GET /users"]
    assert own.list("/Users", filter='userName sw "a"', count=1)["totalResults"] > 0
    assert own.calls == ["GET /users"]
    assert set(ids(own.list("/Groups", attributes="id"))) == {
        client.group("Research", "Employees"), client.group("Sales", "Employees"),
    }  # fmt: skip
    assert own.calls == ["GET /groups"]
    assert ids(own.list("/Populations")) == [client.population("Employees")]
    assert own.calls == ["GET /populations"]


def test_several_populations(client, caller_of):
    """Who may go into two populations finds what is in either, in lists, filters and at the root."""
    both = caller_of(client, populations={OWN, "Customers"})
    expected = {*client.users_in(OWN), *client.users_in("Customers")}
    assert set(ids(both.list("/Users"))) == expected
    groups = {client.group("Sales", OWN), client.group("Newsletter", "Customers")}
    populations = {client.population(OWN), client.population("Customers")}
    found = both.list("/", attributes="id")
    assert set(ids(found)) == expected | groups | populations
    assert found["totalResults"] == len(ids(found))


def test_nowhere(client, caller_of):
    """Who may go nowhere finds nothing, without a call, and a filter that is wrong is wrong all the same."""
    nobody = caller_of(client, populations=set())
    for path in ("/Users", "/Groups", "/Populations", "/"):
        assert nobody.list(path)["totalResults"] == 0
        assert nobody.calls == []
    assert nobody.list("/Users", filter='userName sw "a"', cursor="")["totalResults"] == 0
    assert nobody.fault("GET", '/Users?filter=nonsense eq "x"') == (400, "invalidFilter")
    assert nobody.fault("POST", "/Users", {"userName": "new"}) == (400, "invalidValue")
    assert nobody.fault("POST", "/Groups", {"displayName": "new"}) == (400, "invalidValue")
    assert nobody.fault("GET", f"/Users/{client.users_in(OWN)[0]}") == (404, None)
    assert client.writes == []


@pytest.mark.parametrize("switches", [{"count_ceiling": 10}, {"page_ceiling": 100}, {}], ids=str)
@pytest.mark.parametrize("paged", ["index", "cursor"])
@pytest.mark.parametrize("answered", [True, False])
def test_walks(make_client, caller_of, refuse_condition, switches, paged, answered):
    """Walks have every record of the population once and no other, whether or not PingOne takes the condition."""
    client = make_client(250, **switches)
    own = caller_of(client, populations={"Employees"})
    if not answered:
        refuse_condition()
    mine = client.users_in("Employees")
    found, start, cursor = [], 1, ""
    while True:
        window = {"startIndex": start} if paged == "index" else {"cursor": cursor}
        message = own.list("/Users", count=40, attributes="id", **window)
        assert message["totalResults"] == len(mine)
        found += ids(message)
        start, cursor = start + 40, message.get("nextCursor")
        if len(found) >= len(mine) or not message["Resources"]:
            break
        assert cursor is None or not [user for user in client.users_in(OWN) if user in opened(cursor)]
    assert found == mine


def opened(cursor):
    """Return what can be read in a cursor, which is signed and not encrypted."""
    return json.dumps(URLSafeSerializer("any").load_payload(cursor.rpartition(".")[0].encode()))


@pytest.fixture
def refuse_condition(monkeypatch):
    """Let sandboxes answer no filter on the population of a user, as an older environment might."""
    return lambda: monkeypatch.delitem(vocabulary._BUILT_IN, "population.id")


def test_an_older_environment(caller_of, client, refuse_condition):
    """Where PingOne takes no condition on populations, that is found out once, and everything is checked here."""
    own = caller_of(client, populations={OWN})
    refuse_condition()
    assert set(ids(own.list("/Users"))) == set(client.users_in(OWN))
    assert own.calls == ["GET /users"] * 3
    own.list("/Users")
    assert own.calls == ["GET /users"]
    assert set(ids(own.list("/Users", filter='userName sw "a" or title pr'))) <= set(client.users_in(OWN))
    some = client.sandbox.directory.users.get(client.users_in(OWN)[0])["username"]
    assert len(ids(own.list("/Users", filter=f'userName eq "{some}"'))) == 1
    assert own.calls == ["GET /users"]
    foreign = client.sandbox.directory.users.get(client.users_in("Customers")[0])["username"]
    assert own.list("/Users", filter=f'userName eq "{foreign}"')["totalResults"] == 0


def test_no_other_field_is_blamed(client, caller_of, refuse_condition):
    """A filter that is refused for the populations leaves what is known of its other fields as it was."""
    own = caller_of(client, populations={OWN})
    refuse_condition()
    own.list("/Users", filter='userName sw "a"')
    client.list("/Users", filter='userName sw "a"')
    assert [entry.query for entry in client.sandbox.journal.entries][-1].count("filter=") == 1


def test_another_field_is_refused(make_client, caller_of):
    """A filter that is refused for another field stays confined at PingOne; only that field is checked here."""
    client = make_client(80)
    directory = client.sandbox.directory
    directory.switches = replace(directory.switches, narrow_filters=True)
    own = caller_of(client, populations={OWN})
    leads = [user for user in client.users_in(OWN) if directory.users.get(user).get("title") == "Lead"]
    for _ in range(2):
        assert ids(own.list("/Users", filter='title eq "lead"')) == leads
    assert own.calls == ["GET /users"]
    assert client.population(OWN) in client.sandbox.journal.entries[-1].query


def test_many_populations(client, caller_of):
    """More populations than fit into a filter are checked here, and the rest of the filter is asked all the same."""
    own = caller_of(client, keys=[client.population(OWN), *(str(uuid.UUID(int=n)) for n in range(200))])
    assert ids(own.list("/Users", count=1000)) == client.users_in(OWN)
    assert "filter" not in client.sandbox.journal.entries[-1].query
    some = client.sandbox.directory.users.get(client.users_in(OWN)[0])["username"]
    assert own.list("/Users", filter=f'userName eq "{some}"')["totalResults"] == 1
    assert "filter" in client.sandbox.journal.entries[-1].query


def test_a_long_filter_tells_nothing_by_its_pages(make_client, caller_of):
    """Where filter and populations are too long together, what there is outside costs no call that could be timed."""
    client = make_client(600)
    own = caller_of(client, keys=[client.population(OWN), *(str(uuid.UUID(int=n)) for n in range(20))])
    rest = "".join(f' or userName eq "{"x" * 90}{n:03}"' for n in range(20))
    found, calls = [], set()
    for names in ('userName sw "a"', 'userName sw "nobody"', 'userName pr or userName sw "a"'):
        found.append(set(ids(own.list("/Users", filter=names + rest, attributes="id", count=1000))))
        calls.add(len(own.calls))
    inside = [client.sandbox.directory.users.get(user) for user in client.users_in(OWN)]
    some = {user["id"] for user in inside if user["username"].startswith("a")}
    assert found == [some, set(), {user["id"] for user in inside}]
    assert len(calls) == 1
    assert client.population(OWN) in client.sandbox.journal.entries[-1].query


@pytest.mark.parametrize(
    ("kind", "attempt"),
    [
        ("user", ("DELETE", "/Users/{id}", None)), ("user", ("PUT", "/Users/{id}", {"userName": "mine"})),
        ("user", ("PATCH", "/Users/{id}", patch(op("replace", "title", "x")))),
        ("group", ("DELETE", "/Groups/{id}", None)), ("group", ("PUT", "/Groups/{id}", {"displayName": "Mine"})),
        ("group", ("PATCH", "/Groups/{id}", patch(op("add", "members", [{"value": "{user}"}])))),
        ("population", ("DELETE", "/Populations/{id}", None)),
    ],
)  # fmt: skip
def test_nobody_waits_for_what_is_outside(client, own, monkeypatch, kind, attempt):
    """While others change what is outside, it is answered as nobody is: at once, and by the same calls."""
    foreign = {"user": client.users_in("Employees")[0], "group": client.group("Research", "Employees"),
               "population": client.population("Employees")}[kind]  # fmt: skip
    expected = told(own, attempt, str(uuid.uuid4()), {})
    take = MemoryState.take

    def held(state, key, owner, ttl, wait):
        assert not (foreign in key and wait)
        return foreign not in key and take(state, key, owner, ttl, wait)

    monkeypatch.setattr(MemoryState, "take", held)
    assert told(own, attempt, foreign, {}) == expected


@pytest.mark.parametrize("paged", ["index", "cursor"])
def test_a_walk_ends_with_its_populations(make_client, caller_of, paged):
    """What was begun with some populations is not continued with others: no waymark and no cursor leads outside."""
    client = make_client(250)
    wide = caller_of(client, populations={"Employees", OWN})
    narrow = caller_of(client, populations={OWN})
    everywhere = caller_of(client, populations=None)
    for before in (wide, everywhere):
        window = {"startIndex": 1} if paged == "index" else {"cursor": ""}
        message = before.list("/Users", count=20, **window)
        if paged == "cursor":
            path = f"/Users?count=20&cursor={message['nextCursor']}"
            assert narrow.fault("GET", path) == (400, "invalidCursor")
        else:
            found = narrow.list("/Users", count=20, startIndex=21)
            assert ids(found) == client.users_in(OWN)[20:40]


# -- groups and members ----------------------------------------------------------------------------------------------


def groups_of(resource):
    return {group["value"] for group in resource.get("groups", [])}


@pytest.fixture
def insider(client):
    """A user inside who is in a group inside and in groups of the environment."""
    users = client.members(client.group("Sales", OWN))
    user = next(user for user in client.users_in(OWN) if user in users)
    for name in ("All Hands", "Empty Room"):
        client.sandbox.directory.edges.add("users", user, client.group(name))
    return user


def test_groups_of_a_user(client, own, insider):
    """A user's groups are those that the client may see: alone, in lists that ask for them, and after changes."""
    visible = {client.group("Sales", OWN)}
    assert groups_of(client.good("GET", f"/Users/{insider}")) > visible
    assert groups_of(own.good("GET", f"/Users/{insider}")) == visible
    listed = own.list("/Users", attributes="groups")["Resources"]
    assert {key for user in listed for key in groups_of(user)} == visible
    path = f"/Users/{insider}?attributes=groups,title,userName"
    assert groups_of(own.good("PATCH", path, patch(op("replace", "title", "x")))) == visible
    assert groups_of(own.good("PATCH", path, patch(op("replace", "active", True)))) == visible
    whole = own.good("GET", f"/Users/{insider}")
    assert groups_of(own.good("PUT", path, {**whole, "title": "y"})) == visible
    made = own.good("POST", "/Users?attributes=groups,userName", {
        "userName": "berliner", "addresses": [{"type": "work", "locality": "Berlin"}]})  # fmt: skip
    assert groups_of(made) == set()
    assert groups_of(client.good("GET", f"/Users/{made['id']}")) == {client.group("Berlin Office")}


def test_version_is_the_same_for_all(client, own, insider):
    """What a client may not see changes nothing about a user's version: If-Match holds across clients."""
    tag = client.send("GET", f"/Users/{insider}").headers["ETag"]
    assert own.send("GET", f"/Users/{insider}").headers["ETag"] == tag
    answer = own.send("PATCH", f"/Users/{insider}", patch(op("replace", "title", "z")), headers={"If-Match": tag})
    assert answer.status_code == 200
    assert own.fault("DELETE", f"/Users/{insider}", headers={"If-Match": tag}) == (412, None)


@pytest.fixture
def mixed(client):
    """A group inside with a member that PingOne's rules would not let in: a user and a group from outside."""
    group, edges = client.group("Sales", OWN), client.sandbox.directory.edges
    outside = client.users_in("Customers")[0]
    edges.add("users", outside, group)
    edges.add("groups", client.group("Newsletter", "Customers"), group)
    return group, {outside, client.group("Newsletter", "Customers")}


def values(resource):
    return {member["value"] for member in resource.get("members", [])}


def test_members_inside(client, own, mixed):
    """A group's members are those that the client may see: alone, in lists, after changes."""
    group, outside = mixed
    inside = {user for user in client.members(group) if user in client.users_in(OWN)}
    assert outside <= values(client.good("GET", f"/Groups/{group}"))
    assert values(own.good("GET", f"/Groups/{group}")) == inside
    assert [values(each) for each in own.list("/Groups")["Resources"]] == [inside]
    path = f"/Groups/{group}?attributes=members"
    assert values(own.good("PATCH", path, patch(op("replace", "displayName", "Sellers")))) == inside
    new = next(user for user in client.users_in(OWN) if user not in inside)
    assert values(own.good("PATCH", path, patch(op("add", "members", [{"value": new}])))) == inside | {new}
    for user in outside:
        assert ids(own.list("/Groups", filter=f'members.value eq "{user}"')) == []


@pytest.mark.parametrize("how", ["put", "put none", "replace", "remove", "remove all", "remove one"])
def test_what_is_outside_stays(client, own, mixed, how):
    """No change of a group's members takes away a membership that the client cannot see."""
    group, outside = mixed
    first, *_rest = client.users_in(OWN)
    some = [{"value": first}]
    method, body = {
        "put": ("PUT", {"displayName": "Sales", "members": some}),
        "put none": ("PUT", {"displayName": "Sales", "members": []}),
        "replace": ("PATCH", patch(op("replace", "members", some))),
        "remove": ("PATCH", patch(op("remove", "members", [{"value": key} for key in outside]))),
        "remove all": ("PATCH", patch(op("remove", "members"))),
        "remove one": ("PATCH", patch(*(op("remove", f'members[value eq "{key}"]') for key in outside))),
    }[how]
    inside = client.members(group) - outside
    own.good(method, f"/Groups/{group}", body)
    held = client.members(group) | client.members(group, "groups")
    assert outside <= held
    wanted = {"put": {first}, "put none": set(), "replace": {first}, "remove all": set()}.get(how, inside)
    assert held - outside == wanted


def test_adding_members(client, own):
    """Members inside are added after a look at each; one that is not stands for all, and nothing is half done."""
    group = client.group("Sales", OWN)
    new = [user for user in client.users_in(OWN) if user not in client.members(group)][:2]
    before = client.members(group)
    foreign = client.users_in("Employees")[0]
    members = [{"value": key} for key in (*new, foreign)]
    assert own.fault("PATCH", f"/Groups/{group}", patch(op("add", "members", members))) == (400, "invalidValue")
    assert client.members(group) == before
    own.good("PATCH", f"/Groups/{group}", patch(op("add", "members", members[:2])))
    assert client.members(group) == before | set(new)


def test_a_group_of_the_same_name(client, own, insider):
    """A user who is in a group of that name outside is refused without a word of it."""
    directory = client.sandbox.directory
    twin = client.good("POST", "/Groups", {"displayName": "Hidden Twin"})["id"]
    own_group = own.good("POST", "/Groups", {"displayName": "Inside"})["id"]
    directory.edges.add("users", insider, twin)
    directory.groups.put({**directory.groups.get(own_group), "name": "Hidden Twin"})
    add = patch(op("add", "members", [{"value": insider}]))
    answer = own.send("PATCH", f"/Groups/{own_group}", add)
    assert (answer.status_code, answer.json["scimType"]) == (409, "uniqueness")
    assert "another group" not in answer.json["detail"]
    assert "another group" in client.detail("PATCH", f"/Groups/{own_group}", add)


def test_wrong_population_between_own(client, caller_of):
    """Where the client sees both populations, the error names them; where it may not read users, it does not."""
    both = caller_of(client, populations={OWN, "Customers"})
    add = patch(op("add", "members", [{"value": client.users_in("Customers")[0]}]))
    path = f"/Groups/{client.group('Sales', OWN)}"
    assert client.population("Customers") in both.detail("PATCH", path, add)
    blind = caller_of(client, populations={OWN, "Customers"}, scopes={"groups:read", "groups:write"})
    assert client.population("Customers") not in blind.detail("PATCH", path, add)


# -- new and moved -----------------------------------------------------------------------------------------------------


def population_of(client, kind, made):
    return getattr(client.sandbox.directory, kind).get(made["id"]).get("population", {}).get("id")


def test_new_ones_stay_inside(client, own):
    """What is new and names no population goes to the only one there is, whatever the environment's default."""
    user = own.good("POST", "/Users", {"userName": "new"})
    assert own.calls == ["POST /users"]
    assert population_of(client, "users", user) == client.population(OWN)
    group = own.good("POST", "/Groups", {"displayName": "New"})
    assert population_of(client, "groups", group) == client.population(OWN)
    assert own.calls == ["POST /groups"]
    named = own.good("POST", "/Groups", {"displayName": "N", GROUP_URN: {"population": {"id": client.population(OWN)}}})
    assert population_of(client, "groups", named) == client.population(OWN)


def test_one_of_several_has_to_be_named(make_client, caller_of):
    """Who may use several populations names one, unless the placement chooses one of them."""
    client = make_client(20)
    both = caller_of(client, populations={OWN, "Customers"})
    assert both.fault("POST", "/Users", {"userName": "new"}) == (400, "invalidValue")
    assert both.fault("POST", "/Groups", {"displayName": "New"}) == (400, "invalidValue")
    assert both.writes == []
    customers = {"population": {"id": client.population("Customers")}}
    user = both.good("POST", "/Users", {"userName": "new", URN: customers})
    assert population_of(client, "users", user) == client.population("Customers")
    placed = make_client(20, settings={"default_population_id": client.population("Customers")})
    chosen = caller_of(placed, name="placed", populations={OWN, "Customers"})
    user = chosen.good("POST", "/Users", {"userName": "new"})
    assert population_of(placed, "users", user) == placed.population("Customers")
    other = caller_of(placed, name="other", populations={OWN, "Employees"})
    assert other.fault("POST", "/Users", {"userName": "newer"}) == (400, "invalidValue")


def test_moves(client, caller_of):
    """A user is moved between the client's populations and to no other."""
    both = caller_of(client, populations={OWN, "Customers"})
    user = client.users_in(OWN)[0]
    path = f"{URN}:population.id"
    both.good("PATCH", f"/Users/{user}", patch(op("replace", path, client.population("Customers"))))
    assert population_of(client, "users", {"id": user}) == client.population("Customers")
    away = patch(op("replace", path, client.population("Employees")), op("replace", "title", "x"))
    assert both.fault("PATCH", f"/Users/{user}", away) == (400, "invalidValue")
    assert both.fault("PATCH", f"/Users/{user}", away, headers={"If-Match": "*"}) == (400, "invalidValue")
    assert both.writes == []


@pytest.mark.parametrize("population", [5, ["x"], {"id": 5}, {"id": ["x"]}, {"id": {"a": 1}}, {"id": ""}, ""])
def test_odd_populations(own, population):
    """A population of a wrong form is a wrong value and no fault of the bridge."""
    for path, urn, name in (("/Users", URN, "userName"), ("/Groups", GROUP_URN, "displayName")):
        answer = own.send("POST", path, {name: f"odd {population}"[:30], urn: {"population": population}})
        assert answer.status_code in (201, 400), answer.text


def test_no_new_populations(own, held, client):
    """A confined client makes no population, whatever its body is."""
    before = held(client)
    assert own.fault("POST", "/Populations", {"displayName": "More"}) == (403, None)
    assert own.fault("POST", "/Populations", data=b"{") == (403, None)
    answer = own.good("POST", "/Bulk", bulk("POST", "/Populations", {"displayName": "More"}))
    assert answer["Operations"][0]["status"] == "403"
    assert own.calls == []
    assert held(client) == before


def test_own_populations(own, client):
    """A confined client reads and changes its own population."""
    path = f"/Populations/{client.population(OWN)}"
    assert own.good("GET", path)["displayName"] == OWN
    assert own.good("PATCH", path, patch(op("replace", "description", "Ours")))["description"] == "Ours"


def test_a_taken_name_is_taken(client, own):
    """A name that somebody outside has is a plain 409, as PingOne checks it over the whole environment."""
    taken = client.sandbox.directory.users.get(client.users_in("Employees")[0])
    inside = client.sandbox.directory.users.get(client.users_in(OWN)[0])
    said = [own.send("POST", "/Users", {"userName": user["username"]}) for user in (taken, inside)]
    assert [answer.status_code for answer in said] == [409, 409]
    assert said[0].data == said[1].data


def test_a_lost_create_finds_no_stranger(client, own, sandbox, clock):
    """A create whose answer was lost is never taken for a record outside, however much it agrees with it."""
    client.good("POST", "/Users", {"userName": "twin", URN: {"population": {"id": client.population("Employees")}}})
    client.sandbox.faults.plan("drop_before", "POST", "/users", times=1)
    assert own.fault("POST", "/Users", {"userName": "twin"}) == (409, "uniqueness")
    client.sandbox.faults.plan("drop_after", "POST", "/users", times=1)
    made = own.good("POST", "/Users", {"userName": "mine"})
    assert population_of(client, "users", made) == client.population(OWN)


def test_nobody_waits_for_what_is_made_outside(client, own):
    """A name that was given outside a moment ago is looked for as often as one that nobody has given."""
    client.good("POST", "/Users", {"userName": "fresh", URN: {"population": {"id": client.population("Employees")}}})
    own.list("/Users", filter='userName eq "stranger"')
    expected = own.calls
    assert own.list("/Users", filter='userName eq "fresh"')["totalResults"] == 0
    assert own.calls == expected == ["GET /users"]


def test_suggested_populations(client, own):
    """/Schemas suggests to a confined client its own populations only, without asking PingOne for others."""
    own.good("GET", "/Schemas")
    text = own.send("GET", "/Schemas").text
    assert client.population(OWN) in text
    assert not [key for key in foreign_population(client) if key in text]
    assert client.population("Employees") in client.send("GET", "/Schemas").text


# -- laws --------------------------------------------------------------------------------------------------------------

LEAVES = st.sampled_from([
    'userName sw "a"', 'userName co "er"', "title pr", 'title eq "lead"', "active eq false",
    'emails.value ew "7@example.com"',
    f'{URN}:population.id eq "{{own}}"', f'{URN}:population.id eq "{{foreign}}"', f"{URN}:population.id pr",
    'groups.value eq "{group}"', 'id eq "{user}"', 'id eq "{outsider}"', 'externalId sw "hr-0000"',
    'name.familyName sw "m"', 'addresses[type eq "work" and locality eq "Berlin"]', 'userName eq "{outname}"',
])  # fmt: skip
FILTERS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds("({}) and ({})".format, inner, inner),
        st.builds("({}) or ({})".format, inner, inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=5,
)


@given(pattern=FILTERS, data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_law_of_filters(client, own, pattern, data):
    """What a confined client finds by any filter is what everybody finds, as far as it is inside."""
    mine = client.users_in(OWN)
    outsider = client.users_in("Employees")[2]
    text = pattern.format(
        own=client.population(OWN), foreign=client.population("Employees"), group=client.group("Sales", OWN),
        user=mine[1], outsider=outsider, outname=client.sandbox.directory.users.get(outsider)["username"],
    )  # fmt: skip
    whole = ids(client.list("/Users", filter=text, attributes="id", count=1000))
    expected = [user for user in whole if user in mine]
    found = own.list("/Users", filter=text, attributes="id", count=1000)
    assert ids(found) == expected
    assert found["totalResults"] == len(expected)
    step = data.draw(st.integers(1, 30))
    windows = [own.list("/Users", filter=text, attributes="id", startIndex=start, count=step)
               for start in range(1, len(expected) + 2, step)]  # fmt: skip
    assert [key for window in windows for key in ids(window)] == expected
    assert {window["totalResults"] for window in windows} == {len(expected)}


PLACES = st.fixed_dictionaries({}, optional={"id": st.sampled_from(["a", "b", None, 1])})
RECORDS = st.fixed_dictionaries(
    {}, optional={"id": st.sampled_from("abc"), "population": st.one_of(st.none(), st.just("a"), PLACES)}
)


@given(record=RECORDS, populations=st.frozensets(st.sampled_from("abc")))
def test_law_of_keeping(record, populations):
    """A record is kept if it says one of the populations where it should, and by nothing else."""
    held = record.get("population")
    inside = isinstance(held, dict) and held.get("id") in populations
    assert Confinement("population.id", populations).keeps(record) is inside
    assert Confinement("population.id", None).keeps(record)
    assert Confinement("id", populations).keeps(record) is (record.get("id") in populations)
