"""Finding: exactly one, or it is told how many; the members of a group; a population by any of its names."""

from __future__ import annotations

import pytest

from scimbridge.access.scopes import ALL_SCOPES, OF_ENVIRONMENTS

NOBODY = "00000000-0000-4000-8000-000000000000"


def find(desk, attributes, identifier, **more):
    """Find a user."""
    return desk.ask("POST", "/Users/.find", {"attributes": attributes, "identifier": identifier, **more})


def test_one_in_any_of_several(desk):
    """The one user is found in whichever attribute has the identifier, in any case, by an id in capitals too."""
    user = desk.client.good("GET", f"/Users/{desk.user}")
    for text in (user["userName"], user["userName"].upper(), user["emails"][0]["value"], desk.user, desk.user.upper()):
        answer = find(desk, ["id", "userName", "emails.value"], text)
        assert (answer.status_code, answer.json["id"]) == (200, desk.user), answer.text


@pytest.mark.parametrize("path", ["/Users/.find", "/Users/.lookup", "/Users/.password"])
def test_an_id_among_other_names_reads_not_everybody(desk, path):
    """An id is read by itself: PingOne cannot look for it, and would tell all users page by page."""
    name = desk.client.good("GET", f"/Users/{desk.user}")["userName"]
    for text, by_id in ((name, []), (desk.user, ["GET /users/{user}"])):
        asked = {"attributes": ["userName", "id"], "identifier": text}
        answer = desk.ask("POST", path, {"match": asked} if path.endswith("password") else asked)
        assert answer.status_code == 200, answer.text
        told = [entry for entry in desk.client.sandbox.journal.entries if entry.path.endswith("/users")]
        assert ["filter" in entry.query for entry in told] == [True]
        assert [call for call in desk.calls if not call.endswith("/password")][: len(by_id) + 1] == [
            "GET /users",
            *by_id,
        ]


@pytest.mark.parametrize("text", ['a"b', "a\\", "'; --", "ünï😀\u2028", '" or userName pr or userName eq "', "*", "%"])
def test_an_identifier_is_no_filter(desk, text):
    """Whatever stands in an identifier is text: it finds nobody else."""
    assert find(desk, ["userName", "emails.value", "name.familyName"], text).status_code == 404


NO_NAMES = (
    'userName eq "a" or userName', "userName pr or id", "not", "(id", "id\n", "name.x.y", "nope", "name", "password",
    "active", "meta.created",
)  # fmt: skip


@pytest.mark.parametrize("name", NO_NAMES)
def test_names_that_are_no_attributes(open_desk, name):
    """What is no attribute, or is compared with no text, is 400 before any call, for each way to find."""
    desk = open_desk()
    asked = {"attributes": ["userName", name], "identifier": "x"}
    ways = (("/Users/.find", asked), ("/Users/.lookup", asked), ("/Users/.unlock", {"match": asked}),
            (f"/Groups/{desk.crowd}/.members", asked))  # fmt: skip
    for path, body in ways:
        answer = desk.ask("POST", path, body)
        assert (answer.status_code, answer.json["scimType"]) == (400, "invalidValue"), answer.text
        assert "attributes: " in answer.json["detail"]
        assert desk.calls == []


def test_several_are_told(open_desk):
    """Several are 409 with their number, and nothing is done to any of them."""
    desk, _other = open_desk(), open_desk()
    number = sum(each["name"]["family"] == "Visitor" for each in desk.directory.users)
    for path, body in (("/Users/.find", {}), ("/Users/.lock", None)):
        asked = {"attributes": ["name.familyName"], "identifier": "Visitor"}
        answer = desk.ask("POST", path, asked if body == {} else {"match": asked})
        assert (answer.status_code, answer.json["scimType"]) == (409, "uniqueness")
        assert answer.json["detail"].startswith(f"{number} Users")
        assert desk.writes == []


BOTH = ({}, {"attributes": ["id"]}, {"identifier": "x"}, {"filter": "userName pr", "identifier": "x"},
        {"filter": "userName pr", "attributes": ["id"]}, {"attributes": [], "identifier": "x"})  # fmt: skip


@pytest.mark.parametrize("body", BOTH)
def test_lookup_takes_one_of_both(open_desk, body):
    """Both ways to look up, or neither, are refused."""
    desk = open_desk()
    assert desk.ask("POST", "/Users/.lookup", body).status_code == 400
    assert desk.calls == []


def test_more_than_a_hundred(make_desk):
    """More than a hundred users are not cut short: it is told how many there are."""
    desk = make_desk(seed=120)
    answer = desk.ask("POST", "/Users/.lookup", {"filter": "userName pr"})
    assert (answer.status_code, answer.json["scimType"]) == (400, "tooMany")
    assert "120 users" in answer.json["detail"]


def test_members(desk):
    """All members, or those that an identifier finds, direct ones or all; and 404 where there is no such group."""
    team, whole = desk.client.group("Empty Room"), f"/Groups/{desk.client.group('Empty Room')}/.members"
    desk.ask("POST", ".join", {"groupId": team})
    other = desk.client.users_in("Employees")[0]
    desk.ask("POST", f"/Users/{other}/.join", {"groupId": team})
    name = desk.client.good("GET", f"/Users/{desk.user}")["userName"]
    for direct in (True, False):
        found = desk.ask("POST", whole, {"direct": direct}).json
        assert {desk.user, other} <= {each["id"] for each in found["Resources"]}
        assert found["totalResults"] == len(found["Resources"])
        for attributes in (["userName"], ["id", "userName"], ["emails.value", "userName"]):
            asked = {"direct": direct, "attributes": attributes, "identifier": name.upper()}
            assert [each["id"] for each in desk.ask("POST", whole, asked).json["Resources"]] == [desk.user]
    assert desk.ask("POST", whole.replace(team, team.upper()), {}).json["totalResults"] >= 2
    assert desk.ask("POST", f"/Groups/{NOBODY}/.members", {}).status_code == 404
    for body in (
        {"attributes": ["userName"]},
        {"identifier": "x"},
        {"attributes": ["groups.value"], "identifier": team},
    ):
        assert desk.ask("POST", whole, body).status_code == 400


def test_members_are_told_to_who_may_read_groups(open_desk):
    """The right of the row opens it: ids and places of the members, and who has which address to nobody else."""
    desk = open_desk(scopes={"groups:read"})
    whole = f"/Groups/{desk.crowd}/.members"
    found = desk.ask("POST", whole, {}).json["Resources"]
    assert found
    assert {name for each in found for name in each} == {"schemas", "id", "meta"}
    asked = desk.ask("POST", whole, {"attributes": ["userName"], "identifier": "x"})
    assert asked.status_code == 403
    assert "users:read" in asked.json["detail"]
    assert desk.calls == []


def test_a_confined_client_sees_its_own_members(open_desk):
    """A confined client is shown the members that it may know of, and no group that it may not."""
    desk = open_desk(scopes=ALL_SCOPES - OF_ENVIRONMENTS, populations={"Partners"})
    for group in desk.directory.groups:
        answer = desk.ask("POST", f"/Groups/{group['id']}/.members", {})
        found = answer.json.get("Resources", [])
        assert answer.status_code in (200, 404)
        assert {each["id"] for each in found} <= set(desk.client.users_in("Partners"))


def population(desk, identifier):
    """Find a population."""
    return desk.ask("POST", "/Populations/.find", {"identifier": identifier})


def test_populations(make_desk):
    """A population is found by id, name and alternative identifier; the pages are kept for a minute."""
    desk = make_desk()
    key = desk.client.population("Partners")
    desk.directory.populations.rows[key]["alternativeIdentifiers"] = ["partners-42", NOBODY, "partners-42"]
    for text in (key, key.upper(), "Partners", "partners", "partners-42", NOBODY):
        answer = population(desk, text)
        assert (answer.status_code, answer.json["id"]) == (200, key), (text, answer.text)
    population(desk, "partners-42")
    assert desk.calls.count("GET /populations") == 1
    assert population(desk, "nobody").status_code == 404


def test_populations_that_share_an_identifier(make_desk):
    """Two populations with the same alternative identifier are 409, and for a confined client the own one is found."""
    desk = make_desk()
    for row in desk.directory.populations.rows.values():
        row["alternativeIdentifiers"] = ["shared"]
    answer = population(desk, "shared")
    assert answer.status_code == 409
    assert answer.json["detail"].startswith(f"{len(desk.directory.populations.rows)} populations")


def test_a_confined_client_finds_its_own_population(make_desk):
    """What is another's is not found, by no way."""
    desk = make_desk(scopes=ALL_SCOPES - OF_ENVIRONMENTS, populations={"Partners"})
    for row in desk.directory.populations.rows.values():
        row["alternativeIdentifiers"] = ["shared"]
    assert population(desk, "shared").json["id"] == desk.client.population("Partners")
    for text in ("Employees", desk.client.population("Employees")):
        assert population(desk, text).status_code == 404


def test_a_filter_is_read_as_that_of_a_list(open_desk):
    """What clients write beside the RFC is understood, save of a client that is held to the letter."""
    desk, strict = open_desk(), open_desk(strict=True)
    asked = {"filter": f"userName eq {desk.client.good('GET', f'/Users/{desk.user}')['userName']}"}
    found = desk.ask("POST", "/Users/.lookup", asked)
    assert [each["id"] for each in found.json["Resources"]] == [desk.user]
    refused = strict.ask("POST", "/Users/.lookup", asked)
    assert (refused.status_code, refused.json["scimType"]) == (400, "invalidValue")
    empty = desk.ask("POST", "/Users/.lookup", {"filter": " "})
    assert empty.json["detail"].startswith("filter: ")
