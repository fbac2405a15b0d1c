"""A group's userFilter reads around nothing: its author writes, and is shown, what it may see of users."""

from __future__ import annotations

import pytest

from scimbridge.access.caller import SCOPES

URN = "urn:pingidentity:schemas:extension:2.0:PingOneGroup"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
GROUPS_ONLY = {"groups:read", "groups:write"}
HIDDEN = (("User", ("phoneNumbers", "title")),)


@pytest.fixture
def client(make_client):
    return make_client(20)


@pytest.fixture
def group(client):
    """A group of the environment, as an administrator made it in PingOne's console."""
    return client.good("POST", "/Groups", {"displayName": "Found by filter"})["id"]


def keep(client, group, text):
    """Let PingOne hold a filter that was not written through the bridge."""
    groups = client.sandbox.directory.groups
    record = {name: value for name, value in groups.get(group).items() if name != "userFilter"}
    groups.put(record if text is None else {**record, "userFilter": text})


def kept(client, group):
    """Return the filter that PingOne holds."""
    return client.sandbox.directory.groups.get(group).get("userFilter")


def writes(group, text):
    """Return all the ways in which a filter can come."""
    whole = {"displayName": "Written", URN: {"userFilter": text}}
    operations = [
        {"op": "replace", "path": f"{URN}:userFilter", "value": text},
        {"op": "add", "value": {URN: {"userFilter": text}}},
        {"op": "replace", "path": URN, "value": {"userFilter": text}},
    ]
    path = f"/Groups/{group}"
    return [
        ("POST", "/Groups", whole),
        ("PUT", path, whole),
        *(("PATCH", path, {"schemas": [PATCH], "Operations": [each]}) for each in operations),
    ]


def refused(client, group, text):
    """Return the sentences with which a filter is refused in every way, by itself and in bulk; nothing is written."""
    told = []
    for method, path, body in writes(group, text):
        answer = client.send(method, path, body)
        assert answer.status_code >= 400, (method, text)
        assert client.writes == []
        told.append((answer.status_code, answer.json.get("scimType"), answer.json["detail"]))
        whole = {"method": method, "path": path, "data": body, "bulkId": "b"}
        (found,) = client.good("POST", "/Bulk", {"schemas": [BULK], "Operations": [whole]})["Operations"]
        assert found["status"] == str(answer.status_code)
        assert client.writes == []
    return told


def test_it_needs_the_right_to_read_users(client, caller_of, group, held):
    """Who may not read users may not find out by a filter what they hold; to take one away needs no such right."""
    limited = caller_of(client, scopes=GROUPS_ONLY)
    before = held(client)
    for status, _type, detail in refused(limited, group, 'mobilePhone sw "+1"'):
        assert status == 403
        assert "users:read" in detail
    assert held(client) == before
    keep(client, group, 'username eq "a"')
    limited.good("PATCH", f"/Groups/{group}", {"schemas": [PATCH], "Operations": [
        {"op": "remove", "path": f"{URN}:userFilter"},
    ]})  # fmt: skip
    assert kept(client, group) is None


def test_an_echo_needs_no_right(client, caller_of, group):
    """A client that may only change groups sends back what it was given, and changes something else."""
    keep(client, group, 'username eq "a"')
    limited = caller_of(client, scopes=GROUPS_ONLY)
    shown = limited.good("GET", f"/Groups/{group}")
    limited.good("PUT", f"/Groups/{group}", {**shown, "displayName": "Renamed"})
    assert kept(client, group) == 'username eq "a"'
    assert client.sandbox.directory.groups.get(group)["name"] == "Renamed"


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ('unheardOf eq "x"', "username"),
        ('userName eq "x"', "'username'"),
        ('name.familyName sw "x"', "'name.family'"),
        ('emails.value eq "x"', "'email'"),
        ('emails[type eq "work"].value eq "x"', "'email'"),
        ('usernam eq "x"', "'username'"),
        ('password.value eq "x"', "username"),
        ('password eq "x"', "username"),
        ('username eq "x" or unheardOf eq "y"', "username"),
        ('username eq "x" and (email eq "y" or unheardOf sw "z")', "username"),
        ('not (unheardOf eq "x")', "username"),
        ("unheardOf pr", "username"),
        ('memberOfGroups[id eq "x"]', "username"),
        ('urn:ietf:params:scim:schemas:core:2.0:User:userName eq "x"', "'username'"),
        ("username eq", "as in: address.locality"),
        ("username", "as in: address.locality"),
        ('username eq "x', "as in: address.locality"),
        ('(username eq "x"', "as in: address.locality"),
    ],
)
def test_what_is_no_attribute(client, group, text, right):
    """A filter that does not parse, or names what is not there, is 400 invalidValue and says what would be right."""
    for status, scim_type, detail in refused(client, group, text):
        assert (status, scim_type) == (400, "invalidValue")
        assert detail.startswith("userFilter: ")
        assert right in detail


@pytest.mark.parametrize("text", ['mobilePhone sw "+4"', 'username sw "a" and title eq "Lead"', 'TITLE eq "x"'])
def test_hidden_attributes(client, caller_of, group, text):
    """What is hidden from a client is no attribute for it, in the words of one that nobody has."""
    limited = caller_of(client, hidden=HIDDEN)
    for status, scim_type, detail in refused(limited, group, text):
        assert (status, scim_type) == (400, "invalidValue")
        assert "mobilePhone" not in detail.partition("; ")[2]
        assert "title" not in detail.partition("; ")[2]
    limited.good("PATCH", f"/Groups/{group}", {"schemas": [PATCH], "Operations": [
        {"op": "add", "path": f"{URN}:userFilter", "value": 'address.locality eq "Leeds"'},
    ]})  # fmt: skip
    assert kept(client, group) == 'address.locality eq "Leeds"'


def test_disabled_attributes(make_client, tmp_path):
    """What `disable` takes out of the table of users, or no row names, is no attribute of a filter either."""
    (tmp_path / "users.toml").write_text('extends = "shipped"\nresource = "User"\ndisable = ["nickName"]\n')
    (tmp_path / "groups.toml").write_text('extends = "shipped"\nresource = "Group"\n')
    client = make_client(5, settings={"mappings": tmp_path})
    group = client.good("POST", "/Groups", {"displayName": "G"})["id"]
    assert {status for status, *_ in refused(client, group, 'nickname eq "x"')} == {400}
    assert {status for status, *_ in refused(client, group, 'costCentre eq "x"')} == {400}


# -- clients that are confined to populations --------------------------------------------------------------------------


@pytest.fixture
def confined(client, caller_of):
    return caller_of(client, populations={"Partners"})


def test_populations_go_along(client, confined):
    """PingOne gets the client's populations as a conjunct; the client reads what it wrote, and sends it back."""
    partners = client.population("Partners")
    text = 'title eq "Lead" or title eq "Head"'
    made = confined.good("POST", "/Groups", {"displayName": "Leads", URN: {"userFilter": text}})
    wrapped = f'({text}) and population.id eq "{partners}"'
    assert made[URN]["userFilter"] == text
    assert kept(client, made["id"]) == wrapped
    path = f"/Groups/{made['id']}"
    shown = confined.good("GET", path)
    assert shown[URN]["userFilter"] == text
    for name in ("Once", "Twice"):
        confined.good("PUT", path, {**shown, "displayName": name})
        assert kept(client, made["id"]) == wrapped
    (listed,) = confined.list("/Groups", filter='displayName eq "Twice"')["Resources"]
    assert listed[URN]["userFilter"] == text
    confined.good("PUT", path, shown)
    confined.good("PUT", path, shown)
    assert confined.writes == []
    for method, where, body in writes(made["id"], 'title sw "L"')[1:]:
        confined.good(method, where, body)
        assert kept(client, made["id"]) == f'(title sw "L") and population.id eq "{partners}"'


def test_several_populations(client, caller_of):
    """Of several populations one has to hold; a client confined to some of them is shown the filter without."""
    both = caller_of(client, populations={"Partners", "Employees"})
    partners = client.population("Partners")
    own = {"id": partners}
    made = both.good(
        "POST", "/Groups", {"displayName": "Both", URN: {"userFilter": "enabled eq true", "population": own}}
    )
    ids = sorted([partners, client.population("Employees")])
    condition = " or ".join(f'population.id eq "{each}"' for each in ids)
    assert kept(client, made["id"]) == f"(enabled eq true) and ({condition})"
    one = caller_of(client, populations={"Partners"})
    assert one.good("GET", f"/Groups/{made['id']}")[URN]["userFilter"] == "enabled eq true"
    assert client.good("GET", f"/Groups/{made['id']}")[URN]["userFilter"] == kept(client, made["id"])


def test_its_own_populations_in_its_filter(client, confined):
    """A client that names its own population reads back what it wrote, however often it is sent."""
    text = f'title eq "Lead" and population.id eq "{client.population("Partners")}"'
    made = confined.good("POST", "/Groups", {"displayName": "Leads", URN: {"userFilter": text}})
    shown = confined.good("GET", f"/Groups/{made['id']}")
    assert shown[URN]["userFilter"] == text
    confined.good("PUT", f"/Groups/{made['id']}", shown)
    assert confined.writes == []


def test_other_populations(client, confined):
    """A population outside is not there, also for a filter."""
    text = f'population.id eq "{client.population("Employees")}"'
    made = confined.good("POST", "/Groups", {"displayName": "Mine"})
    for status, scim_type, detail in refused(confined, made["id"], text):
        assert (status, scim_type) == (400, "invalidValue")
        assert "no such population" in detail


def test_a_filter_of_somebody_in_another_form(client, confined):
    """Where PingOne writes the filter in its own way, the client is still shown its part, and echoes it."""
    partners = client.population("Partners")
    made = confined.good("POST", "/Groups", {"displayName": "Leads"})
    path = f"/Groups/{made['id']}"
    text = f'title eq "Lead" AND enabled eq true AND population.id eq "{partners}"'
    keep(client, made["id"], text)
    shown = confined.good("GET", path)
    assert shown[URN]["userFilter"] == 'title eq "Lead" and enabled eq true'
    confined.good("PUT", path, {**shown, "displayName": "Renamed"})
    assert kept(client, made["id"]) == text


# -- filters of others -------------------------------------------------------------------------------------------------


FOREIGN = ['mobilePhone eq "+4917012345"', 'costCentre eq "K-17"', 'username eq "a" and title eq "Lead"']


@pytest.mark.parametrize("text", FOREIGN)
def test_what_names_the_hidden_is_not_shown(client, caller_of, group, text):
    """A filter that names what a client may not see is in no answer and no search, and stays through its changes."""
    client.sandbox.directory.schema.add_custom(
        {"name": "costCentre", "type": "STRING", "enabled": True, "unique": False}
    )
    keep(client, group, text)
    limited = caller_of(client, hidden=HIDDEN)
    path = f"/Groups/{group}"
    shown = limited.good("GET", path)
    answers = [shown, limited.good("PUT", path, {**shown, URN: {"description": "by PUT"}, "displayName": "Renamed"})]
    answers += limited.list("/Groups", filter='displayName eq "Renamed"')["Resources"]
    answers += [each for each in limited.list("/Groups")["Resources"] if each["id"] == group]
    assert len(answers) == 4
    assert "userFilter" not in str(answers)
    assert limited.list("/Groups", filter=f'{URN}:userFilter pr and id eq "{group}"')["totalResults"] == 0
    assert kept(client, group) == text
    assert client.sandbox.directory.groups.get(group)["description"] == "by PUT"


def test_what_nobody_can_read_is_not_shown(client, group):
    """A filter that this bridge cannot read may name anything: it is shown to nobody."""
    keep(client, group, "what is this")
    assert "userFilter" not in str(client.good("GET", f"/Groups/{group}"))


def test_what_pingone_refuses(client, group):
    """What PingOne does not answer is a wrong value of the group, and no wrong filter of the request."""
    for status, scim_type, detail in (
        (*client.fault(*each), client.detail(*each)) for each in writes(group, 'title co "x"')
    ):
        assert (status, scim_type) == (400, "invalidValue")
        assert detail.startswith("userFilter: PingOne refuses this filter; ")


def test_what_is_not_shown_is_not_changed(client, caller_of, group, held):
    """A client may neither replace nor remove a filter that it is not shown: 403, and nothing is written."""
    keep(client, group, FOREIGN[0])
    limited = caller_of(client, hidden=HIDDEN)
    before = held(client)
    remove = {"schemas": [PATCH], "Operations": [{"op": "remove", "path": f"{URN}:userFilter"}]}
    for method, path, body in [*writes(group, 'username eq "a"')[1:], ("PATCH", f"/Groups/{group}", remove)]:
        assert limited.fault(method, path, body) == (403, None)
        assert limited.writes == []
    assert held(client) == before


def test_a_group_is_not_empty_because_its_filter_is_not_shown(client, caller_of):
    """The members that a filter brings are read for a client that is not shown the filter."""
    made = client.good("POST", "/Groups", {"displayName": "All", URN: {"userFilter": "enabled eq true"}})
    everybody = client.good("GET", f"/Groups/{made['id']}")["members"]
    assert everybody
    limited = caller_of(client, hidden=(("User", ("active",)),))
    shown = limited.good("GET", f"/Groups/{made['id']}")
    assert URN not in shown or "userFilter" not in shown[URN]
    assert len(shown["members"]) == len(everybody)


def test_members_are_refused_and_the_filter_is_put_back(client, caller_of, confined):
    """Where a member is refused, the fields are put back as PingOne held them, the populations with them."""
    partners = client.population("Partners")
    made = confined.good("POST", "/Groups", {"displayName": "Leads", URN: {"userFilter": 'title eq "Lead"'}})
    limited = caller_of(client, populations={"Partners"}, scopes=SCOPES - {"users:read"})
    nobody = "99999999-9999-4999-8999-999999999999"
    operations = [
        {"op": "remove", "path": f"{URN}:userFilter"},
        {"op": "add", "path": "members", "value": [{"value": nobody}]},
    ]
    body = {"schemas": [PATCH], "Operations": operations}
    assert limited.send("PATCH", f"/Groups/{made['id']}", body).status_code >= 400
    assert kept(client, made["id"]) == f'(title eq "Lead") and population.id eq "{partners}"'


def test_a_lost_answer(client, confined):
    """A create whose answer is lost is found again, though PingOne holds the filter with the populations."""
    client.sandbox.faults.plan("drop_after", method="POST", path="/groups")
    made = confined.good("POST", "/Groups", {"displayName": "Lost", URN: {"userFilter": 'title eq "Lead"'}})
    assert made[URN]["userFilter"] == 'title eq "Lead"'
    assert sum(each["name"] == "Lost" for each in client.sandbox.directory.groups) == 1
