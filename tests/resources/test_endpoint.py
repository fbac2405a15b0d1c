"""One way for every verb: its words stand in one place, and nothing is looked at before the client's right is known."""

from __future__ import annotations

import pytest

from scimbridge.ops.explaining.rehearsal import IDS, Stage
from scimbridge.resources.tables import open_tables
from scimbridge.scim.errors import InvalidSyntax, NotFound
from scimbridge.scim.verbs import ALLOWED, AUDITED, BY_METHOD, CHANGES, CREATE, DELETE, GET, PATCH, SEARCH, Verb
from scimbridge.settings.declared import default_mappings


@pytest.fixture(scope="module")
def users():
    """The resource type User on a bridge with the tables that ship."""
    tables = open_tables(default_mappings())
    return Stage(tables, tables.whole["User"])


def test_the_words_of_verbs():
    """What tables, bulk requests and the audit log call the verbs is said once."""
    assert ALLOWED == ("create", "change", "delete")
    assert list(BY_METHOD) == ["POST", "PUT", "PATCH", "DELETE"]
    assert AUDITED == ("create", "replace", "patch", "delete", "bulk", "read", "search")


@pytest.mark.parametrize("verb", CHANGES, ids=lambda verb: verb.name)
def test_the_body_is_read_once_and_before_any_call(users, verb):
    """Where the body cannot be read, PingOne is asked nothing."""
    asked = []

    def read():
        asked.append(verb)
        msg = "no JSON"
        raise InvalidSyntax(msg)

    played = users.play(
        lambda endpoint, context, options: endpoint.do(verb, context, options, IDS["USER-ID"], read=read)
    )
    assert isinstance(played.refusal, InvalidSyntax)
    assert (asked, played.requests) == ([verb], ())


@pytest.mark.parametrize("verb", [GET, PATCH, DELETE], ids=lambda verb: verb.name)
def test_what_is_no_id_names_nothing(users, verb):
    """An id that PingOne cannot have is not asked for, whatever the verb."""
    played = users.play(lambda endpoint, context, options: endpoint.do(verb, context, options, "../groups"))
    assert isinstance(played.refusal, NotFound)
    assert played.requests == ()


def test_a_search_and_a_create_need_no_id(users):
    """Verbs on a collection pass the same way."""
    found = []
    users.play(
        lambda endpoint, context, options: found.append(
            endpoint.do(SEARCH, context, options, parameters={"count": "1"})
        )
    )
    users.play(
        lambda endpoint, context, options: found.append(
            endpoint.do(CREATE, context, options, read=lambda: {"userName": "x"})
        )
    )
    assert [reply.status for reply in found] == [SEARCH.success, CREATE.success]


def test_an_unknown_verb_is_a_fault_of_ours(users):
    """A verb that no resource type has fails at once, and is not taken for another one."""
    unknown = Verb("unlock", "POST", "read")
    with pytest.raises(ValueError, match="has no way to unlock"):
        users.play(lambda endpoint, context, options: endpoint.do(unknown, context, options, IDS["USER-ID"]))
