"""Which processes of this machine live: a number alone does not say it, since it is given to another one day.

A process is named by its number and the moment of its start, as the kernel counts it since the machine started. Where
the kernel does not show that (no /proc), the number has to do.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from pathlib import Path

_STATE, _START = 0, 19  # places in /proc/PID/stat behind the name (proc(5): fields 3 and 22)
_GONE = frozenset("ZXx")  # ended, and not yet fetched by its parent


def own_name() -> str:
    """Return the name of this process, which no other has before the machine starts anew."""
    return _name(os.getpid())


@cache
def _name(number: int) -> str:
    return f"{number}.{_look(number)[1]}"


def lives(name: str) -> bool:
    """Return whether a process lives, by the name that it gave itself."""
    number, _dot, started = name.partition(".")
    if not number.isdigit():
        return False
    with suppress(PermissionError):
        try:
            os.kill(int(number), 0)
        except (ProcessLookupError, OverflowError):
            return False
    state, start = _look(int(number))
    return state not in _GONE and (not start or not started or start == started)


def _look(number: int) -> tuple[str, str]:
    """Return the state of a process and when it was started, "" where that is not shown."""
    try:
        shown = Path(f"/proc/{number}/stat").read_text(encoding="ascii", errors="replace")
        fields = shown.rpartition(")")[2].split()
        return fields[_STATE], fields[_START]
    except (OSError, IndexError):
        return "", ""
