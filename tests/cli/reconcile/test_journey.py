"""From a source to a directory by the commands, over HTTP: what each comes to, and that nothing is done twice."""

from __future__ import annotations

import json
import stat

import pytest

from scimbridge.cli.reconcile import apply as applying
from tests.cli.reconcile.conftest import RULES, person


def test_a_plan_is_made_and_applied_and_the_next_is_empty(office):
    """5 where there are changes and it was asked for, 0 for what is applied, 0 where nothing is left."""
    made = office.make("--exit-code")
    assert made.exit_code == 5, made.output
    assert (office.writes, "15 changes" in made.stdout) == ([], True)
    assert stat.S_IMODE(office.plan.stat().st_mode) == 0o600
    assert office.apply().exit_code == 0
    assert office.user(3)["username"] == "p3@example.org"
    again = office.make("--exit-code")
    assert (again.exit_code, office.writes) == (0, [])
    assert "nothing to change" in again.stdout


def test_without_being_asked_for_changes_are_exit_code_0(office):
    """A plan that was made is a success."""
    assert office.make().exit_code == 0


def test_a_plan_that_is_applied_writes_nothing_the_second_time(office):
    """Every line is `already`, also without --yes; after its journal is lost, the directory stays as it is too."""
    office.bring_in()
    held = office.held()
    again = office.say("apply", office.plan, "--json")
    assert (again.exit_code, office.calls) == (0, [])
    answer = json.loads(again.stdout)
    assert (answer["done"], answer["failed"], answer["already"]) == (0, 0, 15)
    office.plan.with_name("plan.jsonl.journal").unlink()
    lost = office.apply("--json")
    assert (lost.exit_code, office.held()) == (0, held)


def test_a_plan_applied_long_ago_still_writes_nothing(office):
    """Also when another plan was applied after it."""
    office.bring_in()
    first = office.plan.rename(office.folder / "first.jsonl")
    office.plan.with_name("plan.jsonl.journal").rename(office.folder / "first.jsonl.journal")
    office.put([*office.rows[1:], person(40)])
    assert office.make().exit_code == 3 or office.plan.exists()
    allowed = [word for each in json.loads(office.make("--json").stdout)["stopped"]
               for word in ("--allow", f"{each['name']}={each['number']}")]  # fmt: skip
    assert office.apply(*allowed).exit_code == 0
    held = office.held()
    again = office.say("apply", first, "--yes")
    assert (again.exit_code, office.writes, office.held()) == (0, [], held), again.output


def test_only_and_just_are_parts_of_a_plan(office):
    """The rest stays for the next, and what was applied last is not taken for applied."""
    assert office.make("--only", "e2", "--just", "create").exit_code == 0
    assert office.apply().exit_code == 0
    assert [user["externalId"] for user in office.sandbox.directory.users] == ["e2"]
    assert not (office.folder / "people.state.json").exists()
    assert office.make("--exit-code").exit_code == 5
    for wrong in (("--just", "conflict"), ("--just", "creates"), ("--only", "nobody")):
        assert office.make(*wrong).exit_code == 2


def test_a_run_plans_and_applies(office):
    """One command for a schedule, and the next one has nothing to do and leaves no plan."""
    first = office.say("run", office.rules)
    assert first.exit_code == 0, first.output
    assert office.user(5)["enabled"]
    plans = list(office.folder.glob("people.*.plan.jsonl"))
    assert len(plans) == 1
    second = office.say("run", office.rules, "--json")
    assert (second.exit_code, office.writes) == (0, [])
    answer = json.loads(second.stdout)
    assert (answer["applied"], answer["plan"]["file"], answer["plan"]["changes"]) == (None, None, 0)
    assert list(office.folder.glob("people.*.plan.jsonl")) == plans
    runs = json.loads(office.say("status", office.rules, "--json").stdout)["runs"]
    assert [run["result"] for run in runs] == ["done", "nothing"]


def test_a_run_that_a_guard_stops_leaves_its_plan(office):
    """Exit code 3, no writing call, and the path of the plan is said; a person may allow it."""
    office.put([person(number) for number in range(60)])
    office.bring_in()
    office.put(office.rows[:40])
    stopped = office.say("run", office.rules)
    assert (stopped.exit_code, office.writes) == (3, [])
    (plan,) = office.folder.glob("people.*.plan.jsonl")
    assert str(plan) in stopped.stdout
    assert "--allow disable=20" in stopped.stdout
    assert json.loads(office.say("status", "--json", office.rules).stdout)["runs"][-1]["result"] == "stopped"
    assert office.say("apply", plan, "--yes").exit_code == 3
    assert office.say("apply", plan, "--yes", "--allow", "disable=20").exit_code == 3
    assert office.say("apply", plan, "--yes", "--allow", "disable=19,shrink=20,leave=20").exit_code == 3
    assert office.say("apply", plan, "--yes", "--allow", "disable=20,delete=3,shrink=20,leave=20").exit_code == 2
    assert office.writes == []
    done = office.say("apply", plan, "--yes", "--allow", "disable=20,shrink=20", "--allow", "leave=20")
    assert done.exit_code == 0, done.output
    assert not office.user(50)["enabled"]
    opened = [json.loads(line) for line in plan.with_name(f"{plan.name}.journal").read_text().splitlines()][1]
    assert (opened["allow"], bool(opened["user"])) == ({"disable": 20, "shrink": 20, "leave": 20}, True)


def test_nobody_is_asked_where_nobody_sits(office):
    """Without a terminal and without --yes, it is not applied: exit code 2."""
    office.make()
    refused = office.say("apply", office.plan)
    assert (refused.exit_code, office.writes) == (2, [])
    assert "--yes" in refused.stderr


@pytest.mark.parametrize(("given", "code"), [("y\n", 0), ("n\n", 1), ("\n", 1)])
def test_a_person_at_a_terminal_is_asked(office, monkeypatch, given, code):
    """After the counts were shown; only yes is yes."""
    monkeypatch.setattr(applying, "can_ask", lambda: True)
    office.make()
    asked = office.say("apply", office.plan, given=given)
    assert (asked.exit_code, bool(office.writes)) == (code, code == 0)
    assert "create 9" in asked.stderr
    assert office.sandbox.environment_id in asked.stderr


def test_another_hand_between_plan_and_apply_is_left_alone(office):
    """Its line is drifted, exit code 4, and the next plan says what is left."""
    office.bring_in()
    office.put([{**row, "job": "Analyst"} for row in office.rows])
    office.make()
    office.user(2)["title"] = "Chosen by hand"
    office.remove(4)
    # Who was made a moment ago by this bridge is waited for; a state of its own does not know that.
    partly = office.apply("--json", STATE_DIRECTORY=str(office.folder))
    assert partly.exit_code == 4
    answer = json.loads(partly.stdout)
    assert {line["key"]: line["result"] for line in answer["lines"]} == {"e2": "drifted", "e4": "drifted"}
    assert (office.user(2)["title"], office.user(3)["title"]) == ("Chosen by hand", "Analyst")
    runs = json.loads(office.say("status", office.rules, "--json").stdout)["runs"]
    assert (runs[-1]["result"], runs[-1]["drifted"]) == ("partly", 2)
    office.make("--json")
    assert office.apply().exit_code == 0
    assert office.user(2)["title"] == "Analyst"


def test_lines_that_fail_are_exit_code_4_and_stop_after_holds(office):
    """What PingOne refuses is reported by its key, and after so many nothing more is begun."""
    office.put([person(number, family="Rossi, Jr.") for number in range(6)])
    office.make()
    failed = office.apply("--stop-after", "1", "--rate", "200")
    assert failed.exit_code == 4
    assert "failed       create e" in failed.stdout
    assert "--stop-after is 1" in failed.stdout
    assert not (office.folder / "people.state.json").exists()


def test_a_masked_plan_is_for_reading(office):
    """It has no value of a person's but keys, and is never applied."""
    office.make("--masked")
    assert "p3@example.org" not in office.plan.read_text()
    refused = office.apply()
    assert (refused.exit_code, office.writes) == (2, [])
    assert "masked" in refused.stderr


def test_delta_is_refused_with_a_sentence(office):
    """Until there is an index of changes."""
    for words in (("plan", office.rules, "-o", office.plan, "--delta"), ("run", office.rules, "--delta")):
        refused = office.say(*words)
        assert (refused.exit_code, office.calls) == (2, [])
        assert "index of what changed" in refused.stderr
    assert office.make("--full").exit_code == 0


def test_a_plan_never_takes_the_place_of_what_is_none(office):
    """Neither of the source nor of the rules; of a plan it does, whose journal makes room."""
    for place in ("people.csv", "people.toml", "nowhere/plan.jsonl", "."):
        before = office.rules.read_text(), (office.folder / "people.csv").read_text()
        assert office.say("plan", office.rules, "-o", office.folder / place).exit_code == 2
        assert before == (office.rules.read_text(), (office.folder / "people.csv").read_text())
    office.bring_in()
    office.bring_in()
    assert (office.folder / "plan.jsonl.journal.before").exists()


def test_the_runs_before_are_shown_beside_a_plan(office):
    """In the text, by kind."""
    office.bring_in()
    office.put([{**row, "job": "Analyst"} for row in office.rows])
    office.make()
    shown = office.say("show", office.plan).stdout
    assert "last runs" in shown
    assert "update              6         -         0" in shown


def test_a_rule_file_goes_by_one_name(office, monkeypatch):
    """However it is spelled: lease, runs and figures are one."""
    monkeypatch.chdir(office.folder)
    assert office.say("run", "people.toml").exit_code == 0
    assert office.say("run", "./people.toml").exit_code == 0
    assert office.say("run", office.rules).exit_code == 0
    found = json.loads(office.say("status", "--json").stdout)
    assert [each["rules_file"] for each in found] == [str(office.rules)]
    assert len(found[0]["runs"]) == 3


def test_who_is_out_of_scope_stays_byte_for_byte(make_office):
    """A small company beside the source: no other population, no other name, no other group is touched."""
    office = make_office(seed=30)
    before = office.held()
    office.bring_in()
    office.put([{**row, "job": ""} for row in office.rows[:4]])
    office.make()
    office.apply("--allow", "emptied=4")
    after = office.held()
    assert {key: after["users"][key] for key in before["users"]} == before["users"]
    assert {key: after["groups"][key] for key in before["groups"]} == before["groups"]


def test_rules_that_do_not_fit_are_exit_code_2(office):
    """Every fault of the file at once, and what the environment has not."""
    office.rules.write_text(RULES.replace("titl", "titel").replace("[match]", "[matches]"))
    faulty = office.make()
    assert (faulty.exit_code, office.calls) == (2, [])
    assert "titele" in faulty.stderr
    assert "matches" in faulty.stderr
    office.rules.write_text(RULES.replace("Employees", "Nobody"))
    unfit = office.make()
    assert (unfit.exit_code, office.writes) == (2, [])
    assert "'Nobody'" in unfit.stderr
    assert not office.plan.exists()


def test_settings_that_are_faulty_are_exit_code_2(office):
    """As of all commands."""
    office.environ["SCIMBRIDGE_PINGONE_RATE"] = "many"
    for words in (("plan", office.rules, "-o", office.plan), ("run", office.rules), ("status",)):
        assert office.say(*words).exit_code == 2


def test_a_directory_that_cannot_be_read_is_exit_code_1(office):
    """There is no plan, and the run is remembered as failed."""
    office.environ["SCIMBRIDGE_PINGONE_CLIENT_SECRET"] = "wrong"
    failed = office.make()
    assert failed.exit_code == 1
    assert "scimbridge check" in failed.stderr
    assert not office.plan.exists()
    assert office.say("run", office.rules).exit_code == 1
    assert json.loads(office.say("status", office.rules, "--json").stdout)["runs"][-1]["result"] == "failed"
