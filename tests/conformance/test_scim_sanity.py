"""An outside judge, scim-sanity in its strict mode, over HTTP against the bridge as it is served."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from scimbridge.sandbox import Sandbox, describe

TOKEN = "conformance-token-0123456789"
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
STEPS = 28


def free_port() -> int:
    """Return a port that nothing listens at."""
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def await_answer(base: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the bridge answers a request that needs PingOne."""
    request = urllib.request.Request(f"{base}/Users?count=1", headers={"Authorization": f"Bearer {TOKEN}"})
    deadline = time.monotonic() + 60
    while True:
        try:
            with DIRECT.open(request, timeout=10):
                return
        except OSError:
            assert process.poll() is None, "the bridge ended"
            assert time.monotonic() < deadline, "the bridge did not answer"
            time.sleep(0.1)


@pytest.fixture
def base() -> Iterator[str]:
    """The bridge under gunicorn, set up by environment variables alone, before a sandbox."""
    port = free_port()
    others = {name: value for name, value in os.environ.items() if not name.startswith("SCIMBRIDGE_")}
    with Sandbox.start(seed=20) as sandbox:
        environment = {
            **others,
            **describe(sandbox),
            "SCIMBRIDGE_BEARER_TOKEN": TOKEN,
            "SCIMBRIDGE_PINGONE_RATE": "1000",
            "SCIMBRIDGE_LOG_LEVEL": "error",
        }
        serve = (sys.executable, "-m", "scimbridge.cli", "serve", "--port", str(port), "--workers", "2")
        process = subprocess.Popen(serve, env=environment, stdin=subprocess.DEVNULL)
        try:
            await_answer(f"http://127.0.0.1:{port}/scim/v2", process)
            yield f"http://127.0.0.1:{port}/scim/v2"
        finally:
            process.terminate()
            process.wait(60)


def test_every_step_passes(base: str):
    """The probe passes each of its 28 steps, fails none and warns of none."""
    probe = (Path(sys.executable).with_name("scim-sanity"), "probe", base, "--token", TOKEN)
    direct = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        [*probe, "--json-output", "--i-accept-side-effects"],
        capture_output=True, text=True, env=direct, timeout=90, check=False,
    )  # fmt: skip
    report = json.loads(done.stdout)
    wrong = [step for step in report["results"] if step["status"] in {"fail", "error", "warn"}]
    assert wrong == []
    assert sum(step["status"] == "pass" for step in report["results"]) == STEPS
    assert done.returncode == 0
