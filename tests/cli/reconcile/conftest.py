"""A personnel office: a folder with rules and a source, a sandbox, and the commands that bring one to the other."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from scimbridge import configuration
from scimbridge.cli import commands
from scimbridge.observe import logs
from scimbridge.sandbox import Sandbox, describe
from scimbridge.sandbox.model.users import delete_user

RULES = """
[source]
csv = "people.csv"
key = "id"
made = "column:made"

[scope]
populations = ["Employees"]
where = 'userName ew "@example.org"'
protect = ['userName sw "svc-"']

[match]
by = ["externalId", "userName"]

["urn:ietf:params:scim:schemas:core:2.0:User"]
externalId = "id"
userName = { from = "mail", codec = "lower" }
'emails[type eq "work"].value' = "mail"
name.givenName = "given"
name.familyName = "family"
title = { from = "job", empty = "clear" }
active = { from = "status", values = { A = true, T = false } }

[groups]
from = { column = "teams", separator = ";" }
manage = ["HR-*"]
create = true
"""
HEADER = ("id", "mail", "given", "family", "job", "status", "teams", "made")
MADE = "2026-03-02T06:00:00Z"


def person(number: int, **changes: str) -> dict[str, str]:
    """Return one row of the source."""
    row = {
        "id": f"e{number}", "mail": f"p{number}@example.org", "given": "Ada", "family": f"Rossi{chr(65 + number % 26)}",
        "job": "Engineer", "status": "A", "teams": f"HR-{number % 3}", "made": MADE,
    }  # fmt: skip
    return row | changes


def written(rows: list[dict[str, str]]) -> str:
    """Return rows as the text of a CSV file."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, HEADER, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


@dataclass
class Office:
    """Where commands are given; `writes` are the calls of the last one that could change something."""

    sandbox: Sandbox
    folder: Path
    environ: dict[str, str | None] = field(default_factory=dict)
    rows: list[dict[str, str]] = field(default_factory=list)

    @property
    def rules(self) -> Path:
        """The rule file."""
        return self.folder / "people.toml"

    @property
    def plan(self) -> Path:
        """Where plans go."""
        return self.folder / "plan.jsonl"

    def put(self, rows: list[dict[str, str]] | None = None, text: str | bytes | None = None) -> None:
        """Write the source."""
        self.rows = self.rows if rows is None else rows
        given = written(self.rows) if text is None else text
        (self.folder / "people.csv").write_bytes(given.encode() if isinstance(given, str) else given)

    def say(self, *words: Any, given: str | None = None, **environ: str) -> Result:
        """Give one command of reconciling."""
        self.sandbox.journal.clear()
        asked = ["reconcile", *map(str, words)]
        return CliRunner().invoke(commands.command, asked, input=given, env={**self.environ, **environ})

    def make(self, *words: Any) -> Result:
        """Make a plan."""
        return self.say("plan", self.rules, "-o", self.plan, *words)

    def apply(self, *words: Any, **environ: str) -> Result:
        """Apply it without being asked."""
        return self.say("apply", self.plan, "--yes", *words, **environ)

    def bring_in(self) -> None:
        """Let the directory be as the source says."""
        assert self.make().exit_code == 0
        result = self.apply()
        assert result.exit_code == 0, result.output

    @property
    def calls(self) -> list[str]:
        """PingOne's calls of the last command, without those for tokens."""
        return [call for call in self.sandbox.journal.calls if not call.endswith("/as/token")]

    @property
    def writes(self) -> list[str]:
        """Those that could change something."""
        return [call for call in self.calls if not call.startswith("GET ")]

    def user(self, number: int) -> dict[str, Any]:
        """Return the record of a person of the source."""
        return next(user for user in self.sandbox.directory.users if user.get("externalId") == f"e{number}")

    def remove(self, number: int) -> None:
        """Delete a person by another hand."""
        delete_user(self.sandbox.directory, self.user(number)["id"])

    def held(self) -> dict[str, Any]:
        """Return all that the sandbox holds that reconciling could touch."""
        directory = self.sandbox.directory
        return {
            "users": {user["id"]: json.loads(json.dumps(user)) for user in directory.users},
            "groups": {
                group["id"]: (group["name"], sorted(directory.edges.members_of("users", group["id"])))
                for group in directory.groups
            },
        }


@pytest.fixture(scope="module", autouse=True)
def quiet_commands() -> Iterator[None]:
    """Let commands leave the log of the tests alone, and compile the tables once for all of them."""
    tables = cache(configuration.open_all_tables)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "configure", lambda _level, secrets, *_more: logs.Mask(secrets))
        patch.setattr(configuration, "open_all_tables", tables)
        yield


def open_office(sandbox: Sandbox, folder: Path, people: int, rules: str = RULES) -> Office:
    """Return an office in an empty folder, in front of a sandbox."""
    folder.mkdir()
    nothing = dict.fromkeys(name for name in os.environ if name.startswith("SCIMBRIDGE_"))
    settings = {"SCIMBRIDGE_BEARER_TOKEN": "the-token-of-the-tests", "SCIMBRIDGE_PINGONE_RATE": "5000"}
    office = Office(sandbox, folder, {**nothing, **describe(sandbox), **settings})
    office.rules.write_text(rules)
    office.put([person(number) for number in range(people)])
    return office


@pytest.fixture
def make_office(make_sandbox, tmp_path) -> Callable[..., Office]:
    """Open offices: `make_office(people, seed=users of a small company)`."""
    return lambda people=6, seed=0: open_office(make_sandbox(seed), tmp_path / f"office-{seed}", people)


@pytest.fixture
def office(make_office) -> Office:
    return make_office()
