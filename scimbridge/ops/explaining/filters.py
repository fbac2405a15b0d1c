"""What becomes of a filter: what PingOne is asked, what is checked here, and whether the first is the whole answer."""

from __future__ import annotations

from scimbridge.mapping.tables.table import Table
from scimbridge.ops.explaining.rehearsal import SCAN, Played, Stage
from scimbridge.ops.explaining.showing import Write, say_refusal, show, show_played
from scimbridge.pingone.kinds import kind_named

_WITHOUT, _WITH = "where PingOne compares without case", "where PingOne minds case"


def play_filter(text: str, table: Table, *, caseless: bool) -> Played:
    """Play a list request with a filter; `caseless` is how PingOne compares where nobody knows."""
    return Stage(table, caseless=caseless).play(lambda endpoint, ask: endpoint.lists.answer(ask, {"filter": text}))


def tell_filter(write: Write, text: str, table: Table) -> None:
    """Write what becomes of a filter. One that is refused before anything is asked is written as a refusal."""
    show(write, "filter", text)
    caseless = play_filter(text, table, caseless=True)
    minding = play_filter(text, table, caseless=False)
    if caseless.refusal is not None and not caseless.requests:
        show(write, "", say_refusal(caseless.refusal))
    elif caseless.requests == minding.requests:
        _tell(write, table, caseless)
    else:
        show(write, "", f"{_WITHOUT} (`scimbridge check` tells):")
        _tell(write, table, caseless)
        show(write, "", f"{_WITH}:")
        _tell(write, table, minding)


def _tell(write: Write, table: Table, played: Played) -> None:
    collection = kind_named(table.type.name).collection
    source = played.source
    if source is None and not played.requests:
        show(write, "PingOne is asked", "nothing: no record can match, since ids are UUIDs")
        return
    if source is None:
        show(write, "PingOne is asked", "for the few records that it can hold for, not for a list")
        show(write, "checked here", "the whole filter")
    elif source.asked is None:
        show(write, "PingOne is asked", f"for all {collection}: it cannot answer any of it")
        show(write, "checked here", f"the whole filter, over at most {SCAN:,} records (SCIMBRIDGE_SCAN_LIMIT)")
    else:
        show(write, "PingOne is asked", source.asked)
        show(
            write,
            "checked here",
            "that PingOne's answer has nothing else" if source.exact else "the whole filter, over what PingOne answers",
        )
    show_played(write, "requests", played)
