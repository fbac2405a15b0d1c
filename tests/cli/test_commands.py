from __future__ import annotations

import datetime as dt
import errno
import importlib
import json
import socket
import sys
from types import ModuleType, SimpleNamespace

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from scimbridge import start_log
from scimbridge.cli import commands
from scimbridge.observe.logs import Mask
from scimbridge.ops.checking import checks
from scimbridge.ops.checking.findings import fault, ok, warn
from scimbridge.ops.explaining import explain
from scimbridge.ops.explaining.explanations import NotExplained
from scimbridge.serve import listening, server
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


BEGAN = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


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
    monkeypatch.setattr(listening, "check_address", lambda _host, _port: None)
    return seen


def stand_in_for(monkeypatch, name, **members):
    """Put a module of our own making in the place of one that the command imports."""
    parent, _, leaf = f"scimbridge.{name}".rpartition(".")
    module = ModuleType(f"{parent}.{leaf}")
    for member, value in members.items():
        setattr(module, member, value)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(importlib.import_module(parent), leaf, module, raising=False)


def make_application(clients):
    """What an application shows of its bridge."""
    register = SimpleNamespace(current=lambda: clients)
    return SimpleNamespace(extensions={"scimbridge": SimpleNamespace(register=register)})


@pytest.mark.parametrize("command", ["serve", "check"])
def test_a_faulty_configuration_is_told_whole_and_starts_nothing(run, served, monkeypatch, command):
    """Every fault stands on standard error by the name of its variable, and the exit code is 2."""
    monkeypatch.setattr(checks, "check", lambda *_, **_machine: pytest.fail("it went on"))
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
    application = make_application("clients")

    def create_app(settings, **given):
        made.append((settings, given))
        return application

    stand_in_for(monkeypatch, "app", create_app=create_app, PREFIX="/scim/v2")
    monkeypatch.setattr(start_log.StartLog, "write", lambda _self, *given: logged.append(given))
    assert run("serve", **WHOLE).exit_code == 0
    for name, value in WHOLE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("scimbridge.observe.logs.configure", lambda *_: Mask())
    factory = served.prepare()
    assert len(made) == 1
    assert [(given[0], given[2]) for given in logged] == [(made[0][0], "clients")]
    assert factory() is application
    assert made[1][1]["start"]
    assert made[0][0].pingone_region == "EU"
    assert made[1][1]["tables"] is logged[0][1]
    assert len(made) == 2


def test_what_is_refused_leaves_the_log_as_it_was(run, served, monkeypatch):
    """A configuration that is refused changes neither what is logged nor what is masked."""

    def refuse(_settings, **_given):
        raise SettingsFaults(["SCIMBRIDGE_CLIENTS: faulty"])

    configured = []
    stand_in_for(monkeypatch, "app", create_app=refuse, PREFIX="/scim/v2")
    assert run("serve", **WHOLE).exit_code == 0
    for name, value in WHOLE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("scimbridge.observe.logs.configure", lambda *given: configured.append(given))
    with pytest.raises(SettingsFaults):
        served.prepare()
    assert configured == []


def test_the_form_of_the_log_is_a_setting(run, served, monkeypatch):
    """SCIMBRIDGE_LOG_FORMAT reaches the log, in any case; without it the log chooses; another word is a fault."""
    configured = []
    stand_in_for(monkeypatch, "app", create_app=lambda *_, **__: make_application("clients"), PREFIX="/scim/v2")
    monkeypatch.setattr(start_log.StartLog, "write", lambda _self, *_given: None)
    monkeypatch.setattr("scimbridge.observe.logs.configure", lambda *given: configured.append(given[3]) or Mask())
    monkeypatch.setattr(server, "run", lambda prepare, _options: prepare())
    monkeypatch.setattr(listening, "check_address", lambda _host, _port: None)
    assert run("serve", **WHOLE, SCIMBRIDGE_LOG_FORMAT="Text").exit_code == 0
    assert run("serve", **WHOLE).exit_code == 0
    assert configured == ["text", None]
    refused = run("serve", **WHOLE, SCIMBRIDGE_LOG_FORMAT="xml")
    assert "SCIMBRIDGE_LOG_FORMAT: 'xml' is not one of json, text" in refused.stderr


def test_all_faults_are_one_answer(run, served, tmp_path):
    """Settings, tables and TLS files are looked at together, and each fault is told once."""
    (tmp_path / "mine.toml").write_text('resource = "Usr"\n')
    (tmp_path / "chain.pem").write_text("x")
    faulty = {**WHOLE, "SCIMBRIDGE_MAPPINGS": str(tmp_path), "SCIMBRIDGE_PAGE_SIZE": "150"}
    result = run("serve", "--certfile", str(tmp_path / "chain.pem"), **faulty)
    assert result.exit_code == 2
    faults = result.stderr.splitlines()[1:]
    assert len(faults) == len(set(faults)) >= 3
    for word in ("SCIMBRIDGE_PAGE_SIZE", "mine.toml", "--certfile"):
        assert any(word in fault for fault in faults)


def test_an_ended_certificate_is_told_with_all_else(run, served, authority_made):
    """What is wrong with a well-formed certificate is no second round, and names the setting beside the option."""
    chain, key = authority_made
    settings = WHOLE | {"SCIMBRIDGE_CERTFILE": chain, "SCIMBRIDGE_KEYFILE": key}
    result = run("serve", **settings, SCIMBRIDGE_PAGE_SIZE="150", SCIMBRIDGE_COLOUR="blue")
    assert result.exit_code == 2
    assert "SCIMBRIDGE_PAGE_SIZE: '150'" in result.stderr
    assert f"SCIMBRIDGE_CERTFILE (or --certfile): {chain}: the certificate ended on 2020-02-01" in result.stderr
    assert "SCIMBRIDGE_COLOUR is not a setting and changes nothing" in result.stderr
    assert run("serve", **settings).stderr.count("the certificate ended") == 1


def test_tables_that_cannot_be_read_are_told(run, served, tmp_path):
    """A file that is no text, and a folder with the name of a table, are faults with name and cure."""
    (tmp_path / "users.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "groups.toml").mkdir()
    result = run("serve", **WHOLE, SCIMBRIDGE_MAPPINGS=str(tmp_path))
    assert result.exit_code == 2
    assert "users.toml: it is not UTF-8, which TOML is written in; save it so" in result.stderr
    assert "groups.toml: it cannot be read (Is a directory)" in result.stderr


@pytest.fixture
def authority_made(tmp_path):
    """A certificate that ended in 2020, and its key: two paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bridge.example.com")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, BEGAN, BEGAN + dt.timedelta(days=31))
    pem = serialization.Encoding.PEM
    (tmp_path / "old.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(pem))
    form = serialization.PrivateFormat.PKCS8
    (tmp_path / "old.key").write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))
    return str(tmp_path / "old.pem"), str(tmp_path / "old.key")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_workers_share_a_file_that_is_found_again(run, served, monkeypatch, tmp_path, workers):
    """One worker has a file as several have, the same at each start, and another one for another environment."""
    given = []
    create_app = lambda _settings, **more: given.append(more) or make_application(None)  # noqa: E731
    stand_in_for(monkeypatch, "app", create_app=create_app, PREFIX="/scim/v2")
    monkeypatch.setattr(start_log.StartLog, "write", lambda *_: None)
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

    def look(settings, population, *, machine):
        assert machine.environ
        seen.asked.append((settings.api_url, population))
        yield from seen.findings

    monkeypatch.setattr(checks, "check", look)
    return seen


def test_check_ends_with_the_code_of_what_it_found(run, found):
    """`check` prints what is found, and ends with code 1 where anything is at fault."""
    result = run("check", **WHOLE)
    assert (result.exit_code, result.stdout) == (
        0,
        "ok        token: there is one\neverything fits: 1 finding, all was tried\n",
    )
    found.findings += [warn("page size", "it is odd", "set it"), fault("clients", "there is none", "make one")]
    result = run("check", **WHOLE)
    assert (result.exit_code, result.stdout.splitlines()[1:]) == (1, [
        "warning   page size: it is odd; do: set it",
        "FAULT     clients: there is none; do: make one",
        "1 fault and 1 warning in 3 findings, and everything was tried",
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
        "not_tried": 0,
        "summary": "1 fault in 2 findings, and everything was tried",
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


def test_serve_with_tls_hands_its_files_on(run, served, pem_files, tmp_path):
    """--certfile, --keyfile and --client-ca reach the server; key and authority alone are a mistake."""
    files = [pem_files / name for name in ("server.pem", "server.key", "ca.pem")]
    chain, key, authority = map(str, files)
    assert run("serve", "--certfile", chain, "--keyfile", key, "--client-ca", authority, **WHOLE).exit_code == 0
    assert served.options.tls == Tls(*files)
    for words in (("--keyfile", key), ("--client-ca", authority)):
        result = run("serve", *words, **WHOLE)
        assert result.exit_code == 2
        assert "--certfile" in result.stderr
    assert run("serve", "--certfile", str(tmp_path / "missing"), **WHOLE).exit_code == 2


def test_serve_is_told_by_settings_what_it_may_be_told_by_options(run, served, pem_files, tmp_path):
    """Address, processes and TLS files come from the file and the environment; an option wins over both."""
    file = tmp_path / "scimbridge.toml"
    file.write_text('host = "0.0.0.0"\nport = 9000\nthreads = 8\n')
    chain, key, authority = (pem_files / name for name in ("server.pem", "server.key", "ca.pem"))
    settings = WHOLE | {
        "SCIMBRIDGE_CONFIG": str(file),
        "SCIMBRIDGE_PORT": "9001",
        "SCIMBRIDGE_WORKERS": "2",
        "SCIMBRIDGE_CERTFILE": str(chain),
        "SCIMBRIDGE_KEYFILE": str(key),
        "SCIMBRIDGE_CLIENT_CA": str(authority),
    }
    assert run("serve", "--threads", "4", **settings).exit_code == 0
    tls = Tls(chain, key, authority)
    assert served.options == server.Options("0.0.0.0", 9001, 2, 4, graceful_seconds=25, tls=tls, longest_wait=10.0)


def test_the_address_of_a_service_hinders_nothing(run, served):
    """SCIMBRIDGE_PORT as Kubernetes writes it for a service of that name is no port of ours."""
    assert run("serve", **WHOLE, SCIMBRIDGE_PORT="tcp://10.0.0.1:8080").exit_code == 0
    assert served.options.port == 8080


def test_a_port_that_is_taken_is_one_line(run, monkeypatch):
    """Who has not got the port is told at once, with what to do, and nothing else."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        monkeypatch.setattr(server, "run", lambda *_: pytest.fail("gunicorn was started"))
        result = run("serve", "--port", port, **WHOLE)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert f"127.0.0.1:{port}: another program has this port" in line
    assert "SCIMBRIDGE_PORT" in line


@pytest.mark.parametrize("words", [("serve",), ("check",)])
def test_all_parts_of_a_configuration_are_told_at_once(run, tmp_path, words):
    """What is wrong with settings, tables, clients, certificate and records is one list, and nobody mends in rounds."""
    tables = tmp_path / "tables"
    tables.mkdir()
    (tables / "users.toml").write_text('resource = "User"\n')
    clients = tmp_path / "clients.toml"
    clients.write_text('[clients.hr]\nscopes = ["users:read"]\nrigths = 1\n')
    settings = WHOLE | {
        "SCIMBRIDGE_PAGE_SIZE": "150",
        "SCIMBRIDGE_MAPPINGS": str(tables),
        "SCIMBRIDGE_CLIENTS": str(clients),
        "SCIMBRIDGE_CERTFILE": str(clients),
        "SCIMBRIDGE_AUDIT": "/nowhere/trail.jsonl",
    }
    result = run(*words, **settings)
    assert result.exit_code == 2
    for told in (
        "SCIMBRIDGE_PAGE_SIZE: '150'",
        "users.toml: endpoint is missing",
        f"SCIMBRIDGE_CLIENTS: {clients}: clients.hr: 'rigths' is not known",
        f"SCIMBRIDGE_CERTFILE: {clients} holds no whole certificate",
        "SCIMBRIDGE_AUDIT: /nowhere/trail.jsonl cannot be written to",
    ):
        assert told in result.stderr
    assert "(at line 3)" in result.stderr


def test_check_tells_variables_that_are_no_settings(run, found):
    """A variable of our prefix that changes nothing is a warning, with the name that may have been meant."""
    result = run("check", **WHOLE, SCIMBRIDGE_DEFAULT_POP="x", SCIMBRIDGE_COLOUR="blue")
    assert result.exit_code == 0
    assert "warning   variables: SCIMBRIDGE_COLOUR is not a setting and changes nothing" in result.stdout
    assert "do: perhaps SCIMBRIDGE_DEFAULT_POPULATION_ID is meant" in result.stdout


def test_serve_logs_variables_that_are_no_settings(run, served, monkeypatch, capsys):
    """The log at the start has a warning for each variable of our prefix that changes nothing."""
    environ = WHOLE | {"SCIMBRIDGE_DEFAULT_POP": "x"}
    assert run("serve", **environ).exit_code == 0
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    served.prepare()
    logged = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (told,) = [line for line in logged if line["event"] == "unknown variable"]
    assert told["level"] == "warning"
    assert "SCIMBRIDGE_DEFAULT_POP is not a setting" in told["reason"]


def test_explain_reads_standard_input(run):
    """`-` is a body on standard input, and no argument is the whole table."""
    body = '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"jdoe"}'
    result = CliRunner().invoke(commands.command, ["explain", "-", "--json"], input=body)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["file"] == "standard input"
    assert json.loads(run("explain", "--json").stdout)["kind"] == "table"


@pytest.mark.parametrize(
    "words", [("--against", "jane", "title"), ("--against", WHOLE["SCIMBRIDGE_PINGONE_CLIENT_ID"])]
)
def test_what_explain_cannot_hold_against_is_an_error_of_usage(run, words):
    """A record is named by its id, and there has to be something to hold against it."""
    result = run("explain", *words, **WHOLE)
    assert result.exit_code == 2
    assert "--against" in result.stderr


def test_explain_against_a_record_of_the_environment(run, sandbox):
    """The present state of a real record decides, and the environment is only read."""
    settings = {
        "SCIMBRIDGE_PINGONE_ENVIRONMENT_ID": sandbox.environment_id,
        "SCIMBRIDGE_PINGONE_CLIENT_ID": sandbox.client_id,
        "SCIMBRIDGE_PINGONE_CLIENT_SECRET": sandbox.client_secret,
        "SCIMBRIDGE_PINGONE_API_URL": sandbox.url,
        "SCIMBRIDGE_PINGONE_AUTH_URL": sandbox.url,
        "SCIMBRIDGE_BEARER_TOKEN": "t0ken-of-the-client",
    }
    user = next(iter(sandbox.directory.users))
    body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": user["username"]}
    before = list(sandbox.directory.users)
    environ = dict.fromkeys(name for name in commands.os.environ if name.startswith("SCIMBRIDGE_")) | settings
    words = ["explain", "-", "--against", user["id"], "--json"]
    result = CliRunner().invoke(commands.command, words, input=json.dumps(body), env=environ)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["against"] == user["id"]
    assert {call.split(" ")[0] for call in sandbox.journal.calls if "/as/token" not in call} == {"GET"}
    assert list(sandbox.directory.users) == before


def test_a_sandbox_whose_port_is_taken_is_one_line(run, monkeypatch):
    """The sandbox, too, says in one line that somebody else has its port."""

    def refuse(*_words, **_named):
        raise OSError(errno.EADDRINUSE, "Address already in use")

    monkeypatch.setattr("scimbridge.sandbox.run", refuse)
    result = run("sandbox", "--port", "9471")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "127.0.0.1:9471: another program has this port" in line
