"""Texts of listed resources: what is kept is what a translation gives, within bounds."""

from __future__ import annotations

import tracemalloc

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.request.rendered import KNOCKS, Rendered


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.binary(max_size=40)), max_size=60))
def test_what_is_found_is_what_was_kept(kept):
    """A text is found unchanged or not at all, and never more bytes are held than there is room for."""
    rendered = Rendered(most=100)
    first: dict[str, set[bytes]] = {}
    for key, text in kept:
        rendered.keep(key, text)
        first.setdefault(key, set()).add(text)
        held = {key: found for key in "abcdefgh" if (found := rendered.find(key)) is not None}
        assert sum(map(len, held.values())) <= 100
        assert all(found in first[key] for key, found in held.items())


def test_a_long_walk_does_not_throw_out_everything():
    """Walking again and again through twice as many records as there is room for finds a good part of them."""
    rendered = Rendered(most=1000)
    found = 0
    for _walk in range(4):
        for number in range(200):
            if rendered.find(str(number)) is None:
                rendered.keep(str(number), b"0123456789")
            else:
                found += 1
    assert found > 3 * 60


def test_newcomers_get_in_at_last():
    """A full store still takes what is asked for again and again."""
    rendered = Rendered(most=13)
    rendered.keep("old", b"0123456789")
    for _knock in range(KNOCKS):
        assert rendered.find("new") is None
        rendered.keep("new", b"9876543210")
    assert rendered.find("new") == b"9876543210"
    assert rendered.find("old") is None


def test_a_changed_user_is_listed_as_changed(client):
    """What PingOne shows differently is shown differently in the next list, whoever changed it."""
    user = client.list("/Users", count=3)["Resources"][1]
    client.list("/Users", count=3)
    held = next(each for each in client.sandbox.directory.users if each["id"] == user["id"])
    client.patch(f"/Users/{user['id']}", {"op": "replace", "path": "nickName", "value": "Countess"})
    listed = client.list("/Users", count=3)["Resources"][1]
    assert (listed["id"], listed["nickName"]) == (held["id"], "Countess")
    assert listed["meta"]["version"] != user["meta"]["version"]
    assert client.good("GET", f"/Users/{user['id']}")["meta"]["version"] == listed["meta"]["version"]


def test_each_question_has_texts_of_its_own(client):
    """The same record is listed by what was asked for and under the address that was asked."""
    whole = client.list("/Users", count=1)["Resources"][0]
    short = client.list("/Users", count=1, attributes="userName")["Resources"][0]
    assert set(short) == {"schemas", "id", "userName"}
    assert "emails" not in client.list("/Users", count=1, excludedAttributes="emails")["Resources"][0]
    elsewhere = client.good("GET", "/Users?count=1", headers={"Host": "other.example.org"})["Resources"][0]
    assert elsewhere["meta"]["location"].startswith("http://other.example.org/")
    assert client.list("/Users", count=1)["Resources"][0] == whole


@pytest.mark.parametrize("parameter", ["attributes", "excludedAttributes"])
def test_a_question_for_none_is_not_no_question(client, parameter):
    """Who asks for an attribute "None" leaves nothing behind for those who ask for nothing."""
    client.list("/Users", count=1, **{parameter: "None"})
    assert "userName" in client.list("/Users", count=1)["Resources"][0]
    client.list("/Users", count=2)
    assert ("userName" in client.list("/Users", count=2, **{parameter: "None"})["Resources"][1]) == (
        parameter == "excludedAttributes"
    )


def test_long_questions_take_room_too():
    """Keys hold what the client asked for, so that they count: memory is bounded whatever is asked."""
    rendered = Rendered(most=1000)
    for number in range(50):
        rendered.keep(f"{number}" + "a" * 400, b"{}")
    assert sum(len(key) + len(text) for key, text in rendered._texts.items()) <= 1000
    rendered.keep("b" * 2000, b"{}")
    assert rendered.find("b" * 2000) is None


def test_texts_hold_no_more_memory_than_they_are_long():
    """What orjson returns may hold 4 KiB for forty bytes; what is kept does not."""
    rendered = Rendered()
    tracemalloc.start()
    try:
        for number in range(1000):
            rendered.keep(str(number), orjson.dumps({"number": number}))
        held, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 1000 * 400
