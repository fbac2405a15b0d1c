"""Checks of environments and explanations of tables, as an operator runs them, with what they write."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from scimbridge.bridge import Surroundings
from scimbridge.ops.checking.checks import check
from scimbridge.ops.checking.machine import Machine
from scimbridge.ops.explaining.explain import explain
from scimbridge.ops.printing.explanations import print_explanation
from scimbridge.ops.printing.findings import print_findings
from scimbridge.ops.printing.paper import PlainPaper
from scimbridge.sandbox import Sandbox
from scimbridge.settings.declared import Secret, default_mappings
from scimbridge.state.base import State

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
RANDOM = Secret("Vb7qG2-wzXo9LkR4tYp1NsD8uFhJ3mCe5aEiB6gQxTc")  # as `openssl rand` makes them
PINGONE = "urn:pingidentity:schemas:extension:2.0:PingOneUser"


@dataclass(frozen=True)
class Said:
    """What a command wrote, and its exit code."""

    code: int
    lines: list[str]

    @property
    def text(self) -> str:
        """All lines in one."""
        return "\n".join(self.lines)

    def lines_of(self, level: str) -> list[str]:
        """Return the lines of a level: ok, note, not tried, warning or FAULT."""
        return [line for line in self.lines if line.startswith(level)]

    @property
    def faults(self) -> list[str]:
        """The lines of what does not work."""
        return self.lines_of("FAULT")

    @property
    def warnings(self) -> list[str]:
        """The lines of what could be better."""
        return self.lines_of("warning")

    def below(self, label: str) -> list[str]:
        """Return the first text of a label that `explain` wrote, and those below it."""
        start = next(place for place, line in enumerate(self.lines) if line.startswith(f"  {label}"))
        found = [self.lines[start][19:]]
        for line in self.lines[start + 1 :]:
            if not line.startswith(" " * 19):
                break
            found.append(line.strip())
        return found


@pytest.fixture
def folder(tmp_path) -> Path:
    """The default tables, to be changed."""
    target = tmp_path / "tables"
    target.mkdir()
    for entry in default_mappings().iterdir():
        (target / entry.name).write_text(entry.read_text(encoding="utf-8"), encoding="utf-8")
    return target


@pytest.fixture
def folder_with_providers(folder) -> Path:
    """The default tables and the one of identity providers from the cookbook."""
    shutil.copy(Path(__file__).parents[2] / "docs" / "tables" / "identityProviders.toml", folder)
    return folder


@pytest.fixture
def add_row(folder) -> Callable[..., Path]:
    """Add rows to the PingOne section of the user table (`head`: before all sections)."""

    def add(*rows: str, head: str = "", tail: str = "") -> Path:
        file = folder / "users.toml"
        text = file.read_text(encoding="utf-8")
        section = f'["{PINGONE}"]\n'
        assert section in text
        text = text.replace(section, section + "\n".join(rows) + "\n")
        file.write_text(head + text + tail, encoding="utf-8")
        return folder

    return add


@pytest.fixture
def run_check(settings, clock) -> Callable[..., Said]:
    """Check a sandbox (the usual one unless another is named) against a folder of tables."""

    def run(
        tables: Any = None,
        *,
        at: Sandbox | None = None,
        population: str | None = None,
        state: State | None = None,
        machine: Machine | None = None,
        **changes: Any,
    ) -> Said:
        if at is not None:
            changes = {
                "pingone_environment_id": at.environment_id,
                "pingone_client_id": at.client_id,
                "pingone_client_secret": type(settings.pingone_client_secret)(at.client_secret),
                "pingone_api_url": at.url,
                "pingone_auth_url": at.url,
                **changes,
            }
        changes = {"bearer_token": RANDOM, **changes}
        around = Surroundings(clock=clock, wall=clock.wall, sleep=clock.sleep, state=state)
        stream = io.StringIO()
        found = check(replace(settings, mappings=tables, **changes), population, around, machine)
        report = print_findings(PlainPaper(stream), found)
        return Said(report.exit_code, stream.getvalue().splitlines())

    return run


@pytest.fixture
def run_explain() -> Callable[..., Said]:
    """Explain an expression by a folder of tables."""

    def run(expression: object, resource: str = "User", tables: Any = None) -> Said:
        stream = io.StringIO()
        explanation = explain(str(expression), resource, tables or default_mappings())
        print_explanation(PlainPaper(stream), explanation)
        return Said(1 if explanation.kind == "error" else 0, stream.getvalue().splitlines())

    return run
