"""Collections: which call each verb makes, and that half an answer is never taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.pingone.collections import Collection, UserCollection, quote_id
from scimbridge.pingone.errors import NotThere, Unreachable
from scimbridge.pingone.kinds import KINDS
from scimbridge.pingone.media import IMPORT
from scimbridge.pingone.send import Call, Request, Response
from scimbridge.pingone.target import Target

CALL = Call(client="a")


def page(*ids, key="users", next_href=None, count=None, **others):
    links = {"self": {"href": "x"}}
    if next_href is not None:
        links["next"] = {"href": next_href}
    body = {"_links": links, "_embedded": {key: [{"id": each} for each in ids]}, "size": len(ids)}
    if count is not None:
        body["count"] = count
    return Response(200, {}, {**body, **others})


def _sent(sender):
    return [(each.method, each.path, each.query, each.body, each.media) for each in sender.requests]


def test_verbs(playback):
    """Each verb is one request, with the media type that PingOne wants."""
    sender = playback(Response(200, {}, {"id": "u"}))
    users = UserCollection(sender, "users")
    json_, operations = "application/json", [{"op": "remove", "path": "title"}]
    users.read(CALL, "u")
    users.read(CALL, "u", include=("memberOfGroupIDs", "memberOfGroupNames"))
    users.create(CALL, {"username": "j"})
    users.create(CALL, {"username": "j"}, media=IMPORT)
    users.merge(CALL, "u", {"title": None})
    users.operate(CALL, "u", operations)
    users.replace(CALL, "u", {"username": "j"})
    users.delete(CALL, "u")
    assert _sent(sender) == [
        ("GET", "/users/u", (), None, json_),
        ("GET", "/users/u", (("include", "memberOfGroupIDs,memberOfGroupNames"),), None, json_),
        ("POST", "/users", (), {"username": "j"}, json_),
        ("POST", "/users", (), {"username": "j"}, "application/vnd.pingidentity.user.import+json"),
        ("PATCH", "/users/u", (), {"title": None}, json_),
        (
            "PATCH",
            "/users/u",
            (),
            {"Operations": operations},
            "application/vnd.pingidentity.user.scim.patch+json",
        ),
        ("PUT", "/users/u", (), {"username": "j"}, json_),
        ("DELETE", "/users/u", (), None, json_),
    ]
    assert all(call is CALL for call in sender.calls)


@pytest.mark.parametrize(
    ("name", "value", "body", "media"),
    [
        ("enabled", False, {"enabled": False}, "application/json"),
        ("mfaEnabled", True, {"mfaEnabled": True}, "application/json"),
        ("population", "p", {"id": "p"}, "application/json"),
        ("identityProvider", "i", {"identityProvider": {"id": "i"}}, "application/json"),
        ("identityProvider", None, {"identityProvider": {}}, "application/json"),
        ("password", "s3cret", {"value": "s3cret"}, "application/vnd.pingidentity.password.set+json"),
    ],
)
def test_facets(name, value, body, media, playback):
    """A field with a call of its own is PUT as docs/pingone.md §2.8 and §10 show."""
    sender = playback(Response(200, {}, {"answer": 1}))
    assert UserCollection(sender, "users").set_facet(CALL, "u", name, value) == {"answer": 1}
    assert _sent(sender) == [("PUT", f"/users/u/{name}", (), body, media)]
    assert "s3cret" not in repr(sender.requests[0])


def test_no_such_facet(playback, ok):
    """A field without a call of its own is refused before anything is sent."""
    with pytest.raises(ValueError, match="title"):
        UserCollection(playback(ok), "users").set_facet(CALL, "u", "title", "x")


@pytest.mark.parametrize("verb", ["read", "create", "merge", "operate", "replace"])
@pytest.mark.parametrize("body", [{}, {"id": 5}, {"name": "x"}])
def test_answer_without_the_resource(verb, body, playback):
    """A success without the resource is Unreachable, and a write may be done."""
    users = UserCollection(playback(Response(200, {}, body)), "users")
    arguments = {"read": ("u",), "create": ({},), "operate": ("u", [])}.get(verb, ("u", {}))
    with pytest.raises(Unreachable) as error:
        getattr(users, verb)(CALL, *arguments)
    assert error.value.maybe_done is (verb != "read")


def test_pages(playback):
    """Pages follow each other by their links, each with its records and the total where it is told."""
    sender = playback(page("a", "b", next_href="h1", count=3), page("c"))
    pages = list(UserCollection(sender, "users").pages(CALL, filter='username sw "a"', limit=100))
    assert [[each["id"] for each in one.records] for one in pages] == [["a", "b"], ["c"]]
    assert [(one.next, one.count) for one in pages] == [("h1", 3), (None, None)]
    assert sender.requests[0].query == (("limit", "100"), ("filter", 'username sw "a"'))
    assert sender.requests[1].href == "h1"


def test_one_page(playback):
    """A page can be asked for by its link alone, or expanded."""
    sender = playback(page("a"))
    users = UserCollection(sender, "users")
    users.page(CALL, limit=100, next="h7")
    users.page(CALL, limit=5, expand="population")
    assert sender.requests[0].href == "h7"
    assert sender.requests[1].query == (("limit", "5"), ("expand", "population"))


def test_empty_page(playback):
    """No records is a page too, when PingOne says so."""
    assert UserCollection(playback(page(count=0)), "users").page(CALL, limit=1).records == []


@pytest.mark.parametrize(
    "bad",
    [
        Response(200, {}, {}),
        Response(200, {}, {"_embedded": []}),
        Response(200, {}, {"_embedded": {}}),
        Response(200, {}, {"_embedded": {"groups": []}}),
        Response(200, {}, {"_embedded": {"users": {}}}),
        Response(200, {}, {"_embedded": {"users": ["x"]}}),
        page("a", size=2),
        page("a", _links={"next": {}}),
        page("a", _links={"next": {"href": ""}}),
        page("a", _links={"next": {"href": 5}}),
        page("a", _links={"next": "h"}),
    ],
)
def test_page_that_is_none(bad, playback):
    """A page without its list, with fewer records than it says or a link to nowhere is an error."""
    with pytest.raises(Unreachable):
        UserCollection(playback(bad), "users").page(CALL, limit=100)


@pytest.mark.parametrize("extra", [{"_links": None}, {"_links": {}}, {"count": "many"}, {"size": None}])
def test_page_that_tells_little(extra, playback):
    """Links, count and size may be missing."""
    one = UserCollection(playback(page("a", **extra)), "users").page(CALL, limit=100)
    assert (one.next, one.count) == (None, None)


def test_failure_on_a_later_page(playback):
    """The page that fails raises, so that nobody takes the first ones for all."""
    sender = playback(page("a", next_href="h1"), Unreachable("down"))
    walk = UserCollection(sender, "users").pages(CALL, limit=1)
    next(walk)
    with pytest.raises(Unreachable):
        next(walk)


def test_pages_in_a_circle(playback):
    """Links that lead back end the walk with an error."""
    sender = playback(page("a", next_href="h1"), page("b", next_href="h2"), page("c", next_href="h1"))
    with pytest.raises(Unreachable, match="circle"):
        list(UserCollection(sender, "users").pages(CALL, limit=1))
    assert len(sender.requests) == 3


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_id_reaches_another_path(text):
    """Whatever an id holds, it stays one segment of the path, without query or step upwards."""
    segment = quote_id(text)
    assert segment
    assert segment.strip(".")
    assert not set(segment) & set("/?#\\ \r\n;")
    assert segment.isascii()


@pytest.mark.parametrize(("text", "segment"), [("5c2d", "5c2d"), ("..", "%2E%2E"), ("a/b", "a%2Fb"), ("", "%20")])
def test_quoting(text, segment):
    """Usual ids stay as they are."""
    assert quote_id(text) == segment


def test_target(playback, clock):
    """The target has every collection under PingOne's path."""
    target = Target(playback(page("g", key="groups")), clock=clock, sleep=clock.sleep)
    assert target.groups.page(CALL, limit=1).records == [{"id": "g"}]
    assert [target.of(kind.collection).name for kind in KINDS] == [kind.collection for kind in KINDS]
    assert target.of("users") is target.users
    assert isinstance(target.users, UserCollection)


def test_environment(playback, clock):
    """The environment's own record is read in one call."""
    sender = playback(Response(200, {}, {"id": "e"}))
    target = Target(sender, clock=clock, sleep=clock.sleep)
    assert target.environment(CALL) == {"id": "e"}
    assert [each.path for each in sender.requests] == [""]


def test_schema(playback, clock):
    """The user schema's attributes are read to the last page."""
    schemas = Response(200, {}, {"_embedded": {"schemas": [{"id": "s0", "name": "X"}, {"id": "s", "name": "User"}]}})
    sender = playback(schemas, page("a", key="attributes", next_href="h"), page("b", key="attributes"))
    attributes = Target(sender, clock=clock, sleep=clock.sleep).schema_attributes(CALL)
    assert [each["id"] for each in attributes] == ["a", "b"]
    assert sender.requests[1].path == "/schemas/s/attributes"


def test_no_schema(playback, clock):
    """An environment that shows no user schema says so."""
    target = Target(playback(page(key="schemas")), clock=clock, sleep=clock.sleep)
    with pytest.raises(NotThere, match="schema"):
        target.schema_attributes(CALL)


def test_collection_elsewhere(playback, ok):
    """A collection may lie under another path and another name than its own."""
    sender = playback(page("m", key="groupMemberships"))
    listing = Collection(sender, "x", path="/users/u/memberOfGroups", key="groupMemberships")
    assert listing.page(CALL, limit=1).records == [{"id": "m"}]
    assert sender.requests[0] == Request("GET", "/users/u/memberOfGroups", (("limit", "1"),))
