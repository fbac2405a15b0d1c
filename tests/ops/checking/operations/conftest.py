"""The shipped operations, a PingOne that answers or refuses by path, and who may call what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from scimbridge.access.caller import Caller
from scimbridge.access.scopes import ALL_SCOPES
from scimbridge.operations.rooms import open_catalogue
from scimbridge.ops.checking.findings import Finding, Probe
from scimbridge.ops.checking.operations.reading import check_reading
from scimbridge.ops.checking.operations.standing import Standing
from scimbridge.ops.checking.rights import FirstPages
from scimbridge.ops.checking.roles import HeldRole, Roles
from scimbridge.pingone.collections import Page
from scimbridge.pingone.errors import NoPermission, PingOneError
from scimbridge.pingone.send import Request, Response
from scimbridge.pingone.target import Target
from scimbridge.sides import Native

KEY = "11111111-1111-4111-8111-111111111111"
EVERYBODY = Caller("desk", scopes=ALL_SCOPES)


class PingOne:
    """Answers what is read, and refuses paths that end as `refused` says; remembers what it was asked."""

    def __init__(self, refused: Mapping[str, PingOneError] | None = None) -> None:
        self.refused = refused or {}
        self.asked: list[Request] = []

    def __call__(self, request: Request, _call: Any) -> Response:
        """Answer with nothing in particular, or refuse."""
        self.asked.append(request)
        for end, error in self.refused.items():
            if request.path.endswith(end):
                raise error
        return Response(200)


def forbidden() -> NoPermission:
    """Return what PingOne answers where a right is missing, and where it does not know a path."""
    return NoPermission("no", status=403)


def seen_pages(**records: int) -> FirstPages:
    """Return first pages with so many records of each kind."""
    kinds = {"users": 1, "groups": 1, "populations": 1, **records}
    pages = {name: Page([Native({"id": KEY})] * number, None, number, False) for name, number in kinds.items()}
    return FirstPages(pages, [], 100)


def roles_of(*names: str, scope: str = "ENVIRONMENT", permissions: Mapping[str, frozenset[str]] | None = None) -> Roles:
    """Return what PingOne shows of a worker that has these roles."""
    return Roles(tuple(HeldRole(name, scope) for name in names), permissions or {})


@pytest.fixture
def look() -> Callable[..., list[Finding]]:
    """Look at what rows read. `own` is an operator's table, `seen` what is there to ask about."""

    def run(
        pingone: PingOne,
        own: str | None = None,
        callers: tuple[Caller, ...] = (EVERYBODY,),
        roles: Roles | None = None,
        seen: FirstPages | None = None,
    ) -> list[Finding]:
        probe = Probe(Target(pingone, clock=lambda: 0.0, sleep=lambda _seconds: None), lambda: 0.0, 100)
        standing = Standing(roles, callers)
        return [*check_reading(probe, open_catalogue(own), seen or seen_pages(), standing)]

    return run
