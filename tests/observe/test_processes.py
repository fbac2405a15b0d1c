"""Metrics under gunicorn: whichever of two workers is asked, the counters are those of both."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from prometheus_client.mmap_dict import MmapedDict, mmap_key

from scimbridge.observe import processes

ROOT = Path(__file__).parent.parent.parent
PROGRAM = """
    import os, sys, time
    import scimbridge.configuration  # as the command does, before it knows how many workers there are
    from scimbridge.serve import server as serve

    def make():
        from flask import Flask
        from scimbridge.observe.metrics import Metrics, Readings
        from scimbridge.web import metrics as edge

        metrics = Metrics("1", lambda: Readings(rate_share=10.0))
        app = Flask("a", static_folder=None)
        app.register_blueprint(edge.blueprint(metrics))

        @app.get("/scim/v2/Users")
        def users():
            time.sleep(0.02)
            return {"pid": os.getpid()}

        app.wsgi_app = edge.Measured(app.wsgi_app, metrics, "/scim/v2", time.monotonic)
        return app

    def prepare():
        make()
        return make

    serve.run(prepare, serve.Options(port=int(sys.argv[1]), workers=2, threads=4, graceful_seconds=5))
"""


@pytest.fixture
def served(tmp_path):
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent(PROGRAM))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, str(program), str(port)], cwd=tmp_path, env=environment)
    try:
        wait_for(lambda: get(port, "/metrics"))
        yield process, port
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


def get(port, path):
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", path)
        return connection.getresponse().read().decode()


def directory_of(process):
    """Return where the workers of a program keep their counts."""
    workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    maps = Path(f"/proc/{workers[0]}/maps").read_text()
    return Path(re.search(r"(/\S*scimbridge-metrics-[^/]+)/", maps)[1])


def wait_for(holds):
    """Ask until something holds; pytest's own limit ends what never does."""
    while True:
        try:
            if holds():
                return
        except OSError:
            pass
        time.sleep(0.05)


def test_counters_are_the_sum_of_both_workers(served):
    """Requests are counted once over both workers, a killed worker's stay counted, and its gauges go."""
    process, port = served
    asked = 0
    pids = set()

    def both():
        nonlocal asked
        asked += 1
        pids.add(re.search(r"\d+", get(port, "/scim/v2/Users"))[0])
        return len(pids) == 2

    wait_for(both)
    line = 'scimbridge_requests_total{kind="users",method="GET",status="2xx"} %.1f'
    for _ in range(5):
        assert line % asked in get(port, "/metrics")
    wait_for(lambda: "scimbridge_rate_share 20.0" in get(port, "/metrics"))
    killed = next(iter(pids))
    directory = directory_of(process)
    assert list(directory.glob(f"gauge_live*_{killed}.db"))
    os.kill(int(killed), signal.SIGKILL)
    wait_for(lambda: not list(directory.glob(f"gauge_live*_{killed}.db")))
    assert line % asked in get(port, "/metrics")
    wait_for(lambda: "scimbridge_rate_share 20.0" in get(port, "/metrics"))


def test_the_directory_goes_with_the_program(served):
    """While it serves there is a directory for counters, and none is left behind."""
    process, port = served
    get(port, "/metrics")
    directory = directory_of(process)
    assert directory.is_dir()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0
    assert not directory.exists()


def test_a_file_that_a_worker_is_just_making_hinders_nobody(tmp_path, monkeypatch):
    """What is empty, or gone since it was listed, counts nothing, and all else is told."""
    monkeypatch.setenv(processes.DIRECTORY, str(tmp_path))
    kept = MmapedDict(str(tmp_path / "counter_1.db"))
    kept.write_value(mmap_key("a", "a_total", [], [], "An a."), 3.0, 0.0)
    kept.close()
    (tmp_path / "counter_2.db").touch()
    (tmp_path / "gauge_livesum_3.db").symlink_to(tmp_path / "gone")
    assert b"a_total 3.0" in generate_latest(processes.collect_all())
