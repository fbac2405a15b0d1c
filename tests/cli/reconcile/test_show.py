"""`scimbridge reconcile show`: which plan, in which form, and with which exit code."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from scimbridge.bridge import plan_secret
from scimbridge.cli import commands
from scimbridge.settings.declared import Secret
from scimbridge.sync.plans.writing import write_plan
from tests.sync.plans.conftest import LINES, head_of

OURS = "s3cr3t-of-the-worker"


@pytest.fixture
def plan(tmp_path):
    """A plan of the bridge whose worker has the secret."""
    path = tmp_path / "plan.jsonl"
    write_plan(path, head_of(LINES), LINES, plan_secret(Secret(OURS)))
    return path


def show(*words, secret=OURS):
    nothing = dict.fromkeys(name for name in commands.os.environ if name.startswith("SCIMBRIDGE_"))
    ours = {} if secret is None else {"SCIMBRIDGE_PINGONE_CLIENT_SECRET": secret}
    return CliRunner().invoke(commands.command, ["reconcile", "show", *map(str, words)], env={**nothing, **ours})


def test_a_plan_is_shown_as_text(plan):
    """Also one that a guard stopped: looking at it is no failure."""
    result = show(plan)
    assert result.exit_code == 0
    assert "stopped by 1 guard" in result.stdout
    assert "this bridge's" in result.stdout


def test_a_plan_is_shown_as_json(plan):
    """One document, whole or of one person."""
    assert len(json.loads(show(plan, "--json").stdout)["lines"]) == 5
    assert [line["do"] for line in json.loads(show(plan, "--json", "--why", "1007").stdout)["lines"]] == [
        "create",
        "join",
    ]


def test_one_person_is_shown(plan):
    """By key, and with why."""
    result = show(plan, "--why", "1001")
    assert result.exit_code == 0
    assert "title differs" in result.stdout


def test_a_page_is_written_and_the_other_forms_stay(plan, tmp_path):
    """Where it was written stands beside the answer; JSON on standard output is JSON alone."""
    page = tmp_path / "page.html"
    result = show(plan, "--html", page)
    assert (result.exit_code, result.stdout) == (0, "")
    assert str(page) in result.stderr
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert len(json.loads(show(plan, "--html", page, "--json").stdout)["lines"]) == 5
    assert "title differs" in show(plan, "--html", page, "--why", "1001").stdout


def test_a_plan_is_shown_without_any_settings_and_says_so(plan):
    """Who approves a plan needs no secret of the bridge."""
    result = show(plan, secret=None)
    assert result.exit_code == 0
    assert "was not looked at" in result.stdout


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda path: path.unlink(), "cannot be read: No such file or directory"),
        (lambda path: path.write_text("key,name\n"), "is no plan"),
        (lambda path: path.write_bytes(path.read_bytes()[:-300]), "is not whole"),
        (
            lambda path: path.write_bytes(path.read_bytes().replace(b"eva@", b"eve@")),
            "was changed after it was written",
        ),
    ],
)
def test_a_plan_that_is_refused_is_not_shown(plan, change, said):
    """Not one line of it: exit code 2, and one sentence on standard error, as of all commands."""
    change(plan)
    for words in ((), ("--json",), ("--why", "1007")):
        result = show(plan, *words)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(f"scimbridge: {plan}")
        assert said in result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_a_plan_of_another_bridge_is_refused(plan):
    """With another secret, its seal is not this bridge's."""
    result = show(plan, secret="another secret")
    assert result.exit_code == 2
    assert "is not sealed by this bridge" in result.stderr


def test_a_page_that_cannot_be_written_is_a_sentence(plan, tmp_path):
    """Where it should stand is named."""
    result = show(plan, "--html", tmp_path / "nowhere" / "page.html")
    assert result.exit_code == 2
    assert "page.html cannot be written: No such file or directory" in result.stderr


def test_what_seals_plans_is_one_for_each_secret():
    """And it is not the secret itself."""
    assert plan_secret(Secret("a")) == plan_secret(Secret("a"))
    assert plan_secret(Secret("a")) != plan_secret(Secret("b"))
    assert plan_secret(Secret("a")) != b"a" * 32
