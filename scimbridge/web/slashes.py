"""Slashes in paths: several in a row are one, as clients write them whose base URL ends in one.

The framework would answer with a redirect, which many clients do not follow when they write.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

Wsgi = Callable[..., Iterable[bytes]]
_SEVERAL = re.compile(r"/{2,}")


class OneSlash:
    """A WSGI layer that reads several slashes as one."""

    def __init__(self, app: Wsgi) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve the request under its tidy path."""
        path = environ.get("PATH_INFO", "")
        if "//" in path:
            environ = {**environ, "PATH_INFO": _SEVERAL.sub("/", path)}
        return self._app(environ, start_response)
