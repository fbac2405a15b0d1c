"""A bridge as it is by default, over HTTP, with a small company behind it, and the runner of scenarios."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from scimbridge.app import create_app
from scimbridge.sandbox import Sandbox, start
from scimbridge.settings.declared import Secret, Settings

TOKEN = "clients-token-0123456789"
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Bridge:
    """A bridge that all scenarios and clients of this folder share; `base` is its SCIM base URL."""

    app: Flask
    base: str
    sandbox: Sandbox
    token: str = TOKEN

    def ids(self, kind: str) -> set[str]:
        """Return the ids that PingOne holds, of `users` or of `groups`."""
        return {str(record["id"]) for record in getattr(self.sandbox.directory, kind)}

    def record(self, kind: str, key: str) -> dict[str, Any]:
        """Return what PingOne holds of one of its `users` or `groups`."""
        return next(dict(record) for record in getattr(self.sandbox.directory, kind) if record["id"] == key)

    def members(self, group: str) -> set[str]:
        """Return the ids of the users that PingOne holds as direct members of a group."""
        return set(self.sandbox.directory.edges.members_of("users", group))


@pytest.fixture(scope="session")
def bridge() -> Iterator[Bridge]:
    """A bridge with 120 users behind it."""
    with Sandbox.start(seed=120) as sandbox:
        settings = Settings(
            pingone_environment_id=sandbox.environment_id,
            pingone_client_id=sandbox.client_id,
            pingone_client_secret=Secret(sandbox.client_secret),
            pingone_api_url=sandbox.url,
            pingone_auth_url=sandbox.url,
            pingone_rate=5000,
            bearer_token=Secret(TOKEN),
        )
        app = create_app(settings)
        running = start(app, 0)
        try:
            yield Bridge(app, f"{running.url}/scim/v2", sandbox)
        finally:
            running.close()


@pytest.fixture(scope="session")
def mount(bridge: Bridge) -> Iterator[Callable[[str], str]]:
    """Return what serves the bridge below a path too, for clients that know one only; the URL is that of its host."""
    with ExitStack() as stack:

        def serve(path: str) -> str:
            running = start(DispatcherMiddleware(NotFound(), {path: bridge.app}), 0)
            stack.callback(running.close)
            return running.url

        yield serve


@pytest.fixture
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy stands between a client and this machine, whatever the environment says."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")


@pytest.fixture(scope="session")
def runner() -> ModuleType:
    """The runner beside this file; tests are no package, so it is loaded by its place."""
    spec = importlib.util.spec_from_file_location("scenario_runner", HERE / "runner.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def play(runner: ModuleType, bridge: Bridge) -> Callable[[str], None]:
    """Return what plays the scenario file of that name against the bridge."""
    populations = [str(record["id"]) for record in bridge.sandbox.directory.populations]
    variables: dict[str, Any] = {
        "pingone_user_urn": "urn:pingidentity:schemas:extension:2.0:PingOneUser",
        "pingone_group_urn": "urn:pingidentity:schemas:extension:2.0:PingOneGroup",
        "population_id": populations[0],
        "other_population_id": populations[1],
    }

    def run(name: str) -> None:
        scenario = json.loads((HERE / "scenarios" / name).read_text("utf-8"))
        runner.play(scenario, bridge.base, TOKEN, variables)

    return run
