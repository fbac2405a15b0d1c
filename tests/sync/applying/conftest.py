"""Plans that are made by hand, and a desk in front of a sandbox that applies them."""

from __future__ import annotations

import itertools
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from scimbridge.bridge import Surroundings
from scimbridge.sandbox import Sandbox
from scimbridge.sandbox.model.users import delete_user
from scimbridge.sync.applying.apply import apply_plan
from scimbridge.sync.applying.values import Applied, ApplyOptions
from scimbridge.sync.desk import SyncDesk, open_sync_desk
from scimbridge.sync.plans.lines import PlanHead, PlanLine
from scimbridge.sync.plans.managed_paths import ManagedPaths
from tests.conftest import Clock, settings_for, shipped_tables

Json = dict[str, Any]
USER_URN = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
POPULATION = f"{USER_URN}:population.id"


@dataclass(frozen=True)
class HandMadePlan:
    """A plan in memory, as a file gives it."""

    head: PlanHead
    all_lines: tuple[PlanLine, ...]

    def lines(self, *kinds: str) -> Iterator[PlanLine]:
        """Yield the lines of some kinds, or all."""
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
        """Return all users by name."""
        return sorted(self.sandbox.directory.users, key=lambda user: user["username"])

    def user(self, key: str) -> Json:
        """Return a user as it is now."""
        return next(user for user in self.sandbox.directory.users if user["id"] == key)

    def remove(self, user: Json) -> None:
        """Delete a user by another hand."""
        delete_user(self.sandbox.directory, user["id"])

    @property
    def home(self) -> str:
        """The id of a population."""
        return next(iter(self.sandbox.directory.populations))["id"]

    def group(self, *, filled: bool) -> dict[str, str]:
        """Return a group that has members by hand, or one of the environment that anybody may join."""
        for group in sorted(self.sandbox.directory.groups, key=lambda each: each["name"]):
            members = self.sandbox.directory.edges.members_of("users", group["id"])
            if members if filled else "population" not in group and not group.get("userFilter"):
                return {"id": group["id"], "name": group["name"]}
        raise LookupError("no such group in the small company")

    def line(self, do: str, user: Json, after: Json, **more: Any) -> PlanLine:
        """Make a line that changes a user as it is now."""
        resource = self._view.answer(user, "")
        before = {path: self.paths.value(resource, path) for path in after}
        key = user.get("externalId") or user["username"]
        given = {"before": before, "after": after, "user_name": user["username"], "why": "the source says so", **more}
        return PlanLine(do=do, key=key, id=user["id"], **given)

    def updates(self, users: list[Json], title: str = "Planned") -> list[PlanLine]:
        """Make a line for each of some users."""
        return [self.line("update", user, {"title": title}) for user in users]

    def apply(self, plan: HandMadePlan, name: str = "plan.journal", **options: Any) -> Applied:
        """Apply a plan and remember the calls that it cost."""
        self.sandbox.journal.clear()
        rest = {word: options.pop(word) for word in ("tell", "stop", "lease") if word in options}
        options.setdefault("rate", 10_000.0)
        return apply_plan(self.desk, plan, self.folder / name, ApplyOptions(**options), **rest)

    @property
    def calls(self) -> list[str]:
        """PingOne's calls of the last apply, without those for tokens."""
        return [call for call in self.sandbox.journal.calls if not call.endswith("/as/token")]

    @property
    def writes(self) -> list[str]:
        """Those of the calls that can change something."""
        return [call for call in self.calls if not call.startswith("GET ")]

    def held(self) -> Json:
        """Return all that the sandbox holds that a plan could touch, without the times."""
        directory = self.sandbox.directory
        names = {user["id"]: user["username"] for user in directory.users}
        edges = {
            group["name"]: sorted(names[key] for key in directory.edges.members_of("users", group["id"]))
            for group in directory.groups
        }
        passing = ("updatedAt", "createdAt", "id", "_links", "environment")
        homes = {each["id"]: each["name"] for each in directory.populations}
        people = [
            {name: value for name, value in user.items() if name not in passing}
            | {"population": homes[user["population"]["id"]]}
            for user in self.users()
        ]
        return {"people": people, "members": edges}


def open_desk(sandbox: Sandbox, *, around: Json | None = None, **settings: Any) -> AbstractContextManager[SyncDesk]:
    """Open a desk whose time is its own; nobody waits."""
    clock = Clock()
    given = {"clock": clock, "wall": clock.wall, "sleep": clock.sleep, **(around or {})}
    return open_sync_desk(settings_for(sandbox, **settings), "reconcile", Surroundings(**given), shipped_tables())


def apply_and_die(floor: Floor, plan: HandMadePlan, calls: int, **options: Any) -> None:
    """Apply a plan in a process of its own, which is killed when PingOne has answered so many calls."""
    answered = itertools.count(1)

    def kill(_record: object) -> None:
        if next(answered) == calls:
            os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if not child:  # pragma: no cover - it ends by being killed, or here
        try:
            with open_desk(floor.sandbox, around={"observers": (kill,)}) as desk:
                apply_plan(desk, plan, floor.folder / "plan.journal", ApplyOptions(rate=10_000.0, **options))
        finally:
            os._exit(0)
    os.waitpid(child, 0)


@pytest.fixture
def make_floor(make_sandbox, tmp_path) -> Iterator[Callable[..., Floor]]:
    """Open desks in front of sandboxes: `make_floor(users, settings={...}, switches...)`."""
    opened: list[Any] = []

    def make(seed: int | None = 60, *, sandbox: Sandbox | None = None, settings: Any = (), **switches: Any) -> Floor:
        sandbox = sandbox or make_sandbox(seed, **switches)
        opened.append(open_desk(sandbox, **dict(settings)))
        folder = tmp_path / str(len(opened))
        folder.mkdir()
        return Floor(sandbox, opened[-1].__enter__(), folder)

    yield make
    for each in opened:
        each.__exit__(None, None, None)


@pytest.fixture
def floor(make_floor) -> Floor:
    return make_floor()


def whole_plan(floor: Floor, plan: str = "plan-1") -> HandMadePlan:
    """Return a plan with lines of every kind: joiners, movers, leavers, groups that are made and filled."""
    users = floor.users()
    named = sorted(floor.sandbox.directory.populations, key=lambda each: each["name"])
    homes = [each["id"] for each in named]

    def other(user: Json) -> str:
        return next(home for home in homes if home != user["population"]["id"])

    quiet = [user for user in users if user["enabled"]]
    leavers, movers, changed, doomed = quiet[:3], quiet[3:6], quiet[6:16], quiet[16:18]
    joiners = [f"new-{number}" for number in range(6)]
    old = floor.group(filled=True)
    members = floor.sandbox.directory.edges.members_of("users", old["id"])
    there = [user["id"] for user in users if user["id"] in members][:2]
    lines = [
        PlanLine(do="create", key=key, why="new", after={
            "userName": f"{key}@example.org", "externalId": key, "name.givenName": "New", "name.familyName": "Person",
            'emails[type eq "work"].value': f"{key}@example.org", "active": place != 1, POPULATION: homes[0],
        })
        for place, key in enumerate(joiners)
    ]  # fmt: skip
    lines += [floor.line("update", user, {"title": "Planned", "name.familyName": "Changed"}) for user in changed]
    lines += [floor.line("disable", user, {"active": False}) for user in leavers]
    lines += [floor.line("move", user, {POPULATION: other(user)}) for user in movers]
    lines += [PlanLine(do="create", on="Group", key="HR-New", why="new", after={"displayName": "HR-New"})]
    made = {"id": None, "name": "HR-New"}
    lines += [PlanLine(do="join", key=key, why="the source has it", group=made) for key in joiners]
    lines += [PlanLine(do="join", key="-", id=user["id"], why="the source has it", group=made) for user in changed]
    lines += [PlanLine(do="leave", key="-", id=key, why="not in the source", group=old) for key in there]
    lines += [
        PlanLine(do="delete", key="-", id=user["id"], user_name=user["username"], why="left long ago",
                 condition={"userName": user["username"], "active": True})
        for user in doomed
    ]  # fmt: skip
    lines += [PlanLine(do="conflict", key="x", why="two users match", faults=("two users match",))]
    return make_plan(floor.sandbox, *lines, plan=plan)
