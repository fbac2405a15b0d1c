"""`scimbridge export`: what is said, where it goes, how it ends; killed for good, and gone on with."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from scimbridge.cli import commands
from scimbridge.cli.export import ExportProgress
from scimbridge.sandbox import describe


def settings_of(sandbox):
    """Return the settings of a bridge at a sandbox."""
    return {**describe(sandbox), "SCIMBRIDGE_BEARER_TOKEN": "unused", "SCIMBRIDGE_PINGONE_RATE": "1000"}


@pytest.fixture
def run(sandbox, tmp_path, monkeypatch):
    """Run `scimbridge export` at a PingOne with 250 users, in a folder of its own: `run("users", "-o", "x.csv")`."""
    monkeypatch.chdir(tmp_path)
    nothing = dict.fromkeys(name for name in os.environ if name.startswith("SCIMBRIDGE_"))
    settings = {**nothing, **settings_of(sandbox)}

    def run_one(*words, **changes):
        return CliRunner().invoke(commands.command, ["export", *words], env={**settings, **changes})

    return run_one


def test_done(run, sandbox, tmp_path):
    """What is done is said on standard error: how many, where, PingOne's count, how they were read."""
    said = run("users", "-o", "users.jsonl")
    assert (said.exit_code, said.stdout) == (0, "")
    assert said.stderr.startswith(
        "scimbridge: 250 users written to users.jsonl; PingOne counts 250; read in one row, 4 calls in "
    )
    assert len((tmp_path / "users.jsonl").read_text().splitlines()) == 250


def test_standard_output(run, sandbox):
    """A dash is standard output: JSON lines, or CSV, and nothing else."""
    said = run("populations", "-o", "-")
    assert {json.loads(line)["displayName"] for line in said.stdout.splitlines()} == {
        "Employees",
        "Partners",
        "Customers",
    }
    said = run("populations", "-o", "-.csv")
    assert said.stdout.splitlines()[0].startswith("id,externalId,")
    assert "written to standard output" in said.stderr


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("users", "-o", "users.xlsx"), "let it end in .jsonl, .csv or .parquet"),
        (("users", "-o", "users"), "let it end in .jsonl, .csv or .parquet"),
        (("users",), "Missing option '-o'"),
        (("devices", "-o", "x.csv"), "is not one of"),
        (("users", "-o", "-", "--resume"), "what went to standard output is not known here"),
        (("users", "-o", "nowhere/x.csv"), "there is no directory nowhere"),
        (("users", "-o", "x.csv", "--where", "nonsense eq 1"), "--where: 'nonsense' is no attribute of User"),
        (("users", "-o", "x.csv", "--parallel", "0"), "--parallel"),
    ],
)
def test_mistakes(run, sandbox, tmp_path, words, reason):
    """What cannot be done is refused with what would be right, and nothing is written."""
    said = run(*words)
    assert said.exit_code == 2
    assert reason in said.stderr
    assert not list(tmp_path.iterdir())
    assert "GET /users" not in sandbox.journal.calls


def test_configuration(run):
    """A configuration that is wrong is told whole."""
    said = run("users", "-o", "x.csv", SCIMBRIDGE_PINGONE_CLIENT_SECRET="")
    assert said.exit_code == 2
    assert "SCIMBRIDGE_PINGONE_CLIENT_SECRET" in said.stderr


def test_failure(run, sandbox):
    """What PingOne refuses ends with exit code 1, the reason, and how to go on."""
    said = run("users", "-o", "users.csv", SCIMBRIDGE_PINGONE_CLIENT_SECRET="another")
    assert said.exit_code == 1
    assert "the export did not come to its end: PingOne's token endpoint answered with status 40" in said.stderr
    assert "users.csv is as it was, and the same command with --resume goes on" in said.stderr


def test_killed_for_good(run, sandbox, tmp_path, monkeypatch):
    """Killed by the system in the middle, it is gone on with: nobody is missing, and nobody twice."""
    meet, seen = sandbox.faults.meet, []

    def meet_and_kill(method, path, **more):
        if path.endswith("/users"):
            seen.append(path)
            if len(seen) == 3:
                os.kill(process.pid, signal.SIGKILL)
        return meet(method, path, **more)

    monkeypatch.setattr(sandbox.faults, "meet", meet_and_kill)
    words = ["export", "users", "-o", "users.csv", "--as", "native"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SCIMBRIDGE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "scimbridge.cli", *words], env=environ | settings_of(sandbox), cwd=tmp_path
    )
    assert process.wait(120) == -signal.SIGKILL
    assert not (tmp_path / "users.csv").exists()
    written = (tmp_path / ".users.csv.part").read_text()
    assert written.startswith("id,resource")
    said = run(*words[1:], "--resume")
    assert said.exit_code == 0, said.stderr
    assert re.search("[12]00 of them by an earlier run", said.stderr)
    ids = [line.split(",")[0] for line in (tmp_path / "users.csv").read_text().splitlines()[1:]]
    assert sorted(ids) == sorted(record["id"] for record in sandbox.directory.users)


class Terminal(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_lines_of_progress():
    """Where nobody watches there is a line every ten seconds."""
    stream, now = io.StringIO(), [0.0]
    progress = ExportProgress("users", stream, lambda: now[0], lambda: 50)
    for second in range(25):
        now[0] = float(second)
        progress(100 * second, 10_000)
    progress.end()
    assert stream.getvalue() == (
        "1,000 of 10,000 users, 5 calls a second, 90 s left\n2,000 of 10,000 users, 2 calls a second, 80 s left\n"
    )


def test_line_of_a_terminal():
    """On a terminal there is one line, which is gone at the end."""
    stream, now = Terminal(), [0.0]
    progress = ExportProgress("members", stream, lambda: now[0], lambda: 10)
    now[0] = 1.0
    progress(100, None)
    progress.end()
    assert stream.getvalue() == "\r100 members, 10 calls a second\r" + " " * 30 + "\r"
