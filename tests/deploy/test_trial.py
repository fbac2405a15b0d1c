"""The program that tries deploy/ with real tools: what it says where it has none, and that it leaves nothing out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRIAL = ROOT / "deploy" / "trial"


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    """What it says where no tool is on the path; what may come from the registry is not asked for."""
    return subprocess.run(
        [sys.executable, str(TRIAL), "sy"],
        env={**os.environ, "PATH": str(tmp_path_factory.mktemp("empty")), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_was_not_tried_is_said_with_its_reason(tried):
    """Nothing that could not be tried is called good: each has a line that says what is lacking."""
    assert tried.stdout.count("not tried  systemd: ") == 2
    assert "systemd-analyze is not on this machine" in tried.stdout
    assert "ok  " not in tried.stdout


def test_not_all_tried_has_an_exit_code_of_its_own(tried):
    """3 says that nothing is wrong and not all was seen."""
    assert tried.returncode == 3, tried.stderr


def test_each_thing_in_deploy_is_tried():
    """No file or folder of deploy/ is left out by the program."""
    read = "".join(path.read_text("utf-8") for path in TRIAL.glob("*.py"))
    named = {path.name for path in (TRIAL.parent).iterdir()} - {"trial", "prometheus-adapter.yml"}
    named |= {path.name for path in (TRIAL.parent / "systemd").iterdir()}
    assert not {name for name in named if f'"{name}"' not in read}
