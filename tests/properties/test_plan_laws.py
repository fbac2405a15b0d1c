"""Laws of planning: what is planned and carried out is what was asked for, on every way that leads there."""

from __future__ import annotations

import contextlib
import copy
import json

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scimbridge.mapping.native import plan_operations, removed_facets, settle
from scimbridge.mapping.plan import Changes, plan_change, plan_create
from scimbridge.scim.errors import ScimError
from scimbridge.scim.messages import PatchOperation
from scimbridge.scim.patching.apply import apply_operations
from scimbridge.scim.patching.operations import read_operations
from scimbridge.scim.reading import Manner, read_resource

BASE = "https://scim.example.org/scim/v2"
OWN = "urn:example:params:scim:schemas:extension:2.0:Own"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PING = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
UNTIL = "2999-01-01T00:00:00.000Z"
PHASES = tuple(phase for phase in Phase if phase is not Phase.explain)  # it cannot tell of `st.data()`
SOME = settings(max_examples=100, phases=PHASES, deadline=None, suppress_health_check=[HealthCheck.too_slow])

TEXT = st.sampled_from(["alpha", "beta", ""])
TYPES = st.sampled_from(["work", "home", "mobile", "fax", "Work"])
PRIMARY = st.sampled_from([True, False, "True"])


def element(values, *more):
    """Make an element of a list, some members of which are there."""
    optional = {"type": TYPES, "primary": PRIMARY, **dict(more)}
    return st.fixed_dictionaries({"value": values}, optional=optional)


MAILS = st.sampled_from(["a@example.org", "b@example.org", "c@example.org"])
PHONES = st.sampled_from(["+1 555 1", "+1 555 2", "+1 555 3"])
ADDRESS = st.fixed_dictionaries(
    {},
    optional={
        "type": TYPES,
        "locality": TEXT,
        "postalCode": TEXT,
        "country": st.sampled_from(["DE", "France", "USA"]),
        "countryCode": st.sampled_from(["DE", "FR"]),
        "formatted": TEXT,
    },
).filter(lambda part: not {"country", "countryCode"} <= set(part))
NAME = st.fixed_dictionaries({}, optional={"givenName": TEXT, "familyName": TEXT, "formatted": TEXT, "other": TEXT})

VALUES = {
    "title": TEXT,
    "name": NAME,
    "name.givenName": TEXT,
    "displayName": TEXT,
    "emails": st.lists(element(MAILS), max_size=3) | element(MAILS),
    "emails.value": MAILS,
    'emails[type eq "work"]': element(MAILS),
    'emails[type eq "work"].value': MAILS,
    'emails[type eq "home"].value': MAILS,
    "emails[primary eq true].value": MAILS,
    'emails[value eq "a@example.org"].value': MAILS,
    'emails[type eq "work"].type': TYPES,
    'emails[type eq "work"].primary': PRIMARY,
    "phoneNumbers": st.lists(element(PHONES), max_size=3),
    'phoneNumbers[type eq "work"]': element(PHONES),
    'phoneNumbers[type eq "work"].value': PHONES,
    'phoneNumbers[type eq "mobile"].value': PHONES,
    'phoneNumbers[type eq "mobile"].type': TYPES,
    'phoneNumbers[type eq "fax"].value': PHONES,
    'phoneNumbers[type eq "fax"]': element(PHONES),
    "addresses": st.lists(ADDRESS, max_size=2),
    'addresses[type eq "work"]': ADDRESS,
    'addresses[type eq "work"].locality': TEXT,
    'addresses[type eq "work"].countryCode': st.sampled_from(["DE", "Germany"]),
    'addresses[countryCode eq "DE"].locality': TEXT,
    'photos[type eq "photo"].value': st.sampled_from(["https://example.org/a.png", ""]),
    "photos": st.just([{"value": "https://example.org/b.png", "type": "photo"}]),
    "active": st.sampled_from([True, False, "True", "False"]),
    f"{PING}:mfaEnabled": st.booleans(),
    f"{PING}:population": st.sampled_from(["id-1", {"id": "id-2"}]),
    f"{PING}:population.id": st.sampled_from(["id-1", "id-2"]),
    f"{PING}:identityProvider": st.sampled_from([{"id": "id-1"}, {"id": "id-2"}]),
    f"{PING}:accountId": TEXT,
    f"{PING}:account": st.sampled_from(
        [{"status": "LOCKED"}, {"status": "OK"}, {"status": "LOCKED", "unlockAt": UNTIL}]
    ),
    f"{PING}:account.status": st.sampled_from(["LOCKED", "OK", ""]),
    f"{PING}:verifyStatus": st.sampled_from(["ENABLED", "DISABLED", "else"]),
    f"{OWN}:badge": TEXT,
    f"{OWN}:costCentres": st.sampled_from(["[a;; b]", "[a]", "[]", ""]) | st.just(["a", "c"]),
    f"{OWN}:skills": st.lists(st.sampled_from("xyz"), max_size=2),
    f"{OWN}:profile": st.sampled_from(['{"p": 1}', {"q": [1]}, {"value": 3}, ""]),
    f"{OWN}:settings": st.sampled_from([{"p": 1}, {"value": 2}, {}]),
    f"{OWN}:remote": st.booleans(),
    f"{OWN}:grade": st.integers(0, 3),
    f"{OWN}:desk": st.fixed_dictionaries({}, optional={"floor": TEXT, "room": TEXT}),
    f"{OWN}:desk.floor": TEXT,
    f"{OWN}:label": TEXT,
    OWN: st.fixed_dictionaries({}, optional={"badge": TEXT, "grade": st.integers(0, 3), "nothing": TEXT}),
    f"{ENTERPRISE}:department": TEXT,
    f"{ENTERPRISE}:manager": st.sampled_from(["m1", {"value": "m2"}, ""]),
    ENTERPRISE: st.fixed_dictionaries({}, optional={"department": TEXT, "division": TEXT}),
    "roles": st.just([{"value": "r"}]),
}
PATHS = sorted(VALUES)


@st.composite
def operations(draw):
    """Draw an operation of a client that knows the resource."""
    op = draw(st.sampled_from(["add", "replace", "remove"]))
    path = draw(st.sampled_from(PATHS))
    if op == "remove":
        listed = path in ("emails", "phoneNumbers") and draw(st.booleans())
        return PatchOperation(op, path, draw(VALUES[path]) if listed else None, listed)
    if draw(st.booleans()):
        return PatchOperation(op, path, draw(VALUES[path]), True)
    return PatchOperation(op, None, {path: draw(VALUES[path])}, True)


def attributes_of(resource):
    """Return a resource without what its last change shows in."""
    return {name: value for name, value in resource.items() if name != "meta"}


@given(data=st.data())
@SOME
def test_a_planned_change_makes_what_was_asked_for(users, data):
    """The difference between any two states, carried out, makes the second: under both readings of nested objects."""
    record, goal = data.draw(users.records), data.draw(users.records)
    before, wanted = users.answer(record, BASE), users.answer(goal, BASE)
    held = copy.deepcopy(record)
    after = read_resource(json.loads(json.dumps(wanted)), users.table.type, users.manner)
    changes = plan_change(users.table, record, before, after, users.manner)
    assert record == held
    merged = users.answer(users.merge_members(record, changes), BASE)
    assert users.answer(users.replace_members(record, changes), BASE) == merged
    for (urn, name), shape in users.writable:
        place, goal_place = (
            part if urn in ("", users.table.type.schema.urn) else part.get(urn, {}) for part in (merged, wanted)
        )
        lasting = any(row.via for row in shape.rows)
        if lasting and name not in goal_place:
            continue
        got, asked = place.get(name), goal_place.get(name)
        if lasting and isinstance(got, dict):
            named = {row.sub for row in shape.rows if row.via} & asked.keys()
            got, asked = ({sub: part.get(sub) for sub in named} for part in (got, asked))
        assert got == asked, name


@given(data=st.data())
@SOME
def test_unmapped_members_of_nested_objects_survive(users, data):
    """What PingOne holds and no row names is there after every change."""
    record, goal = data.draw(users.records), data.draw(users.records)
    after = read_resource(users.answer(goal, BASE), users.table.type, users.manner)
    changes = plan_change(users.table, record, users.answer(record, BASE), after, users.manner)
    for carry_out in (users.merge_members, users.replace_members):
        made = carry_out(record, changes)
        assert made.get("unmapped") == record.get("unmapped")
        assert made.get("address", {}).get("unmapped") == record.get("address", {}).get("unmapped")


@given(data=st.data())
@settings(parent=SOME, max_examples=250)
def test_native_operations_do_what_read_patch_and_plan_do(users, data):
    """Where a PATCH goes to PingOne as it is, the user is the same as after read, patch and difference."""
    record = data.draw(users.records)
    try:
        read = read_operations(
            data.draw(st.lists(operations(), min_size=1, max_size=4)), users.table.type, users.manner
        )
        native = plan_operations(users.table, read, users.manner)
    except ScimError:
        return
    if native is None:
        return
    before = users.answer(record, BASE)
    gone = removed_facets(users.table, read)
    after = apply_operations(before, settle(users.table, read), strict=False)
    changes = plan_change(users.table, record, before, after, users.manner)
    changes = Changes(changes.body, {**changes.facets, **gone})
    direct = attributes_of(users.answer(users.operate(record, native), BASE))
    assert direct == attributes_of(users.answer(users.merge_members(record, changes), BASE))
    assert direct == attributes_of(users.answer(users.replace_members(record, changes), BASE))


@given(data=st.data())
@SOME
def test_pathed_and_path_less_operations_are_the_same(users, data):
    """`{"path": p, "value": v}` and `{"value": {p: v}}` mean the same, as far as nothing is read-only."""
    operation = data.draw(operations().filter(lambda part: part.path and part.op != "remove"))
    pathless = PatchOperation(operation.op, None, {operation.path: operation.value}, True)
    outcomes = []
    for form in (operation, pathless):
        try:
            outcomes.append(read_operations([form], users.table.type, users.manner))
        except ScimError as error:
            outcomes.append((type(error), error.detail))
    assert outcomes[0] == outcomes[1]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4)
    | st.sampled_from(["work", "True", "[a;; b]", '{"value": 1}', "DE", "id-1", "urn:x:y"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["value", "type", "primary", "id", "$ref", "givenName", "country", "x"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
NAMES = [path for path in PATHS if "[" not in path] + [
    *(
        "userName",
        "id",
        "meta",
        "schemas",
        "groups",
        "externalId",
        "password",
        "members",
        "unknown",
        "x y",
        "",
        "urn:a:b",
    ),
    *("USERNAME", "urn:ietf:params:scim:schemas:core:2.0:User", PING, ENTERPRISE),
]


@given(body=st.dictionaries(st.sampled_from(NAMES), JSON, max_size=5), strict=st.booleans(), data=st.data())
@settings(parent=SOME, max_examples=200)
def test_any_json_is_planned_or_refused(users, body, strict, data):
    """A resource of random JSON is read and planned, or refused with a SCIM error: nothing else ever comes out."""
    manner = Manner(strict, lambda _name: None)
    record = data.draw(users.records)
    before = users.answer(record, BASE)
    with contextlib.suppress(ScimError):
        sent = {"userName": "u", "schemas": [users.table.type.schema.urn], **body}
        resource = read_resource(sent, users.table.type, manner)
        assert plan_create(users.table, resource, manner).body["username"]
        plan_change(users.table, record, before, resource, manner)


@given(
    forms=st.lists(
        st.tuples(st.sampled_from(["add", "replace", "remove"]), st.sampled_from([None, *NAMES, *PATHS]), JSON),
        max_size=4,
    ),
    strict=st.booleans(),
    data=st.data(),
)
@settings(parent=SOME, max_examples=250)
def test_any_patch_is_planned_or_refused(users, forms, strict, data):
    """Random operations with random values are planned, or refused with a SCIM error, on both ways."""
    manner = Manner(strict, lambda _name: None)
    record = data.draw(users.records)
    before = users.answer(record, BASE)
    held = copy.deepcopy(before)
    sent = [PatchOperation(op, path or None, value, True) for op, path, value in forms]
    with contextlib.suppress(ScimError):
        read = read_operations(sent, users.table.type, manner)
        plan_operations(users.table, read, manner)
        removed_facets(users.table, read)
        after = apply_operations(before, settle(users.table, read), strict=strict)
        plan_change(users.table, record, before, after, manner)
    assert before == held
