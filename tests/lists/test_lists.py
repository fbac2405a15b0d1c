"""Lists: every record exactly once, exact totals and filters, and what each window costs."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scimbridge.resources.tables import read_tables
from scimbridge.scim.filtering.matching import compile_filter
from scimbridge.scim.filtering.trees import parse
from scimbridge.settings.declared import default_mappings

URN = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
PAGE = 100


def ids(message):
    return [resource["id"] for resource in message["Resources"]]


def everyone(client):
    return [record["id"] for record in client.sandbox.directory.users]


def walk(client, path="/Users", *, step, **more):
    """Walk by startIndex as clients do: until the total is reached or nothing comes."""
    found, totals, calls = [], [], []
    start = 1
    while True:
        message = client.list(path, startIndex=start, count=step, attributes="id", **more)
        totals.append(message["totalResults"])
        calls.append(len(client.calls))
        found += ids(message)
        assert message["itemsPerPage"] == len(message["Resources"])
        assert message["startIndex"] == start
        start += step
        if not message["Resources"] or start > message["totalResults"]:
            return found, totals, calls


def follow(client, path="/Users", **parameters):
    """Walk by cursor to the end."""
    found, cursor = [], ""
    while True:
        message = client.list(path, cursor=cursor, attributes="id", **parameters)
        found += ids(message)
        if "nextCursor" not in message:
            return found
        cursor = message["nextCursor"]


def touched(total, step, page=PAGE):
    """Return how many PingOne pages each window of a walk touches."""
    last = (total - 1) // page
    return [min((start + step - 1) // page, last) - start // page + 1 for start in range(0, total, step)]


# -- walks by index --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [100, 25, 7, 33, 1000])
def test_walk(make_client, step):
    """1,050 users by any step: every id exactly once, the total always right, one call for each page touched."""
    client = make_client(1050)
    found, totals, calls = walk(client, step=step)
    assert found == everyone(client)
    assert set(totals) == {1050}
    assert calls == touched(1050, step)


def test_walk_without_count(make_client):
    """Where PingOne does not say how many there are, the first window counts them and the rest knows."""
    client = make_client(1050, count_ceiling=100)
    found, totals, calls = walk(client, step=100)
    assert found == everyone(client)
    assert set(totals) == {1050}
    assert calls == [11, *[1] * 10]


@pytest.mark.parametrize("switches", [{"page_ceiling": 100}, {"page_ceiling": 1000}, {"page_step": 50}])
def test_page_ceilings(make_client, switches):
    """Whatever PingOne makes of the page size, every id comes exactly once."""
    client = make_client(450, settings={"page_size": 300}, **switches)
    for step in (100, 70, 1000):
        found, totals, _calls = walk(client, step=step)
        assert found == everyone(client)
        assert set(totals) == {450}


def test_windows(client):
    """Zero, negative, missing, too large and far: each window is what RFC 7644 §3.4.2.4 says."""
    all_ids = everyone(client)
    for parameters, expected in (
        ({"count": 0}, []), ({"count": -5}, []), ({}, all_ids[:100]), ({"count": 5000}, all_ids),
        ({"startIndex": 0, "count": 2}, all_ids[:2]), ({"startIndex": -9, "count": 2}, all_ids[:2]),
        ({"startIndex": 251}, []), ({"startIndex": 10**15, "count": 5}, []), ({"startIndex": 250}, all_ids[249:]),
        ({"startIndex": 245, "count": 3}, all_ids[244:247]), ({"startIndex": 500, "count": 0}, []),
    ):  # fmt: skip
        message = client.list("/Users", **parameters)
        assert ids(message) == expected, parameters
        assert message["totalResults"] == 250


def test_deep_start(make_client):
    """A window deep inside costs the pages before it once; the one behind it then costs one call."""
    client = make_client(1050)
    assert ids(client.list("/Users", startIndex=901, count=100)) == everyone(client)[900:1000]
    assert len(client.calls) == 10
    assert ids(client.list("/Users", startIndex=1001, count=100)) == everyone(client)[1000:]
    assert len(client.calls) == 1


def test_repeated_window(client):
    """The same window asked again is the same records."""
    first = [ids(client.list("/Users", startIndex=start, count=30)) for start in (1, 31, 61)]
    assert [ids(client.list("/Users", startIndex=start, count=30)) for start in (1, 31, 61)] == first
    assert ids(client.list("/Users", startIndex=61, count=30)) == first[2]


# -- while the directory changes -------------------------------------------------------------------------------------


def delete(client, user):
    with client.sandbox.directory.lock:
        client.sandbox.directory.users.drop(user)
        client.sandbox.directory.edges.drop_member("users", user)
        client.sandbox.directory.revision += 1


def insert(client, name):
    record = dict(next(iter(client.sandbox.directory.users)))
    number = random.Random(name).getrandbits(128)
    record |= {"id": f"{number:032x}", "username": name}
    text = record["id"]
    record["id"] = f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"
    with client.sandbox.directory.lock:
        client.sandbox.directory.users.add(record)
        client.sandbox.directory.revision += 1


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_changes_during_a_walk_lose_nothing(make_client, data):
    """Who was there all the time is seen exactly once, whatever is deleted and added between two windows."""
    client = make_client(230)
    start, rest = set(everyone(client)), everyone(client)
    text = data.draw(st.sampled_from([None, "active eq true", 'title pr or userName sw "a"']))
    more = {} if text is None else {"filter": text}
    wanted = set(walk(client, step=1000, **more)[0])
    gone: set[str] = set()
    found: list[str] = []
    while True:
        count = data.draw(st.integers(15, 120))
        message = client.list("/Users", startIndex=len(found) + 1, count=count, **more)
        found += ids(message)
        if len(message["Resources"]) < count:
            break
        for user in data.draw(st.lists(st.sampled_from(rest), max_size=30, unique=True)):
            if user not in gone:
                delete(client, user)
                gone.add(user)
        for _ in range(data.draw(st.integers(0, 5))):
            insert(client, f"new{len(found)}-{data.draw(st.integers(0, 10**9))}-{random.random()}")
        if data.draw(st.integers(0, 4)) == 0:
            client.sandbox.revoke_tokens()
    stayed = wanted - gone
    assert stayed <= set(found)
    assert [user for user in found if user in stayed and found.count(user) > 1] == []
    assert set(found) & start <= wanted


@pytest.mark.parametrize("step", [100, 30])
def test_delete_what_is_listed(make_client, step):
    """A job that deletes each page before it asks for the next one deletes everybody."""
    client = make_client(250)
    start = 1
    while True:
        page = ids(client.list("/Users", startIndex=start, count=step))
        for user in page:
            client.send("DELETE", f"/Users/{user}")
        start += step
        if not page:
            break
    assert everyone(client) == []


def test_dead_cursors(make_client, clock):
    """A walk by index goes on where it was, also after the token is renewed or PingOne forgets its cursors."""
    client = make_client(450)
    found = []
    for start in range(1, 451, 40):
        found += ids(client.list("/Users", startIndex=start, count=40))
        client.sandbox.revoke_tokens()
    assert found == everyone(client)
    assert client.tokens > 5


def test_all_passed_records_are_gone(make_client):
    """Where none of the passed records is there any more and the cursor is dead, the rest is not lost."""
    client = make_client(350)
    first = ids(client.list("/Users", count=150))
    for user in first:
        delete(client, user)
    client.sandbox.revoke_tokens()
    assert ids(client.list("/Users", startIndex=151, count=1000)) == everyone(client)


def test_cursor_lifetime_of_pingone(make_client):
    """Cursors that die within one window are an error that may be repeated, not a short list."""
    client = make_client(450, cursor_lifetime=0.0)
    answer = client.send("GET", "/Users?count=1000")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert client.fault("GET", "/Users?count=1000&cursor=")[0] == 503


def test_fault_on_a_page(make_client):
    """A page that cannot be read is an error, never a short list."""
    client = make_client(1050)
    for kind in ("error", "drop_before", "cut"):
        client.sandbox.faults.plan(kind, "GET", "/users", times=50, skip=6)
        answer = client.send("GET", "/Users?count=1000")
        assert answer.status_code == 503, kind
        assert "Resources" not in answer.json
        client.sandbox.faults.clear()


def test_short_trouble_is_not_seen(make_client, clock):
    """A page that fails once is asked for again, and the list is whole."""
    client = make_client(350)
    for kind in ("error", "drop_before", "cut", "throttled"):
        client.sandbox.faults.plan(kind, "GET", "/users", times=1, skip=2)
        assert ids(client.list("/Users", count=1000)) == everyone(client), kind


# -- cursors (RFC 9865) ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [100, 33, 7, 1000])
def test_cursor_walk(client, count):
    """A walk by cursor sees everybody exactly once, and its last page has no nextCursor."""
    assert follow(client, count=count) == everyone(client)
    message = client.list("/Users", cursor="", count=count)
    assert message["totalResults"] == 250
    assert "startIndex" not in message
    assert ("nextCursor" in message) is (count < 250)


@pytest.mark.parametrize("text", ["active eq true", 'title eq "Lead"', 'userName sw "a" and not (title pr)'])
def test_cursor_walk_with_filter(client, text):
    """The same holds under a filter, pushed down or not."""
    assert follow(client, count=9, filter=text) == walk(client, step=1000, filter=text)[0]


def test_cursor_walk_while_users_go(client):
    """Deletes and inserts between pages lose nobody who was there all the time."""
    start, found, cursor = everyone(client), [], ""
    while True:
        message = client.list("/Users", cursor=cursor, count=40)
        found += ids(message)
        for user in found[-5:-2]:
            if user in everyone(client):
                delete(client, user)
        insert(client, f"n{len(found)}")
        cursor = message.get("nextCursor")
        if cursor is None:
            break
    assert [user for user in found if user in start] == start


def test_no_cursor_without_next(client):
    """count=0 tells the total and opens no walk; exactly the last page ends it."""
    assert "nextCursor" not in client.list("/Users", cursor="", count=0)
    message = client.list("/Users", cursor="", count=250)
    assert len(message["Resources"]) == 250
    assert "nextCursor" not in message


def test_cursor_of_another_query(client, make_client):
    """A cursor goes with its query: another filter, projection or type is invalidCursor, and so is a bent one."""
    cursor = client.list("/Users", cursor="", count=10)["nextCursor"]
    bent = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")
    for path, parameters in (
        ("/Users", {"filter": "active eq true"}), ("/Users", {"attributes": "id"}),
        ("/Users", {"excludedAttributes": "title"}), ("/Groups", {}),
    ):  # fmt: skip
        query = {"cursor": cursor, "count": 10, **parameters}
        assert client.fault("GET", path, query_string=query) == (400, "invalidCursor")
    for wrong in (bent, "x", "0", "ü", "A" * 20_000, "%00"):
        answer = client.fault("GET", "/Users", query_string={"cursor": wrong, "count": 10})
        assert answer == (400, "invalidCursor")
    other = make_client()
    assert other.fault("GET", "/Users", query_string={"cursor": cursor, "count": 10}) == (400, "invalidCursor")
    assert len(client.list("/Users", cursor=cursor, count=20)["Resources"]) == 20


def test_expired_cursor(client, clock):
    """A cursor past its time, or whose PingOne cursor is dead, is expiredCursor."""
    cursor = client.list("/Users", cursor="", count=100)["nextCursor"]
    client.sandbox.revoke_tokens()
    assert client.fault("GET", "/Users", query_string={"cursor": cursor, "count": 100}) == (400, "expiredCursor")
    cursor = client.list("/Users", cursor="", count=100)["nextCursor"]
    clock.offset += 601
    assert client.fault("GET", "/Users", query_string={"cursor": cursor, "count": 100}) == (400, "expiredCursor")


def test_wrong_counts(client):
    """A count that is no number is invalidCount with a cursor and invalidValue without."""
    assert client.fault("GET", "/Users?cursor=&count=x") == (400, "invalidCount")
    assert client.fault("GET", "/Users?count=1.5") == (400, "invalidValue")
    assert client.fault("GET", "/Users?startIndex=one") == (400, "invalidValue")


# -- filters -----------------------------------------------------------------------------------------------------------

FILTERS = [
    'userName eq "{username}"', 'username EQ "{UPPER}"', 'userName sw "a"', 'userName co "er"', 'userName ew "7"',
    'not (userName sw "a")', "active eq false", 'active eq "False"', "title pr", "not (title pr)", 'title ne "Lead"',
    'title eq "lead" or title eq "ANALYST"', 'emails.value ew "7@example.com"', 'emails[type eq "work"].value sw "A"',
    'emails[type eq "work" and value co "er"]', 'name.familyName co "O\'N"', 'name.familyName sw "ó"',
    'externalId eq "hr-000007"', 'externalId eq "HR-000007"', 'externalId sw "hr-00000"',
    'addresses.country eq "DE" and title pr', 'addresses[type eq "work" and locality eq "Berlin"]',
    'phoneNumbers[type eq "mobile"] and active eq true', "photos pr", f"{URN}:accountId pr",
    f'{URN}:population.id eq "{{population}}"', f"{URN}:mfaEnabled eq true", 'meta.created gt "2024-01-01T10:00:00Z"',
    'meta.lastModified ge "2024-01-01T11:00:00+02:00" and meta.lastModified lt "2024-01-01T10:30:00Z"',
    'groups.value eq "{group}"', 'not (groups.value eq "{group}")', 'groups.value eq "{group}" or title eq "Lead"',
    'groups[value eq "{group}"] and groups.value eq "{other}"', 'groups.value eq "{group}" and userName sw "a"',
    'groups.value eq "{group}" and not (groups.value eq "{other}")', 'id eq "{id}"', 'id eq "{id}" and active eq true',
    'not (id eq "{id}")', 'id eq "{id}" or id eq "{id2}"', 'id eq "nobody"', 'displayName co "a"', "nickName eq null",
]  # fmt: skip


def filled(client, text):
    records = [record for record in client.sandbox.directory.users if "externalId" in record]
    username = records[5]["username"]
    return text.format(
        username=username, UPPER=username.upper(), population=client.population("Partners"),
        group=client.group("Engineering"), other=client.group("All Hands"), id=records[3]["id"], id2=records[9]["id"],
    )  # fmt: skip


@pytest.fixture
def make_searched(make_client):
    """Make clients whose sandbox gets its switches after the company is there, which a narrow one could not hold."""

    def make(**switches):
        client = make_client(120)
        client.sandbox.directory.switches = replace(client.sandbox.directory.switches, **switches)
        return client

    return make


@pytest.mark.parametrize("switches", [{}, {"case_sensitive_filters": True}, {"narrow_filters": True}], ids=str)
def test_filters(make_searched, switches):
    """Every filter gives in windows of any size what it holds for, under each reading of PingOne's filters."""
    client = make_searched(**switches)
    table = read_tables(default_mappings(), timedelta(0))["User"]
    whole = [client.good("GET", f"/Users/{user}") for user in everyone(client)]
    for pattern in FILTERS:
        text = filled(client, pattern)
        keeps = compile_filter(parse(text), table.type)
        expected = [resource["id"] for resource in whole if keeps(resource)]
        for step in (11, 60, 1000):
            found, totals, _calls = walk(client, step=step, filter=text)
            assert found == expected, text
            assert set(totals) == {len(expected)}, text


def test_filters_against_records(client):
    """What the filters give is what the records say."""
    records = list(client.sandbox.directory.users)
    group, other = client.members(client.group("Engineering")), client.members(client.group("All Hands"))
    nested = client.members(client.group("Platform Team"))
    for text, keeps in (
        ('title eq "lead"', lambda user: user.get("title") == "Lead"),
        ('title ne "Lead"', lambda user: user.get("title") != "Lead"),
        ("not (title pr)", lambda user: "title" not in user),
        ('userName co "ER"', lambda user: "er" in user["username"]),
        ("active eq false", lambda user: not user["enabled"]),
        ('externalId eq "HR-000007"', lambda user: False),
        ('addresses.country eq "DE" and title pr',
         lambda user: user.get("address", {}).get("countryCode") == "DE" and "title" in user),
        ('groups.value eq "{group}"', lambda user: user["id"] in group | nested),
        ('not (groups.value eq "{group}")', lambda user: user["id"] not in group | nested),
        ('groups.value eq "{group}" and groups.value eq "{other}"',
         lambda user: user["id"] in (group | nested) & other),
        ('groups.value eq "{group}" or title eq "Lead"',
         lambda user: user["id"] in group | nested or user.get("title") == "Lead"),
        ('meta.created gt "2024-01-01T10:00:00Z"', lambda user: user["createdAt"] > "2024-01-01T10:00:00.000Z"),
    ):  # fmt: skip
        expected = [user["id"] for user in records if keeps(user)]
        found, totals, _calls = walk(client, step=1000, filter=filled(client, text))
        assert found == expected, text
        assert totals == [len(expected)]


def test_what_is_learnt_meanwhile(make_client, clock):
    """Where PingOne's way with case is learnt in the middle of a walk, the walk stays right."""
    client = make_client(350, case_sensitive_filters=False)
    for record in list(client.sandbox.directory.users):
        plain = {name: value for name, value in record.items() if name != "title"}
        client.sandbox.directory.users.put(plain)
    titled = everyone(client)[150:340]
    for user in titled:
        record = client.sandbox.directory.users.get(user)
        client.sandbox.directory.users.put({**record, "title": "Lead" if record["username"] < "k" else "Boss"})
    client.sandbox.directory.revision += 1
    expected = [user for user in titled if client.sandbox.directory.users.get(user)["title"] == "Lead"]
    found = ids(client.list("/Users", filter='title eq "lead"', startIndex=1, count=40))
    cursor = client.list("/Users", filter='title eq "lead"', cursor="", count=40)["nextCursor"]
    first = client.sandbox.directory.users.get(everyone(client)[0])
    client.sandbox.directory.users.put({**first, "title": "Clerk"})
    client.sandbox.directory.revision += 1
    clock.offset += 61
    found += ids(client.list("/Users", filter='title eq "lead"', startIndex=41, count=40))
    assert client.sandbox.journal.entries[-1].query.find("title") > 0
    found += ids(client.list("/Users", filter='title eq "lead"', startIndex=81, count=1000))
    assert found == expected
    query = {"filter": 'title eq "lead"', "cursor": cursor, "count": 40}
    assert client.fault("GET", "/Users", query_string=query) == (400, "expiredCursor")


@pytest.mark.parametrize("text", [
    'favourite eq "x"', "active gt true", "userName", "userName eq", 'userName foo "x"', "(title pr", 'password eq "x"',
    'title eq "a" title eq "b"', 'meta.created gt "yesterday"', 'groups.value sw "x"', "groups pr", "title gt 5",
])  # fmt: skip
def test_wrong_filters(client, text):
    """A filter that is wrong is invalidFilter, and PingOne is not asked."""
    assert client.fault("GET", "/Users", query_string={"filter": text}) == (400, "invalidFilter")
    assert client.calls == []


def test_too_many(make_client):
    """A filter that would read more than the limit is tooMany; what PingOne answers itself is not held to it."""
    client = make_client(450, settings={"scan_limit": 200})
    assert client.fault("GET", "/Users?filter=not (title pr)") == (400, "tooMany")
    assert client.fault("GET", "/Users?filter=not (title pr)&cursor=&count=1000") == (400, "tooMany")
    assert len(client.list("/Users", count=1000)["Resources"]) == 450
    assert client.list("/Users", filter='userName sw "a"', count=1000)["totalResults"] > 0


def test_link_filter_reads_each_page_once(make_client):
    """The members of a large group come page by page, without the group being read whole for each window."""
    client = make_client(1050)
    asked = f'groups.value eq "{client.group("All Hands")}"'
    client.list("/Users", filter=asked)  # once in a day: whether PingOne minds the filter
    assert len(client.calls) == 2
    found, totals, calls = walk(client, step=100, filter=asked)
    assert len(found) == 525
    assert set(found) == client.members(client.group("All Hands"))
    assert set(totals) == {525}
    assert calls == [1] * 6


# -- groups and everything -------------------------------------------------------------------------------------------


def test_groups_with_members(client):
    """A list of groups has the members of each."""
    found = client.list("/Groups")["Resources"]
    for group in found:
        one = client.good("GET", f"/Groups/{group['id']}")
        assert {each["value"] for each in group.get("members", [])} == {
            each["value"] for each in one.get("members", [])
        }
        assert group["meta"]["location"] == one["meta"]["location"]
    assert any(member["type"] == "Group" for group in found for member in group.get("members", []))


def test_groups_by_member(client):
    """`members.value` finds the groups of a user or group: direct, nested, negated and or-ed."""
    inner, outer = client.group("Platform Team"), client.group("Engineering")
    user = next(iter(client.members(inner) - client.members(client.group("All Hands"))))
    groups = {each["id"]: each for each in client.list("/Groups")["Resources"]}
    holding = {key for key, each in groups.items() if user in {member["value"] for member in each.get("members", [])}}
    assert {inner, outer} <= holding
    for text, expected in (
        (f'members.value eq "{user}"', holding),
        (f'members[value eq "{user}"]', holding),
        (f'members eq "{user}"', holding),
        (f'not (members.value eq "{user}")', set(groups) - holding),
        (f'members.value eq "{user}" or displayName eq "empty room"', holding | {client.group("Empty Room")}),
        (f'members.value eq "{user}" and displayName eq "engineering"', {outer}),
        (f'members.value eq "{inner}"', {outer}),
        ('members.value eq "nobody"', set()),
        (f'id eq "{inner}" and members.value eq "{user}"', {inner}),
        (f'id eq "{client.group("Empty Room")}" and members.value eq "{user}"', set()),
    ):
        for excluded in ("members", ""):
            message = client.list("/Groups", filter=text, excludedAttributes=excluded)
            assert set(ids(message)) == expected, text
            assert message["totalResults"] == len(expected)


def test_groups_that_take_too_long(make_client):
    """Members that cannot be read within the time are refused before the first call for them."""
    client = make_client(settings={"pingone_rate": 1.0, "request_deadline": 5.0})
    assert client.fault("GET", "/Groups") == (400, "tooMany")
    assert "excludedAttributes=members" in client.detail("GET", "/Groups")
    assert client.calls == ["GET /groups"]


def test_search(client):
    """POST /.search asks what the URL would ask."""
    urn = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
    body = {"schemas": [urn], "filter": 'userName sw "a"', "startIndex": 3, "count": 4, "attributes": ["userName"]}
    found = client.good("POST", "/Users/.search", body)
    assert found == client.list("/Users", filter='userName sw "a"', startIndex=3, count=4, attributes="userName")
    first = client.good("POST", "/Users/.search", {"schemas": [urn], "cursor": "", "count": 100})
    rest = client.good("POST", "/Users/.search", {"schemas": [urn], "cursor": first["nextCursor"], "count": 100})
    assert ids(first) + ids(rest) == everyone(client)[:200]


def test_root(client):
    """A query at the root goes over all types, one after the other, and through them by index."""
    users, groups = everyone(client), [record["id"] for record in client.sandbox.directory.groups]
    populations = [record["id"] for record in client.sandbox.directory.populations]
    found = []
    for start in range(1, 270, 60):
        message = client.list("/", startIndex=start, count=60, attributes="id")
        assert message["totalResults"] == len(users) + len(groups) + len(populations)
        found += ids(message)
    assert found == users + groups + populations
    urn = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
    assert ids(client.good("POST", "/.search", {"schemas": [urn], "startIndex": 249, "count": 5})) == (
        users[248:] + groups[:3]
    )
    by_type = client.list("/", filter='meta.resourceType eq "Group"')
    assert by_type["totalResults"] == len(groups)
    assert client.list("/", filter='displayName eq "Engineering"', attributes="id")["totalResults"] == 1
    assert client.fault("GET", "/?cursor=") == (400, "invalidCursor")
    assert client.fault("GET", "/", query_string={"filter": 'nothing eq "x"'}) == (400, "invalidFilter")
