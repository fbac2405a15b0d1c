from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from scimbridge import demo
from scimbridge.access.editing import read_file
from scimbridge.access.scopes import ALL_SCOPES
from scimbridge.settings.declared import load

ROOT = Path(__file__).parent.parent
SANDBOX = SimpleNamespace(
    url="http://127.0.0.1:9",
    environment_id="0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70",
    client_id="worker",
    client_secret="s3cr3t-of-the-worker",
)


def test_a_taken_port_is_passed_over():
    """Where a port is listened at, the next free one is found."""
    with closing(socket.socket()) as taken:
        taken.bind((demo.HOST, 0))
        taken.listen()
        first = taken.getsockname()[1]
        found = demo.find_free_port(first)
        assert found != first


def test_some_port_is_found_where_all_near_ones_are_taken(monkeypatch):
    """When no port after the first is free, any free one is taken."""
    monkeypatch.setattr(demo, "PORTS", 0)
    assert demo.find_free_port(8080) > 0


def test_the_demo_never_speaks_to_a_real_pingone():
    """Settings of an operator's own environment stay outside, but for those worth trying out."""
    environ = {
        "PATH": "/bin",
        "SCIMBRIDGE_PINGONE_REGION": "EU",
        "SCIMBRIDGE_PINGONE_CLIENT_SECRET_FILE": "/nowhere",
        "SCIMBRIDGE_CONFIG": "/nowhere",
        "SCIMBRIDGE_PAGE_SIZE": "200",
    }
    made = demo.bridge_environment(environ, SANDBOX, "t0ken")
    settings = load(made)
    assert made["PATH"] == "/bin"
    assert (settings.api_url, settings.auth_url) == (SANDBOX.url, SANDBOX.url)
    assert settings.pingone_region is None
    assert settings.page_size == 200
    assert settings.pingone_client_secret.reveal() == SANDBOX.client_secret


def test_the_client_of_operations_may_call_all_of_them(tmp_path):
    """The demo's own client has every right, also those that no collective right holds; its secret opens the bridge."""
    secret = demo.add_desk(tmp_path / "clients.toml")
    clients = read_file(tmp_path / "clients.toml")
    client, _secret = clients.by_secret(secret, 0.0)
    assert (client.name, client.caller.scopes) == (demo.DESK, ALL_SCOPES)


def test_what_is_not_used_is_named():
    """Every setting that stays outside is named, and no value of one; what is passed on is not."""
    environ = {"PATH": "/bin", "SCIMBRIDGE_STRICT": "true", "SCIMBRIDGE_RATE": "5", "SCIMBRIDGE_CONFIG": "/nowhere"}
    assert demo.unused_settings(environ) == ["SCIMBRIDGE_CONFIG", "SCIMBRIDGE_RATE"]


@pytest.fixture
def running():
    """`scimbridge demo` as a program, and the lines it has printed until it was ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "scimbridge.cli", "demo", "--port", "18200"],
        cwd=ROOT,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("SCIMBRIDGE_")},
            "SCIMBRIDGE_PINGONE_REGION": "EU",
        },
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    printed = []
    for line in process.stdout:
        printed.append(line.rstrip("\n"))
        if line.startswith("Ctrl-C"):
            break
    yield process, printed
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_printed_lines_work_and_nothing_is_left_behind(running, number):
    """The four curl lines answer as they should when pasted; a signal ends all processes with code 0."""
    process, printed = running
    assert printed[0].endswith("of its own: SCIMBRIDGE_PINGONE_REGION")
    lines = [line for line in printed if line.startswith("curl ")]
    answers = []
    for line in lines:
        ran = subprocess.run(shlex.split(line), capture_output=True, text=True, check=True, timeout=60)
        answers.append(json.loads(ran.stdout))
    listed, created, found, locked = answers
    assert listed["totalResults"] == demo.USERS
    assert len(listed["Resources"]) == 5
    assert created["userName"] == "ada.lovelace"
    assert created["id"] in {user["id"] for user in found["Resources"]}
    assert locked["id"] == created["id"]
    process.send_signal(number)
    assert process.wait(timeout=60) == 0
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
