"""One line per event on standard error, from our own code and from the libraries alike.

Knows what may never stand in a line: secrets are masked by value and by key, and what can carry personal values
(bodies, filters, query strings, messages of exceptions) is left out. How a line is written is `log_lines`'s. Knows
nothing of requests or of PingOne. Events are named in constant text; what varies is a field.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from collections import deque
from collections.abc import Iterable, Mapping, MutableMapping
from contextlib import AbstractContextManager
from functools import lru_cache
from pathlib import PurePath
from typing import Any, TextIO
from urllib.parse import quote, quote_plus

import structlog
from cachetools import FIFOCache
from structlog.stdlib import BoundLogger
from structlog.typing import EventDict, WrappedLogger

from scimbridge.observe import log_lines

MASK = "***"
_SHORTEST_SECRET = 4  # a shorter one would mask parts of ordinary words, and guards nothing
_SECRET_KEY = re.compile(r"password|secret|token|authorization|cookie|assertion|credential|api_?key", re.IGNORECASE)
_PERSONAL_KEYS = frozenset({"body", "payload", "filter", "query", "value", "values", "username", "email", "phone"})
# Credentials by their look: those that were tried and are nobody's, and those of which only a hash is known here.
_SHAPES = re.compile(
    r"\b(?i:bearer|basic) +[A-Za-z0-9+/._~-]{16,}=*"
    r"|\bscb_[A-Za-z0-9]+_[A-Za-z0-9_-]{20,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"
)
_SIGNS = (" ", "scb_", "eyJ")  # without one of these there is none of those shapes
_SHORTEST_SHAPE = 16
_LEARNED = 8  # secrets that are renewed and remembered: more than one end and one beginning overlap nowhere
_QUERY = re.compile(r"\?[^\s\"'<>]+")
_MOST_CAUSES = 5
_SHOWN = frozenset({"secret_id"})  # which of a client's secrets was shown; it opens nothing

# What these say at debug and info level is URLs, headers and their own ways; what they warn of is worth a line.
_TALKATIVE = ("urllib3", "requests", "werkzeug", "asyncio", "alembic")


class Mask:
    """Takes secrets out of whatever is about to be written; new ones can be added at any time."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._spellings: dict[str, None] = {}
        self._learned: deque[str] = deque(maxlen=_LEARNED)
        self._pattern: re.Pattern[str] | None = None
        self._shortest = _SHORTEST_SHAPE
        for secret in secrets:
            self.hide(secret)

    def hide(self, secret: str) -> None:
        """Mask `secret` from now on, also where it is written percent-encoded or escaped for JSON."""
        if len(secret) < _SHORTEST_SECRET:
            return
        with self._lock:
            self._spellings |= dict.fromkeys(_spellings(secret))
            self._compile()

    def learn(self, secret: str) -> None:
        """Mask a secret that is renewed from time to time, such as an access token; the last eight are remembered."""
        if len(secret) < _SHORTEST_SECRET or secret in self._learned:
            return
        with self._lock:
            self._learned.append(secret)
            self._compile()

    def _compile(self) -> None:
        learned = (spelling for secret in self._learned for spelling in _spellings(secret))
        longest_first = sorted({*self._spellings, *learned}, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)))
        self._shortest = min(len(longest_first[-1]), _SHORTEST_SHAPE)

    def text(self, text: str) -> str:
        """Return `text` without any secret."""
        if len(text) < self._shortest:  # most keys and words of a line
            return text
        known = self._pattern.sub(MASK, text) if self._pattern else text
        return _SHAPES.sub(MASK, known) if any(sign in known for sign in _SIGNS) else known

    def value(self, value: Any) -> Any:
        """Return `value` as JSON can hold it, without secrets and without what stands under a masked key."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self.text(str(key)): self._under(str(key), item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(item) for item in value]
        return self.text(str(value))

    def _under(self, key: str, value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value
        return MASK if _is_secret(key) else self.value(value)

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """Mask a whole event; this is the last step before it is written."""
        masked: EventDict = self.value(event)
        return masked


@lru_cache(maxsize=1024)
def _is_secret(key: str) -> bool:
    return key not in _SHOWN and (bool(_SECRET_KEY.search(key)) or key.lower() in _PERSONAL_KEYS)


def _spellings(secret: str) -> tuple[str, ...]:
    return secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]


class Once:
    """Logs a thing the first time it is met, and remembers at most `limit` things.

    Past the limit the oldest is forgotten and may be logged again: memory is bounded, not the log.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._lock = threading.Lock()
        self._met: FIFOCache[object, None] = FIFOCache(limit)

    def __call__(self, logger: BoundLogger, key: object, event: str, /, **fields: Any) -> bool:
        """Log `event` as a warning unless `key` was met before; return whether it was logged."""
        if key in self._met:  # nearly always so, and then no lock is needed
            return False
        with self._lock:
            if key in self._met:
                return False
            self._met[key] = None
        logger.warning(event, **fields)
        return True


def configure(level: str, secrets: Iterable[str] = (), stream: TextIO | None = None, form: str | None = None) -> Mask:
    """Send everything that is logged in this process to `stream` (standard error), one line an event.

    `level` is debug, info, warning or error; `form` is json or text, None is text where the stream is a terminal.
    Returns the Mask, so that secrets that come later (an access token) can be hidden too. Calling it again replaces
    what was configured before.
    """
    mask, stream = Mask(secrets), stream or sys.stderr
    shared = (
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _describe_exception,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _tame_foreign],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                mask,
                log_lines.choose(form, stream),
            ],
        )
    )
    handler.addFilter(_is_told)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    return mask


def named(name: str) -> BoundLogger:
    """Return the logger of the module called `name`."""
    logger: BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def bound(**fields: Any) -> AbstractContextManager[None]:
    """Put `fields` (request_id, client) on every line that this thread logs inside the `with`.

    A thread that is started inside knows them only when it runs in a copy of the context
    (`contextvars.copy_context().run`).
    """
    return structlog.contextvars.bound_contextvars(**fields)


def _is_told(record: logging.LogRecord) -> bool:
    """Whether a record is one of ours, or a library's from info on.

    What libraries say below that is for those who write them: gunicorn says the path of every request.
    """
    return isinstance(record.msg, dict) or record.levelno >= logging.INFO


def _describe_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Say what went wrong and where, and not the message: exceptions quote the values they choke on."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    if isinstance(given, BaseException):
        given = (type(given), given, given.__traceback__)
    if isinstance(given, tuple) and given[1] is not None:
        event["exception"] = _chain(given[1])
    event.pop("stack_info", None)
    return event


def _chain(error: BaseException | None) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    while error is not None and len(told) < _MOST_CAUSES:
        kind = type(error)
        frames = [
            f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ]
        told.append({"type": f"{kind.__module__}.{kind.__qualname__}", "frames": frames})
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return told


def _tame_foreign(_logger: WrappedLogger, _method: str, event: MutableMapping[str, Any]) -> EventDict:
    """Cut the query strings, which hold filters with people's names, out of a library's sentence."""
    event["event"] = _QUERY.sub("?...", str(event.get("event", "")))
    return event
