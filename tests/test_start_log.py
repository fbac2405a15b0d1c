"""The first lines of a start and the line of a reload: what holds, by name and digest, and no secret."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from scimbridge.access.clients import own_client, read_clients
from scimbridge.bridge import load_tables
from scimbridge.settings.declared import Secret, Settings, default_mappings
from scimbridge.settings.fingerprint import fingerprint
from scimbridge.start_log import Listening, StartLog, digests_of

ROOT = Path(__file__).parent.parent
CLIENT = """
[clients.{name}]
scopes = ["users:read"]
secrets = [{{ id = "{name}1", sha256 = "{digest}", created = 2026-11-21T10:00:00Z }}]
"""


@pytest.fixture(scope="module")
def settings():
    return Settings(
        pingone_environment_id="6ca0c49e-3c2d-446d-8182-c2a804b2c865",
        pingone_client_id="worker",
        pingone_client_secret=Secret("s3cr3t-of-the-worker"),
        pingone_region="EU",
        bearer_token=Secret("t0ken-of-the-client"),
        state_url=Secret("redis://user:pa55word@redis.example.org:6380/2?password=pa55word"),
        audit_database=Secret("postgresql://audit:pa55word@db.example.org/records?sslmode=require"),
    )


@pytest.fixture(scope="module")
def tables(settings):
    return load_tables(settings)


@pytest.fixture(scope="module")
def clients():
    return read_clients(CLIENT.format(name="hr", digest="a" * 64) + CLIENT.format(name="erp", digest="b" * 64))


def write(log, *given):
    """Return the lines of one start or reload."""
    with structlog.testing.capture_logs() as lines:
        log.write(*given)
    return lines


def test_a_start_says_what_holds(settings, tables, clients):
    """Version, base URL, environment, region, tables with digest, clients, state, records, TLS and rate come first."""
    lines = write(StartLog(Listening("0.0.0.0", 8080, 2, 32)), settings, tables, clients)
    assert [line["event"] for line in lines] == ["bridge starts", *["table"] * len(tables.origins), "clients", "kept"]
    assert {line["log_level"] for line in lines} == {"info"}
    first, *of_tables, who, kept = lines
    assert first["base_url"] == "http://0.0.0.0:8080/scim/v2"
    assert (first["environment"], first["region"]) == (settings.pingone_environment_id, "EU")
    assert (first["api"], first["tls"], first["rate"]) == ("https://api.pingone.eu", "none: plain HTTP", 50.0)
    assert (first["workers"], first["threads"]) == (2, 32)
    assert first["version"]
    assert len(first["configuration"]) == 12
    assert {line["resource"]: line["digest"] for line in of_tables} == digests_of(tables, settings)
    assert (who["count"], who["ids"]) == (2, ["erp", "hr"])
    assert kept["state"] == "redis://redis.example.org:6380/2"
    assert kept["records"] == ["postgresql://db.example.org/records"]


def test_no_line_holds_a_secret(settings, tables, clients):
    """Neither at a start nor at a reload that changes secrets."""
    log = StartLog(Listening("::1", 8080))
    lines = write(log, settings, tables, replace(clients, own=own_client("t0ken-of-the-client")))
    other = replace(settings, bearer_token=Secret("t0ken-of-another"), pingone_client_secret=Secret("s3cr3t-another"))
    lines += write(log, other, tables, clients)
    text = json.dumps(lines)
    assert not any(secret in text for secret in ("s3cr3t", "t0ken-of", "pa55word", "aaaaaaaa"))
    assert lines[0]["base_url"] == "http://[::1]:8080/scim/v2"


def test_a_reload_says_what_was_taken_up_and_what_did_not_change(settings, tables, clients, tmp_path):
    """Tables by old and new digest, clients by number and name, settings by value, and the rest as unchanged."""
    log = StartLog()
    write(log, settings, tables, clients)
    (tmp_path / "mine.toml").write_text('resource = "User"\nextends = "shipped"\ndisable = ["title"]\n')
    later = replace(settings, mappings=tmp_path, pingone_rate=20.0, bearer_token=Secret("another-one"))
    after = load_tables(later)
    changed = read_clients(CLIENT.format(name="hr", digest="c" * 64) + CLIENT.format(name="new", digest="b" * 64))
    (line,) = write(log, later, after, changed)
    assert line["event"] == "configuration taken up"
    old, new = digests_of(tables, settings), digests_of(after, later)
    assert old["User"] != new["User"]
    assert line["changed"]["tables"] == [f"User: {old['User']} -> {new['User']}"]
    assert line["changed"]["clients"] == ["erp: gone", "hr: another", "new: new"]
    assert line["clients"] == "2 -> 2"
    assert line["changed"]["settings"] == [
        f"mappings: None -> {tmp_path}", "pingone_rate: 50.0 -> 20.0", "bearer_token: another",
    ]  # fmt: skip
    assert line["unchanged"] == ["issuers", "certificates"]
    assert line["tables"] == {"Group": old["Group"], "Population": old["Population"]}
    before, _arrow, present = line["configuration"].partition(" -> ")
    assert before != present


def test_a_reload_without_a_change_says_so(settings, tables, clients):
    """Nothing changed: all five are unchanged, under the same digest."""
    log = StartLog()
    write(log, settings, tables, clients)
    (line,) = write(log, settings, tables, clients)
    assert line["changed"] == {}
    assert line["unchanged"] == ["settings", "tables", "clients", "issuers", "certificates"]
    before, _arrow, present = line["configuration"].partition(" -> ")
    assert before == present == fingerprint(settings, tables.digest)


def test_the_digest_in_the_log_is_that_of_the_metric(settings, tables, clients):
    """Nodes that differ in their address alone have one digest, in the log as in the metric."""
    lines = [write(StartLog(), replace(settings, port=port), tables, clients)[0] for port in (8080, 9090)]
    assert {line["configuration"] for line in lines} == {fingerprint(settings, tables.digest)}


def test_what_only_a_start_takes_up_is_told_apart(settings, tables, clients):
    """What the master is made with is not said to be taken up, and is told at each reload until it is."""
    log = StartLog(Listening("127.0.0.1", 8080))
    write(log, settings, tables, clients)
    later = replace(settings, threads=settings.threads + 1, pingone_rate=20.0)
    (line,) = write(log, later, tables, clients)
    assert line["changed"] == {"settings": ["pingone_rate: 50.0 -> 20.0"]}
    waits = [f"threads: {settings.threads} -> {settings.threads + 1}"]
    assert line["at_next_start"] == waits
    (line,) = write(log, later, tables, clients)
    assert (line["changed"], line["at_next_start"]) == ({}, waits)


def test_another_certificate_is_taken_up(settings, tables, clients, tmp_path):
    """A certificate in the same file is told by its digest."""
    file = tmp_path / "cert.pem"
    file.write_text("one")
    log = StartLog(Listening("127.0.0.1", 8443, certfile=file))
    first = write(log, settings, tables, clients)[0]
    assert first["base_url"] == "https://127.0.0.1:8443/scim/v2"
    assert first["tls"] == f"certificate {file}"
    file.write_text("two")
    (line,) = write(log, settings, tables, clients)
    assert line["changed"]["certificates"][0].startswith(f"{file}: ")


def test_a_digest_is_of_what_a_table_means(settings, tables, tmp_path):
    """A copy of the shipped tables has their digests; another clock of the directory has others."""
    for file in default_mappings().iterdir():
        (tmp_path / file.name).write_text("# a copy\n" + file.read_text())
    assert digests_of(load_tables(replace(settings, mappings=tmp_path)), settings) == digests_of(tables, settings)


def test_a_digest_is_the_same_in_every_process(settings, tables):
    """Sets have another order in every process; a digest has not."""
    program = (
        "from scimbridge.resources.tables import open_tables; from scimbridge.settings.declared import *;"
        "from scimbridge.start_log import digests_of; from types import SimpleNamespace; import datetime;"
        "settings = SimpleNamespace(datetime_offset=datetime.timedelta(0));"
        "print(digests_of(open_tables(default_mappings()), settings)['User'])"
    )
    environ = {"PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)}
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environ, check=True)
    assert found.stdout.strip() == digests_of(tables, settings)["User"]
