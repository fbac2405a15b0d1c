from __future__ import annotations

import importlib
import json
import sys
from types import ModuleType, SimpleNamespace

import pytest
from click.testing import CliRunner

from scimbridge.cli import commands
from scimbridge.observe.logs import Mask
from scimbridge.ops.checking import checks
from scimbridge.ops.checking.findings import fault, ok, warn
from scimbridge.ops.explaining import explain
from scimbridge.ops.explaining.explanations import NotExplained
from scimbridge.serve import server
from scimbridge.serve.tls import Tls
from scimbridge.settings.declared import SettingsFaults

WHOLE = {
    "SCIMBRIDGE_PINGONE_ENVIRONMENT_ID": "0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70",
    "SCIMBRIDGE_PINGONE_CLIENT_ID": "worker",
    "SCIMBRIDGE_PINGONE_CLIENT_SECRET": "s3cr3t-of-the-worker",
    "SCIMBRIDGE_PINGONE_REGION": "EU",
    "SCIMBRIDGE_BEARER_TOKEN": "t0ken-of-the-client",
    "SCIMBRIDGE_REQUEST_DEADLINE": "20",
}


@pytest.fixture
def run():
    """The command line in this process, with no settings but those given."""

    def invoke(*words, **settings):
        nothing = dict.fromkeys(
            [name for name in commands.os.environ if name.startswith("SCIMBRIDGE_")],
        )
        return CliRunner().invoke(commands.command, words, env={**nothing, **settings})

    return invoke


@pytest.fixture
def served(monkeypatch):
    """What would be served: the arguments of serve.run, instead of a server."""
    seen = SimpleNamespace(prepare=None, options=None)

    def stand_in(prepare, options):
        seen.prepare, seen.options = prepare, options

    monkeypatch.setattr(server, "run", stand_in)
    return seen


def stand_in_for(monkeypatch, name, **members):
    """Put a module of our own making in the place of one that the command imports."""
    parent, _, leaf = f"scimbridge.{name}".rpartition(".")
    module = ModuleType(f"{parent}.{leaf}")
    for member, value in members.items():
        setattr(module, member, value)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(importlib.import_module(parent), leaf, module, raising=False)


@pytest.mark.parametrize("command", ["serve", "check"])
def test_a_faulty_configuration_is_told_whole_and_starts_nothing(run, served, monkeypatch, command):
    """Every fault stands on standard error by the name of its variable, and the exit code is 2."""
    monkeypatch.setattr(checks, "check", lambda *_: pytest.fail("it went on"))
    result = run(command, SCIMBRIDGE_PAGE_SIZE="150", SCIMBRIDGE_PINGONE_REGION="EU")
    assert result.exit_code == 2
    assert served.options is None
    assert result.stdout == ""
    first, *faults = result.stderr.splitlines()
    assert first == "scimbridge: the configuration is faulty, so nothing was started."
    told = [fault.split()[0].rstrip(":") for fault in faults]
    assert sorted(told) == [
        "SCIMBRIDGE_BEARER_TOKEN",
        "SCIMBRIDGE_PAGE_SIZE",
        "SCIMBRIDGE_PINGONE_CLIENT_ID",
        "SCIMBRIDGE_PINGONE_CLIENT_SECRET",
        "SCIMBRIDGE_PINGONE_ENVIRONMENT_ID",
    ]


def test_serve_hands_its_options_on(run, served):
    """Host, port, workers and threads reach the server; a stop waits longer than a request may take."""
    words = ("serve", "--host", "0.0.0.0", "--port", "9000", "--workers", "2", "--threads", "8")
    assert run(*words, **WHOLE).exit_code == 0
    assert served.options == server.Options("0.0.0.0", 9000, 2, 8, graceful_seconds=25, longest_wait=10.0)


def test_serve_makes_an_application_to_check_it_and_one_per_worker(run, served, monkeypatch):
    """Preparing reads the tables and makes the application once, so that faults are told, and gives the factory."""
    made, logged = [], []

    def create_app(settings, **given):
        made.append((settings, given))
        return "application"

    stand_in_for(
        monkeypatch, "app", create_app=create_app, log_settings=lambda _settings, tables: logged.append(tables)
    )
    stand_in_for(monkeypatch, "bridge", load_tables=lambda _settings: "tables")
    assert run("serve", **WHOLE).exit_code == 0
    for name, value in WHOLE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("scimbridge.observe.logs.configure", lambda *_: Mask())
    factory = served.prepare()
    assert len(made) == 1
    assert logged == ["tables"]
    assert factory() == "application"
    assert made[0][0].pingone_region == "EU"
    assert made[1][1]["tables"] == "tables"
    assert len(made) == 2


def test_what_is_refused_leaves_the_log_as_it_was(run, served, monkeypatch):
    """A configuration that is refused changes neither what is logged nor what is masked."""

    def refuse(_settings, **_given):
        raise SettingsFaults(["SCIMBRIDGE_CLIENTS: faulty"])

    configured = []
    stand_in_for(monkeypatch, "app", create_app=refuse, log_settings=lambda *_: None)
    assert run("serve", **WHOLE).exit_code == 0
    for name, value in WHOLE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("scimbridge.observe.logs.configure", lambda *given: configured.append(given))
    with pytest.raises(SettingsFaults):
        served.prepare()
    assert configured == []


@pytest.mark.parametrize("workers", ["1", "2"])
def test_workers_share_a_file_that_is_found_again(run, served, monkeypatch, tmp_path, workers):
    """One worker has a file as several have, the same at each start, and another one for another environment."""
    given = []
    create_app = lambda _settings, **more: given.append(more)  # noqa: E731
    stand_in_for(monkeypatch, "app", create_app=create_app, log_settings=lambda *_: None)
    monkeypatch.setattr("scimbridge.observe.logs.configure", lambda *_: Mask())
    monkeypatch.setattr(server, "run", lambda prepare, _options: prepare()())
    environments = [WHOLE["SCIMBRIDGE_PINGONE_ENVIRONMENT_ID"]] * 2 + ["0f3b5c1e-8d2a-4c6f-9b7e-000000000000"]
    for environment in environments:
        settings = WHOLE | {"SCIMBRIDGE_PINGONE_ENVIRONMENT_ID": environment, "STATE_DIRECTORY": str(tmp_path)}
        assert run("serve", "--workers", workers, **settings).exit_code == 0
    first, again, other = [more["node_file"] for more in given if "node_file" in more]
    assert first == again != other
    assert first.exists()
    assert first.parent.parent == tmp_path


@pytest.fixture
def found(monkeypatch):
    """What `check` was asked, and findings of a test's own in place of those that it would make."""
    seen = SimpleNamespace(asked=[], findings=[ok("token", "there is one")])

    def look(settings, population):
        seen.asked.append((settings.api_url, population))
        yield from seen.findings

    monkeypatch.setattr(checks, "check", look)
    return seen


def test_check_ends_with_the_code_of_what_it_found(run, found):
    """`check` prints what is found, and ends with code 1 where anything is at fault."""
    result = run("check", **WHOLE)
    assert (result.exit_code, result.stdout) == (0, "ok    token: there is one\neverything fits\n")
    found.findings += [warn("page size", "it is odd", "set it"), fault("clients", "there is none", "make one")]
    result = run("check", **WHOLE)
    assert (result.exit_code, result.stdout.splitlines()[1:]) == (1, [
        "warn  page size: it is odd; do: set it",
        "FAULT clients: there is none; do: make one",
        "1 fault and 1 warning",
    ])  # fmt: skip
    assert found.asked == [("https://api.pingone.eu", None)] * 2


def test_check_as_json_is_one_document(run, found):
    """With --json the same findings are one document, and the exit codes stay."""
    found.findings.append(fault("clients", "there is none", "make one"))
    result = run("check", "--json", **WHOLE)
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "findings": [
            {"grade": "ok", "where": "token", "what": "there is one", "cure": None},
            {"grade": "fault", "where": "clients", "what": "there is none", "cure": "make one"},
        ],
        "faults": 1,
        "warnings": 0,
    }


@pytest.mark.parametrize("words", [("--write",), ("--population", "Trials")])
def test_check_writes_only_where_it_may(run, words):
    """A check that makes a user is told where; one that makes none takes no population."""
    result = run("check", *words, **WHOLE)
    assert result.exit_code == 2
    assert "--write and --population go together" in result.output


def test_check_with_a_trial(run, found):
    """Where a user may be made reaches the check."""
    assert run("check", "--write", "--population", "Trials", **WHOLE).exit_code == 0
    assert found.asked == [("https://api.pingone.eu", "Trials")]


def test_explain_needs_tables_and_no_other_setting(run, monkeypatch, tmp_path):
    """`explain` works without a PingOne, on the tables in use."""
    asked = []
    monkeypatch.setattr(explain, "explain", lambda *words: asked.append(words) or NotExplained("no such thing"))
    assert run("explain", "active", SCIMBRIDGE_MAPPINGS=str(tmp_path)).exit_code == 1
    assert run("explain", "members", "--resource", "Group").stdout == "no such thing\n"
    assert asked[0] == ("active", "User", tmp_path)
    assert asked[1][:2] == ("members", "Group")
    assert run("explain", "active", SCIMBRIDGE_MAPPINGS="/nowhere").exit_code == 2


@pytest.mark.parametrize(("expression", "kind", "code"), [("active", "path", 0), ("nosuch", "error", 1)])
def test_explain_as_json_is_one_document(run, expression, kind, code):
    """With --json an explanation, and why there is none, is one document of its kind; the exit codes stay."""
    result = run("explain", expression, "--json")
    assert (result.exit_code, json.loads(result.stdout)["kind"]) == (code, kind)


@pytest.mark.parametrize("words", [("check",), ("explain", "active")])
def test_faulty_tables_are_a_faulty_configuration(run, tmp_path, words):
    """Each fault of the tables is told by file, and the exit code is 2."""
    (tmp_path / "users.toml").write_text('resource = "User"\n', encoding="utf-8")
    result = run(*words, **WHOLE, SCIMBRIDGE_MAPPINGS=str(tmp_path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "  users.toml: endpoint is missing" in result.stderr


@pytest.fixture
def played(monkeypatch):
    """What the sandbox would be run with, instead of a sandbox."""
    seen = {}
    monkeypatch.setattr("scimbridge.sandbox.run", lambda *words, **named: seen.update(named, words=words))
    return seen


def test_sandbox_hands_its_options_on(run, played, tmp_path):
    """Port, file, size, faults and readings of PingOne's documents reach the sandbox with their types."""
    words = ["sandbox", "--port", "9999", "--data", str(tmp_path / "data"), "--users", "7"]
    words += ["--fault", "latency=0.2", "--fault", "error-statuses=[500]", "--fault", "token_endpoint=true"]
    words += [
        "--switch",
        "email_required=true",
        "--switch",
        "nested_merge=whole",
        "--switch",
        "page_ceiling=100",
    ]
    assert run(*words).exit_code == 0
    assert played["words"] == (9999, "127.0.0.1")
    assert (played["seed"], played["data"]) == (7, tmp_path / "data")
    faults, switches = played["faults"], played["switches"]
    assert (faults.latency, faults.error_statuses, faults.token_endpoint) == (0.2, (500,), True)
    assert (switches.email_required, switches.nested_merge, switches.page_ceiling) == (True, "whole", 100)


@pytest.mark.parametrize(
    ("word", "pair", "right"),
    [
        ("--fault", "latenzy=1", "is not one of latency"),
        ("--fault", "latency=much", "a number"),
        ("--fault", "latency", "NAME=VALUE"),
        ("--switch", "emails_required=true", "is not one of email_required"),
        ("--switch", "email_required=1", "has to be one of bool"),
        ("--switch", "nested_merge=half", "'members', 'whole'"),
        ("--switch", "page_ceiling=true", "has to be one of int"),
    ],
)
def test_a_wrong_fault_or_switch_says_what_would_be_right(run, played, word, pair, right):
    """Nothing is started with a fault or a switch that is not known."""
    result = run("sandbox", word, pair)
    assert result.exit_code == 2
    assert right in result.stderr
    assert not played


@pytest.mark.parametrize("words", [("serve", "--port", "0"), ("serve", "--workers", "0"), ("nonsense",)])
def test_a_wrong_word_is_an_error_of_usage(run, words):
    """Wrong options end with code 2 and say so, before settings are read."""
    result = run(*words)
    assert result.exit_code == 2
    assert "Usage: " in result.stderr


def test_every_command_explains_itself(run):
    """The help of the group names every command, and every command has help of its own."""
    listed = run("--help").stdout
    for name, command in commands.command.commands.items():
        assert name in listed
        assert command.help
        assert run(name, "--help").exit_code == 0
    assert set(commands.command.commands) >= {"serve", "demo", "sandbox", "check", "explain"}


def test_serve_with_tls_hands_its_files_on(run, served, tmp_path):
    """--certfile, --keyfile and --client-ca reach the server; key and authority alone are a mistake."""
    files = [tmp_path / name for name in ("chain.pem", "key.pem", "ca.pem")]
    for file in files:
        file.write_text("x")
    chain, key, authority = map(str, files)
    assert run("serve", "--certfile", chain, "--keyfile", key, "--client-ca", authority, **WHOLE).exit_code == 0
    assert served.options.tls == Tls(*files)
    for words in (("--keyfile", key), ("--client-ca", authority)):
        result = run("serve", *words, **WHOLE)
        assert result.exit_code == 2
        assert "--certfile" in result.stderr
    assert run("serve", "--certfile", str(tmp_path / "missing"), **WHOLE).exit_code == 2
