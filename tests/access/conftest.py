"""Clients files and clients as Hypothesis makes them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import strategies as st

from scimbridge.access.caller import SCOPES, Caller
from scimbridge.access.clients import Client, StoredSecret
from scimbridge.access.limits import ClientLimits

ISSUER = "https://login.example.com/"
ISSUERS = f"""
[[issuers]]
issuer     = "{ISSUER}"
audience   = "api://scimbridge"
jwks       = "https://login.example.com/keys"
algorithms = ["RS256", "ES256"]
"""
POPULATION = "0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70"

WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).filter(
    lambda text: text == text.strip() and text.isprintable()
)
NAMES = st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True).filter(lambda name: name != "token")
HASHES = st.binary(min_size=32, max_size=32)
COUNTS = st.none() | st.integers(1, 2**40)
HIDDEN = st.dictionaries(
    st.sampled_from(["User", "Group", "Population"]), st.sets(WORDS, min_size=1, max_size=3), max_size=3
).map(lambda held: tuple(sorted((kind, tuple(sorted(paths))) for kind, paths in held.items())))
LIMITS = st.builds(
    ClientLimits,
    st.none() | st.floats(0, exclude_min=True, allow_infinity=False, allow_nan=False),
    COUNTS,
    COUNTS,
    COUNTS,
)
SECRETS = st.lists(
    st.builds(
        lambda name, digest, start, length: StoredSecret(
            name, digest, None if length is None else start + length, start
        ),
        st.from_regex(r"[a-z0-9]{1,32}", fullmatch=True),
        HASHES,
        st.integers(0, 4_000_000_000).map(float),
        st.none() | st.integers(1, 100_000_000).map(float),
    ),
    max_size=2,
    unique_by=lambda secret: secret.id,
).map(tuple)
CLIENTS = st.builds(
    Client,
    st.builds(
        Caller,
        NAMES,
        st.booleans(),
        st.sets(st.sampled_from(sorted(SCOPES)), min_size=1).map(frozenset),
        st.none() | st.sets(st.uuids().map(str), max_size=3).map(frozenset),
        HIDDEN,
        LIMITS,
        st.sampled_from([(), ("pagination",), ("documentationUri", "pagination")]),
        st.none() | st.integers(1, 1000),
    ),
    SECRETS,
    st.sets(HASHES.map(bytes.hex), max_size=2).map(frozenset),
    st.sets(st.tuples(st.just(ISSUER), WORDS), max_size=2).map(frozenset),
)


def kept(name: str, text: str, *, created: str = "2026-01-01T00:00:00Z", ends: str | None = None) -> str:
    """Return a secret as a section of a clients file."""
    lines = [f"[[clients.{name}.secrets]]", f'id = "{text.split("_")[1]}"']
    lines += [f'sha256 = "{hashlib.sha256(text.encode()).hexdigest()}"', f"created = {created}"]
    return "\n".join([*lines, *([f"ends = {ends}"] if ends else []), ""])


@pytest.fixture
def path(tmp_path) -> Path:
    """Where a clients file can stand; there is none yet."""
    return tmp_path / "clients.toml"
