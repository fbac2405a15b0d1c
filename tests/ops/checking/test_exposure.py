"""What lies open is reported: a token that can be guessed, files that others may read, proxies that anybody can be."""

from __future__ import annotations

import ipaddress
import secrets
import uuid

import pytest

from scimbridge.ops.checking.exposure import check_files, check_proxies, check_quotes, check_token_strength
from scimbridge.ops.checking.findings import Grade
from scimbridge.ops.checking.guessing import ENOUGH, estimate_bits
from scimbridge.settings.declared import Secret, Settings
from scimbridge.settings.exposed import secret_files

WEAK = (
    "x", "changeme", "your-token-here", "Change-Me-Please-2026", "secret-token-2024", "password1234567890", "a" * 64,
    "abc123" * 10, "abcdefghijklmnopqrstuvwxyz0123456789", "0123456789abcdef0123456789abcdef", "t0ken-of-the-client",
    "deadbeef" * 4, "qwertyuiopasdfgh", "scimbridge-bearer-token-test",
)  # fmt: skip


def settings_of(token):
    return Settings(
        pingone_environment_id=str(uuid.UUID(int=1)),
        pingone_client_id=str(uuid.UUID(int=2)),
        pingone_client_secret=Secret("Wd3pM8-qTzXr5LvK2nYb7JhG"),
        pingone_region="EU",
        bearer_token=Secret(token),
    )


@pytest.mark.parametrize("token", WEAK)
def test_a_token_that_can_be_guessed(token):
    """Short, regular and well-known tokens are told, and no part of them is."""
    (finding,) = check_token_strength(settings_of(token))
    assert finding.grade is Grade.WARNING
    assert "make a random one" in finding.cure
    assert len(token) < 3 or token not in f"{finding}"


def test_a_random_token_is_right():
    """What the usual programs make passes, in all of their spellings."""
    for make in (lambda: secrets.token_hex(16), lambda: secrets.token_urlsafe(24), lambda: str(uuid.uuid4())):
        assert all(estimate_bits(make()) > ENOUGH for _ in range(50))
    assert [each.grade for each in check_token_strength(settings_of(secrets.token_urlsafe(32)))] == [Grade.OK]


def test_the_workers_secret_is_no_bearer_token():
    """Clients would hold what opens PingOne itself."""
    (finding,) = check_token_strength(settings_of("Wd3pM8-qTzXr5LvK2nYb7JhG"))
    assert finding.grade is Grade.FAULT


@pytest.mark.parametrize("text", ['"abc"', "'abc'", "Bearer:abc"])
def test_marks_of_copying(text):
    """Quotation marks and a scheme that came along are taken as part of a secret, which never fits."""
    assert [each.grade for each in check_quotes("client secret", text)] == [Grade.FAULT]


@pytest.mark.parametrize(
    ("mode", "grade"), [(0o600, Grade.OK), (0o640, Grade.OK), (0o644, Grade.WARNING), (0o666, Grade.FAULT)]
)
def test_who_may_read_and_change_a_file(tmp_path, mode, grade):
    """A file that every user of the machine may read is a warning, one that they may change a fault."""
    file = tmp_path / "clients.toml"
    file.touch()
    file.chmod(mode)
    (finding,) = check_files([("SCIMBRIDGE_CLIENTS", file)])
    assert finding.grade is grade


def test_a_folder_in_which_others_may_put_another_file(tmp_path):
    """A closed file in an open folder can be replaced."""
    folder = tmp_path / "open"
    folder.mkdir()
    file = folder / "secret"
    file.touch(0o600)
    folder.chmod(0o777)
    (finding,) = check_files([("SCIMBRIDGE_CLIENTS", file)])
    assert finding.grade is Grade.FAULT
    assert str(folder) in finding.what


def test_files_that_hold_secrets_are_found(tmp_path):
    """The settings file counts where it holds a secret, and each file that a setting names, from either place."""
    config = tmp_path / "bridge.toml"
    config.write_text('bearer_token_file = "/run/token"\npage_size = 100\n')
    environ = {"SCIMBRIDGE_CONFIG": str(config), "SCIMBRIDGE_PINGONE_CLIENT_SECRET_FILE": "/run/pingone"}
    found = {str(path) for _label, path in secret_files(environ)}
    assert found == {"/run/token", "/run/pingone"}
    config.write_text('bearer_token = "abc"\n')
    assert [label for label, _path in secret_files({"SCIMBRIDGE_CONFIG": str(config)})] == ["SCIMBRIDGE_CONFIG"]
    config.write_bytes(b"\xef\xbb\xbf" + config.read_bytes())  # as editors of Windows begin a file
    assert [label for label, _path in secret_files({"SCIMBRIDGE_CONFIG": str(config)})] == ["SCIMBRIDGE_CONFIG"]


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0", "0.0.0.0/1", "2000::/3"])
@pytest.mark.parametrize(("certificates", "grade"), [(False, Grade.WARNING), (True, Grade.FAULT)])
def test_everybody_is_no_proxy(network, certificates, grade):
    """Headers of everybody are believed: a warning, and a fault where they say which client it is."""
    (finding,) = check_proxies((ipaddress.ip_network(network),), certificates=certificates)
    assert finding.grade is grade
    assert network in finding.what


def test_a_network_of_ones_own_is_a_proxy():
    """Private networks pass."""
    found = check_proxies((ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/16")), certificates=True)
    assert [each.grade for each in found] == [Grade.OK]
