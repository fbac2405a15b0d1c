"""Chains: what a record is linked by, and what becomes of a chain whose record is lost."""

from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import replace

import pytest

from scimbridge.observe.audit import Record
from scimbridge.observe.audit_chain import CHAIN, ChainEnd, OwnChains, digest, end_of, seal

RECORD = Record(id="a1", time="2026-11-21T10:00:00.123Z", client="okta", request="r-1", verb="delete", result="done")


@pytest.fixture
def chains() -> OwnChains:
    numbers = itertools.count(1)
    return OwnChains(lambda: f"c{next(numbers)}")


def test_the_hash_can_be_computed_by_others():
    """It is SHA-256 over the record's JSON without `hash`: names sorted, no blanks, UTF-8."""
    told = seal(replace(RECORD, client="Jürgen"), ChainEnd("c1", 4, "ab")).to_json()
    text = json.dumps({name: told[name] for name in told if name != "hash"}, sort_keys=True, ensure_ascii=False,
                      separators=(",", ":"))  # fmt: skip
    assert told["hash"] == hashlib.sha256(text.encode()).hexdigest()
    assert (told["sequence"], told["previous"]) == (5, "ab")


def test_names_beside_a_record_are_no_part_of_it():
    """What `audit --json` shows with the names of users can be verified as what was kept."""
    told = seal(RECORD, ChainEnd("c1")).to_json()
    assert digest({**told, "names": {"x": "jane"}}) == told["hash"]


def test_records_one_after_the_other_are_one_chain(chains):
    """Each goes behind the one that was written before it."""
    first = chains.seal(RECORD)
    chains.written(first)
    second = chains.seal(RECORD)
    assert (first.chain, first.sequence, first.begins) == ("c1", 1, CHAIN)
    assert (second.chain, second.sequence, second.previous) == ("c1", 2, first.hash)


def test_records_at_the_same_moment_have_chains_of_their_own(chains):
    """Nobody waits for the row of another to be written, and no chain has two ends."""
    one, other = chains.seal(RECORD), chains.seal(RECORD)
    chains.written(other)
    chains.written(one)
    assert {one.chain, other.chain} == {"c1", "c2"}
    assert chains.seal(RECORD).chain in {"c1", "c2"}


def test_a_record_that_was_not_written_leaves_no_gap(chains):
    """The next record takes its place."""
    chains.written(chains.seal(RECORD))
    chains.unwritten(chains.seal(RECORD))
    assert chains.seal(RECORD).sequence == 2


def test_a_chain_ends_with_a_record_that_may_be_written(chains):
    """The next chain names how far it surely went, so that its end is not missed in silence."""
    first = chains.seal(RECORD)
    chains.written(first)
    chains.lost(chains.seal(RECORD))
    after = chains.seal(RECORD)
    assert (after.chain, after.after) == ("c2", (end_of(first).to_text(),))


def test_what_a_lost_record_named_is_named_again(chains):
    """The first record of a chain names the ends of others; where it is lost, the next one does."""
    chains.name_next([ChainEnd("old", 7, "ff")])
    chains.lost(chains.seal(RECORD))
    assert chains.seal(RECORD).after == ("old:7:ff",)


def test_a_process_that_was_forked_begins_anew():
    """A chain is written by one process, or it would have two ends."""
    process = [1]
    numbers = itertools.count(1)
    chains = OwnChains(lambda: f"c{next(numbers)}", lambda: process[0])
    chains.written(chains.seal(RECORD))
    process[0] = 2
    assert chains.seal(RECORD).chain == "c2"
