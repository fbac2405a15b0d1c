"""A PingOne that is not in order: what it finds too much is not given, what it leaves out is not taken for the end."""

from __future__ import annotations

import pytest

from scimbridge.sandbox.trouble.lies import OTHER_ID
from scimbridge.sandbox.trouble.switches import ADDED

LINKS = ("no_links", "links_list", "links_text", "links_null", "no_next", "next_null", "next_text", "next_empty")
IDS = ("no_id", "null_id", "number_id", "empty_id")
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


def names(message):
    return [resource["userName"] for resource in message["Resources"]]


def rename(client, **values):
    """Give the first users other values; returns their ids in order."""
    users = client.sandbox.directory.users
    ids = [record["id"] for record in users][: len(next(iter(values.values())))]
    for number, user in enumerate(ids):
        users.put({**users.get(user), **{name: each[number] for name, each in values.items()}})
    client.sandbox.directory.revision += 1
    return ids


# -- every record passes the filter ------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 100])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('userName eq "jose"', ["jose"]),
        ('userName sw "jose"', ["jose"]),
        ('userName eq "josé"', ["josé"]),
        ('userName eq "jose" or userName eq "nobody"', ["jose"]),
        ('userName eq "jose" and active eq true', ["jose"]),
    ],
)
def test_accent_blind(make_client, text, found, count):
    """Whom an accent-blind PingOne finds beside the one that was asked for is neither given nor counted."""
    client = make_client(30, accent_blind_filters=True)
    rename(client, username=["jose", "josé", "JÓSE", "zoe"], enabled=[True] * 4)
    message = client.list("/Users", filter=text, count=count)
    assert names(message) == found[:count]
    assert message["totalResults"] == len(found)


@pytest.mark.parametrize("count", [0, 7, 1000])
@pytest.mark.parametrize(
    ("ignored", "text"),
    [
        ("username", 'userName sw "a"'),
        ("username", 'userName eq "{name}"'),
        ("enabled", "active eq false"),
        ("externalId", 'externalId sw "hr-00001"'),
        ("population.id", 'urn:pingidentity:schemas:extension:2.0:PingOneUser:population.id eq "{population}"'),
    ],
)
def test_ignored_filter(make_client, ignored, text, count):
    """A filter that PingOne leaves out finds whom it would find otherwise, and the same number."""
    client = make_client(250, ignored_filters=frozenset({ignored}))
    right = make_client(250)
    values = {
        "name": next(iter(client.sandbox.directory.users))["username"],
        "population": client.population("Partners"),
    }
    message = client.list("/Users", filter=text.format(**values), count=count)
    values["population"] = right.population("Partners")
    expected = right.list("/Users", filter=text.format(**values), count=count)
    assert message["totalResults"] == expected["totalResults"]
    assert names(message) == names(expected)


def test_walk_under_a_wider_answer(make_client):
    """A walk whose answer turns out wider gives each record once, and its total stays right from then on."""
    client = make_client(450, ignored_filters=frozenset({"title"}))
    users = client.sandbox.directory.users
    for number, record in enumerate(list(users)):
        users.put({**record, "title": "Lead" if number < 150 or number % 3 == 0 else "Clerk"})
    client.sandbox.directory.revision += 1
    expected = [record["username"] for record in users if record["title"] == "Lead"]
    found, start = [], 1
    while len(found) < 1000:
        message = client.list("/Users", filter='title eq "lead"', startIndex=start, count=60)
        found += names(message)
        assert start == 1 or start > 150 - 60 or message["totalResults"] >= len(expected)
        if not message["Resources"]:
            break
        start += 60
    assert found == expected
    assert message["totalResults"] == len(expected)
    assert client.list("/Users", filter='title eq "lead"', count=1)["totalResults"] == len(expected)


@pytest.mark.parametrize("count", [0, 7, 1000])
@pytest.mark.parametrize("text", [None, 'userName sw "a"', "active eq true"])
def test_ignored_confinement(make_client, caller_of, text, count):
    """Where PingOne leaves out the populations of a client, it is told of its own people and of their number alone."""
    company = make_client(250, ignored_filters=frozenset({"population.id"}))
    client = caller_of(company, populations={"Partners"})
    more = {} if text is None else {"filter": text}
    own = set(company.users_in("Partners"))
    expected = [each["id"] for each in company.list("/Users", count=1000, **more)["Resources"] if each["id"] in own]
    for _again in range(2):
        message = client.list("/Users", count=count, **more)
        assert message["totalResults"] == len(expected)
        assert [each["id"] for each in message["Resources"]] == expected[:count]


def test_too_many_of_a_wider_answer(make_client):
    """An answer that would have to be read past the limit to be counted is tooMany, as any other."""
    client = make_client(450, ignored_filters=frozenset({"username"}), settings={"scan_limit": 200})
    assert client.fault("GET", '/Users?filter=userName sw "a"&count=0') == (400, "tooMany")


def test_ignored_memberships(make_client):
    """Where PingOne leaves out its filter on memberships, nobody is taken for a member: the answer is an error."""
    client = make_client(250, ignored_filters=frozenset({"memberOfGroups"}))
    group = client.group("Engineering")
    for method, path, body in (
        ("GET", f"/Groups/{group}", None),
        ("GET", "/Groups", None),
        ("GET", f'/Users?filter=groups.value eq "{group}"', None),
        ("GET", f'/Users?filter=not (groups.value eq "{group}")', None),
        ("PUT", f"/Groups/{group}", {"schemas": [GROUP], "displayName": "Engineering", "members": []}),
    ):
        answer = client.send(method, path, body)
        assert answer.status_code == 502, path
        assert not client.writes


@pytest.mark.parametrize("text", ['not (groups.value eq "{group}")', 'groups.value eq "{group}" or userName eq "x"'])
def test_ignored_memberships_of_a_few(make_client, text):
    """With fewer users than fill a page nobody is left out, or taken in, as a member that he is not."""
    client = make_client(50, ignored_filters=frozenset({"memberOfGroups"}))
    answer = client.send("GET", "/Users", query_string={"filter": text.format(group=client.group("Engineering"))})
    assert answer.status_code == 502


# -- the last page is the last -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("lie", LINKS)
def test_pages_without_links(make_client, lie):
    """A page that has lost its links is no last page: no list of users, groups or members ends there."""
    client = make_client(450)
    group = client.group("All Hands")
    paths = ("/Users?count=1000", "/Users?count=1000&cursor=", "/Users?filter=not (title pr)", f"/Groups/{group}")
    for path in (*paths, f'/Users?filter=groups.value eq "{group}"&count=1000'):
        for skip in (0, 1):
            client.sandbox.faults.clear()
            client.sandbox.faults.plan(lie, "GET", "/users", times=50, skip=skip)
            answer = client.send("GET", path)
            assert answer.status_code in (502, 503), (path, skip)


@pytest.mark.parametrize("lie", LINKS)
def test_put_under_pages_without_links(make_client, lie):
    """A PUT of a group removes who is not listed, or nobody and says so."""
    client = make_client(450)
    group = client.group("All Hands")
    held = client.members(group)
    assert len(held) > 200
    client.sandbox.faults.plan(lie, "GET", "/users", times=50)
    body = {"schemas": [GROUP], "displayName": "All Hands", "members": []}
    assert client.send("PUT", f"/Groups/{group}", body).status_code in (502, 503)
    assert client.members(group) == held
    client.sandbox.faults.clear()
    assert client.send("PUT", f"/Groups/{group}", body).status_code == 200
    assert client.members(group) == set()


@pytest.mark.parametrize("lie", LINKS)
@pytest.mark.parametrize("text", [None, "not (userName eq null)", "active pr", 'groups.value eq "{group}"'])
def test_a_walk_under_pages_without_links(make_client, lie, text):
    """Nor does a walk end at a page in its middle, whoever evaluates its filter."""
    client = make_client(900 if text and "group" in text else 450)
    more = {} if text is None else {"filter": text.format(group=client.group("All Hands"))}
    for start in (1, 101):
        client.list("/Users", startIndex=start, **more)
    client.sandbox.faults.plan(lie, "GET", "/users", times=50)
    asked = {"startIndex": 201, **more}
    assert client.send("GET", "/Users", query_string=asked).status_code in (502, 503)
    client.sandbox.faults.clear()
    assert client.list("/Users", **asked)["totalResults"] == 450


@pytest.mark.parametrize("lie", ["no_links", "links_list", "links_text", "links_null"])
def test_whole_pages_without_links(make_client, lie):
    """A page whose own count says that it is all needs no links."""
    client = make_client(30)
    client.sandbox.faults.plan(lie, "GET", "/users", times=50)
    assert client.list("/Users")["totalResults"] == 30


@pytest.mark.parametrize("switches", [{"count_ceiling": 10}, {}])
def test_numbers_are_no_proof(make_client, switches):
    """Pages with their links are believed, whether or not there is a count."""
    client = make_client(200, **switches)
    assert client.list("/Users", count=1000)["totalResults"] == 200


# -- every record is the one that was asked for ------------------------------------------------------------------------


@pytest.mark.parametrize("lie", [*IDS, "other_id"])
def test_another_id(client, lie):
    """An answer without id, or of another one, is an error to every verb, and nothing of it is given."""
    user, group = client.users_in("Partners")[0], client.group("Empty Room")
    population = client.population("Partners")
    member = {"op": "add", "path": "members", "value": [{"value": user}]}
    for kind, method, path, body in (
        ("users", "GET", f"/Users/{user}", None),
        ("users", "PATCH", f"/Users/{user}", {"Operations": [{"op": "replace", "path": "title", "value": "x"}]}),
        ("users", "PUT", f"/Users/{user}", {"userName": "other", "title": "y"}),
        ("groups", "GET", f"/Groups/{group}", None),
        ("groups", "PUT", f"/Groups/{group}", {"displayName": "Empty Room 2"}),
        (
            "groups",
            "PATCH",
            f"/Groups/{group}",
            {"Operations": [{"op": "replace", "path": "displayName", "value": "z"}]},
        ),
        ("memberOfGroups", "PATCH", f"/Groups/{group}", {"Operations": [member]}),
        ("populations", "GET", f"/Populations/{population}", None),
        ("populations", "PUT", f"/Populations/{population}", {"displayName": "Partners 2"}),
    ):
        client.sandbox.faults.clear()
        client.sandbox.faults.plan(lie, None, kind, times=50)
        answer = client.send(method, path, body)
        assert answer.status_code in (502, 503), (method, path, answer.text)
        assert OTHER_ID not in answer.text


@pytest.mark.parametrize("lie", IDS)
def test_create_without_id(client, lie):
    """A create whose answer has no id is no success, and is found again when it is sent again."""
    client.sandbox.faults.plan(lie, "POST", "/users", times=1)
    made = client.send("POST", "/Users", {"userName": "new"})
    assert made.status_code in (201, 503)
    client.sandbox.faults.clear()
    assert client.list("/Users", filter='userName eq "new"')["totalResults"] == 1


@pytest.mark.parametrize("lie", [*IDS, "twice"])
def test_lists_without_ids(client, lie):
    """A list with a record that has no id, or the id of another one, is an error."""
    user = client.users_in("Partners")[0]
    for kind, path in (
        ("/users", "/Users"),
        ("/users", '/Users?filter=userName sw "a"'),
        ("/users", f"/Groups/{client.group('Engineering')}"),
        ("/groups", "/Groups?excludedAttributes=members"),
        ("/populations", "/Populations"),
        ("/memberOfGroups", f'/Groups?filter=members.value eq "{user}"&excludedAttributes=members'),
    ):
        client.sandbox.faults.clear()
        client.sandbox.faults.plan(lie, "GET", kind, times=50)
        if lie == "twice" and kind == "/memberOfGroups":
            continue  # who is in one group has it first and last
        assert client.send("GET", path).status_code in (502, 503), path


def test_membership_of_another_group(client):
    """A membership that comes with another group than its own is an error."""
    user = next(iter(client.members(client.group("Engineering"))))
    client.sandbox.faults.plan("other_id", "GET", "/memberOfGroups", times=50)
    assert client.send("GET", f'/Groups?filter=members.value eq "{user}"').status_code in (502, 503)


# -- what a PUT carries ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("switches", [{}, {"read_only_in_put": "ignore"}, {"added_field": "read_only"}])
def test_a_field_of_tomorrow(make_client, switches):
    """A field that no document has survives changes of groups and populations, be it PingOne's own or not."""
    client = make_client(30, **switches)
    directory = client.sandbox.directory
    for table, path, key in (
        (directory.groups, "/Groups", client.group("Empty Room")),
        (directory.populations, "/Populations", client.population("Partners")),
    ):
        table.put({**table.get(key), ADDED: {"kept": [1, None]}})
        client.good("PUT", f"{path}/{key}", {"displayName": "New Name"})
        assert table.get(key)[ADDED] == {"kept": [1, None]}
        answer = client.patch(f"{path}/{key}", {"op": "replace", "path": "displayName", "value": "Newer Name"})
        assert answer.status_code in (200, 204)
        assert table.get(key)[ADDED] == {"kept": [1, None]}
        assert table.get(key)["name"] == "Newer Name"


# -- letters ---------------------------------------------------------------------------------------------------------

WORDS = (
    *("strasse", "STRASSE", "straße", "STRAẞE", "\ufb01n", "fin", "\u017fet", "set", "\u212aarl", "karl", "İda", "ida"),
    *("\u0131da", "IDA", "ΟΔΟΣ", "οδος", "οδοσ", "École", "éCOLE", "ecole", "\u01c5a", "\u01c6a", "Łuk", "łUK"),
)


@pytest.mark.parametrize("op", ["eq", "sw"])
def test_letters_fold_alike(make_client, op):
    """What equals what without case is the same, whether PingOne is asked or every record is read."""
    client = make_client(30)
    users = rename(client, title=WORDS)
    for word in WORDS:
        asked = client.list("/Users", filter=f'title {op} "{word}"', attributes="id")
        pushed = any("title" in entry.query for entry in client.sandbox.journal.entries)
        local = client.list("/Users", filter=f'not (not (title {op} "{word}"))', attributes="id")
        assert asked["Resources"] == local["Resources"], word
        assert users[WORDS.index(word)] in [each["id"] for each in asked["Resources"]]
        assert pushed or set(word) & set("Σσς"), word
