"""The word `check` as a process: what is made goes again when it is stopped, and exit codes say what came of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing

import pytest
from click.testing import CliRunner

from scimbridge.cli.commands import command
from scimbridge.sandbox import Sandbox, Switches, describe

STRONG = "Vb7qG2-wzXo9LkR4tYp1NsD8uFhJ3mCe5aEiB6gQxTc"


@pytest.fixture(scope="module")
def sandbox():
    with closing(Sandbox.start(seed=5)) as started:
        yield started


def environ_of(sandbox):
    others = {name: value for name, value in os.environ.items() if not name.startswith("SCIMBRIDGE_")}
    return {**others, **describe(sandbox), "SCIMBRIDGE_BEARER_TOKEN": STRONG}


def left_in(sandbox):
    names = [user["username"] for user in sandbox.directory.users] + [one["name"] for one in sandbox.directory.groups]
    return [name for name in names if name.startswith("scimbridge-check-")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_check_that_is_stopped_leaves_nothing(sandbox, number):
    """A signal in the middle of the trial: the throw-aways are gone, and the exit code is the signal's."""
    words = (sys.executable, "-m", "scimbridge.cli", "check", "--write", "--population", "Partners")
    sandbox.faults.set(latency=0.02)  # so that there is a middle
    with subprocess.Popen(
        words, env=environ_of(sandbox), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout:
            if "PingOne takes users without a value" in line:
                assert left_in(sandbox)
                process.send_signal(number)
                break
        process.stdout.read()
        told = process.stderr.read()
    assert process.returncode == 128 + number
    assert "stopped before everything was looked at" in told
    assert left_in(sandbox) == []


@pytest.mark.parametrize(("words", "code"), [((), 3), (("--write", "--population", "Partners"), 0)])
def test_exit_codes(sandbox, words, code):
    """3 where reading cannot show all, 0 where all was tried and fits."""
    sandbox.faults.set(latency=0.0)
    result = CliRunner().invoke(command, ["check", *words], env=environ_of(sandbox))
    assert result.exit_code == code, result.output
    assert ("everything fits" in result.output) is (code == 0)


def test_a_worker_that_may_only_read():
    """The trial shows it: exit code 1, and nothing is left."""
    with closing(Sandbox.start(seed=5, switches=Switches(rights="read"))) as sandbox:
        words = ["check", "--write", "--population", "Partners"]
        result = CliRunner().invoke(command, words, env=environ_of(sandbox))
    assert result.exit_code == 1
    assert "no user can be made" in result.output
    assert "not tried (values, operations)" in result.output.splitlines()[-1]
