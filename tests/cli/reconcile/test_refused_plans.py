"""Plans that are not applied: stale, tampered, foreign, incomplete, or overtaken. Nothing is changed by any of them."""

from __future__ import annotations

import json
import os

import pytest

from scimbridge.cli.reconcile.desks import open_reconcile_desk
from scimbridge.sandbox import Sandbox
from scimbridge.sync.applying.lease import alone
from scimbridge.sync.planning import last_applied
from tests.cli.reconcile.conftest import RULES, open_office, person

OTHER = "11111111-2222-4333-8444-555555555555"


def _edit(path):
    path.write_bytes(path.read_bytes().replace(b"Engineer", b"Director", 1))


def _drop_line(path):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], *lines[3:]]))


def _forge(path):
    """Write the end anew, as somebody who knows the hash and not the secret."""
    lines = path.read_bytes().splitlines(keepends=True)
    end = json.loads(lines[-1])
    end["end"]["mac"] = "0" * 64
    path.write_bytes(b"".join([*lines[:-1], json.dumps(end, separators=(",", ":")).encode() + b"\n"]))


DAMAGES = {
    "edited": (_edit, "was changed after it was written"),
    "a line less": (_drop_line, "counts 15 lines and there are 14"),
    "no end": (lambda path: path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1])), "not whole"),
    "cut off": (lambda path: path.write_bytes(path.read_bytes()[:-40]), "not whole"),
    "forged": (_forge, "not sealed by this bridge"),
    "appended": (lambda path: path.write_bytes(path.read_bytes() + b"{}\n"), "goes on after its end line"),
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "no plan": (lambda path: path.write_text("id,mail\n"), "is no plan"),
    "gone": (lambda path: path.unlink(), "cannot be read"),
}


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """An office with a plan, of which nothing is ever applied."""
    with Sandbox.start(seed=0) as sandbox:
        office = open_office(sandbox, tmp_path_factory.mktemp("offices") / "office", 6)
        assert office.make().exit_code == 0
        yield office, office.plan.read_bytes()


@pytest.fixture
def office(planned):
    office, plan = planned
    office.plan.write_bytes(plan)
    office.rules.write_text(RULES)
    yield office
    assert not list(office.sandbox.directory.users)
    assert not office.plan.with_name("plan.jsonl.journal").exists()


def refused(office, *words, code=2, **environ):
    """Apply the plan, which is refused before any call that writes, and return the sentence."""
    result = office.apply(*words, **environ)
    assert (result.exit_code, office.writes, result.stdout) == (code, [], ""), result.output
    assert len(result.stderr.splitlines()) == 1
    return result.stderr


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_plan_is_refused(office, damage):
    """Whole and sealed, or not at all."""
    act, said = DAMAGES[damage]
    act(office.plan)
    assert said in refused(office)


def test_a_plan_that_is_too_old_is_refused(office):
    """By --max-age; a duration that is none is a slip."""
    assert "too old" in refused(office, "--max-age", "0s")
    assert office.apply("--max-age", "soon").exit_code == 2


def test_a_plan_of_another_bridge_or_environment_is_refused(office):
    """The environment is named, and a secret that is another."""
    assert "environment" in refused(office, SCIMBRIDGE_PINGONE_ENVIRONMENT_ID=OTHER)
    assert "not sealed" in refused(office, SCIMBRIDGE_PINGONE_CLIENT_SECRET="another")


def test_a_plan_of_other_tables_is_refused(office):
    """What a path means may be another thing by now."""
    tables = office.folder / "tables"
    tables.mkdir(exist_ok=True)
    (tables / "users.toml").write_text('resource = "User"\nextends = "shipped"\ndisable = ["photos"]\n')
    assert "other tables" in refused(office, SCIMBRIDGE_MAPPINGS=str(tables))


def test_a_plan_of_other_rules_is_refused(office):
    """Rules that were changed since, and rules that are not there; a comment changes none."""
    office.rules.write_text(RULES + '\n[leaver]\nmissing = "keep"\n')
    assert "other rules" in refused(office)
    office.rules.rename(office.folder / "elsewhere.toml")
    assert "--rules" in refused(office)
    assert "other rules" in refused(office, "--rules", str(office.folder / "elsewhere.toml"))


def test_a_folder_that_cannot_keep_what_was_applied_is_refused(office, monkeypatch):
    """Before anything is changed: the next plan would be held against the wrong one."""
    monkeypatch.setattr(os, "access", lambda path, _mode: str(path) != str(office.folder))
    assert "may not write to" in refused(office)


def test_a_state_that_cannot_be_read_is_refused(office):
    """It is no first time."""
    place = last_applied.place_of(office.rules)
    place.write_text("{")
    try:
        assert "Put the file back" in refused(office)
        assert office.make().exit_code == 2
    finally:
        place.unlink()


def test_an_option_that_is_none_is_a_slip(office):
    """Of --allow, each guard once with its number."""
    for words in (("--allow", "delete"), ("--allow", "delete=many"), ("--allow", "delete=1,delete=2"), ("--rate", "0")):
        assert office.apply(*words).exit_code == 2
        assert office.calls == []


def test_a_plan_that_was_overtaken_is_refused(make_office):
    """What was applied after it would be undone."""
    office = make_office()
    office.bring_in()
    office.put([*office.rows[:5], person(5, job="Analyst")])
    office.make()
    old = office.plan.rename(office.folder / "old.jsonl")
    office.put([*office.rows[:5], person(5, job="Lead")])
    assert office.say("run", office.rules).exit_code == 0
    overtaken = office.say("apply", old, "--yes")
    assert (overtaken.exit_code, office.writes) == (2, [])
    assert "out of date" in overtaken.stderr
    assert office.user(5)["title"] == "Lead"


def test_a_second_run_of_the_same_rules_waits_for_nobody(make_office):
    """Exit code 1, and nothing is changed: a schedule comes again."""
    office = make_office()
    office.make()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in office.environ.items():
            patch.setenv(name, value) if value is not None else patch.delenv(name, raising=False)
        with open_reconcile_desk() as (desk, _progress), alone(desk, str(office.rules)):
            assert json.loads(office.say("status", office.rules, "--json").stdout)["is_running"]
            for words in (("run", office.rules), ("apply", office.plan, "--yes")):
                result = office.say(*words)
                assert (result.exit_code, office.writes) == (1, []), result.output
                assert "under way" in result.stderr
    assert office.apply().exit_code == 0
