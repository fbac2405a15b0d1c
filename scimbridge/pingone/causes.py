"""Why a call failed, in words that a log may hold: no sentence of PingOne's, no id of a person, no secret.

Knows the errors of calls. What failed with a status is told by it and by PingOne's code; else by a sentence of ours.
"""

from __future__ import annotations

import re
from typing import Any

from scimbridge.pingone.errors import NoToken, PingOneError

_FAILURE = 300
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}")


def find(error: BaseException | None) -> PingOneError | None:
    """Return the failure of a call that an error was made from, or is; None where there is none.

    Where a repetition ended for want of time, it is what was to be repeated.
    """
    found = None
    while error is not None:
        if isinstance(error, PingOneError) and (found is None or error.status or not found.status):
            found = error
        error = error.__cause__
    return found


def describe(error: PingOneError) -> str:
    """Return one sentence, such as `PingOne answered with status 502`."""
    who = "PingOne's token endpoint" if isinstance(error, NoToken) else "PingOne"
    # What is said of a success that cannot be used is a sentence of ours, as where there was no answer.
    return f"{who} answered with status {error.status}" if error.status >= _FAILURE else error.message


def code_of(error: PingOneError) -> str | None:
    """Return PingOne's code, or the OAuth error code, if it looks like one."""
    return error.code if _CODE.fullmatch(error.code) else None


def facts_of(error: PingOneError) -> dict[str, Any]:
    """Return what there is to say of a failure, without what is not known."""
    facts = {
        "cause": describe(error),
        "upstream_status": error.status or None,
        "code": code_of(error),
        "correlation": error.correlation,
        "host": error.host or None,
    }
    return {name: value for name, value in facts.items() if value is not None}
