"""A bridge as it is by default, over HTTP, with a small company behind it; and the runner of scenarios."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from scimbridge.app import create_app
from scimbridge.config import Secret, Settings
from scimbridge.sandbox import Sandbox, start

TOKEN = "clients-token-0123456789"
HERE = Path(__file__).parent


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
def play(runner: ModuleType) -> Iterator[Callable[[str], None]]:
    """Return what plays the scenario file of that name against a bridge that all scenarios share."""
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
        running = start(create_app(settings), 0)
        populations = [str(record["id"]) for record in sandbox.directory.populations]
        variables: dict[str, Any] = {
            "pingone_user_urn": "urn:pingidentity:schemas:extension:2.0:PingOneUser",
            "pingone_group_urn": "urn:pingidentity:schemas:extension:2.0:PingOneGroup",
            "population_id": populations[0],
            "other_population_id": populations[1],
        }

        def run(name: str) -> None:
            scenario = json.loads((HERE / "scenarios" / name).read_text("utf-8"))
            runner.play(scenario, f"{running.url}/scim/v2", TOKEN, variables)

        try:
            yield run
        finally:
            running.close()
