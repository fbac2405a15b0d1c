from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from scimbridge.access.caller import Caller
from scimbridge.access.clients import Client
from scimbridge.access.editing import read_file
from scimbridge.access.limits import ClientLimits
from scimbridge.access.scopes import ALL_SCOPES, COLLECTIVE, NAMED_ONLY, OF_ENVIRONMENTS
from scimbridge.cli import commands

POPULATION = "0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70"
ISSUERS = """
[[issuers]]
issuer     = "https://login.example.com/"
audience   = "api://scimbridge"
jwks       = "https://login.example.com/keys"
algorithms = ["RS256"]
"""


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "clients.toml"


@pytest.fixture
def run(path):
    """`scimbridge client ...` in this process, on a file that SCIMBRIDGE_CLIENTS names."""

    def invoke(*words, **settings):
        nothing = dict.fromkeys(name for name in os.environ if name.startswith("SCIMBRIDGE_"))
        return CliRunner().invoke(
            commands.command, ["client", *words], env={**nothing, "SCIMBRIDGE_CLIENTS": str(path), **settings}
        )

    return invoke


@pytest.fixture
def good(run):
    """The same, which has to succeed; its standard output."""

    def invoke(*words, **settings):
        result = run(*words, **settings)
        assert (result.exit_code, result.stderr) == (0, "")
        return result.stdout

    return invoke


@pytest.fixture
def told(run, path):
    """The same, which has to be refused with code 2 and change nothing; its standard error."""

    def invoke(*words, **settings):
        before = path.read_bytes() if path.exists() else None
        result = run(*words, **settings)
        assert (result.exit_code, result.stdout) == (2, "")
        assert (path.read_bytes() if path.exists() else None) == before
        return result.stderr

    return invoke


def secret_in(output):
    (found,) = re.findall(r"^Secret:  (scb_[a-z0-9]+_[A-Za-z0-9_-]{43})$", output, re.MULTILINE)
    return found


def certificate():
    """Return a certificate in PEM and its hash."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "client")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2036, 1, 1, tzinfo=dt.UTC))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode(), made.fingerprint(hashes.SHA256()).hex()


def test_add_makes_the_file_and_shows_the_secret_once(good, path):
    """Name and secret are on standard output with the three ways to use it; the file holds a hash only."""
    output = good("add", "sailpoint", "--scope", "users:read", "--scope", "groups:read")
    secret = secret_in(output)
    assert output.startswith("Client:  sailpoint\nSecret:  scb_")
    assert output.count(secret) == 1
    for way in ("Authorization: Bearer", "HTTP Basic", "/oauth2/token"):
        assert way in output
    client, name = read_file(path).by_secret(secret, time.time())
    assert client.caller == Caller("sailpoint", scopes=frozenset({"users:read", "groups:read"}))
    assert name == secret.split("_")[1]
    assert secret[-43:] not in path.read_text()


def test_every_option_of_add_reaches_the_file(good, path, tmp_path):
    """What is asked for is what the client gets."""
    pem, shown = certificate()
    (tmp_path / "client.pem").write_text(f"subject=CN = client\n{pem}")
    path.write_text(ISSUERS)
    good(
        *("add", "okta", "--all-scopes", "--population", POPULATION, "--strict"),
        *("--hide", "User:phoneNumbers", "--hide", "Group:externalId", "--hide", "User:name.honorificPrefix"),
        *("--hide", "ServiceProviderConfig:pagination", "--default-count", "1000"),
        *("--rate", "20", "--concurrent", "8", "--body", "1048576", "--bulk", "100"),
        *("--certificate", str(tmp_path / "client.pem"), "--certificate", ":".join(["AB"] * 32)),
        *("--subject", "https://login.example.com/", "abc", "--no-secret"),
    )
    (client,) = read_file(path).clients
    hidden = (("Group", ("externalId",)), ("User", ("name.honorificPrefix", "phoneNumbers")))
    limits = ClientLimits(20.0, 8, 1_048_576, 100)
    assert client == Client(
        Caller(
            "okta", True, COLLECTIVE - OF_ENVIRONMENTS, frozenset({POPULATION}), hidden, limits, ("pagination",), 1000
        ),
        (),
        frozenset({shown, "ab" * 32}),
        frozenset({("https://login.example.com/", "abc")}),
    )


def test_what_a_client_sees_of_the_server_is_shown_and_checked(good, told):
    """Its page size and what is hidden of the configuration are listed; what cannot be is refused."""
    add = ("add", "otp", "--scope", "users:read")
    assert "'patch' cannot be hidden" in told(*add, "--hide", "ServiceProviderConfig:patch")
    assert "default_count: 1001 is no whole number of results" in told(*add, "--default-count", "1001")
    types = "Group, IdentityProvider, Population, User"
    assert f"TYPE is one of {types}, ServiceProviderConfig" in told(*add, "--hide", "Schema:id")
    good(*add, "--hide", "ServiceProviderConfig:pagination", "--default-count", "1000")
    listed = good("list")
    assert "ServiceProviderConfig:pagination" in listed
    assert "1000 results in a list" in listed


def test_all_scopes_leaves_out_what_is_only_named(good, path):
    """Who may check passwords can guess them, and who gives roles can take them: both are given by name or not."""
    good("add", "all", "--all-scopes")
    good("add", "named", *(word for scope in sorted(ALL_SCOPES) for word in ("--scope", scope)))
    held = {client.name: client.caller.scopes for client in read_file(path).clients}
    assert held == {"all": ALL_SCOPES - NAMED_ONLY, "named": ALL_SCOPES}
    assert {"passwords:check", "roles:write"} == NAMED_ONLY


def test_a_confined_client_has_no_right_to_environments(told):
    """It is refused by name, with the reason; by --all-scopes it is left out."""
    words = ("add", "a", "--scope", "environments:read", "--population", POPULATION)
    assert "environments:read is about the whole environment; a client with populations cannot have it" in told(*words)


def test_list_shows_rights_and_ids_and_no_digest(good, path):
    """Scopes, populations and secrets with their times are listed; no secret and no hash is."""
    path.write_text("")
    assert "there is no client" in good("list")
    first = secret_in(good("add", "a", "--scope", "users:read", "--population", POPULATION, "--strict", "--rate", "5"))
    good("add", "b", "--all-scopes", "--hide", "User:phoneNumbers", "--no-secret", "--certificate", "ab" * 32)
    second = secret_in(good("rotate", "a", "--keep-old", "30"))
    listed = good("list")
    for text in ("a\n", "users:read", POPULATION, "strict", "5 requests a second", "User:phoneNumbers", "ab" * 32):
        assert text in listed
    assert re.search(rf"secret +{first.split('_')[1]}  made 20\S+Z, valid until 20\S+Z\n", listed)
    assert re.search(rf"secret +{second.split('_')[1]}  made 20\S+Z, valid until it is revoked\n", listed)
    for secret in (first, second):
        assert secret[-43:] not in listed
    for found in read_file(path).clients[0].secrets:
        assert found.digest.hex() not in listed


def test_list_as_json_is_one_document(good, path):
    """With --json the same is one document, without a secret and without a hash; of no client too."""
    path.write_text("")
    assert json.loads(good("list", "--json")) == {"clients": [], "last_use_unknown": None}
    secret = secret_in(good("add", "a", "--scope", "users:read", "--population", POPULATION))
    listed = good("list", "--json")
    (client,) = json.loads(listed)["clients"]
    assert (client["name"], client["scopes"], client["populations"]) == ("a", ["users:read"], [POPULATION])
    assert client["secrets"][0]["id"] == secret.split("_")[1]
    assert secret[-43:] not in listed
    assert read_file(path).clients[0].secrets[0].digest.hex() not in listed


def test_rotation_keeps_the_old_secret_until_it_is_revoked(good, path):
    """Both are valid for as long as nobody says otherwise, and the answer says how to end the old one."""
    old = secret_in(good("add", "a", "--all-scopes"))
    output = good("rotate", "a")
    new, later = secret_in(output), time.time() + 10 * 365 * 86_400
    held = read_file(path)
    assert held.by_secret(old, later)
    assert held.by_secret(new, later)
    ending = f"client revoke a --secret {old.split('_')[1]}"
    assert ending in output
    assert "Running bridges refuse it within two seconds" in good(*ending.split()[1:])
    held = read_file(path)
    assert held.by_secret(old, later) is None
    assert held.by_secret(new, later)


@pytest.mark.parametrize(
    ("words", "stays"),
    [
        (("--keep-old", "0"), None),
        (("--keep-old", "30"), 1800),
        (("--keep-old-until", "2030-01-01T01:00:00+01:00"), dt.datetime(2030, 1, 1, tzinfo=dt.UTC)),
    ],
)
def test_rotation_can_end_the_old_secret_at_once_or_later(good, path, words, stays):
    """The old secret ends when the operator says, to the second."""
    old = secret_in(good("add", "a", "--all-scopes"))
    before = int(time.time())
    new = secret_in(good("rotate", "a", *words))
    held = {secret.id: secret.ends_at for secret in read_file(path).clients[0].secrets}
    assert held.pop(new.split("_")[1]) is None
    if stays is None:
        assert not held
    elif isinstance(stays, int):
        assert before + stays <= held[old.split("_")[1]] <= time.time() + stays
    else:
        assert held[old.split("_")[1]] == stays.timestamp()


def test_a_third_secret_is_refused(good, told):
    """With two valid secrets, one is revoked first, and the sentence says how."""
    good("add", "a", "--all-scopes")
    good("rotate", "a")
    assert "scimbridge client revoke a --secret ID" in told("rotate", "a")


def test_revoke_takes_the_whole_client_away(good, path):
    """Without --secret all secrets end, and the client is out of the file; the others stay."""
    gone, stays = secret_in(good("add", "a", "--all-scopes")), secret_in(good("add", "b", "--all-scopes"))
    good("revoke", "a")
    held = read_file(path)
    assert held.named("a") is None
    assert held.by_secret(gone, time.time()) is None
    assert held.by_secret(stays, time.time())


@pytest.mark.parametrize(
    ("words", "right"),
    [
        (("add", "a"), "users:read, users:write), or --all-scopes"),
        (("add", "a", "--all-scopes", "--scope", "users:read"), "exclude each other"),
        (("add", "a", "--scope", "users"), "'users' is no scope; the scopes are"),
        (("add", "a b", "--all-scopes"), "a client's name has 1 to 64"),
        (("add", "token", "--all-scopes"), "taken by SCIMBRIDGE_BEARER_TOKEN"),
        (("add", "a", "--all-scopes", "--population", "Sales"), "lower-case UUID"),
        (("add", "a", "--all-scopes", "--hide", "phoneNumbers"), "TYPE:ATTRIBUTE"),
        (("add", "a", "--all-scopes", "--hide", "User:phoneNumber"), "did you mean 'phoneNumbers'"),
        (("add", "a", "--all-scopes", "--hide", "User:userName"), "required"),
        (("add", "a", "--all-scopes", "--rate", "0"), "no number above 0"),
        (("add", "a", "--all-scopes", "--rate", "nan"), "no number above 0"),
        (("add", "a", "--all-scopes", "--body", "-1"), "no whole number above 0"),
        (("add", "a", "--all-scopes", "--certificate", "/nowhere"), "name a PEM file or write a SHA-256"),
        (("add", "a", "--all-scopes", "--certificate", "/dev/null"), "own certificate alone"),
        (("add", "a", "--all-scopes", "--subject", "https://x.example/", "s"), "add it as [[issuers]]"),
        (("add", "there", "--all-scopes"), "there is one already"),
        (("rotate", "nobody"), "there is no client 'nobody'; there is there"),
        (("rotate", "there", "--keep-old", "1", "--keep-old-until", "2030-01-01T00:00:00Z"), "exclude each other"),
        (("rotate", "there", "--keep-old-until", "2030-01-01T00:00:00"), "no time with an offset"),
        (("rotate", "there", "--keep-old-until", "soon"), "no time with an offset"),
        (("revoke", "nobody"), "there is no client 'nobody'"),
        (("revoke", "there", "--secret", "x"), "it has no secret of the id 'x'"),
        (("list", "--file", "/nowhere/clients.toml"), "No such file or directory"),
    ],
)
def test_every_fault_is_a_sentence_with_code_2(good, told, words, right):
    """What cannot be done is said with what would be right, nothing is printed and nothing changed."""
    good("add", "there", "--all-scopes")
    assert right in told(*words)


def test_a_chain_or_a_key_is_not_a_certificate(told, tmp_path):
    """A chain, a key, a broken file and a folder are refused: only the client's own certificate counts."""
    one, two = certificate()[0], certificate()[0]
    for number, text in enumerate([one + two, one.replace("CERTIFICATE", "PRIVATE KEY"), "\x00\xff"]):
        (tmp_path / f"{number}.pem").write_text(text)
        sentence = told("add", "a", "--all-scopes", "--certificate", str(tmp_path / f"{number}.pem"))
        assert "own certificate alone" in sentence
    assert "--certificate" in told("add", "a", "--all-scopes", "--certificate", str(tmp_path))


def test_the_file_is_named_by_option_variable_or_settings_file(good, told, tmp_path):
    """--file wins over SCIMBRIDGE_CLIENTS, which wins over the settings file; without any of them it is asked for."""
    (tmp_path / "settings.toml").write_text(f'clients = "{tmp_path / "c.toml"}"\n')
    settings = {"SCIMBRIDGE_CONFIG": str(tmp_path / "settings.toml")}
    good("add", "a", "--all-scopes", "--file", str(tmp_path / "a.toml"), **settings)
    good("add", "b", "--all-scopes", **settings)
    good("add", "c", "--all-scopes", **settings, SCIMBRIDGE_CLIENTS="")
    named = [read_file(tmp_path / file).clients[0].name for file in ("a.toml", "clients.toml", "c.toml")]
    assert named == ["a", "b", "c"]
    assert "set SCIMBRIDGE_CLIENTS" in told("list", SCIMBRIDGE_CLIENTS="")


def test_no_command_takes_a_secret(run):
    """A secret is shown, and never an option: --secret of `revoke` is an id."""
    for words in (("add",), ("list",), ("rotate",), ("revoke",)):
        assert run(*words, "--help").exit_code == 0
    options = {option for each in commands.command.commands["client"].commands.values() for option in _options(each)}
    assert {option for option in options if "secret" in option} == {"--no-secret", "--secret"}


def _options(command):
    return [spelling for parameter in command.params for spelling in parameter.opts]


def test_the_program_itself_adds_lists_and_revokes(path):
    """As a process of its own the command does the same, with its codes and streams."""
    program = shutil.which("scimbridge", path=str(Path(sys.executable).parent)) or "scimbridge"

    def call(*words):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("SCIMBRIDGE_")}
        return subprocess.run(
            [program, "client", *words, "--file", str(path)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    secret = secret_in(call("add", "a", "--all-scopes").stdout)
    assert read_file(path).by_secret(secret, time.time())
    assert secret.split("_")[1] in call("list").stdout
    assert call("revoke", "a").returncode == 0
    again = call("revoke", "a")
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr == f"Error: {path}: there is no client 'a'; there is none at all\n"
