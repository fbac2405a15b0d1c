"""The worked example, command by command as it stands there, in one process."""

from __future__ import annotations

import shlex

from click.testing import CliRunner

from scimbridge.cli import commands
from scimbridge.cli.reconcile import demo
from scimbridge.demo import bridge_environment


def test_the_example_ends_as_it_says(tmp_path, monkeypatch):
    """Each exit code is the one that it names, and what it is shown for is there; a fifth of its people is enough."""
    said: list[str] = []

    def run(words, folder, environ):
        monkeypatch.chdir(folder)
        result = CliRunner().invoke(commands.command, shlex.split(words), env=environ)
        said.append(result.output)
        return result.exit_code

    copy = demo._copy

    def copy_a_fifth(file, folder):
        copy(file, folder)
        if file.endswith(".csv"):
            head, *lines = (folder / file).read_text("utf-8").splitlines(keepends=True)
            kept = (line for line in lines if line[3] in "05" or line.startswith("1303"))
            (folder / file).write_text(head + "".join(kept), "utf-8")

    monkeypatch.setattr(demo, "_copy", copy_a_fifth)
    monkeypatch.setattr(demo, "_run", run)
    assert demo.run(tmp_path / "demo") == 0
    told = "\n".join(said)
    for sentence in (
        "has 9 values",
        "conflict     1",
        "nothing to change, 1 line only reported",
        "STOPPED      shrink",
    ):
        assert sentence in told
    assert (tmp_path / "demo" / "plan.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert "2026-03-03" in said[-1]


def test_a_command_that_ends_otherwise_is_exit_code_1(tmp_path, monkeypatch, capsys):
    """So that whoever changes something here hears of it."""
    monkeypatch.setattr(demo, "_run", lambda *_given: 9)
    assert demo.run(tmp_path / "demo") == 1
    assert "should be 0" in capsys.readouterr().err


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    """It may be anybody's."""
    (tmp_path / "people.csv").write_text("id\n")
    result = CliRunner().invoke(commands.command, ["reconcile", "demo", str(tmp_path)])
    assert result.exit_code == 2
    assert "is not empty" in result.output


def test_the_example_never_speaks_to_another_environment():
    """Whatever the settings of the terminal are."""

    class Nowhere:
        url = "http://127.0.0.1:1"
        environment_id = client_id = client_secret = "sandbox"

    environ = bridge_environment({"SCIMBRIDGE_PINGONE_ENVIRONMENT_ID": "real"}, Nowhere(), "token")
    assert environ["SCIMBRIDGE_PINGONE_ENVIRONMENT_ID"] == "sandbox"
