"""A desk at a sandbox, and what happens to the sandbox while it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from scimbridge.bridge import Surroundings
from scimbridge.sync.desk import SyncDesk, open_sync_desk
from tests.conftest import Clock, settings_for


@pytest.fixture
def open_desk() -> Iterator[Callable[..., SyncDesk]]:
    """Open desks at sandboxes, where no time passes that anybody waits for: `open_desk(sandbox, settings...)`."""
    with ExitStack() as stack:

        def open_one(sandbox: Any, *, around: Surroundings | None = None, **changes: Any) -> SyncDesk:
            clock = Clock()
            around = around or Surroundings(clock=clock, wall=clock.wall, sleep=clock.sleep)
            return stack.enter_context(open_sync_desk(settings_for(sandbox, **changes), "export", around))

        yield open_one


@pytest.fixture
def meanwhile(monkeypatch) -> Callable[..., None]:
    """Let something happen in a sandbox before it answers the call of a number: `meanwhile(sandbox, 5, act)`."""

    def arrange(sandbox: Any, number: int, act: Callable[[], object]) -> None:
        meet, calls = sandbox.faults.meet, []

        def meet_and_act(method: str, path: str, **more: Any) -> Any:
            if path.endswith("/users"):
                calls.append(path)
                if len(calls) == number:
                    act()
            return meet(method, path, **more)

        monkeypatch.setattr(sandbox.faults, "meet", meet_and_act)

    return arrange
