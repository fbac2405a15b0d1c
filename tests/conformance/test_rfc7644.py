"""RFC 7644, the protocol: what a strict bridge has to be held to, section by section."""

from __future__ import annotations

import re
import uuid

import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
SCIM = "application/scim+json"
NOWHERE = "00000000-0000-4000-8000-000000000000"


def refused(answer, status, kind=None):
    """Assert an Error message of that status and scimType."""
    assert answer.status == status, answer.body
    assert answer["schemas"] == [ERROR]
    assert answer["status"] == str(status)
    assert answer["detail"]
    assert answer.body.get("scimType") == kind, answer.body
    return True


def members(scim, group):
    """Return the ids of a group's members."""
    return [part["value"] for part in scim.get(f"/Groups/{group['id']}").body.get("members", ())]


# -- 2 authentication, 3.1 media types ---------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["", "Bearer wrong", "Basic dTpw", "non-token"])
def test_without_the_right_credentials_there_is_nothing(scim, header):
    """RFC 7644 §2: a request that is not authenticated is 401 with a challenge and a SCIM body."""
    answer = scim.get("/Users", Authorization=header)
    assert refused(answer, 401)
    assert "Bearer" in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("path", ["/Users", "/Groups", "/ServiceProviderConfig", "/Schemas", f"/Users/{NOWHERE}"])
def test_answers_are_scim_json(scim, path):
    """RFC 7644 §3.1, §8.1: the media type of an answer is application/scim+json, also of an error."""
    assert scim.get(path).headers["Content-Type"] == SCIM


@pytest.mark.parametrize(
    "media", [SCIM, f"{SCIM}; charset=utf-8", "application/json", "application/json;charset=UTF-8"]
)
def test_both_media_types_are_read(scim, media):
    """RFC 7644 §3.1: requests come as application/scim+json, and application/json is taken too."""
    body = {"schemas": [USER], "userName": f"m{uuid.uuid4().hex}"}
    assert scim.post("/Users", body, Content_Type=media).status == 201


def test_another_media_type_is_refused(scim):
    """RFC 7644 §3.1: a body of another type is no SCIM request."""
    assert refused(scim.send("POST", "/Users", b"<user/>", Content_Type="application/xml"), 415)


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"", b'{"userName": NaN}', b"\xff\xfe"])
def test_a_body_that_is_no_json_object_is_a_syntax_error(scim, body):
    """RFC 7644 §3.12: a body that cannot be read is 400 invalidSyntax."""
    assert refused(scim.send("POST", "/Users", body, Content_Type=SCIM), 400, "invalidSyntax")


def test_unknown_query_parameters_are_ignored(scim):
    """RFC 7644 §3.2: a parameter that the server does not know changes nothing."""
    assert scim.get("/Users?aadOptscim062020&foo=bar&count=1").status == 200


@pytest.mark.parametrize(("method", "path"), [("PUT", "/Users"), ("DELETE", "/Users"), ("POST", f"/Users/{NOWHERE}")])
def test_a_method_out_of_place_is_405(scim, method, path):
    """RFC 7644 §3.2: what an endpoint does not know is refused with the methods that it knows."""
    answer = scim.send(method, path, {})
    assert refused(answer, 405)
    assert "GET" in answer.headers["Allow"]


def test_an_unknown_endpoint_is_404(scim):
    """RFC 7644 §3.12: what is not there is 404, in SCIM's words."""
    assert refused(scim.get("/Nothing"), 404)


# -- 3.3 creating ------------------------------------------------------------------------------------------------------


def test_a_creation_answers_with_the_resource_and_its_location(scim):
    """RFC 7644 §3.3: 201, the representation, and Location, which is meta.location."""
    answer = scim.post("/Users", {"schemas": [USER], "userName": f"c{uuid.uuid4().hex}"})
    assert answer.status == 201
    assert answer.headers["Location"] == answer["meta"]["location"]
    assert answer["meta"]["location"].startswith("http://localhost/scim/v2/Users/")
    assert answer["meta"]["location"].endswith(answer["id"])


def test_what_was_created_can_be_read(scim):
    """RFC 7644 §3.3: GET at the location gives the same resource."""
    user = scim.user(title="Engineer")
    assert scim.get(f"/Users/{user['id']}").body == user


@pytest.mark.parametrize("make", ["user", "group"])
def test_a_second_one_of_the_same_name_is_a_conflict(scim, make):
    """RFC 7644 §3.3: a duplicate is 409 with scimType uniqueness."""
    first = getattr(scim, make)()
    name = "userName" if make == "user" else "displayName"
    path, urn = ("/Users", USER) if make == "user" else ("/Groups", GROUP)
    assert refused(scim.post(path, {"schemas": [urn], name: first[name]}), 409, "uniqueness")


def test_read_only_values_in_a_creation_are_ignored(scim):
    """RFC 7644 §3.3: the client's values of read-only attributes count for nothing."""
    user = scim.user(id="x", meta={"version": "W/1"}, groups=[{"value": NOWHERE}])
    assert user["id"] != "x"
    assert "groups" not in user


# -- 3.4.1 reading one -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/Users", "/Groups", "/Populations"])
def test_a_resource_that_is_not_there_is_404(scim, path):
    """RFC 7644 §3.4.1, §3.12: an unknown id is 404 with an Error message."""
    assert refused(scim.get(f"{path}/{NOWHERE}"), 404)


@pytest.mark.parametrize("key", ["no-uuid", "00919288221112222", "%20", "a%2Fb", "x" * 300])
def test_an_id_of_any_shape_is_404(scim, key):
    """RFC 7644 §3.4.1: an id that no resource can have is one that no resource has."""
    assert refused(scim.get(f"/Users/{key}"), 404)


# -- 3.4.2 lists -------------------------------------------------------------------------------------------------------


def test_a_list_is_a_list_response(scim):
    """RFC 7644 §3.4.2: schemas, totalResults, itemsPerPage, startIndex and Resources, and nothing else."""
    answer = scim.get("/Users?count=3")
    assert answer.body.keys() == {"schemas", "totalResults", "itemsPerPage", "startIndex", "Resources"}
    assert answer["schemas"] == [LIST]
    assert all(type(answer[name]) is int for name in ("totalResults", "itemsPerPage", "startIndex"))
    assert answer["itemsPerPage"] == len(answer["Resources"]) == 3


@pytest.mark.parametrize("path", ["/Users", "/Groups"])
def test_no_match_is_an_empty_list(scim, path):
    """RFC 7644 §3.4.2: nothing found is 200 with totalResults 0 and no error."""
    name = "userName" if path == "/Users" else "displayName"
    answer = scim.find(path, f'{name} eq "nobody-{uuid.uuid4()}"')
    assert (answer.status, answer["totalResults"], answer["Resources"]) == (200, 0, [])


def test_a_query_at_the_root_finds_every_type(scim):
    """RFC 7644 §3.4.2.1: a query may be made at the root of the server."""
    answer = scim.get("/?count=1000")
    assert {part["meta"]["resourceType"] for part in answer["Resources"]} >= {"User", "Group", "Population"}
    assert answer["totalResults"] == len(answer["Resources"])


# -- 3.4.2.2 filters ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def staff(scim):
    """Three people that filters are asked about, by a mark in their nickName."""
    mark = f"mark{uuid.uuid4().hex}"
    for name, title, active, kind in (
        ("ann", "Chief", True, "Employee"),
        ("bob", "Clerk", False, "Employee"),
        ("cid", None, True, "Contractor"),
    ):
        emails = [{"value": f"{name}@{mark}.example.com", "type": "work"}]
        scim.user(
            userName=f"{name}.{mark}", title=title, active=active, userType=kind, nickName=mark, emails=emails,
            name={"givenName": name.title(), "familyName": "Staff"},
        )  # fmt: skip
    return mark


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('title eq "chief"', "ann"),
        ('title ne "chief"', "bob cid"),
        ('title co "HIE"', "ann"),
        ('title sw "cl"', "bob"),
        ('title ew "ERK"', "bob"),
        ("title pr", "ann bob"),
        ('title gt "Chief"', "bob"),
        ('title ge "Chief"', "ann bob"),
        ('title lt "Clerk"', "ann"),
        ('title le "Clerk"', "ann bob"),
        ("not (title pr)", "cid"),
        ("active eq true", "ann cid"),
        ("active ne true", "bob"),
        ('TITLE EQ "Chief"', "ann"),
        ('name.givenName eq "Bob"', "bob"),
        ('userType eq "Employee" and active eq true', "ann"),
        ('title eq "Chief" or userType eq "Contractor"', "ann cid"),
        ('userType eq "Contractor" or userType eq "Employee" and active eq false', "bob cid"),
        ('(userType eq "Contractor" or userType eq "Employee") and active eq false', "bob"),
        ('not (userType eq "Employee") or title eq "Chief"', "ann cid"),
        ('not (userType eq "Employee" and active eq true)', "bob cid"),
        ('emails[type eq "work" and value sw "bob@"]', "bob"),
        ('emails.value sw "cid@"', "cid"),
        ('emails sw "ann@"', "ann"),
        ('urn:ietf:params:scim:schemas:core:2.0:User:title eq "Chief"', "ann"),
        ('urn:ietf:params:scim:schemas:core:2.0:User:name.givenName eq "Cid"', "cid"),
        ("title eq null", "cid"),
        ("title ne null", "ann bob"),
    ],
)
def test_filters_find_what_they_say(scim, staff, text, found):
    """RFC 7644 §3.4.2.2, table 3 to 5, and §3.10: operators, their precedence, value paths and qualified names."""
    names = scim.names(f'nickName eq "{staff}" and ({text})')
    assert sorted(name.partition(".")[0] for name in names) == found.split()


@pytest.mark.parametrize(
    "text",
    [
        "title",
        "title eq",
        'title zz "x"',
        'title eq "x',
        'title eq "x" and',
        '(title eq "x"',
        'title eq "x")',
        'title eq "x" title eq "y"',
        'and title eq "x"',
        "title eq x",
        'emails[type eq "work"',
        "not title pr",
        "title eq 'x'",
    ],
)
def test_a_filter_that_cannot_be_read_is_refused(scim, text):
    """RFC 7644 §3.4.2.2, §3.12: a filter out of grammar is 400 invalidFilter."""
    assert refused(scim.find("/Users", text), 400, "invalidFilter")


@pytest.mark.parametrize("operator", ["gt", "ge", "lt", "le", "co", "sw", "ew"])
def test_booleans_have_no_order(scim, operator):
    """RFC 7644 §3.4.2.2: ordering or searching in a boolean is 400 invalidFilter."""
    assert refused(scim.find("/Users", f"active {operator} true"), 400, "invalidFilter")


def test_an_unknown_attribute_in_a_filter_is_refused(scim):
    """RFC 7644 §3.4.2.2: a filter on what is not there finds nothing by mistake; it is refused."""
    assert refused(scim.find("/Users", 'colour eq "red"'), 400, "invalidFilter")


def test_a_password_cannot_be_searched(scim):
    """RFC 7644 §7.5: what is never returned cannot be found out by filters."""
    assert refused(scim.find("/Users", 'password sw "a"'), 400, "invalidFilter")


def test_times_are_compared_as_times(scim):
    """RFC 7644 §3.4.2.2: dateTime values are compared as instants, in whatever zone they are written."""
    user = scim.user()
    moment = user["meta"]["lastModified"].replace("Z", "+00:00")
    for zone in (moment, user["meta"]["lastModified"], f"{int(moment[:4]) - 1}{moment[4:-6]}-11:00"):
        answer = scim.find("/Users", f'id eq "{user["id"]}" and meta.lastModified ge "{zone}"')
        assert answer["totalResults"] == 1
    assert scim.find("/Users", f'id eq "{user["id"]}" and meta.lastModified gt "{moment}"')["totalResults"] == 0


def test_ids_are_found(scim):
    """RFC 7644 §3.4.2.2: id can be filtered by, and minds case."""
    user = scim.user()
    assert scim.names(f'id eq "{user["id"]}"') == [user["userName"]]
    assert scim.names(f'id eq "{user["id"].upper()}"') == []


def test_members_are_found(scim):
    """RFC 7644 §3.4.2.2: groups are found by their members, and users by their groups."""
    user = scim.user()
    group = scim.group(members=[{"value": user["id"]}])
    found = scim.find("/Groups", f'members.value eq "{user["id"]}"')["Resources"]
    assert [part["id"] for part in found] == [group["id"]]
    assert scim.names(f'groups.value eq "{group["id"]}"') == [user["userName"]]


# -- 3.4.2.3 sorting, 3.4.2.4 paging -----------------------------------------------------------------------------------


def test_sorting_is_as_announced(scim):
    """RFC 7644 §3.4.2.3: where sort is not supported, sortBy does not fail a query."""
    assert scim.get("/ServiceProviderConfig")["sort"]["supported"] is False
    assert scim.get("/Users?sortBy=userName&sortOrder=descending&count=5").status == 200


@pytest.mark.parametrize(("sent", "told"), [("0", 1), ("-5", 1), ("1", 1), ("3", 3)])
def test_a_start_before_the_first_is_the_first(scim, sent, told):
    """RFC 7644 §3.4.2.4: a startIndex below 1 counts as 1."""
    assert scim.get(f"/Users?startIndex={sent}&count=1")["startIndex"] == told


@pytest.mark.parametrize("count", ["0", "-1"])
def test_a_count_of_nothing_gives_the_total_only(scim, count):
    """RFC 7644 §3.4.2.4: count 0, which a negative one is too, gives totalResults and no resource."""
    answer = scim.get(f"/Users?count={count}")
    assert (answer["Resources"], answer["itemsPerPage"]) == ([], 0)
    assert answer["totalResults"] >= 30


def test_pages_are_the_list(scim):
    """RFC 7644 §3.4.2.4: pages follow each other without gap or repetition, and never have more than count."""
    whole = [part["id"] for part in scim.get("/Users?count=1000")["Resources"]]
    pages = [scim.get(f"/Users?startIndex={start}&count=7")["Resources"] for start in range(1, len(whole) + 1, 7)]
    assert [part["id"] for page in pages for part in page] == whole
    assert all(len(page) <= 7 for page in pages)


def test_beyond_the_end_there_is_nothing(scim):
    """RFC 7644 §3.4.2.4: a startIndex past the last gives no resource, and the total all the same."""
    answer = scim.get("/Users?startIndex=100000")
    assert (answer.status, answer["Resources"], answer["startIndex"]) == (200, [], 100000)
    assert answer["totalResults"] >= 30


@pytest.mark.parametrize("query", ["count=x", "startIndex=x", "count=1.5"])
def test_a_window_that_is_no_number_is_refused(scim, query):
    """RFC 7644 §3.4.2.4: startIndex and count are integers."""
    assert refused(scim.get(f"/Users?{query}"), 400, "invalidValue")


# -- 3.4.2.5, 3.9 attributes -------------------------------------------------------------------------------------------


def test_attributes_select_what_comes(scim):
    """RFC 7644 §3.9: only the named attributes come, and those that are always returned."""
    user = scim.user(title="Engineer", nickName="Nick")
    found = scim.get(f"/Users/{user['id']}?attributes=title")
    assert found.body == {"schemas": [USER], "id": user["id"], "title": "Engineer"}


@pytest.mark.parametrize("name", ["NAME.FAMILYNAME", f"{USER}:name.familyName", "name.familyName"])
def test_sub_attributes_are_named_in_any_way(scim, name):
    """RFC 7644 §3.9, §3.10: names may be sub-attributes, in any case and with the URN of their schema."""
    user = scim.user(name={"givenName": "A", "familyName": "B"})
    assert scim.get(f"/Users/{user['id']}?attributes={name}")["name"] == {"familyName": "B"}


def test_excluded_attributes_do_not_come(scim):
    """RFC 7644 §3.9: excludedAttributes take away, except what is always returned."""
    user = scim.user(title="Engineer", nickName="Nick")
    found = scim.get(f"/Users/{user['id']}?excludedAttributes=title,id,schemas")
    assert "title" not in found.body
    assert (found["id"], found["nickName"]) == (user["id"], "Nick")
    assert found["schemas"]


def test_attributes_and_excluded_attributes_exclude_each_other(scim):
    """RFC 7644 §3.9: the two parameters are mutually exclusive."""
    assert scim.get("/Users?attributes=title&excludedAttributes=name").status == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_attributes_count_for_answers_to_writes(scim, method):
    """RFC 7644 §3.9: a partial representation can be asked for in any request that returns one."""
    user = scim.user(nickName="Nick")
    body = {"schemas": [USER], "userName": f"w{uuid.uuid4().hex}", "title": "Chef"}
    path = f"/Users/{user['id']}?attributes=title"
    if method == "POST":
        answer = scim.post("/Users?attributes=title", body)
    elif method == "PUT":
        answer = scim.put(path, body)
    else:
        answer = scim.patch(path, {"op": "add", "path": "title", "value": "Chef"})
    assert answer.status in {200, 201}
    assert answer.body.keys() == {"schemas", "id", "title"}


def test_lists_are_selected_from_too(scim):
    """RFC 7644 §3.4.2.5: attributes count for each resource of a list."""
    for part in scim.get("/Users?attributes=userName&count=5")["Resources"]:
        assert part.keys() == {"schemas", "id", "userName"}


# -- 3.4.3 searching with POST -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/.search", "/Users/.search"])
def test_a_search_is_a_query_in_a_body(scim, path):
    """RFC 7644 §3.4.3: POST to .search takes the parameters of a query and answers a ListResponse."""
    user = scim.user()
    body = {"schemas": [SEARCH], "filter": f'userName eq "{user["userName"]}"', "attributes": ["userName"], "count": 10}
    answer = scim.post(path, body)
    assert (answer.status, answer["schemas"], answer["totalResults"]) == (200, [LIST], 1)
    assert answer["Resources"] == [{"schemas": [USER], "id": user["id"], "userName": user["userName"]}]


def test_a_search_pages(scim):
    """RFC 7644 §3.4.3: startIndex and count stand in the body."""
    answer = scim.post("/Users/.search", {"schemas": [SEARCH], "startIndex": 2, "count": 3})
    assert (answer["startIndex"], len(answer["Resources"])) == (2, 3)


def test_a_search_says_that_it_is_one(scim):
    """RFC 7644 §3.4.3: the body is of the schema SearchRequest."""
    assert scim.post("/Users/.search", {"filter": "title pr"}).status == 400


# -- 3.5.1 replacing ---------------------------------------------------------------------------------------------------


def test_a_replacement_makes_it_what_the_body_says(scim):
    """RFC 7644 §3.5.1: PUT answers 200 with the resource; what the body does not have is gone."""
    user = scim.user(title="Engineer", nickName="Nick")
    answer = scim.put(f"/Users/{user['id']}", {"schemas": [USER], "userName": user["userName"], "title": "Chef"})
    assert (answer.status, answer["title"]) == (200, "Chef")
    assert "nickName" not in scim.get(f"/Users/{user['id']}").body
    assert answer.headers["Location"] == user["meta"]["location"]


def test_a_replacement_creates_nothing(scim):
    """RFC 7644 §3.5.1: PUT to an id that is not there is 404."""
    assert refused(scim.put(f"/Users/{NOWHERE}", {"schemas": [USER], "userName": "x"}), 404)


def test_a_replacement_needs_what_is_required(scim):
    """RFC 7644 §3.5.1: a body without a required attribute is 400."""
    user = scim.user()
    assert refused(scim.put(f"/Users/{user['id']}", {"schemas": [USER], "title": "x"}), 400, "invalidValue")


def test_read_only_values_in_a_replacement_are_ignored(scim):
    """RFC 7644 §3.5.1: a client may send back what it read."""
    user = scim.user(title="Engineer")
    answer = scim.put(f"/Users/{user['id']}", {**user, "id": "other", "meta": {"created": "x"}, "groups": []})
    assert (answer.status, answer["id"], answer["meta"]["created"]) == (200, user["id"], user["meta"]["created"])


def test_an_immutable_value_has_to_match(scim):
    """RFC 7644 §3.5.1: a different value of an immutable attribute is 400 mutability."""
    extension = "urn:pingidentity:schemas:extension:2.0:PingOneGroup"
    one, other = [part["id"] for part in scim.get("/Populations")["Resources"]][:2]
    group = scim.group(**{extension: {"population": {"id": one}}})
    body = {"schemas": [GROUP], "displayName": group["displayName"], extension: {"population": {"id": other}}}
    assert refused(scim.put(f"/Groups/{group['id']}", body), 400, "mutability")
    body[extension]["population"]["id"] = one
    assert scim.put(f"/Groups/{group['id']}", body).status == 200


def test_a_replacement_into_a_taken_name_is_a_conflict(scim):
    """RFC 7644 §3.5.1, §3.12: uniqueness holds for PUT too."""
    one, other = scim.user(), scim.user()
    body = {"schemas": [USER], "userName": other["userName"]}
    assert refused(scim.put(f"/Users/{one['id']}", body), 409, "uniqueness")


def test_a_group_is_replaced_with_its_members(scim):
    """RFC 7644 §3.5.1: the members are those of the body."""
    one, other = scim.user(), scim.user()
    group = scim.group(members=[{"value": one["id"]}])
    body = {"schemas": [GROUP], "displayName": group["displayName"], "members": [{"value": other["id"]}]}
    scim.put(f"/Groups/{group['id']}", body)
    assert members(scim, group) == [other["id"]]


# -- 3.5.2 patching ----------------------------------------------------------------------------------------------------


def test_a_patch_answers_with_the_resource(scim):
    """RFC 7644 §3.5.2: 200 with the whole resource."""
    user = scim.user()
    answer = scim.patch(f"/Users/{user['id']}", {"op": "add", "path": "title", "value": "Chef"})
    assert answer.status == 200
    assert answer.body == scim.get(f"/Users/{user['id']}").body


@pytest.mark.parametrize(
    "body",
    [
        {"Operations": [{"op": "add", "path": "title", "value": "x"}]},
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]},
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": []},
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"path": "title"}]},
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "move", "path": "title"}]},
        {"schemas": [USER], "Operations": [{"op": "add", "path": "title", "value": "x"}]},
    ],
    ids=["no schemas", "no operations", "empty operations", "no op", "unknown op", "other schema"],
)
def test_a_patch_has_to_be_a_patch_op(scim, body):
    """RFC 7644 §3.5.2: schemas names PatchOp, and there is at least one operation: add, remove or replace."""
    user = scim.user()
    assert refused(scim.send("PATCH", f"/Users/{user['id']}", body), 400, "invalidSyntax")


@pytest.mark.parametrize("op", ["add", "Add", "ADD"])
def test_operations_have_no_case(scim, op):
    """RFC 7644 §3.5.2: op is compared without case."""
    user = scim.user()
    assert scim.patch(f"/Users/{user['id']}", {"op": op, "path": "title", "value": "x"})["title"] == "x"


def test_a_patch_is_done_whole_or_not_at_all(scim):
    """RFC 7644 §3.5.2: one operation that fails leaves the resource as it was."""
    user = scim.user(title="Engineer")
    path = f"/Users/{user['id']}"
    answer = scim.patch(
        path, {"op": "replace", "path": "title", "value": "Chef"}, {"op": "replace", "path": "id", "value": "x"}
    )
    assert refused(answer, 400, "mutability")
    assert scim.get(path).body == user


def test_operations_work_in_their_order(scim):
    """RFC 7644 §3.5.2: each operation works on what the one before left."""
    user = scim.user()
    answer = scim.patch(
        f"/Users/{user['id']}",
        {"op": "add", "path": "title", "value": "One"},
        {"op": "remove", "path": "title"},
        {"op": "add", "path": "title", "value": "Two"},
    )
    assert answer["title"] == "Two"


def test_a_new_primary_value_takes_the_mark_from_the_other(scim):
    """RFC 7644 §3.5.2: setting primary to true makes it false elsewhere."""
    user = scim.user(emails=[{"value": "a@example.com", "type": "work", "primary": True}])
    new = {"value": "b@example.com", "type": "home", "primary": True}
    answer = scim.patch(f"/Users/{user['id']}", {"op": "add", "path": "emails", "value": [new]})
    assert sum(part.get("primary", False) for part in answer["emails"]) == 1


def test_an_unknown_path_is_refused(scim):
    """RFC 7644 §3.5.2, §3.12: a path that names nothing is 400 invalidPath."""
    user = scim.user()
    path = f"/Users/{user['id']}"
    assert refused(scim.patch(path, {"op": "add", "path": "colour", "value": "red"}), 400, "invalidPath")
    assert refused(scim.patch(path, {"op": "add", "path": "emails[", "value": "red"}), 400, "invalidPath")


def test_add_without_a_path_merges(scim):
    """RFC 7644 §3.5.2.1: the value is a set of attributes to be added."""
    user = scim.user(nickName="Nick")
    answer = scim.patch(f"/Users/{user['id']}", {"op": "add", "value": {"title": "Chef", "name": {"givenName": "A"}}})
    assert (answer["title"], answer["nickName"], answer["name"]) == ("Chef", "Nick", {"givenName": "A"})


def test_add_to_a_complex_attribute_keeps_its_other_parts(scim):
    """RFC 7644 §3.5.2.1: the sub-attributes that the value names are set, the others stay."""
    user = scim.user(name={"givenName": "A", "familyName": "B"})
    answer = scim.patch(f"/Users/{user['id']}", {"op": "add", "path": "name", "value": {"givenName": "C"}})
    assert answer["name"] == {"givenName": "C", "familyName": "B"}


def test_add_to_a_list_adds(scim):
    """RFC 7644 §3.5.2.1: a new value stands beside those that are there."""
    user = scim.user(phoneNumbers=[{"value": "+1", "type": "work"}])
    new = [{"value": "+2", "type": "mobile"}]
    answer = scim.patch(f"/Users/{user['id']}", {"op": "add", "path": "phoneNumbers", "value": new})
    assert {part["value"] for part in answer["phoneNumbers"]} == {"+1", "+2"}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "add", "path": "title", "value": "Chef"},
        {"op": "add", "value": {"title": "Chef"}},
        {"op": "add", "path": "emails", "value": [{"value": "a@example.com", "type": "work", "primary": True}]},
    ],
)
def test_adding_what_is_there_changes_nothing(scim, operation):
    """RFC 7644 §3.5.2.1: an add of an existing value leaves the resource, lastModified included, as it is."""
    user = scim.user(title="Chef", emails=[{"value": "a@example.com", "type": "work", "primary": True}])
    answer = scim.patch(f"/Users/{user['id']}", operation)
    assert answer.status == 200
    assert scim.get(f"/Users/{user['id']}")["meta"] == user["meta"]


def test_adding_a_member_twice_keeps_one(scim):
    """RFC 7644 §3.5.2.1: a value that is in the list already is not added again."""
    user = scim.user()
    group = scim.group(members=[{"value": user["id"]}])
    path = f"/Groups/{group['id']}"
    assert scim.patch(path, {"op": "add", "path": "members", "value": [{"value": user["id"]}]}).status in {200, 204}
    assert members(scim, group) == [user["id"]]


def test_remove_needs_a_path(scim):
    """RFC 7644 §3.5.2.2: without a path there is no target."""
    assert refused(scim.patch(f"/Users/{scim.user()['id']}", {"op": "remove"}), 400, "noTarget")


@pytest.mark.parametrize("path", ["title", "name.familyName", "name", "emails", 'emails[type eq "work"]'])
def test_remove_takes_away(scim, path):
    """RFC 7644 §3.5.2.2: the value at the path is gone."""
    user = scim.user(
        title="Chef", name={"familyName": "B"}, emails=[{"value": "a@example.com", "type": "work", "primary": True}]
    )
    answer = scim.patch(f"/Users/{user['id']}", {"op": "remove", "path": path})
    assert answer.status == 200
    assert re.split(r"[.\[]", path)[0] not in answer.body


@pytest.mark.parametrize("path", ["userName", "id", "meta.created", "groups", "active"])
def test_what_is_required_or_read_only_cannot_be_removed(scim, path):
    """RFC 7644 §3.5.2.2: to remove a required or a read-only attribute is 400 mutability."""
    assert refused(scim.patch(f"/Users/{scim.user()['id']}", {"op": "remove", "path": path}), 400, "mutability")


def test_one_member_is_removed_by_a_value_filter(scim):
    """RFC 7644 §3.5.2.2: only the values that the filter selects go."""
    one, other = scim.user(), scim.user()
    group = scim.group(members=[{"value": one["id"]}, {"value": other["id"]}])
    path = f"/Groups/{group['id']}"
    scim.patch(path, {"op": "remove", "path": f'members[value eq "{one["id"]}"]'})
    assert members(scim, group) == [other["id"]]


def test_all_members_are_removed_without_a_filter(scim):
    """RFC 7644 §3.5.2.2: a list without filter goes whole."""
    group = scim.group(members=[{"value": scim.user()["id"]}, {"value": scim.user()["id"]}])
    assert scim.patch(f"/Groups/{group['id']}", {"op": "remove", "path": "members"}).status in {200, 204}
    assert members(scim, group) == []


def test_removing_who_is_no_member_succeeds(scim):
    """RFC 7644 §3.5.2.2: what is not there need not be removed."""
    user, group = scim.user(), scim.group()
    answer = scim.patch(f"/Groups/{group['id']}", {"op": "remove", "path": f'members[value eq "{user["id"]}"]'})
    assert answer.status in {200, 204}


def test_replace_of_what_is_not_there_adds_it(scim):
    """RFC 7644 §3.5.2.3: a target that has no value gets it."""
    user = scim.user()
    assert scim.patch(f"/Users/{user['id']}", {"op": "replace", "path": "title", "value": "Chef"})["title"] == "Chef"


def test_replace_without_a_path_sets_what_it_names(scim):
    """RFC 7644 §3.5.2.3: the attributes of the value are replaced, the others stay."""
    user = scim.user(title="Engineer", nickName="Nick")
    answer = scim.patch(f"/Users/{user['id']}", {"op": "replace", "value": {"title": "Chef"}})
    assert (answer["title"], answer["nickName"]) == ("Chef", "Nick")


def test_replace_of_a_complex_attribute_sets_what_it_names(scim):
    """RFC 7644 §3.5.2.3: the sub-attributes of the value are replaced."""
    user = scim.user(name={"givenName": "A", "familyName": "B"})
    answer = scim.patch(f"/Users/{user['id']}", {"op": "replace", "path": "name", "value": {"familyName": "C"}})
    assert answer["name"]["familyName"] == "C"


def test_replace_of_a_list_leaves_only_the_new(scim):
    """RFC 7644 §3.5.2.3: all values of a list without filter are replaced."""
    user = scim.user(phoneNumbers=[{"value": "+1", "type": "work"}, {"value": "+2", "type": "mobile"}])
    new = [{"value": "+3", "type": "mobile"}]
    answer = scim.patch(f"/Users/{user['id']}", {"op": "replace", "path": "phoneNumbers", "value": new})
    assert answer["phoneNumbers"] == new


def test_replace_with_a_value_filter_touches_what_it_selects(scim):
    """RFC 7644 §3.5.2.3: sub-attributes of the selected values are replaced."""
    user = scim.user(phoneNumbers=[{"value": "+1", "type": "work"}, {"value": "+2", "type": "mobile"}])
    operation = {"op": "replace", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+9"}
    found = scim.patch(f"/Users/{user['id']}", operation)["phoneNumbers"]
    assert {part["type"]: part["value"] for part in found} == {"work": "+1", "mobile": "+9"}


def test_replace_with_a_value_filter_that_selects_nothing_has_no_target(scim):
    """RFC 7644 §3.5.2.3: no match is 400 noTarget."""
    operation = {"op": "replace", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+9"}
    assert refused(scim.patch(f"/Users/{scim.user()['id']}", operation), 400, "noTarget")


def test_replace_of_read_only_is_refused(scim):
    """RFC 7644 §3.5.2: an operation on a read-only attribute is 400 mutability."""
    operation = {"op": "replace", "path": "meta.created", "value": "2020-01-01T00:00:00Z"}
    assert refused(scim.patch(f"/Users/{scim.user()['id']}", operation), 400, "mutability")


@pytest.mark.parametrize("path", [f"{USER}:title", f"{USER.upper()}:TITLE"])
def test_a_path_may_have_its_urn(scim, path):
    """RFC 7644 §3.10: attributes in paths may be fully qualified."""
    assert scim.patch(f"/Users/{scim.user()['id']}", {"op": "add", "path": path, "value": "Chef"})["title"] == "Chef"


def test_a_patch_of_what_is_not_there_is_404(scim):
    """RFC 7644 §3.5.2: PATCH does not create."""
    assert refused(scim.patch(f"/Users/{NOWHERE}", {"op": "add", "path": "title", "value": "x"}), 404)


# -- 3.6 deleting ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "path"), [("user", "/Users"), ("group", "/Groups")])
def test_what_is_deleted_is_gone_everywhere(scim, make, path):
    """RFC 7644 §3.6: 204 without a body, then 404 for every verb, and no list has it."""
    resource = getattr(scim, make)()
    place = f"{path}/{resource['id']}"
    answer = scim.delete(place)
    assert (answer.status, answer.raw) == (204, b"")
    urn, name = (USER, "userName") if make == "user" else (GROUP, "displayName")
    assert refused(scim.get(place), 404)
    assert refused(scim.put(place, {"schemas": [urn], name: "x"}), 404)
    assert refused(scim.patch(place, {"op": "add", "path": "externalId", "value": "x"}), 404)
    assert refused(scim.delete(place), 404)
    assert scim.find(path, f'id eq "{resource["id"]}"')["totalResults"] == 0


def test_a_deleted_user_is_no_member(scim):
    """RFC 7644 §3.6: nor does it stand in a group."""
    user = scim.user()
    group = scim.group(members=[{"value": user["id"]}])
    scim.delete(f"/Users/{user['id']}")
    assert members(scim, group) == []


# -- 3.11 the caller, 3.12 errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_me_is_not_offered(scim, method):
    """RFC 7644 §3.11: a server without /Me answers 501."""
    assert refused(scim.send(method, "/Me"), 501)


def test_a_value_of_the_wrong_type_is_an_invalid_value(scim):
    """RFC 7644 §3.12: invalidValue for a value that does not fit its attribute."""
    operation = {"op": "replace", "path": "active", "value": "perhaps"}
    assert refused(scim.patch(f"/Users/{scim.user()['id']}", operation), 400, "invalidValue")


# -- 3.14 versions -----------------------------------------------------------------------------------------------------


def test_every_answer_with_a_resource_has_its_version(scim):
    """RFC 7644 §3.14: the ETag header and meta.version are the same weak tag."""
    answer = scim.get(f"/Users/{scim.user()['id']}")
    assert answer.headers["ETag"] == answer["meta"]["version"]
    assert answer["meta"]["version"].startswith('W/"')


def test_what_is_known_is_not_sent_again(scim):
    """RFC 7644 §3.14: If-None-Match with the present version is 304 without a body."""
    user = scim.user()
    answer = scim.get(f"/Users/{user['id']}", If_None_Match=user["meta"]["version"])
    assert (answer.status, answer.raw) == (304, b"")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_change_can_be_held_to_a_version(scim, method):
    """RFC 7644 §3.14: If-Match with another version is 412, and with the present one the change is made."""
    user = scim.user()
    path = f"/Users/{user['id']}"

    def send(version):
        if method == "PUT":
            return scim.put(path, {"schemas": [USER], "userName": user["userName"], "title": "x"}, If_Match=version)
        if method == "PATCH":
            return scim.patch(path, {"op": "add", "path": "title", "value": "x"}, If_Match=version)
        return scim.delete(path, If_Match=version)

    assert refused(send('W/"other"'), 412)
    assert scim.get(path).body == user
    assert send(user["meta"]["version"]).status in {200, 204}


def test_a_version_changes_with_the_resource(scim):
    """RFC 7644 §3.14: another state has another version."""
    user = scim.user()
    after = scim.patch(f"/Users/{user['id']}", {"op": "add", "path": "title", "value": "x"})
    assert after["meta"]["version"] != user["meta"]["version"]


# -- 4 discovery -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/ResourceTypes/User"])
def test_discovery_is_read_only(scim, path):
    """RFC 7644 §4: the three endpoints are read with GET; other verbs are 405."""
    assert scim.get(path).status == 200
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert refused(scim.send(method, path, {}), 405)


@pytest.mark.parametrize("path", ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"])
def test_discovery_is_not_filtered(scim, path):
    """RFC 7644 §4: a filter there is 403; other parameters are ignored."""
    assert refused(scim.get(f'{path}?filter=id%20eq%20"x"'), 403)
    assert scim.get(f"{path}?count=1&startIndex=9&attributes=id&sortBy=id").body == scim.get(path).body


@pytest.mark.parametrize("path", ["/ResourceTypes/Nothing", "/Schemas/urn:nothing"])
def test_what_discovery_does_not_know_is_404(scim, path):
    """RFC 7644 §4: an unknown schema or resource type is not there."""
    assert refused(scim.get(path), 404)


@pytest.mark.parametrize("path", ["/ResourceTypes", "/Schemas"])
def test_discovery_lists_are_lists(scim, path):
    """RFC 7644 §4: the resources come in a ListResponse, all of them."""
    answer = scim.get(path)
    assert answer["schemas"] == [LIST]
    assert answer["totalResults"] == answer["itemsPerPage"] == len(answer["Resources"]) > 2
