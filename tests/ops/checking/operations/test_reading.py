"""What rows read is asked once for each path; a refusal says all it may mean, and as bad as it is for clients."""

from __future__ import annotations

from dataclasses import replace

from scimbridge.access.caller import Caller
from scimbridge.operations.rooms import open_catalogue
from scimbridge.ops.checking.findings import WRITE, Grade
from scimbridge.ops.checking.operations.reading import MOST_CALLS, leave_changes
from scimbridge.ops.checking.operations.standing import Standing
from scimbridge.pingone.errors import NotThere, Unreachable
from tests.ops.checking.operations.conftest import EVERYBODY, KEY, PingOne, forbidden, roles_of, seen_pages


def of(findings, grade):
    return [each for each in findings if each.grade is grade]


def test_rows_that_are_fine_are_one_line(look):
    """All that can be read stands in one finding, by resource type."""
    findings = look(PingOne())
    (fine,) = of(findings, Grade.OK)
    assert "User (find, lookup, password, sessions" in fine.what
    assert "Service (agreements, environments, roles, gateways)" in fine.what
    assert len(findings) == 2


def test_each_path_is_asked_once_and_the_number_is_told(look):
    """Rows with one path share its answer, and what was read already is not read again."""
    pingone = PingOne()
    told = look(pingone)[0].what
    paths = [request.path for request in pingone.asked]
    assert len(paths) == len(set(paths))
    assert not {"/users", "/populations"} & set(paths)
    assert f"{len(paths)} calls to see what can be read" in told
    assert {request.method for request in pingone.asked} == {"GET"}


def test_what_stands_beside_the_environment_is_asked_there(look):
    """Roles and environments are no parts of one environment."""
    pingone = PingOne()
    look(pingone)
    assert {request.path for request in pingone.asked if request.root} == {"/environments", "/roles"}


def test_a_403_is_a_missing_right_or_a_path_that_is_not_known(look):
    """Both are said, with the role that the row names and the way to do without."""
    (fault,) = of(look(PingOne({"/gateways": forbidden()})), Grade.FAULT)
    assert "PingOne answers 403 to Service (gateways): the application lacks the right, or this" in fault.what
    assert 'assign the role "Environment Admin"' in fault.cure
    assert "disable" in fault.cure


def test_a_403_where_the_roles_have_the_right(look):
    """Where PingOne shows that the worker has the role, no role is asked for."""
    (fault,) = of(look(PingOne({"/sessions": forbidden()}), roles=roles_of("Identity Data Admin")), Grade.FAULT)
    assert "by its roles the application may: this environment may not have that path" in fault.what
    assert "assign" not in fault.cure


def test_a_row_that_no_client_may_call_is_no_fault(look):
    """What PingOne refuses there is a note, and which scopes nobody has is told in one line."""
    findings = look(PingOne({"/gateways": forbidden()}), callers=(Caller("token"),))
    assert of(findings, Grade.FAULT) == []
    told = [each.what for each in of(findings, Grade.NOTE)]
    assert any("PingOne answers 403 to Service (gateways)" in what for what in told)
    (unoffered,) = [what for what in told if what.startswith("no client has ")]
    assert "environments:read" in unoffered
    assert "users:read" not in unoffered


def test_a_confined_client_has_no_right_to_the_whole_environment(look):
    """Whoever is confined to populations is refused these rows, whatever its scopes say."""
    confined = Caller("desk", scopes=EVERYBODY.scopes, populations=frozenset({"p"}))
    assert of(look(PingOne({"/gateways": forbidden()}), callers=(confined,)), Grade.FAULT) == []


def test_consents_need_agreements_too(look):
    """A row whose function reads another path as well is no better than that."""
    findings = look(PingOne({"/agreements": forbidden()}))
    (fault,) = of(findings, Grade.FAULT)
    assert "User (agreements, agreement), Service (agreements)" in fault.what
    assert '"Environment Admin"' in fault.cure
    (fine,) = of(findings, Grade.OK)
    assert "agreement" not in fine.what


def test_other_failures_say_what_pingone_says(look):
    """A path that answers 404, and a PingOne that has a bad moment, are no missing right."""
    failing = {"/devices": NotThere("no", status=404), "/password": Unreachable("PingOne answers 500", status=500)}
    faults = of(look(PingOne(failing)), Grade.FAULT)
    assert any("User (devices): PingOne answers 404" in each.what for each in faults)
    assert any("User (password): PingOne answers 500" in each.what for each in faults)
    assert not any("403" in each.what for each in faults)


def test_rows_without_anybody_to_ask_about_are_not_tried(look):
    """In an empty environment what hangs on a user is not called readable."""
    (left,) = of(look(PingOne(), seen=seen_pages(users=0)), Grade.NOT_TRIED)
    assert "User (password, sessions" in left.what
    assert "there is no User to ask about" in left.what


def test_what_is_taken_out_is_not_looked_at(look):
    """A row that the operator disabled is not asked for, and is told as taken out."""
    pingone = PingOne({"/gateways": forbidden()})
    findings = look(pingone, 'disable = ["gateways", "sessions"]\n')
    assert not [request for request in pingone.asked if request.path.endswith(("/gateways", "/sessions"))]
    assert of(findings, Grade.FAULT) == []
    assert "it takes out User (sessions), Service (gateways)" in findings[0].what


def test_rows_of_an_operators_own_are_looked_at(look):
    """A row that differs from the shipped one, or is new, is named and asked for."""
    own = '[User.tokens]\ndoes = "x"\ncall = "GET users/{id}/tokens"\nout = ""\nscope = "users:read"\nagain = "yes"\n'
    pingone = PingOne({"/tokens": forbidden()})
    findings = look(pingone, own)
    assert "operations.toml says User (tokens) itself" in findings[0].what
    assert ["User (tokens)" in each.what for each in of(findings, Grade.FAULT)] == [True]


def test_what_stands_below_a_part_is_asked_for_above_it(look):
    """No part is known to ask for: the list of them shows the right as well."""
    own = (
        '[User.keys]\ndoes = "x"\ncall = "GET users/{id}/badges/{item}/keys"\nitem = { name = "badgeId" }\nout = ""\n'
        'scope = "users:read"\nagain = "yes"\n'
    )
    pingone = PingOne({"/badges": forbidden()})
    findings = look(pingone, own)
    assert f"/users/{KEY}/badges" in [request.path for request in pingone.asked]
    assert ["User (keys)" in each.what for each in of(findings, Grade.FAULT)] == [True]


def test_what_is_not_served_is_left_untried_for_ever(look):
    """Rows on a type that no table serves are a note: as `not tried` they would keep the exit code from 0."""
    seen = seen_pages()
    findings = look(PingOne(), seen=replace(seen, pages={k: v for k, v in seen.pages.items() if k != "groups"}))
    assert of(findings, Grade.NOT_TRIED) == []
    assert ["do not serve a Group" in each.what for each in of(findings, Grade.NOTE)].count(True) == 1


def test_the_number_of_calls_has_a_bound(look):
    """However many rows a table has: what is beyond is not called readable."""
    row = '[User.x{0}]\ndoes = "x"\ncall = "GET users/{{id}}/x{1}"\nout = ""\nscope = "users:read"\nagain = "yes"\n'
    own = "".join(row.format(number, "y" * number) for number in range(1, MOST_CALLS + 5))
    pingone = PingOne()
    findings = look(pingone, own)
    assert len(pingone.asked) == MOST_CALLS
    (left,) = of(findings, Grade.NOT_TRIED)
    assert f"more than {MOST_CALLS} paths are not asked" in left.what


def test_what_changes_something_is_not_tried_by_reading():
    """Harmless rows say how they are tried; those with real consequences are a note, never `not tried` for ever."""
    findings = [*leave_changes(open_catalogue(None), Standing(None, (EVERYBODY,)))]
    (left,) = of(findings, Grade.NOT_TRIED)
    assert left.cure == WRITE
    assert "lock, unlock" in left.what
    assert not {"sendRecoveryCode", "assignRole"} & set(left.what.replace(",", " ").split())
    never = " ".join(each.what for each in of(findings, Grade.NOTE))
    assert "sendRecoveryCode" in never
    assert "assignRole" in never
    assert "User (lock" in left.what


def test_a_worker_that_only_reads_may_change_nothing():
    """Known by its roles, without writing: a fault where clients may ask for it."""
    standing = Standing(roles_of("Identity Data Read Only"), (EVERYBODY,))
    findings = [*leave_changes(open_catalogue(None), standing)]
    assert {each.grade for each in findings} == {Grade.FAULT}
    (fault,) = [each for each in findings if "Identity Data Admin" in each.cure]
    assert "lock, unlock" in fault.what
    assert "sendRecoveryCode" in fault.what
