"""Plans that are made by hand, and a desk in front of a sandbox that applies them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from scimbridge.bridge import Surroundings
from scimbridge.sandbox import Sandbox
from scimbridge.sync.applying.apply import apply_plan
from scimbridge.sync.applying.values import Applied, ApplyOptions
from scimbridge.sync.desk import SyncDesk, open_sync_desk
from scimbridge.sync.plans.lines import PlanHead, PlanLine
from scimbridge.sync.plans.managed_paths import ManagedPaths
from tests.conftest import Clock, settings_for

Json = dict[str, Any]
USER_URN = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
POPULATION = f"{USER_URN}:population.id"


@dataclass(frozen=True)
class HandMadePlan:
    """A plan in memory, as a file gives it."""

    head: PlanHead
    all_lines: tuple[PlanLine, ...]

    def lines(self, *kinds: str) -> Iterator[PlanLine]:
        return (line for line in self.all_lines if not kinds or line.do in kinds)


def make_plan(sandbox: Sandbox, *lines: PlanLine, plan: str = "plan-1", **changes: Any) -> HandMadePlan:
    head = PlanHead(
        format=1, id=plan, made=0.0, version="0", environment=sandbox.environment_id, tables="", rules="", scope="",
        rules_file="rules.toml", source={}, directory={}, people=0, counts=Counter(line.do for line in lines),
        guards={},
    )  # fmt: skip
    return HandMadePlan(replace(head, **changes), lines)


@dataclass
class Floor:
    """A sandbox, a desk in front of it, and what tests do there."""

    sandbox: Sandbox
    desk: SyncDesk
    folder: Any

    def __post_init__(self) -> None:
        view = self.desk.endpoint("User").lists.view
        self._view, self.paths = view, ManagedPaths(view.table.type)

    def users(self) -> list[Json]:
        return sorted(self.sandbox.directory.users, key=lambda user: user["username"])

    def user(self, key: str) -> Json:
        return next(user for user in self.sandbox.directory.users if user["id"] == key)

    def line(self, do: str, user: Json, after: Json, **more: Any) -> PlanLine:
        """Make a line that changes a user as it is now."""
        resource = self._view.answer(user, "")
        before = {path: self.paths.value(resource, path) for path in after}
        key = user.get("externalId") or user["username"]
        given = {"before": before, "after": after, "user_name": user["username"], "why": "the source says so", **more}
        return PlanLine(do=do, key=key, id=user["id"], **given)

    def updates(self, users: list[Json], title: str = "Planned") -> list[PlanLine]:
        return [self.line("update", user, {"title": title}) for user in users]

    def apply(self, plan: HandMadePlan, name: str = "plan.journal", **options: Any) -> Applied:
        """Apply a plan and remember the calls that it cost."""
        self.sandbox.journal.clear()
        rest = {word: options.pop(word) for word in ("tell", "stop", "lease") if word in options}
        options.setdefault("rate", 10_000.0)
        return apply_plan(self.desk, plan, self.folder / name, ApplyOptions(**options), **rest)

    @property
    def calls(self) -> list[str]:
        return [call for call in self.sandbox.journal.calls if not call.endswith("/as/token")]

    @property
    def writes(self) -> list[str]:
        return [call for call in self.calls if not call.startswith("GET ")]

    def held(self) -> Json:
        """Return all that the sandbox holds that a plan could touch, without the times."""
        directory = self.sandbox.directory
        edges = {
            group["name"]: sorted(self.user(key)["username"] for key in directory.edges.members_of("users", group["id"]))
            for group in directory.groups
        }
        passing = ("updatedAt", "createdAt", "id", "_links")
        people = [{name: value for name, value in user.items() if name not in passing} for user in self.users()]
        return {"people": people, "members": edges}


@pytest.fixture
def make_floor(make_sandbox, tmp_path) -> Iterator[Callable[..., Floor]]:
    """Open desks in front of sandboxes: `make_floor(users, settings={...}, switches...)`."""
    opened: list[Any] = []

    def make(seed: int | None = 60, *, settings: Json | None = None, sandbox: Sandbox | None = None, **switches) -> Floor:
        sandbox = sandbox or make_sandbox(seed, **switches)
        clock = Clock()
        around = Surroundings(clock=clock, wall=clock.wall, sleep=clock.sleep)
        opened.append(open_sync_desk(settings_for(sandbox, **(settings or {})), "reconcile", around))
        return Floor(sandbox, opened[-1].__enter__(), tmp_path)

    yield make
    for each in opened:
        each.__exit__(None, None, None)


@pytest.fixture
def floor(make_floor) -> Floor:
    return make_floor()
