"""Clients with rights of their own in front of one bridge, and what a test of rights compares."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import g, request

from scimbridge.access.caller import SCOPES, Caller

WHO = "X-Test-Caller"


@pytest.fixture
def caller_of() -> Callable[..., Any]:
    """Give a client rights: `caller_of(client, populations={"Partners"}, scopes={"users:read"})`.

    Populations are named, or given by id as `keys`.
    """
    known: dict[str, Caller] = {}
    numbers = itertools.count()

    def identify() -> None:
        g.caller = known.get(request.headers.get(WHO, ""), g.caller)

    def make(client, *, name="hr", scopes=SCOPES, populations=None, keys=None, **more):
        hooks = client.app.before_request_funcs.setdefault(None, [])
        if identify not in hooks:
            hooks.append(identify)
        ids = keys if populations is None else [client.population(each) for each in populations]
        key = f"{name}-{next(numbers)}"
        known[key] = Caller(name, scopes=frozenset(scopes), populations=None if ids is None else frozenset(ids), **more)
        return replace(client, headers={**client.headers, WHO: key})

    return make


@pytest.fixture
def held() -> Callable[..., Any]:
    """Return all that a sandbox holds, to be compared with what it holds later."""

    def hold(client):
        directory = client.sandbox.directory
        edges = {
            (kind, group["id"]): sorted(directory.edges.members_of(kind, group["id"]))
            for kind in ("users", "groups")
            for group in directory.groups
        }
        groups = [{**group, "updatedAt": ""} for group in directory.groups]  # a rename that is taken back counts there
        return list(directory.users), groups, list(directory.populations), edges, dict(directory.passwords)

    return hold
