"""The unit and what belongs to it: what can be said of them without systemd and without logrotate."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from scimbridge.cli import commands
from scimbridge.observe.audit import Record
from scimbridge.observe.audit_lines import AuditFile
from scimbridge.serve.server import Options
from scimbridge.settings.declared import SETTINGS

FOLDER = Path(__file__).parents[2] / "deploy" / "systemd"
VARIABLES = {name for each in SETTINGS for name in (each.variable, f"{each.variable}_FILE" * each.secret)}
LOGROTATE = (FOLDER / "scimbridge.logrotate").read_text("utf-8")


def unit(name="scimbridge.service"):
    """The words of a unit, each with all that it is set to."""
    found = {}
    for line in (FOLDER / name).read_text("utf-8").splitlines():
        if line and not line.startswith(("#", "[")):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def environment():
    """The variables that the unit sets."""
    return dict(each.split("=", 1) for each in unit()["Environment"])


def test_the_unit_waits_for_the_bridges_word():
    """It is told by the bridge when it is ready; it reloads by the signal that is understood."""
    assert unit()["Type"] == ["notify"]
    assert unit()["NotifyAccess"] == ["main"]
    assert unit()["ExecReload"] == ["/bin/kill -HUP $MAINPID"]


def test_requests_under_way_end_before_a_service_is_killed():
    """The master alone gets SIGTERM, and more time than requests under way get."""
    assert unit()["KillMode"] == ["mixed"]
    assert int(unit()["TimeoutStopSec"][0]) > Options().graceful_seconds


def test_a_faulty_configuration_is_not_started_again():
    """The exit code for it is the one that systemd is told not to restart after."""
    (code,) = unit()["RestartPreventExitStatus"]
    assert CliRunner().invoke(commands.command, ["serve"], env={"SCIMBRIDGE_CONFIG": "/missing"}).exit_code == int(code)


def test_the_command_and_the_settings_are_ours():
    """Every option and every variable in the unit is one that the bridge reads."""
    program, word, *options = shlex.split(unit()["ExecStart"][0])
    assert (Path(program).name, word) == ("scimbridge", "serve")
    told = CliRunner().invoke(commands.command, ["serve", "--help"]).output
    assert all(option in told for option in options if option.startswith("--"))
    assert set(environment()) <= VARIABLES


def test_secrets_are_credentials():
    """Each secret that a setting looks for is handed over by systemd, and none stands in the unit."""
    loaded = {each.partition(":")[0] for each in unit()["LoadCredential"]}
    files = [value for name, value in environment().items() if name.endswith("_FILE")]
    assert {f"%d/{name}" for name in loaded} == set(files)
    assert not {each.variable for each in SETTINGS if each.secret} & set(environment())


def test_files_lie_in_folders_that_the_service_may_use():
    """Clients and records are under folders that systemd makes for the service's user."""
    given = environment()
    assert given["SCIMBRIDGE_CLIENTS"].startswith(f"/var/lib/{unit()['StateDirectory'][0]}/")
    assert given["SCIMBRIDGE_AUDIT"].startswith(f"/var/log/{unit()['LogsDirectory'][0]}/")
    assert f"u {unit()['User'][0]} " in (FOLDER / "scimbridge.sysusers").read_text("utf-8")


@pytest.mark.parametrize(
    "word",
    ["NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=", "SystemCallFilter=@system-service"],
)
def test_the_service_has_no_more_rights_than_it_needs(word):
    """The words that take rights away are there; `make try` asks systemd what is left."""
    name, _, value = word.partition("=")
    assert value in unit()[name]


def test_rotation_means_the_file_of_the_unit():
    """The pattern is that of the file that the unit names, turned by the user that writes it."""
    (pattern,) = re.findall(r"^(/\S+) \{$", LOGROTATE, re.MULTILINE)
    assert Path(environment()["SCIMBRIDGE_AUDIT"]).match(pattern)
    assert f"su {unit()['User'][0]} {unit()['Group'][0]}" in LOGROTATE


def test_no_record_is_lost_by_a_rotation(tmp_path):
    """The file is moved, not copied and cut, and none is made in its place: the bridge makes the next, for itself."""
    words = {line.split()[0] for line in LOGROTATE.splitlines() if line.startswith("    ") and line.strip()[0] != "#"}
    assert {"nocreate", "delaycompress"} <= words
    assert not {"copytruncate", "copy", "create", "postrotate"} & words
    record = Record(id="a", time="2026-11-21T10:00:00Z", client="okta", request="r-1", verb="delete", result="done")
    path = tmp_path / "changes.jsonl"
    file = AuditFile(path)
    file.write(record)
    turned = path.rename(tmp_path / "changes.jsonl-2026-11-29")
    file.write(record)
    assert [len(each.read_bytes().splitlines()) for each in (turned, path)] == [1, 1]
    assert path.stat().st_mode & 0o777 == 0o600


# -- runs of rules, beside the bridge ----------------------------------------------------------------------------------

RUN = "scimbridge-reconcile@.service"


def test_a_run_is_a_command_of_ours_beside_the_bridge():
    """It has the bridge's user, settings and secret, and finds the state that both share; it takes no folder away."""
    run, bridge = unit(RUN), unit()
    program, *words = shlex.split(run["ExecStart"][0])
    assert program == shlex.split(bridge["ExecStart"][0])[0]
    assert words[:2] == ["reconcile", "run"]
    for word in ("User", "Group", "EnvironmentFile", "LoadCredential", "Environment", "LogsDirectory", "UMask"):
        assert run[word] == bridge[word]
    folders = run["StateDirectory"][0].split()
    assert folders[0] == bridge["StateDirectory"][0]  # the first is where the state is looked for
    assert Path(words[2]).parent == Path("/var/lib") / folders[1]
    assert "RuntimeDirectory" not in run
    assert run["Type"] == ["oneshot"]


def test_a_run_has_no_more_rights_than_the_bridge():
    """All words that take rights away are those of the bridge."""
    kept = {"NoNewPrivileges", "CapabilityBoundingSet", "SystemCallFilter", "SystemCallErrorNumber", "RemoveIPC"}
    words = {name for name in unit() if name.startswith(("Protect", "Private", "Restrict"))} - {"Restart", "RestartSec"}
    for word in kept | words - {"RestartPreventExitStatus"}:
        assert unit(RUN)[word] == unit()[word], word


def test_the_timer_comes_each_night_and_makes_up_for_a_missed_one():
    """One that was missed is not lost."""
    timer = unit("scimbridge-reconcile@.timer")
    assert timer["Persistent"] == ["true"]
    assert timer["OnCalendar"][0].startswith("*-*-* ")
