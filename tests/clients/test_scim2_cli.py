"""The command `scim2` of scim2-cli, over HTTP: what an administrator types, from discovery to delete."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"

# The command takes seconds to load, so one process of its own runs it again and again: words in, code and output out.
PROCESS = """
import json, sys
from click.testing import CliRunner
from scim2_cli import cli
for line in sys.stdin:
    words, given = json.loads(line)
    done = CliRunner().invoke(cli, words, input=given)
    print(json.dumps([done.exit_code, done.stdout, done.stderr]), flush=True)
"""


@pytest.fixture(scope="module")
def process(bridge) -> Iterator[subprocess.Popen[str]]:
    """The process that runs the command; its environment has the secret, and no proxy."""
    environment = {**os.environ, "SCIM_CLI_HEADERS": f"Authorization: Bearer {bridge.token}", "NO_PROXY": "*"}
    words = [sys.executable, "-c", PROCESS]
    with subprocess.Popen(
        words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as running:
        yield running


@pytest.fixture
def scim2(bridge, process):
    """Return what runs the command with these words and returns its exit code and what it showed, as JSON or text."""

    def run(*words: str, stdin: Any = None) -> tuple[int, Any]:
        given = "" if stdin is None else json.dumps(stdin)
        process.stdin.write(json.dumps([["--url", bridge.base, *words], given]) + "\n")
        process.stdin.flush()
        code, out, err = json.loads(process.stdout.readline())
        return code, json.loads(out) if out.startswith("{") else out + err

    return run


@pytest.fixture
def user(scim2) -> dict[str, Any]:
    """A user that the command made."""
    code, body = scim2(
        "create", "user",
        "--user-name", f"{uuid.uuid4().hex}@example.com",
        "--name", '{"givenName": "Ada", "familyName": "Byron"}',
        "--emails", '[{"value": "ada@example.com", "type": "work", "primary": true}]',
    )  # fmt: skip
    assert code == 0, body
    return body


def test_the_command_finds_what_may_be_made(scim2):
    """`create` has a sub-command of each type that is published, with options of its attributes."""
    code, text = scim2("create", "--help")
    assert code == 0
    assert all(f" {name} " in text for name in ("user", "group", "population"))
    code, text = scim2("create", "user", "--help")
    assert code == 0
    assert all(option in text for option in ("--user-name", "--name", "--emails", "--active"))


def test_a_user_lives(scim2, bridge, user):
    """A user is queried, searched, modified, replaced, disabled and deleted."""
    key = user["id"]
    assert scim2("query", "user", key)[1]["emails"][0]["value"] == "ada@example.com"
    named = f'userName eq "{user["userName"]}"'
    for verb in ("query", "search"):
        code, found = scim2(verb, "user", "--filter", named)
        assert (code, [each["id"] for each in found["Resources"]]) == (0, [key])
    code, changed = scim2("modify", "user", key, "add", "title", "Countess", "replace", "name.familyName", "King")
    assert (code, changed["title"], changed["name"]["familyName"]) == (0, "Countess", "King")
    code, changed = scim2("modify", "user", key, "remove", "title", "replace", "active", "false")
    assert (code, "title" in changed, changed["active"]) == (0, False, False)
    assert bridge.record("users", key)["enabled"] is False
    code, replaced = scim2(
        "replace",
        "user",
        "--id",
        key,
        "--user-name",
        user["userName"],
        "--name",
        '{"familyName": "Lovelace"}',
        "--active",
        "true",
    )
    assert (code, replaced["name"]["familyName"], replaced["active"]) == (0, "Lovelace", True)
    assert scim2("delete", "user", key)[0] == 0
    assert key not in bridge.ids("users")


def test_a_page_and_the_attributes_asked_for(scim2, bridge):
    """A page by index has its size, holds the attributes asked for alone, and says how many there are."""
    code, page = scim2("query", "user", "--start-index", "101", "--count", "10", "--attribute", "userName")
    assert (code, len(page["Resources"]), page["startIndex"]) == (0, 10, 101)
    assert page["totalResults"] == len(bridge.ids("users"))
    assert {name for each in page["Resources"] for name in each} == {"schemas", "id", "userName"}


def test_pages_by_cursor_are_everybody_once(scim2, bridge):
    """`--cursor ""` reads the first page, and each page names the next until there is none."""
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        code, page = scim2("query", "user", "--cursor", cursor, "--count", "60")
        assert code == 0, page
        seen += [each["id"] for each in page["Resources"]]
        cursor = page.get("nextCursor")
    assert sorted(seen) == sorted(bridge.ids("users"))


def test_a_group_lives(scim2, bridge, user):
    """A group gets a member, loses it by a filter, is renamed and deleted."""
    code, group = scim2("create", "group", "--display-name", f"g {uuid.uuid4().hex}")
    assert code == 0, group
    key, member = group["id"], user["id"]
    assert scim2("modify", "group", key, "add", "members", json.dumps([{"value": member}]))[0] == 0
    assert bridge.members(key) == {member}
    assert [each["value"] for each in scim2("query", "group", key)[1]["members"]] == [member]
    assert scim2("modify", "group", key, "remove", f'members[value eq "{member}"]')[0] == 0
    assert bridge.members(key) == set()
    name = f"renamed {key}"
    assert scim2("modify", "group", key, "replace", "displayName", name)[1]["displayName"] == name
    assert scim2("delete", "group", key)[0] == 0
    assert key not in bridge.ids("groups")


def test_a_bulk_is_done(scim2, bridge, user):
    """A bulk of two operations, one of which names what the other makes."""
    operations = [
        {"method": "POST", "path": "/Groups", "bulkId": "g",
         "data": {"schemas": [GROUP], "displayName": f"g {uuid.uuid4().hex}", "members": [{"value": user["id"]}]}},
        {"method": "DELETE", "path": f"/Users/{user['id']}"},
    ]  # fmt: skip
    message = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations}
    code, answer = scim2("bulk", stdin=message)
    assert (code, [each["status"] for each in answer["Operations"]]) == (0, ["201", "204"])
    assert user["id"] not in bridge.ids("users")


def test_refusals_are_shown(scim2, user):
    """What is refused is shown with its sentence, and nothing of it looks like a success."""
    for words, sentence in [
        (("create", "user", "--user-name", user["userName"]), "userName"),
        (("query", "user", str(uuid.uuid4())), "404"),
    ]:
        code, shown = scim2(*words)
        text = shown if isinstance(shown, str) else json.dumps(shown)
        assert code == 1
        assert sentence in text
