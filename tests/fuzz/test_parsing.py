"""Whatever text or bytes come in, the protocol and the engine answer with a value or a SCIM error, and in time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from scimbridge.mapping.links import plan_links
from scimbridge.mapping.native import as_operations, plan_operations, removed_facets, settle
from scimbridge.mapping.plan import keep_unmentioned, plan_change, plan_create
from scimbridge.mapping.query import split_filter
from scimbridge.mapping.tables.compiling import compile_tables
from scimbridge.mapping.translate import compile_answer
from scimbridge.pingone.kinds import KINDS
from scimbridge.scim.bulk.references import postpone, references, resolve
from scimbridge.scim.cursors import Seal
from scimbridge.scim.errors import InvalidFilter, InvalidPath, InvalidSyntax, ScimError
from scimbridge.scim.filtering import trees
from scimbridge.scim.filtering.filter_dialects import read_filter_text
from scimbridge.scim.json_text import read_json
from scimbridge.scim.messages import read_bulk, read_patch, read_search
from scimbridge.scim.paging import parse_cursor_count, parse_window
from scimbridge.scim.patching.apply import apply_operations
from scimbridge.scim.patching.operations import read_operations
from scimbridge.scim.patching.paths import parse_path, render_path
from scimbridge.scim.projection import compile_projection
from scimbridge.scim.reading import Manner, read_resource
from scimbridge.scim.versions import matches
from scimbridge.settings.declared import default_mappings

from .conftest import KEYS, OBJECTS, PIECES, TEXTS, VALUES, explore, pretty

SHARE = 0.025  # of the time, for each of the twelve
LIMIT = 1.0  # seconds of this thread's work for one example: an answer has to be there within one
BASE = "https://scim.example/scim/v2"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
RECORD = {
    "id": "5c2d7f1e-9d4b-4a6e-8f0c-11d2a3b4c5d6", "username": "u", "email": "u@example.org", "enabled": True,
    "name": {"given": "Greta", "family": "Falk"}, "primaryPhone": "+49 30 1", "address": {"locality": "Köln"},
    "population": {"id": "1"}, "costCentres": ["a", "b"], "createdAt": "2025-03-01T09:15:27.114Z", "title": "T",
    "memberOfGroupIDs": ["2"], "members": [{"id": "3", "type": "User"}], "name_": None,
}  # fmt: skip


class Anything:
    """A directory of which everything is known."""

    def ignores_case(self, _row, _op):
        """Say that PingOne ignores case."""
        return True

    def answers(self, _row, _op):
        """Say that PingOne answers the operator."""
        return True


@pytest.fixture(scope="module")
def tables():
    """The shipped tables, with a row of each kind in that of users."""
    files = (entry for entry in default_mappings().iterdir() if entry.name != "operations.toml")
    texts = {entry.name: entry.read_text("utf-8") for entry in files}
    texts["users.toml"] += (Path(__file__).parent.parent / "samples/custom_users.toml").read_text("utf-8")
    return list(compile_tables(texts, KINDS).values())


@pytest.fixture(params=[False, True], ids=["tolerant", "strict"])
def manner(request):
    return Manner(request.param, lambda _text: None)


def hold(example: Any, work: Callable[[], object], *allowed: type[ScimError]) -> Any:
    """Do something with an example: a value, or an error of those allowed, within the time; None where refused."""
    kinds = allowed or (ScimError,)
    found = refusal = None
    began = time.thread_time()
    try:
        found = work()
    except kinds as error:
        refusal = error
    taken = time.thread_time() - began
    if refusal is not None:
        assert refusal.detail, pretty(example)
        json.dumps(refusal.to_message(), ensure_ascii=False).encode()  # what cannot be sent is no answer
    assert taken < LIMIT, f"{taken:.2f} s for {pretty(example)}"
    return found


def test_filters(tables, manner):
    """A filter is a tree that prints to itself and can be asked and evaluated, or invalidFilter."""
    resources = [compile_answer(table)(RECORD, BASE) for table in tables]

    def check(text):
        if not manner.strict:
            text = hold(text, lambda: read_filter_text(text, tables[0].type.urns), InvalidFilter)
        node = None if text is None else hold(text, lambda: trees.parse(text), InvalidFilter)
        if node is None:
            return
        assert trees.parse(trees.render(node)) == node
        for table, resource in zip(tables, resources, strict=True):
            query = hold(text, lambda: split_filter(node, table, Anything(), strict=manner.strict), InvalidFilter)  # noqa: B023
            if query is not None:
                assert hold(text, lambda: query.keeps(resource)) in (True, False)  # noqa: B023

    leaf = st.builds(
        "{} {} {}".format,
        st.sampled_from(PIECES[:13]),
        st.sampled_from(("eq", "co", "gt", "pr", "Sw", "xx")),
        st.sampled_from(('"a"', "1", "true", "null", "-1.5e3", "", '"\\u00e9"', "1e400", '"2025-03-01T00:00:00Z"')),
    )
    tree = st.recursive(
        leaf,
        lambda inner: (
            st.builds("({}) and {}".format, inner, inner)
            | st.builds("not ({}) or {}".format, inner, inner)
            | st.builds("emails[{}]".format, inner)
            | st.builds("emails[{}].value eq 1".format, inner)
        ),
        max_leaves=20,
    )
    nested = st.builds(lambda depth, inner: "(" * depth + inner + ")" * depth, st.integers(0, 4000), leaf)
    long = st.builds(lambda inner, joint, times: joint.join([inner] * times), leaf, st.sampled_from([" or ", " and "]),
                     st.integers(1, 700))  # fmt: skip
    explore(check, TEXTS | tree | nested | long, share=SHARE)


def test_paths(tables):
    """A PATCH path is one that prints to itself, or invalidPath or invalidFilter."""

    def check(text):
        for table in tables:
            path = hold(text, lambda: parse_path(text, table.type.urns), InvalidPath, InvalidFilter)  # noqa: B023
            if path is not None:
                assert parse_path(render_path(path), table.type.urns) == path

    explore(check, TEXTS, share=SHARE)


def test_cursors():
    """A cursor that was not sealed here, or was changed, never opens; one that was does."""
    seal = Seal((b"key",))
    whole = seal.seal({"p": 1}, "query", 10.0)

    def check(example):
        text, place = example
        hold(text, lambda: pytest.fail("opened") if seal.open(text, "query", 0.0) != {"p": 1} else None)
        at = place % len(whole)
        for changed in (whole[:at] + text[:1] + whole[at + 1 :], whole[:at], whole + text, text + whole):
            opened = hold(changed, lambda: seal.open(changed, "query", 0.0))  # noqa: B023
            assert opened is None or changed == whole

    explore(check, st.tuples(TEXTS, st.integers(0, 500)), share=SHARE)


def test_json():
    """Bytes are one JSON object that means the same to every reader, or invalidSyntax."""

    def check(body):
        found = hold(body, lambda: read_json(body), InvalidSyntax)
        if found is not None:
            assert found == json.loads(body)
            json.dumps(found, ensure_ascii=False).encode()

    def spoil(value: Any, at: int, piece: bytes) -> bytes:
        text = json.dumps(value).encode()
        place = at % (len(text) + 1)
        return text[:place] + piece + text[place:]

    mutated = st.builds(spoil, OBJECTS, st.integers(0, 4000), st.binary(max_size=6))
    pieces = st.sampled_from([b"[", b'{"a":', b'"', b"\\", b'["', b"1", b"-"])
    deep = st.builds(lambda piece, depth: piece * depth, pieces, st.integers(1, 60_000))
    explore(
        check,
        st.binary(max_size=200) | mutated | deep | TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")),
        share=SHARE,
    )


def test_resources(tables, manner):
    """Any object is a resource to create or to put, or a refusal; what comes out can be sent to PingOne."""

    def check(body):
        for table in tables:
            resource = hold(body, lambda: read_resource(body, table.type, manner))  # noqa: B023
            if resource is None:
                continue
            made = hold(body, lambda: plan_create(table, resource, manner))  # noqa: B023
            assert made is None or json.dumps([made.body, made.facets])
            before = compile_answer(table)(RECORD, BASE)
            hold(
                body,
                lambda: plan_change(
                    table, RECORD, before, keep_unmentioned(table, body, before, resource), manner  # noqa: B023
                ),
            )  # fmt: skip

    explore(check, OBJECTS, share=SHARE)


def test_patches(tables, manner):
    """Any message is a PATCH or a refusal, on both ways to PingOne."""

    def check(body):
        operations = hold(body, lambda: read_patch(body, strict=manner.strict), InvalidSyntax)
        for table in tables if operations else ():
            read = hold(body, lambda: read_operations(operations, table.type, manner))  # noqa: B023
            if read is None:
                continue
            hold(body, lambda: plan_operations(table, read, manner))  # noqa: B023
            hold(body, lambda: removed_facets(table, read))  # noqa: B023
            hold(body, lambda: plan_links(table, read))  # noqa: B023
            before = compile_answer(table)(RECORD, BASE)
            after = hold(body, lambda: apply_operations(before, tuple(settle(table, read)), strict=manner.strict))  # noqa: B023
            if after is not None:
                changes = hold(body, lambda: plan_change(table, RECORD, before, after, manner))  # noqa: B023
                assert changes is None or json.dumps(as_operations(changes))

    attribute = st.sampled_from(KEYS) | st.sampled_from(PIECES[:13])
    selected = st.builds(
        '{}[{} {} "{}"]{}'.format, attribute, attribute, st.sampled_from(("eq", "pr", "co")),
        st.sampled_from(("work", "mobile", "3", "")), st.sampled_from(("", ".value", ".type", ".locality", ".x")),
    )  # fmt: skip
    operation = st.fixed_dictionaries(
        {"op": st.sampled_from(("add", "Replace", "remove", "move", 1))},
        optional={"path": attribute | selected | TEXTS | st.none(), "value": VALUES},
    )
    message = st.fixed_dictionaries({"schemas": st.just([PATCH]), "Operations": st.lists(operation, max_size=4)})
    explore(check, message | OBJECTS, share=SHARE)


def test_bulk_and_search(manner):
    """Any message is a bulk request, a search request or a refusal; references in it are found and filled in."""

    def check(body):
        hold(body, lambda: read_search(body, strict=manner.strict))
        hold(body, lambda: postpone(dict(body)))
        found = hold(body, lambda: read_bulk(body, strict=manner.strict))
        for operation in found.operations if found else ():
            names = hold(body, lambda: {*references(operation.path), *references(operation.data)})  # noqa: B023
            hold(body, lambda: resolve(operation.data, dict.fromkeys(names, "id")))  # noqa: B023
            hold(body, lambda: resolve(operation.path, dict.fromkeys(names, "id")))  # noqa: B023

    operation = st.fixed_dictionaries(
        {"method": st.sampled_from(("POST", "put", "PATCH", "DELETE", "GET")), "path": TEXTS},
        optional={"bulkId": TEXTS | st.none(), "data": VALUES, "version": VALUES},
    )
    explore(check, st.fixed_dictionaries({"Operations": st.lists(operation, max_size=4)}) | OBJECTS, share=SHARE)


def test_parameters(tables):
    """Projections, windows and entity tags of any text are read or refused."""

    def check(example):
        one, other = example
        for table in tables:
            hold(one, lambda: compile_projection(one, None, table.published))  # noqa: B023
            hold(other, lambda: compile_projection(None, other, table.type))  # noqa: B023
        hold(one, lambda: compile_projection(one, other, tables[0].type))
        hold(one, lambda: parse_window(one, other, default=100, maximum=1000))
        hold(one, lambda: parse_cursor_count(one, default=100, maximum=1000))
        hold(one, lambda: matches(one, 'W/"1"'))

    explore(check, st.tuples(TEXTS, TEXTS), share=SHARE)
