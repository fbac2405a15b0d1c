"""The law of the whole: after an apply nothing is left to plan, whatever source, rules and directory there are.

What is not managed, and who is out of scope, is byte for byte as it was.
"""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from scimbridge.sync.plans.lines import CONFLICT
from scimbridge.sync.plans.reading import open_plan

COLUMNS = ("id", "mail", "family", "job", "nick", "status", "teams")
COMPANY = 14
MANAGED = {"externalId", "username", "email", "name", "title", "nickname", "enabled", "account", "lifecycle"}
"""Native fields that the rules below may change, with what PingOne changes itself beside them."""
PASSING = {"updatedAt", "_links"}

NEWCOMER = st.integers(100, 118)
WORDS = st.sampled_from(["", "Engineer", "Analyst", "Zoë & Co", "a  b", "Lead"])
RULES = """
[source]
csv = "people.csv"
key = "id"
complete = {complete}
made = "mtime"

[scope]
populations = {populations}
{where}
protect = ['userName sw "chloe"']

[match]
by = ["externalId", "userName"]
adopt = {adopt}

["urn:ietf:params:scim:schemas:core:2.0:User"]
externalId = "id"
userName = {{ from = "mail", codec = "lower" }}
name.familyName = "family"
'emails[type eq "work"].value' = "mail"
title = {{ from = "job", empty = "clear" }}
nickName = {{ from = "nick", on = "{nick}" }}
active = {{ from = "status", values = {{ A = true, T = false }} }}
{leaver}
[groups]
from = {{ column = "teams", separator = ";" }}
manage = ["HR-*", "All Hands"]
extra = "{extra}"
create = true

[guards]
create = 1000
update = 1000
disable = 1000
delete = 1000
move = 1000
leave = 1000
leave_one_group = 1000
shrink = 1000
grow = 1000
"""


def leavers(missing):
    """Return what becomes of leavers, as a section."""
    after = 'delete_after = "0d"' if missing == "delete" else ""
    return f'[leaver]\nmissing = "{missing}"\n{after}\n'


rules = st.builds(
    lambda complete, populations, where, adopt, nick, missing, extra: RULES.format(
        complete=str(complete).lower(),
        populations=populations,
        where=where,
        adopt=str(adopt).lower(),
        nick=nick,
        leaver=leavers(missing) if complete else "",
        extra=extra,
    ),
    st.booleans(),
    st.sampled_from(['["Employees"]', '["Employees", "Partners"]']),
    st.sampled_from(["", "where = 'not (title eq \"Accountant\")'", "where = 'userName co \".\"'"]),
    st.booleans(),
    st.sampled_from(["always", "create"]),
    st.sampled_from(["keep", "disable", "delete"]),
    st.sampled_from(["keep", "remove"]),
)
person = st.fixed_dictionaries(
    {
        "family": st.sampled_from(["Rossi", "O'Neill", "Zoë"]),
        "job": WORDS,
        "nick": WORDS,
        "status": st.sampled_from(["A", "A", "A", "T", "Q"]),
        "teams": st.sampled_from(["", "HR-One", "HR-One;HR-Two", "All Hands", "HR-Two;All Hands"]),
    }
)
known = st.dictionaries(st.integers(1, COMPANY), person, max_size=COMPANY)
new = st.dictionaries(NEWCOMER, person, min_size=1, max_size=6)


def rows_of(bench, known, new):
    """Return rows for people who are there, with their names and keys, and for some who are not."""
    company = sorted(bench.users().values(), key=lambda user: user["username"])
    for place, values in sorted(known.items()):
        user = company[place - 1]
        key = user.get("externalId") or f"e-{place}"
        yield {"id": key, "mail": f"{user['username']}", **values} | {"mail": user["username"] + "@example.com"}
    for number, values in sorted(new.items()):
        yield {"id": f"n-{number}", "mail": f"new{number}@example.com", **values}


def lines_left(bench, plan):
    """Return what a plan would change."""
    return [line for line in open_plan(plan.path, None).lines() if line.do != CONFLICT and not line.faults]


def allowed(plan):
    """Return what lets a plan pass whatever stops it."""
    return {guard.name: guard.number for guard in plan.head.stopped}


@pytest.fixture(scope="module")
def make(make_bench):
    return make_bench


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(rules=rules, known=known, new=new)
def test_after_an_apply_nothing_is_left_and_nothing_else_is_touched(make, rules, known, new):
    """Whoever is out of scope, and whatever field has no row, is as it was; a second apply writes nothing."""
    bench = make(COMPANY)
    rows = list(rows_of(bench, known, new))
    bench.put(rules, rows, COLUMNS)
    users, members = bench.users(), bench.members()
    first = bench.make()
    assert bench.writes == []
    applied = bench.apply(allow=allowed(first))
    assert applied.exit_code == 0, (applied.told, applied.stopped)
    touched = {line.id for line in open_plan(first.path, None).lines() if line.id and not line.faults}
    after = bench.users()
    for key, user in users.items():
        if key not in touched:
            assert after[key] == user
        elif key in after:
            kept = {name: value for name, value in user.items() if name not in MANAGED | PASSING}
            assert {name: value for name, value in after[key].items() if name not in MANAGED | PASSING} == kept
    for group, before in members.items():
        is_managed = any(each["id"] == group and each["name"] == "All Hands" for each in bench.sandbox.directory.groups)
        if not is_managed:
            assert bench.members()[group] & set(users) & set(after) == before & set(after)
    second = bench.make()
    assert lines_left(bench, second) == []
    assert bench.apply(allow=allowed(second)).exit_code == 0
    assert bench.writes == []
    assert bench.users() == after
