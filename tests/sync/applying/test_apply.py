"""A plan is applied: exactly what it says, in as few calls as can be, and none of it twice."""

from __future__ import annotations

import pytest

from scimbridge.sandbox.model.groups import create_group
from scimbridge.sync.applying.values import AlreadyUnderWay, ApplyRefused, GuardsStand
from scimbridge.sync.plans.lines import PlanLine, StoppedGuard
from tests.sync.applying.conftest import POPULATION, make_plan, whole_plan


def test_updates_cost_little_more_than_a_call_each(floor):
    """Fifty updates cost fifty writes and one read, where PingOne filters by no id."""
    lines = floor.updates(floor.users()[:50])
    applied = floor.apply(make_plan(floor.sandbox, *lines))
    assert applied.counts == {"update": {"done": 50}}
    assert applied.exit_code == 0
    assert {floor.user(line.id)["title"] for line in lines} == {"Planned"}
    assert len(floor.calls) == 51 == applied.calls
    assert floor.writes == ["PATCH /users/{user}"] * 50


def test_every_kind_is_carried_out_in_its_order(floor):
    """Rights go first and come last: disables, leaves, groups, people, updates, moves, joins, deletes at the end."""
    plan = whole_plan(floor)
    applied = floor.apply(plan, parallel=1)
    assert applied.told == ()
    assert applied.counts == {
        "conflict": {"skipped": 1}, "disable": {"done": 3}, "leave": {"done": 2}, "create": {"done": 7},
        "update": {"done": 10}, "move": {"done": 3}, "join": {"done": 16}, "delete": {"done": 2},
    }  # fmt: skip
    assert applied.exit_code == 0
    held = floor.held()
    people = {each["username"]: each for each in held["people"]}
    assert [people[f"new-{number}@example.org"]["enabled"] for number in range(3)] == [True, False, True]
    assert len(held["members"]["HR-New"]) == 16
    order = list(dict.fromkeys(floor.writes))
    assert order == [
        "PUT /users/{user}/enabled", "DELETE /users/{user}/memberOfGroups/{parent}", "POST /groups", "POST /users",
        "PATCH /users/{user}", "PUT /users/{user}/population", "POST /users/{user}/memberOfGroups",
        "DELETE /users/{user}",
    ]  # fmt: skip


def test_the_same_plan_again_writes_nothing(floor):
    """With its journal a plan costs no call a second time; without, all is found as it shall be, nothing changes."""
    plan = whole_plan(floor)
    floor.apply(plan)
    held = floor.held()
    again = floor.apply(plan)
    assert floor.calls == []
    assert again.exit_code == 0
    assert again.count("already") == 43
    assert again.counts["conflict"] == {"skipped": 1}
    forgotten = floor.apply(plan, "another.journal")
    assert [call for call in floor.writes if "memberOfGroups" not in call] == []  # memberships are not read before
    assert forgotten.exit_code == 0
    assert floor.held() == held


def test_what_another_hand_changed_is_left_alone(floor):
    """Lines whose people were changed in between, in what the plan is about, drift; all others are carried out."""
    users = floor.users()[:40]
    lines = floor.updates(users)
    directory = floor.sandbox.directory
    for user in users[:4]:
        directory.users.put({**floor.user(user["id"]), "title": "By hand"})
    directory.users.put({**floor.user(users[4]["id"]), "nickname": "Not ours"})
    applied = floor.apply(make_plan(floor.sandbox, *lines))
    assert applied.counts == {"update": {"drifted": 4, "done": 36}}
    assert applied.exit_code == 4
    assert {each.why for each in applied.told} == {"changed by another hand: title"}
    assert [floor.user(user["id"])["title"] for user in users[:5]] == ["By hand"] * 4 + ["Planned"]
    assert floor.user(users[4]["id"])["nickname"] == "Not ours"


def test_who_is_gone_or_renamed_is_read_alone(floor):
    """Who is not found by the name in the plan is read by id: who was renamed is changed, who is gone drifts."""
    users = floor.users()[:10]
    lines = floor.updates(users)
    floor.sandbox.directory.users.put({**floor.user(users[0]["id"]), "username": "renamed"})
    floor.remove(users[1])
    applied = floor.apply(make_plan(floor.sandbox, *lines))
    assert applied.counts == {"update": {"done": 9, "drifted": 1}}
    assert floor.user(users[0]["id"])["title"] == "Planned"
    assert floor.calls.count("GET /users/{user}") == 2


@pytest.mark.parametrize(("filtered", "reads"), [(True, 1), (False, 21)])
def test_without_names_a_block_is_read_by_ids_or_one_by_one(make_floor, filtered, reads):
    """A plan without user names is read by one filter on ids where PingOne has it, else each person alone."""
    floor = make_floor(user_id_filter=filtered)
    lines = [floor.line("update", user, {"title": "Planned"}, user_name="") for user in floor.users()[:20]]
    applied = floor.apply(make_plan(floor.sandbox, *lines))
    assert applied.counts == {"update": {"done": 20}}
    assert len(floor.calls) == 20 + reads


def test_a_filter_that_pingone_passes_over_is_not_believed(make_floor):
    """Where PingOne answers with other people than those that were asked for, each is read alone."""
    floor = make_floor(ignored_filters=frozenset({"username"}), seed=250)
    lines = floor.updates(floor.users()[200:220])
    applied = floor.apply(make_plan(floor.sandbox, *lines))
    assert applied.counts == {"update": {"done": 20}}


def test_a_line_done_half_way_is_carried_on(floor):
    """Where one path is as it shall be and the other as it was, the other is changed, and nobody else's value."""
    user = floor.users()[0]
    line = floor.line("update", user, {"title": "Planned", "nickName": "Ada"})
    floor.sandbox.directory.users.put({**user, "title": "Planned"})
    applied = floor.apply(make_plan(floor.sandbox, line))
    assert applied.counts == {"update": {"done": 1}}
    assert floor.user(user["id"])["nickname"] == "Ada"


def test_conditions_hold_or_the_line_drifts(floor):
    """A deletion whose condition does not hold any more is not made; of who is gone it is done."""
    first, second, third = floor.users()[:3]
    lines = [
        PlanLine(
            do="delete", key="-", id=user["id"], user_name=user["username"], why="left",
            condition={"active": user["enabled"]},
        )
        for user in (first, second, third)
    ]  # fmt: skip
    floor.sandbox.directory.users.put({**first, "enabled": not first["enabled"]})
    floor.remove(third)
    applied = floor.apply(make_plan(floor.sandbox, *lines))
    assert applied.counts == {"delete": {"drifted": 1, "done": 1, "already": 1}}
    assert floor.writes == ["DELETE /users/{user}"]


@pytest.mark.parametrize("do", ["disable", "delete", "leave"])
def test_who_has_joined_a_group_that_the_line_looks_at_is_left_alone(floor, do):
    """A condition may ask for a membership: somebody put into a group that protects after the plan was made drifts."""
    directory = floor.sandbox.directory
    shield, left = (create_group(directory, {"name": name}) for name in ("Shield", "Left"))
    path = f'groups[value eq "{shield["id"]}"].value'
    safe, other = [user for user in floor.users() if user["enabled"]][:2]
    for user, group in ((safe, shield), (safe, left), (other, left)):
        directory.edges.add("users", user["id"], group["id"])
    after = {"active": False} if do == "disable" else {}
    lines = [
        floor.line(
            do,
            user,
            after,
            condition={"userName": user["username"], path: None},
            group={"id": left["id"], "name": "Left"},
        )
        for user in (safe, other)
    ]
    applied = floor.apply(make_plan(floor.sandbox, *lines))
    assert applied.counts == {do: {"drifted": 1, "done": 1}}
    assert [result.line.id for result in applied.told] == [safe["id"]]


def test_a_line_that_nothing_holds_is_refused(floor):
    """A deletion without anything that it could be held against is no line to believe."""
    user = floor.users()[0]
    applied = floor.apply(make_plan(floor.sandbox, PlanLine(do="delete", key="-", id=user["id"], why="left")))
    assert applied.counts == {"delete": {"failed": 1}}
    assert floor.writes == []


def test_two_lines_of_one_person_do_not_undo_each_other(floor):
    """An adoption and an update of one person, which stand in one block, both come to pass."""
    user = floor.users()[0]
    lines = [
        floor.line("update", user, {"name.familyName": "Changed"}),
        floor.line("update", user, {"name.givenName": "Also"}),
    ]
    applied = floor.apply(make_plan(floor.sandbox, *lines))
    assert applied.counts == {"update": {"done": 2}}
    assert (floor.user(user["id"])["name"]["given"], floor.user(user["id"])["name"]["family"]) == ("Also", "Changed")


# -- creates -----------------------------------------------------------------------------------------------------------


def _new(key, home, **more):
    after = {"userName": f"{key}@example.org", "externalId": key, "active": True, POPULATION: home, **more}
    return PlanLine(do="create", key=key, why="new", after=after)


def test_creates_are_looked_for_before_they_are_made(floor):
    """Forty new people cost forty calls and few more; who is there already, all as planned, is not made again."""
    home = floor.home
    lines = [_new(f"k{number}", home) for number in range(40)]
    applied = floor.apply(make_plan(floor.sandbox, *lines))
    assert applied.counts == {"create": {"done": 40}}
    assert len(floor.calls) <= 43
    again = floor.apply(make_plan(floor.sandbox, *lines, plan="plan-2"), "2.journal")
    assert again.counts == {"create": {"already": 40}}
    assert floor.writes == []


def test_who_was_made_by_another_hand_is_not_made_again(floor):
    """A name or an external id that somebody holds by now is a drift, and nobody gets a double."""
    home = floor.home
    first, second = floor.users()[:2]
    floor.sandbox.directory.users.put({**first, "externalId": "k1"})
    floor.sandbox.directory.users.put({**second, "username": "k2@example.org"})
    applied = floor.apply(make_plan(floor.sandbox, _new("k1", home), _new("k2", home), _new("k3", home)), parallel=1)
    assert applied.counts == {"create": {"drifted": 2, "done": 1}}
    assert [each.why for each in applied.told] == [
        "made by another hand meanwhile: externalId", "made by another hand meanwhile: userName"
    ]  # fmt: skip
    assert floor.writes == ["POST /users"]


def test_joins_of_who_was_not_made_are_skipped(floor):
    """A membership of a person whom PingOne refused is left out, and says why."""
    home = floor.home
    where = floor.group(filled=False)
    lines = [
        _new("bad", home, **{'emails[type eq "work"].value': "no address"}),
        PlanLine(do="join", key="bad", why="the source has it", group=where),
    ]
    applied = floor.apply(make_plan(floor.sandbox, *lines))
    assert applied.counts == {"create": {"failed": 1}, "join": {"skipped": 1}}
    assert applied.exit_code == 4


# -- memberships -------------------------------------------------------------------------------------------------------


def test_one_who_is_gone_keeps_nobody_else_out(floor):
    """Of thirty joins of one group, the one of a person who is deleted drifts, and the others are members."""
    where = floor.group(filled=False)
    users = floor.users()[:30]
    floor.remove(users[3])
    lines = [PlanLine(do="join", key="-", id=user["id"], why="so", group=where) for user in users]
    applied = floor.apply(make_plan(floor.sandbox, *lines))
    assert applied.counts == {"join": {"done": 29, "drifted": 1}}
    members = floor.sandbox.directory.edges.members_of("users", where["id"])
    assert {user["id"] for user in users if user is not users[3]} <= set(members)


def test_many_joins_of_one_group_cost_a_call_each(floor):
    """Fifty joins cost fifty calls and those that know the group."""
    where = floor.group(filled=False)
    held = set(floor.sandbox.directory.edges.members_of("users", where["id"]))
    users = [user for user in floor.users() if user["id"] not in held][:50]
    lines = [PlanLine(do="join", key="-", id=user["id"], why="so", group=where) for user in users]
    applied = floor.apply(make_plan(floor.sandbox, *lines))
    assert applied.counts == {"join": {"done": len(users)}}
    assert len(floor.writes) == len(users)
    assert len(floor.calls) <= len(users) + 4


def test_a_group_that_is_gone_drifts(floor):
    """Joins of a group that was deleted meanwhile drift."""
    lines = [
        PlanLine(do="join", key="-", id=user["id"], why="so", group={"id": user["id"], "name": "gone"})
        for user in floor.users()[:2]
    ]
    applied = floor.apply(make_plan(floor.sandbox, *lines))
    assert applied.counts == {"join": {"drifted": 2}}


@pytest.mark.parametrize(
    "fields", [{"name": "Administrators"}, {"userFilter": 'title eq "Boss"'}], ids=["renamed", "dynamic"]
)
def test_a_group_that_became_another_drifts(floor, fields):
    """Nobody joins a group that was renamed since the plan was made, or that brings its own members by now."""
    where = floor.group(filled=False)
    next(group for group in floor.sandbox.directory.groups if group["id"] == where["id"]).update(fields)
    lines = [PlanLine(do="join", key="-", id=user["id"], why="so", group=where) for user in floor.users()[:2]]
    applied = floor.apply(make_plan(floor.sandbox, *lines))
    assert applied.counts == {"join": {"drifted": 2}}
    assert floor.writes == []


def test_a_group_of_a_population_is_not_the_one_of_the_environment_that_a_plan_makes(floor):
    """Another hand has made a group of that name in a population: the line drifts, and nobody joins that group."""
    directory = floor.sandbox.directory
    other = create_group(directory, {"name": "HR-New", "population": {"id": floor.home}})
    lines = [
        PlanLine(do="create", on="Group", key="HR-New", why="new", after={"displayName": "HR-New"}),
        PlanLine(do="join", key="-", id=floor.users()[0]["id"], why="so", group={"id": None, "name": "HR-New"}),
    ]
    applied = floor.apply(make_plan(floor.sandbox, *lines))
    assert applied.counts == {"create": {"drifted": 1}, "join": {"skipped": 1}}
    assert not directory.edges.members_of("users", other["id"])


def test_a_leave_whose_condition_fails_drifts(floor):
    """A leaver who is active again stays in his group."""
    where = floor.group(filled=True)
    key = min(floor.sandbox.directory.edges.members_of("users", where["id"]))
    user = floor.user(key)
    line = PlanLine(
        do="leave", key="-", id=key, user_name=user["username"], why="left", condition={"active": not user["enabled"]},
        group=where,
    )  # fmt: skip
    applied = floor.apply(make_plan(floor.sandbox, line))
    assert applied.counts == {"leave": {"drifted": 1}}
    assert floor.writes == []


# -- what stops it -----------------------------------------------------------------------------------------------------


def test_a_stopped_plan_wants_each_number_allowed(floor):
    """Guards that stand refuse the plan before any call; who allows each number is noted, and it is applied."""
    guards = (StoppedGuard("update", 2, 1, "2 updates, at most 1"), StoppedGuard("shrink", 5, 3, "5 rows fewer"))
    plan = make_plan(floor.sandbox, *floor.updates(floor.users()[:2]), stopped=guards)
    for allow in ({}, {"update": 2}, {"update": 1, "shrink": 5}):
        with pytest.raises(GuardsStand) as stands:
            floor.apply(plan, allow=allow)
        assert stands.value.exit_code == 3
        assert floor.calls == []
    applied = floor.apply(plan, allow={"update": 2, "shrink": 9}, user="ada")
    assert applied.counts == {"update": {"done": 2}}
    assert '"user":"ada","allow":{"update":2,"shrink":9}' in (floor.folder / "plan.journal").read_text()
    assert floor.apply(plan).exit_code == 0  # what was allowed once is allowed for this plan


def test_a_walk_that_was_not_whole_cannot_be_allowed(floor):
    """Whom it did not see nobody can look at: the plan has to be made again."""
    guards = (StoppedGuard("directory", 2, 0, "2 people were not seen. Make the plan again"),)
    plan = make_plan(floor.sandbox, *floor.updates(floor.users()[:2]), stopped=guards)
    with pytest.raises(GuardsStand, match="Make the plan again"):
        floor.apply(plan, allow={"directory": 2})
    assert floor.calls == []


def test_a_plan_of_elsewhere_and_a_masked_one_are_refused(floor):
    """What was made for another environment, and what is for reading only, is not applied."""
    for changes in ({"environment": "another"}, {"masked": True}):
        with pytest.raises(ApplyRefused):
            floor.apply(make_plan(floor.sandbox, *floor.updates(floor.users()[:1]), **changes))
    assert floor.calls == []


def test_failures_stop_it(floor):
    """After two failed lines nothing more is begun, and the rest is told to be left."""
    users = floor.users()[:20]
    lines = [floor.line("update", user, {"timezone": "no such zone"}) for user in users]
    applied = floor.apply(make_plan(floor.sandbox, *lines), stop_after=2, parallel=1)
    assert applied.count("failed") in (2, 3)
    assert applied.left == 20 - applied.count("failed")
    assert "--stop-after" in applied.stopped
    assert applied.exit_code == 4


def test_who_is_asked_to_stop_ends_what_is_under_way_and_goes_on_later(floor):
    """After a signal what is begun ends well, nothing more is begun, and the next apply does the rest."""
    plan = make_plan(floor.sandbox, *floor.updates(floor.users()[:50]))

    def stop():
        return len(floor.sandbox.journal.entries) >= 15

    applied = floor.apply(plan, stop=stop, parallel=4)
    assert applied.exit_code == 4
    assert applied.stopped == "it was asked to stop"
    assert 10 <= applied.count("done") < 50
    assert applied.left == 50 - applied.count("done")
    rest = floor.apply(plan)
    assert rest.counts == {"update": {"done": applied.left, "already": applied.count("done")}}
    assert len(floor.writes) == applied.left


def test_progress_is_told(floor):
    """Whoever listens hears how far it came, last that all is settled."""
    heard = []
    floor.apply(make_plan(floor.sandbox, *floor.updates(floor.users()[:20])), tell=heard.append, rate=500.0)
    assert heard[-1].settled == heard[-1].total == 20
    assert heard[-1].calls == 21
    assert heard[-1].limit == 500.0


def test_two_applies_of_one_plan_or_of_one_rule_file(floor):
    """While one applies, another of the same plan and one of the same rules are refused, before any call."""
    plan = make_plan(floor.sandbox, *floor.updates(floor.users()[:2]))
    other = make_plan(floor.sandbox, *floor.updates(floor.users()[:2]), plan="plan-2")
    refused = []

    def stop():
        if not refused:
            for each, name in ((plan, "plan.journal"), (other, "other.journal")):
                with pytest.raises(AlreadyUnderWay) as held:
                    floor.apply(each, name)
                refused.append(str(held.value))
        return False

    assert floor.apply(plan, stop=stop).exit_code == 0
    assert "plan.journal" in refused[0]
    assert "rules.toml" in refused[1]
