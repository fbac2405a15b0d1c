"""`scimbridge call`: each operation once from a terminal, under both readings of PingOne, and every mistake."""

from __future__ import annotations

import json
import os

import pytest
from click.testing import CliRunner

from scimbridge.cli import commands
from scimbridge.operations.rooms import open_catalogue
from scimbridge.sandbox import Sandbox, Switches, describe
from scimbridge.sandbox.model import hanging
from scimbridge.sandbox.model.passwords import make_password
from tests.operations.conftest import LATER, NEW, OLD, READINGS

ROWS = {f"{each.resource}.{each.name}": each for each in open_catalogue(None)}


class Terminal:
    """A terminal of an operator, and the user that everything is tried with."""

    def __init__(self, sandbox, record, folder, settings=()):
        self.sandbox, self.directory = sandbox, sandbox.directory
        self.folder = folder
        nothing = dict.fromkeys(name for name in os.environ if name.startswith("SCIMBRIDGE_"))
        self._settings = {**nothing, **describe(sandbox), "SCIMBRIDGE_BEARER_TOKEN": "unused", **dict(settings)}
        self.sandbox.journal.clear()
        self.record = record
        self.user = self.record["id"]
        self.directory.passwords[self.user] = make_password(self.directory, OLD, force_change=False)
        hanging.add_session(self.directory, self.user)

    def run(self, *words, typed=""):
        """Return what `scimbridge call` says."""
        return CliRunner().invoke(commands.command, ["call", *words], env=self._settings, input=typed)

    def good(self, *words, typed=""):
        """Return the answer, which has to be a success."""
        said = self.run(*words, "--json", typed=typed)
        assert said.exit_code == 0, (said.output, said.exception)
        return json.loads(said.stdout)["answer"]

    def wrong(self, *words, typed=""):
        """Return what is told of a mistake on the command line, for which nothing was sent."""
        before = self.calls
        said = self.run(*words, typed=typed)
        assert (said.exit_code, said.stdout) == (2, ""), said.output
        assert self.calls == before
        return said.stderr

    @property
    def calls(self):
        """PingOne's calls until now."""
        return self.sandbox.journal.calls


@pytest.fixture(scope="module")
def houses():
    """PingOnes that the tests of this module share, one of each reading: reading -> sandbox and users not yet used."""
    opened = {}
    yield opened
    for sandbox, _users in opened.values():
        sandbox.close()


@pytest.fixture
def open_terminal(houses, tmp_path):
    """Open a terminal at a PingOne of some reading, about a user that no other test has."""

    def open_one(settings=(), **switches):
        reading = tuple(sorted(switches.items()))
        if reading not in houses:
            sandbox = Sandbox.start(switches=Switches(**switches), seed=80)
            houses[reading] = sandbox, iter([each for each in sandbox.directory.users if each["enabled"]])
        sandbox, users = houses[reading]
        return Terminal(sandbox, next(users), tmp_path, settings)

    return open_one


@pytest.fixture
def terminal(open_terminal):
    return open_terminal()


# -- each operation ----------------------------------------------------------------------------------------------------


def first(terminal, kind):
    """Return the id of the first of a kind that PingOne has, or that hangs on the user."""
    hanging_on = terminal.directory.hanging
    if kind == "device":
        key = terminal.directory.new_id()
        device = {"id": key, "type": "TOTP", "status": "ACTIVE", "block": {"status": "UNBLOCKED"}}
        hanging_on.of("devices", terminal.user)[key] = device
        return key
    if kind == "group":
        return next(each["id"] for each in terminal.directory.groups if each["name"] == "Empty Room")
    if kind == "population":
        return next(each["id"] for each in terminal.directory.populations if each["name"] == "Employees")
    if kind == "agreement":
        return next(key for key, held in hanging_on.agreements.items() if held["name"] == "Terms")
    if kind == "presentation":
        shown = terminal.good("agreement", "--user", terminal.user, "--item", first(terminal, "agreement"))
        return shown["presentationId"]
    gateway = next(iter(hanging_on.gateways.values()))
    return {
        "gateway": gateway["id"],
        "type": gateway["userTypes"][0]["id"],
        "provider": next(iter(terminal.directory.providers)),
    }[kind]


# Operation -> words behind it; =KIND is an id of that kind, NAME@SECRET comes from a file, !SECRET is typed.
WORDS = {
    "User.find": ("--in", "attributes=userName,id", "--in", "identifier==user"),
    "User.lookup": ("--in", "filter=userName pr"),
    "User.lock": ("--in", f"unlockAt={LATER}"),
    "User.verify": ("verificationCode@verification",),
    "User.verifyEmail": ("!email",),
    "User.checkPassword": (f"!{OLD}",),
    "User.setPassword": (f"value@{NEW}", "--in", "forceChange=true"),
    "User.changePassword": (f"currentPassword@{OLD}", f"newPassword@{NEW}"),
    "User.recoverPassword": ("recoveryCode@recovery", f"!{NEW}"),
    "User.setGateway": ("--in", "gateway==gateway", "--in", "userType==type",
                        "--in", 'correlationAttributes={"uid": "ada"}'),
    "User.linkAccount": ("--in", "identityProvider==provider", "--in", "externalId=x-1"),
    "User.memberships": ("--in", "direct=true"),
    "User.join": ("--in", "groupId==group"),
    "User.assignRole": ("--in", "role=Help Desk Admin", "--in", "scopeType=POPULATION", "--in", "scopeId==population"),
    "User.blockDevice": ("--item", "=device"),
    "User.unblockDevice": ("--item", "=device"),
    "User.unlockDevice": ("--item", "=device"),
    "User.bypassMfa": ("--in", f"until={LATER}"),
    "User.agreement": ("--item", "=agreement"),
    "User.acceptAgreement": ("--in", "presentationId==presentation"),
    "User.revokeAgreement": ("--item", "=agreement"),
    "Service.environments": ("--in", "limit=10"),
    "Population.find": ("--in", "identifier=Employees"),
}  # fmt: skip
CODES = {"verification": "sendVerificationCode", "email": "sendEmailVerification", "recovery": "sendRecoveryCode"}


def secret_of(terminal, named):
    """Return a secret: a code that is mailed first, or the text itself."""
    if named not in CODES:
        return named
    terminal.good(CODES[named], "--user", terminal.user)
    return getattr(terminal.directory.hanging.codes_of(terminal.user), named)


def spelled(terminal, name):
    """Return the words of an operation, and what is typed."""
    words, typed = [], ""
    for word in WORDS.get(name, ()):
        if word.startswith("!"):
            typed += secret_of(terminal, word[1:]) + "\n"
        elif "@" in word:
            key, _at, secret = word.partition("@")
            file = terminal.folder / key
            file.write_text(secret_of(terminal, secret) + "\n", encoding="utf-8")
            words += ["--from", f"{key}={file}"]
        elif "=" in word and word.rpartition("=")[2] in (*KINDS, "user"):
            before, _equals, kind = word.rpartition("=")
            words.append(before + (terminal.user if kind == "user" else first(terminal, kind)))
        else:
            words.append(word)
    return words, typed


KINDS = ("device", "group", "population", "agreement", "presentation", "gateway", "type", "provider")


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if not row.refuse])
def test_each_operation(open_terminal, reading, name):
    """An operation is called by its name; who has no id is found by the user name."""
    terminal, row = open_terminal(**READINGS[reading]), ROWS[name]
    whom = {"User": terminal.record["username"], "Group": "Empty Room"}
    words, typed = spelled(terminal, name)
    named = () if row.is_service or row.on_all else (f"--{row.resource.lower()}", whom[row.resource])
    answer = terminal.good(name, *named, *words, typed=typed)
    assert (answer is None) == (not row.shows and row.answer is None)
    changing = [call for call in terminal.calls if not call.startswith("GET") and not call.endswith("/as/token")]
    assert row.reads or any(call.startswith(row.call.method) for call in changing)


def test_a_part_is_shown_and_deleted(terminal):
    """`--item` names a part, and `--delete` ends it."""
    (session,) = terminal.good("sessions", "--user", terminal.user)["Resources"]
    named = ("sessions", "--user", terminal.user, "--item", session["id"])
    assert terminal.good(*named)["id"] == session["id"]
    assert terminal.run(*named, "--delete").stdout == "done\n"
    assert terminal.good("sessions", "--user", terminal.user)["totalResults"] == 0


# -- what is shown -----------------------------------------------------------------------------------------------------


def test_lines_for_people(terminal):
    """Without `--json` each value stands behind its path."""
    said = terminal.run("password", "--user", terminal.record["username"])
    assert said.exit_code == 0
    assert "status: OK" in said.stdout.splitlines()


def test_the_list_needs_no_environment(terminal):
    """`--list` shows every operation with what it is given, from the tables alone; `--json` too."""
    bare = dict.fromkeys(name for name in os.environ if name.startswith("SCIMBRIDGE_"))
    said = CliRunner().invoke(commands.command, ["call", "--list"], env=bare)
    assert said.exit_code == 0, said.output
    lines = said.stdout.splitlines()
    assert "unlock  (User, accounts:write)" in lines
    assert "    POST /Users/{id}/.unlock" in lines
    assert "    GET /Users/{id}/.sessions/{sessionId}" in lines
    assert "    DELETE /Users/{id}/.sessions/{sessionId}  (sessions:write)" in lines
    assert "    password: string, required, secret" in lines
    whole = json.loads(CliRunner().invoke(commands.command, ["call", "--list", "--json"], env=bare).stdout)
    offered = {f"{each['resourceType']}.{each['name']}" for each in whole["operations"]}
    assert offered == {name for name, row in ROWS.items() if not row.refuse}
    assert terminal.calls == []


def test_a_refusal_is_told_with_code_1(terminal):
    """What PingOne or the bridge refuses is one line, or one document; the exit code is 1."""
    named = ("lock", "--user", terminal.user, "--in", "unlockAt=2001-01-01T00:00:00Z")
    said = terminal.run(*named)
    assert (said.exit_code, said.stdout) == (1, "")
    assert said.stderr.startswith("Error: 400: unlockAt: ")
    document = json.loads(terminal.run(*named, "--json").stdout)
    assert (document["status"], document["answer"]["scimType"]) == (400, "invalidValue")
    nobody = terminal.run("unlock", "--user", "nobody.of.that.name")
    assert nobody.exit_code == 1
    assert nobody.stderr.startswith("Error: 404: ")


def test_what_cannot_be_says_why(terminal):
    """An operation of other products says what to do instead."""
    said = terminal.run("kerberos", "--user", terminal.user)
    assert said.exit_code == 1
    assert said.stderr.startswith("Error: 501: A Kerberos ticket is judged")


def test_the_record_names_the_operator(open_terminal, tmp_path):
    """A change from a terminal is recorded as one over HTTP is, and no secret stands in the record."""
    file = tmp_path / "audit.jsonl"
    terminal = open_terminal({"SCIMBRIDGE_AUDIT": str(file)})
    terminal.good("setPassword", "--user", terminal.user, "--ask", "value", typed=f"{NEW}\n")
    text = file.read_text(encoding="utf-8")
    (record,) = map(json.loads, text.splitlines())
    assert (record["client"], record["verb"]) == ("operator", "setPassword")
    assert NEW not in text


# -- secrets -----------------------------------------------------------------------------------------------------------


def test_a_secret_is_no_argument(terminal):
    """An argument could be read by others: it is refused, and not repeated."""
    told = terminal.wrong("setPassword", "--user", terminal.user, "--in", f"value={NEW}")
    assert "use --ask value or --from value=FILE" in told
    assert NEW not in told
    assert NEW not in terminal.wrong("setPassword", "--user", terminal.user, "--in", NEW)


def test_a_secret_that_is_missing_is_asked_for(terminal):
    """What is typed is not shown, not even where it is refused."""
    said = terminal.run("checkPassword", "--user", terminal.user, typed=f"{NEW}\n")
    assert said.exit_code == 0
    assert "password: " in said.stderr
    assert NEW not in said.output
    assert terminal.run("checkPassword", "--user", terminal.user).exit_code == 1  # nothing is typed


def test_a_file_that_cannot_be_read(terminal, tmp_path):
    """The option and the file are named."""
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    for file, why in ((tmp_path / "none", "No such file or directory"), (tmp_path / "bytes", "it is no text")):
        told = terminal.wrong("setPassword", "--user", terminal.user, "--from", f"value={file}")
        assert f"--from value={file}: {why}" in told


# -- mistakes ----------------------------------------------------------------------------------------------------------

GROUP = "0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "say which operation, or --list"),
        (("unlok", "--user", "ada"), "did you mean 'unlock'"),
        (("unlock",), "unlock is about one User: say --user and whom"),
        (("unlock", "--group", GROUP), "unlock is about one User: say --user and whom"),
        (("unlock", "--user", "ada", "--group", GROUP), "--user, --group and --population exclude each other"),
        (("roleAssignments",), "say User.roleAssignments or Group.roleAssignments"),
        (("User.find", "--user", "ada"), "find is about no single resource; leave --user out"),
        (("gateways", "--user", "ada"), "gateways is about no single resource; leave --user out"),
        (("unlock", "--user", "ada", "--item", "x"), "unlock has no part that could be named; leave --item out"),
        (("blockDevice", "--user", "ada"), "say with --item which deviceId is meant"),
        (("sessions", "--user", "ada", "--delete"), "say with --item which sessionId is meant"),
        (("blockDevice", "--user", "ada", "--item", "x", "--delete"), "can be deleted; leave --delete out"),
        (("unlock", "--user", "ada", "--delete"), "no part that can be deleted; leave --delete out"),
        (("lock", "--user", "ada", "--in", "unlockAt"), "--in has the form NAME=..."),
    ],
)  # fmt: skip
def test_a_mistake_is_told_before_anything_is_sent(terminal, words, told):
    """Exit code 2, and a sentence that says what would be right."""
    assert told in terminal.wrong(*words)


def test_what_the_tables_do_not_serve_is_told(open_terminal, tmp_path):
    """An operation on what is not served is a refusal in one line; and who has no address is found by the name."""
    head = 'resource = "{}"\nextends = "shipped"\n{}\n'
    (tmp_path / "users.toml").write_text(head.format("User", 'disable = ["emails"]'), encoding="utf-8")
    (tmp_path / "populations.toml").write_text(head.format("Population", "serve = false"), encoding="utf-8")
    terminal = open_terminal({"SCIMBRIDGE_MAPPINGS": str(tmp_path)})
    said = terminal.run("Population.find", "--in", "identifier=Employees")
    assert (said.exit_code, said.stdout) == (1, "")
    assert said.stderr.startswith("Error: 404: find: the tables in use do not serve")
    assert terminal.good("unlock", "--user", terminal.record["username"])["id"] == terminal.user


def test_a_faulty_configuration_is_told_whole(open_terminal, tmp_path):
    """Faults of settings and of an operator's table stand on standard error; nothing is sent."""
    assert "SCIMBRIDGE_PAGE_SIZE" in open_terminal({"SCIMBRIDGE_PAGE_SIZE": "150"}).wrong("gateways")
    (tmp_path / "operations.toml").write_text("[User.lock]\ndose = 'x'\n", encoding="utf-8")
    told = open_terminal({"SCIMBRIDGE_MAPPINGS": str(tmp_path)}).wrong("--list")
    assert "operations.toml: [User.lock]: 'dose' is not one of does" in told
