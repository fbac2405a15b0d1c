"""Whether other processes serve the same bridge beside this one, where each keeps what it knows in its own memory.

Knows how WSGI servers say so: gunicorn by its words and variables before the first request, every server by
`wsgi.multiprocess` with it. `scimbridge serve` has no need of this: its processes share a file.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

Wsgi = Callable[..., Iterable[bytes]]
_WORKERS = re.compile(r"(?:--workers=?|-w=?)(\d+)")


def count_workers(environ: Mapping[str, str], words: Sequence[str]) -> int:
    """Return how many processes gunicorn was told to run, 1 where nothing is said; `words` are those of its command.

    What only a configuration file of its own says is not known here; its first request tells.
    """
    said = [environ.get("WEB_CONCURRENCY", "")]
    try:
        further = shlex.split(environ.get("GUNICORN_CMD_ARGS", ""))
    except ValueError:  # gunicorn itself refuses it
        further = []
    for given in (further, words):  # the later wins
        for word, following in zip_longest(given, given[1:], fillvalue=""):
            if word in ("-w", "--workers"):
                said.append(following)
            elif found := _WORKERS.fullmatch(word):
                said.append(found[1])
    numbers = [int(each) for each in said if each.strip().isdecimal()]
    return numbers[-1] if numbers else 1


class SoleProcess:
    """A WSGI layer that tells, once, when its server says that other processes serve beside it."""

    def __init__(self, app: Wsgi, tell: Callable[[], object]) -> None:
        self._app = app
        self._tell: Callable[[], object] | None = tell

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve a request."""
        if self._tell is not None and environ.get("wsgi.multiprocess"):
            tell, self._tell = self._tell, None
            tell()
        return self._app(environ, start_response)
