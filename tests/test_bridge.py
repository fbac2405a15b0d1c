"""The bridge without its edge: what opening it does, and what it leaves alone."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from scimbridge.bridge import Surroundings, open_bridge, open_rehearsal
from scimbridge.pingone.send import Call, Response
from scimbridge.resources.tables import open_tables
from scimbridge.settings.declared import SettingsFaults, default_mappings

WITHOUT_A_FRAMEWORK = """
import sys
from scimbridge.bridge import open_bridge
from scimbridge.settings.declared import Secret, Settings

settings = Settings(
    pingone_environment_id="0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70", pingone_client_id="worker",
    pingone_client_secret=Secret("s3cr3t"), pingone_region="EU", bearer_token=Secret("t0ken-of-the-client"),
)
print(*open_bridge(settings).registry.whole.endpoints, *{"flask", "werkzeug"} & set(sys.modules))
"""


class Untouched:
    """A state that fails whoever asks it anything but what a bridge may ask: whether its notes can be trusted."""

    vouches = staticmethod(lambda *_: True)

    def __getattr__(self, name):
        pytest.fail(f"the state was asked for {name!r}")


@pytest.fixture
def around(clock):
    return Surroundings(clock=clock, wall=clock.wall, sleep=clock.sleep)


def test_opening_starts_nothing(settings, sandbox, around):
    """Neither a thread, nor a call, nor a look at the state: a bridge can be opened before a fork."""
    before = set(threading.enumerate())
    open_bridge(settings, around=replace(around, state=Untouched()))
    assert set(threading.enumerate()) <= before
    assert sandbox.journal.calls == []


def test_a_bridge_needs_no_web_framework():
    """Opening a whole bridge imports neither Flask nor Werkzeug."""
    ran = subprocess.run([sys.executable, "-c", WITHOUT_A_FRAMEWORK], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["/Users", "/Groups", "/Populations"]


def test_an_open_bridge_works(settings, sandbox, around):
    """What it reads is the environment of the settings."""
    bridge = open_bridge(settings, around=around)
    record = bridge.parts.target.environment(Call(deadline=around.clock() + 10))
    bridge.close()
    assert record["id"] == sandbox.environment_id


def test_every_call_is_observed(settings, around):
    """Who is around hears of each exchange, and the metrics count it."""
    heard = []
    bridge = open_bridge(settings, around=replace(around, observers=(heard.append,)))
    bridge.parts.target.environment(Call(deadline=around.clock() + 10))
    bridge.close()
    assert [record.path for record in heard] == ["/as/token", "/"]
    assert 'scimbridge_pingone_calls_total{method="GET",path="/",status="200"} 1.0' in bridge.metrics.expose().decode()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"mappings": Path("empty")}, "no table at all"),
        ({"bearer_token": None}, "SCIMBRIDGE_CLIENTS: there is no client at all"),
        ({"audit": "/nowhere/trail.jsonl"}, "SCIMBRIDGE_AUDIT"),
    ],
)
def test_what_is_faulty_is_not_opened(settings, around, tmp_path, monkeypatch, changes, says):
    """Faults of tables, clients and the place of records are those of the settings."""
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    with pytest.raises(SettingsFaults, match=says):
        open_bridge(replace(settings, **changes), around=around)


def test_a_rehearsal_speaks_to_nobody():
    """All calls go to what answers in PingOne's place."""
    asked = []

    def send(request, _call):
        asked.append(request.path)
        return Response(200, body={"name": "nowhere"})

    bridge = open_rehearsal(open_tables(default_mappings()), send)
    assert bridge.parts.target.environment(Call()) == {"name": "nowhere"}
    assert asked == [""]
