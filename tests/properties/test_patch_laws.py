"""Laws of PATCH, and PATCH against scim2-models as an outside judge where both read RFC 7644 §3.5.2 alike."""

from __future__ import annotations

import contextlib
import copy
import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from scim2_models import EnterpriseUser, PatchOp, SCIMException, User

from scimbridge.scim.catalogue import CORE_USER, ENTERPRISE_URN, ENTERPRISE_USER, PATCH_URN, USER_URN, ResourceType
from scimbridge.scim.errors import NoTarget, ScimError
from scimbridge.scim.messages import PatchOperation
from scimbridge.scim.patching.apply import apply_operations
from scimbridge.scim.patching.operations import read_operations
from scimbridge.scim.reading import Manner, is_empty

TYPE = ResourceType("User", "/Users", "Users", CORE_USER, (ENTERPRISE_USER,))
STRICT, KIND = Manner(True, lambda _name: None), Manner(False, lambda _name: None)
SOME = settings(max_examples=150, deadline=None)

TEXT = st.sampled_from(["alpha", "beta", "gamma"])
TYPES = st.sampled_from(["work", "home", "other"])
VALUES = st.sampled_from(["a@example.org", "b@example.org", "c@example.org"])


def members(**optional):
    """Make an object with at least one of these members."""
    return st.fixed_dictionaries({}, optional=optional).filter(bool)


NAME = members(givenName=TEXT, familyName=TEXT)
MAIL = st.fixed_dictionaries({"value": VALUES}, optional={"type": TYPES, "primary": st.booleans()})
ADDRESS = members(type=TYPES, locality=TEXT, country=st.sampled_from(["DE", "FR"])).filter(
    lambda found: set(found) != {"type"}  # says no address
)
MAILS = st.lists(MAIL, min_size=1, max_size=3, unique_by=lambda part: part["value"]).filter(
    lambda found: sum(part.get("primary") is True for part in found) < 2
)

RESOURCES = st.fixed_dictionaries(
    {"userName": TEXT},
    optional={
        "title": TEXT,
        "name": NAME,
        "emails": MAILS,
        "addresses": st.lists(ADDRESS, min_size=1, max_size=2),
        "active": st.booleans(),
        ENTERPRISE_URN: members(department=TEXT, employeeNumber=TEXT),
    },
)

GIVEN = {
    "title": TEXT,
    "active": st.booleans(),
    "name": NAME,
    "name.givenName": TEXT,
    "emails": MAILS,
    'emails[type eq "work"]': MAIL,
    'emails[type eq "work"].value': VALUES,
    'emails[type eq "home" and value co "a"].value': VALUES,
    'emails[value eq "a@example.org"].type': TYPES,
    'emails[value eq "b@example.org"].primary': st.booleans(),
    'addresses[type eq "work"].locality': TEXT,
    'addresses[type eq "home"]': ADDRESS,
    f"{ENTERPRISE_URN}:department": TEXT,
    f"{ENTERPRISE_URN.lower()}:employeeNumber": TEXT,
    f"{USER_URN}:title": TEXT,
}


@st.composite
def operations(draw):
    """Draw an operation in the RFC's own words."""
    op, path = draw(st.sampled_from(["add", "replace", "remove"])), draw(st.sampled_from(sorted(GIVEN)))
    if op == "remove":
        return PatchOperation(op, path, None, False)
    if "[" not in path and draw(st.booleans()):
        return PatchOperation(op, None, {path: draw(GIVEN[path])}, True)
    return PatchOperation(op, path, draw(GIVEN[path]), True)


def patch(resource, found, manner):
    """Patch with ours."""
    return apply_operations(resource, read_operations(found, TYPE, manner), strict=manner.strict)


def judge(resource, operation):
    """Patch with scim2-models. Raises `SCIMException` where that refuses."""
    user = User[EnterpriseUser].model_validate({"schemas": [USER_URN, ENTERPRISE_URN], **resource})
    sent = {"op": operation.op}
    sent |= {"path": operation.path} if operation.path else {}
    sent |= {"value": operation.value} if operation.has_value else {}
    PatchOp[User[EnterpriseUser]].model_validate({"schemas": [PATCH_URN], "Operations": [sent]}).patch(user)
    return user.model_dump(exclude_none=True)


def plain(value):
    """Leave what both sides mean: no schemas, no `primary` that is false, no element that says only what kind it is."""
    if isinstance(value, dict):
        kept = {name: plain(part) for name, part in value.items() if name not in ("schemas", "meta")}
        kept = {name: part for name, part in kept.items() if not is_empty(part) and part is not False}
        return kept if set(kept) - {"type", "primary"} else {}
    return [part for item in value if (part := plain(item))] if isinstance(value, list) else value


def makes_an_element(resource, operation):
    """Whether an `add` through a filter selects nothing: we make the value then, as Entra needs it."""
    if operation.op != "add" or operation.path is None or "[" not in operation.path:
        return False
    probe = PatchOperation("replace", operation.path, operation.value, True)
    try:
        patch(resource, [probe], STRICT)
    except NoTarget:
        return True
    return False


def adds_what_is_there(resource, operation):
    """Whether an `add` has a value that is there with other marks: to us it is the same value, to others a second."""
    added = operation.value.get("emails", []) if operation.path is None else operation.value
    held = {part["value"] for part in resource.get("emails", [])}
    return operation.op == "add" and isinstance(added, list) and any(part["value"] in held for part in added)


@given(RESOURCES, operations())
@settings(parent=SOME, max_examples=300)
def test_patch_agrees_with_scim2_models(resource, operation):
    """One operation on a user has the outcome that an implementation by others gives it."""
    if makes_an_element(resource, operation) or adds_what_is_there(resource, operation):
        return
    try:
        theirs = plain(judge(resource, operation))
    except SCIMException as error:
        theirs = error.scim_type
    try:
        ours = plain(patch(resource, [operation], STRICT))
    except ScimError as error:
        ours = error.scim_type
    assert ours == theirs


@given(RESOURCES, st.lists(operations(), max_size=5), st.booleans())
@SOME
def test_patch_leaves_its_input_alone(resource, found, strict):
    """What is patched is a copy, whether the operations succeed or are refused half way."""
    before, sent = copy.deepcopy(resource), copy.deepcopy(found)
    with contextlib.suppress(ScimError):
        patch(resource, found, STRICT if strict else KIND)
    assert (resource, found) == (before, sent)


@given(RESOURCES, st.lists(operations(), min_size=1, max_size=5))
@SOME
def test_operations_in_one_request_are_operations_one_after_the_other(resource, found):
    """A request of several operations is as many requests of one (RFC 7644 §3.5.2)."""
    after = resource
    for operation in found:
        after = patch(after, [operation], KIND)
    assert patch(resource, found, KIND) == after


@given(RESOURCES, operations().filter(lambda part: "[" not in str(part.path)))
@SOME
def test_an_operation_sent_again_changes_nothing_more(resource, operation):
    """A client that heard no answer sends its operation again: the resource is the same."""
    once = patch(resource, [operation], KIND)
    assert patch(once, [operation], KIND) == once


@given(RESOURCES, st.lists(operations(), min_size=1, max_size=4))
@SOME
def test_spelling_of_op_and_path_is_free(resource, found):
    """Names and URNs have no case: operations in capitals do the same (RFC 7643 §2.1)."""
    shouted = [replace(part, path=shout(part.path)) for part in found if part.path]
    quiet = [part for part in found if part.path]
    assert patch(resource, shouted, KIND) == patch(resource, quiet, KIND)


def shout(path):
    """Write a path in capitals, except for the strings in it."""
    return "".join(part if part.startswith('"') else part.upper() for part in re.split(r'("[^"]*")', path))


@given(RESOURCES, st.lists(operations(), max_size=5))
@SOME
def test_at_most_one_value_is_primary(resource, found):
    """Whatever is patched, no list ends with two primary values (RFC 7643 §2.4)."""
    emails = patch(resource, found, KIND).get("emails", [])
    assert sum(part.get("primary") is True for part in emails) < 2
