"""Several processes that each keep what they know in their own memory are found, and said to be an error."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from scimbridge.web.sole_process import SoleProcess, count_workers

ROOT = Path(__file__).parents[2]
SETTINGS = {
    "SCIMBRIDGE_PINGONE_ENVIRONMENT_ID": "0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70",
    "SCIMBRIDGE_PINGONE_CLIENT_ID": "worker",
    "SCIMBRIDGE_PINGONE_CLIENT_SECRET": "s3cr3t-of-the-worker",
    "SCIMBRIDGE_PINGONE_REGION": "EU",
    "SCIMBRIDGE_BEARER_TOKEN": "t0ken-of-the-client",
}


@pytest.mark.parametrize(
    ("environ", "words", "count"),
    [
        ({}, [], 1),
        ({"WEB_CONCURRENCY": "4"}, [], 4),
        ({"WEB_CONCURRENCY": "4"}, ["-w", "1"], 1),
        ({"WEB_CONCURRENCY": "many"}, [], 1),
        ({"GUNICORN_CMD_ARGS": "--workers=3 --threads 8"}, ["scimbridge.wsgi"], 3),
        ({"GUNICORN_CMD_ARGS": "--workers '3"}, [], 1),
        ({}, ["--threads", "8", "--workers", "2"], 2),
        ({}, ["-w3", "scimbridge.wsgi"], 3),
        ({}, ["-w"], 1),
    ],
)
def test_how_many_processes_gunicorn_was_told_to_run(environ, words, count):
    """What gunicorn is told stands in its words, or in variables; the words win."""
    assert count_workers(environ, words) == count


def test_a_server_that_says_so_is_heard_once():
    """`wsgi.multiprocess` is told of with the first request that has it, and the request is served all the same."""
    told = []
    layer = SoleProcess(lambda environ, _start: [environ["PATH_INFO"]], lambda: told.append("several"))
    assert layer({"PATH_INFO": "/a", "wsgi.multiprocess": False}, None) == ["/a"]
    assert told == []
    for _ in range(2):
        assert layer({"PATH_INFO": "/b", "wsgi.multiprocess": True}, None) == ["/b"]
    assert told == ["several"]


def test_a_gunicorn_of_two_workers_without_a_shared_state_is_an_error(tmp_path):
    """Also where only gunicorn's own file says how many there are, the log has an error that says the cure."""
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    (tmp_path / "gunicorn.conf.py").write_text(f'workers = 2\nbind = "127.0.0.1:{port}"\nworker_class = "gthread"\n')
    others = {name: value for name, value in os.environ.items() if not name.startswith("SCIMBRIDGE_")}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "scimbridge.wsgi:application"],
            stderr=log, cwd=tmp_path, env=others | SETTINGS | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    try:
        while True:
            assert process.poll() is None, (tmp_path / "log").read_text()
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=60).close()
                break
            except OSError:
                time.sleep(0.05)
    finally:
        process.terminate()
        process.wait(60)
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines() if line.startswith("{")]
    [error] = [line for line in lines if line["level"] == "error"]
    assert "SCIMBRIDGE_STATE_URL" in error["event"]
