from __future__ import annotations

import difflib
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scimbridge.access import editing
from scimbridge.access.caller import Caller
from scimbridge.access.clients import Client, ClientFaults, StoredSecret, read_clients
from scimbridge.access.secrets import make_secret

from .conftest import CLIENTS, ISSUER, ISSUERS, kept

NOW = 1_800_000_000.0
MINUTE = 60.0
ONE, TWO = make_secret(os.urandom), make_secret(os.urandom)
CAREFUL = f"""# Who may do what. Ask Jane.

# SailPoint: IdentityNow, production
[clients.sailpoint]      # since 2024
scopes = [
    "users:read",        # all of them
    "users:write",
]

{kept("sailpoint", ONE.text)}# ticket 4711

# --- what follows is for the tests ---

# Okta: a trial
[clients.okta]
scopes = ["users:read"]
{kept("okta", TWO.text)}
# whom we believe
{ISSUERS}"""

quick = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def client(name, made=None):
    return Client(Caller(name), () if made is None else (StoredSecret(made.id, made.digest, None, NOW),))


def fault(call, *words, **named):
    with pytest.raises(ClientFaults) as told:
        call(*words, **named)
    (sentence,) = told.value.faults
    return sentence


@quick
@given(st.lists(CLIENTS, min_size=1, max_size=4, unique_by=lambda each: each.name), st.data())
def test_whatever_is_added_is_read_back_equal(tmp_path_factory, clients, data):
    """Every client that is added stands in the file as it was, in order, next to those before it; so do removals."""
    path = tmp_path_factory.mktemp("law") / "clients.toml"
    path.write_text(ISSUERS)
    added = []
    for each in clients:
        try:
            editing.add_client(path, each)
        except ClientFaults:  # two that share a secret id, a certificate or a subject
            assert any(_share(each, other) for other in added)
            continue
        added.append(each)
        assert list(editing.read_file(path).clients) == added
    gone = data.draw(st.sampled_from(added))
    editing.remove_client(path, gone.name)
    assert list(editing.read_file(path).clients) == [each for each in added if each is not gone]
    assert len(editing.read_file(path).issuers) == 1


def _share(one, other):
    ids = {secret.id for secret in one.secrets} & {secret.id for secret in other.secrets}
    return ids or one.certificates & other.certificates or one.subjects & other.subjects


@quick
@given(CLIENTS, st.integers(0, 4_000_000_000), st.none() | st.integers(-100, 10_000))
def test_rotation_changes_secrets_and_nothing_else(tmp_path_factory, each, now, keep):
    """Afterwards there is the new secret, and of the old ones those still valid, ending when they should."""
    path = tmp_path_factory.mktemp("law") / "clients.toml"
    path.write_text(ISSUERS)
    editing.add_client(path, each)
    until = None if keep is None else now + keep
    made = make_secret(os.urandom)
    try:
        editing.add_secret(path, each.name, made, now=float(now), old_until=until)
    except ClientFaults:
        assert len([one for one in each.secrets if one.is_valid(now)]) + 1 > 2 or _begins_later(each, now)
        assert editing.read_file(path).named(each.name) == each
        return
    (found,) = editing.read_file(path).clients
    assert replace(found, secrets=()) == replace(each, secrets=())
    *old, new = found.secrets
    assert new == StoredSecret(made.id, made.digest, None, float(now))
    for secret in old:
        (before,) = (one for one in each.secrets if one.id == secret.id)
        ends = [one for one in (before.ends_at, until) if one is not None]
        assert secret == replace(before, ends_at=min(ends, default=None))
    valid = [one.id for one in each.secrets if one.is_valid(now) and (until is None or until > now)]
    assert [one.id for one in old] == valid


def _begins_later(each, now):
    return any(secret.created_at > now for secret in each.secrets)


def test_comments_order_and_spelling_stay_where_they_are(path):
    """Adding, rotating and revoking one secret leave every other line as it was, in its order."""
    path.write_text(CAREFUL)
    editing.add_client(path, client("new", make_secret(os.urandom)))
    assert path.read_text().startswith(CAREFUL)
    made = make_secret(os.urandom)
    editing.add_secret(path, "sailpoint", made, now=NOW, old_until=NOW + 30 * MINUTE)
    lines = path.read_text().splitlines()
    assert not [line for line in difflib.ndiff(CAREFUL.splitlines(), lines) if line.startswith("- ")]
    assert "ends = 2027-01-15T08:30:00Z" in lines
    place = lines.index(f'id = "{made.id}"')
    assert place < lines.index("# --- what follows is for the tests ---")
    editing.remove_secret(path, "sailpoint", made.id)
    text = path.read_text()
    assert made.id not in text
    assert "# --- what follows is for the tests ---\n\n# Okta: a trial\n[clients.okta]" in text


def test_a_removed_client_takes_its_own_comment_with_it_and_no_other(path):
    """The comment right above a client goes with it; headings parted by a blank line, and the file's own, stay."""
    path.write_text(CAREFUL)
    editing.remove_client(path, "okta")
    text = path.read_text()
    assert "Okta" not in text
    assert "# --- what follows is for the tests ---" in text
    assert "# whom we believe" in text
    assert text.startswith(CAREFUL[: CAREFUL.index("# --- what")])
    editing.remove_client(path, "sailpoint")
    assert path.read_text().startswith("# Who may do what. Ask Jane.\n")
    assert "# whom we believe" in path.read_text()


SPELLINGS = {
    "in a list": f"""
        [clients.a]
        scopes = ["users:read"]
        secrets = [{{ id = "{ONE.id}", sha256 = "{ONE.digest.hex()}", created = 2026-01-01T00:00:00Z }}] # one
        """,
    "quoted": f"""
        [ "clients" . 'a' ]
        scopes = ["users:read"]
        [[ clients . "a".secrets ]]
        id = "{ONE.id}"
        sha256 = "{ONE.digest.hex()}"
        ends = 2099-01-01T00:00:00Z # a long time
        created = 2026-01-01T00:00:00Z
        """,
    "all in one table": f"""
        [clients]
        a.scopes = ["users:read"]
        a.secrets = [{{ id = "{ONE.id}", sha256 = "{ONE.digest.hex()}", created = 2026-01-01T00:00:00Z }}]
        """,
    "parted": f"""
        [[clients.a.secrets]]
        id = "{ONE.id}"
        sha256 = "{ONE.digest.hex()}"
        created = 2026-01-01T00:00:00Z
        [[issuers]]
        issuer = "{ISSUER}"
        audience = '''
[clients.no]'''
        jwks = "https://login.example.com/keys"
        algorithms = [
            "RS256",
        ]
        [clients.a]
        scopes = ["users:read"]
        """,
    "without an end of line": f"""[clients.a]
        scopes = ["users:read"]
        [[clients.a.secrets]]
        id = "{ONE.id}"
        sha256 = "{ONE.digest.hex()}"
        created = 2026-01-01T00:00:00Z""",
}
SPELLINGS["with returns"] = SPELLINGS["quoted"].replace("\n", "\r\n")


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_other_spellings_of_toml_are_edited_too(path, text):
    """However the file is written, rotating, revoking and removing do what they say."""
    path.write_bytes(text.encode())
    (before,) = read_clients(text).clients
    editing.add_secret(path, "a", TWO, now=NOW, old_until=NOW + MINUTE)
    ids = {each.id: each.ends_at for each in editing.read_file(path).named("a").secrets}
    assert ids == {ONE.id: NOW + MINUTE, TWO.id: None}
    editing.add_client(path, client("b"))
    editing.remove_secret(path, "a", TWO.id)
    editing.remove_secret(path, "a", ONE.id)
    assert editing.read_file(path).named("a") == replace(before, secrets=())
    editing.add_secret(path, "a", TWO, now=NOW, old_until=None)
    editing.remove_client(path, "a")
    assert editing.read_file(path).clients == (client("b"),)


def test_what_cannot_be_edited_is_left_as_it_is(path):
    """A client within an inline table of all clients cannot get a section beside it, and the file is not touched."""
    text = 'clients = { a = { scopes = ["users:read"] } }\n'
    path.write_text(text)
    with pytest.raises(ClientFaults):
        editing.add_client(path, client("b"))
    assert path.read_text() == text


def test_a_result_that_means_something_else_is_never_written(path, monkeypatch):
    """What is about to be written is read back, and refused where it is not exactly what was wanted."""
    path.write_text(CAREFUL)
    monkeypatch.setattr(editing, "drop_client", lambda text, name: "")
    assert "edit it by hand" in fault(editing.remove_client, path, "okta")
    assert path.read_text() == CAREFUL


def test_a_faulty_result_is_refused_and_nothing_is_written(path):
    """A name taken, a wrong value, an unknown client or secret, a third secret: the file stays as it was."""
    path.write_text(CAREFUL)
    assert "there is one already" in fault(editing.add_client, path, client("okta"))
    wrong = Client(Caller("new", populations=frozenset({"X"})))
    assert "clients.new.populations: 'X'" in fault(editing.add_client, path, wrong)
    assert "there is sailpoint, okta" in fault(editing.remove_client, path, "nobody")
    assert f"there is {TWO.id}" in fault(editing.remove_secret, path, "okta", "abc")
    assert path.read_text() == CAREFUL
    editing.add_secret(path, "okta", make_secret(os.urandom), now=NOW, old_until=None)
    before = path.read_text()
    told = fault(editing.add_secret, path, "okta", make_secret(os.urandom), now=NOW, old_until=NOW + MINUTE)
    assert "are valid already" in told
    assert path.read_text() == before
    last = make_secret(os.urandom)
    editing.add_secret(path, "okta", last, now=NOW, old_until=NOW)
    assert [each.id for each in editing.read_file(path).named("okta").secrets] == [last.id]


def test_a_file_that_is_faulty_already_is_not_edited(path):
    """What the bridge would not take up is mended first."""
    path.write_text("colour = 1\n")
    assert "'colour' is not known" in fault(editing.add_client, path, client("a"))
    path.write_bytes(b"\xff")
    assert "is not UTF-8" in fault(editing.add_client, path, client("a"))


def test_a_new_file_is_for_its_owner_alone_and_an_old_one_keeps_its_rights(path):
    """A new file has mode 0600; one that a group may read stays so, and nothing but the lock is left beside it."""
    editing.add_client(path, client("a", ONE))
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    editing.add_client(path, client("b"))
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(each.name for each in path.parent.iterdir()) == [".clients.toml.lock", "clients.toml"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_user_stays_that_users(path):
    """Edited by root, the file still belongs to the user whom the bridge runs as."""
    editing.add_client(path, client("a"))
    os.chown(path, 12345, 12346)
    editing.add_client(path, client("b"))
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 12346)


def test_who_may_not_keep_the_owner_changes_nothing(path, monkeypatch):
    """Where the owner cannot be kept, the file stays as it is: a bridge that cannot read it would miss a revocation."""
    editing.add_client(path, client("a"))

    def refuse(*words):
        raise PermissionError(1, "Operation not permitted")

    real = os.fstat
    monkeypatch.setattr(os, "fstat", lambda handle: os.stat_result((*real(handle)[:4], 4711, *real(handle)[5:])))
    monkeypatch.setattr(os, "fchown", refuse)
    assert "belongs to another user" in fault(editing.add_client, path, client("b"))
    assert [each.name for each in editing.read_file(path).clients] == ["a"]
    assert sorted(each.name for each in path.parent.iterdir()) == [".clients.toml.lock", "clients.toml"]


def test_a_link_stays_a_link(path, tmp_path):
    """Edited through a link, the file behind it is changed."""
    (tmp_path / "behind").mkdir()
    path.symlink_to(tmp_path / "behind" / "real.toml")
    editing.add_client(path, client("a"))
    assert path.is_symlink()
    assert (tmp_path / "behind" / "real.toml").is_file()


def test_a_reader_never_sees_half_a_file(path):
    """The new file takes the old one's place at once: who had it open reads the old one to its end."""
    editing.add_client(path, client("a"))
    old = path.read_text()
    with path.open() as reader:
        first = reader.read(5)
        editing.add_client(path, client("b"))
        assert first + reader.read() == old
    assert path.read_text() != old


EDITOR = """
import os, sys
from pathlib import Path
from scimbridge.access import editing
from scimbridge.access.caller import Caller
from scimbridge.access.clients import Client, StoredSecret
from scimbridge.access.secrets import make_secret
path, who = Path(sys.argv[1]), sys.argv[2]
for number in range(20):
    made = make_secret(os.urandom)
    editing.add_client(path, Client(Caller(f"{who}{number}"), (StoredSecret(made.id, made.digest, None, 1.0),)))
    if number % 2:
        editing.remove_client(path, f"{who}{number}")
"""


def test_two_processes_that_edit_at_once_lose_nothing(path):
    """Every client that either of them added is there, and none that either removed."""
    editors = [subprocess.Popen([sys.executable, "-c", EDITOR, str(path), who]) for who in ("a", "b")]
    assert [editor.wait(timeout=60) for editor in editors] == [0, 0]
    found = {each.name for each in editing.read_file(path).clients}
    assert found == {f"{who}{number}" for who in "ab" for number in range(0, 20, 2)}


def test_reading_a_file_gives_its_clients(path):
    """What is read is what the bridge would take up."""
    path.write_text(CAREFUL)
    assert editing.read_file(path) == read_clients(CAREFUL)
