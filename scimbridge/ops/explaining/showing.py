"""How `explain` writes: a label and what belongs to it; a native request with its media type and body.

Knows no table. A password is never written, not even one that the operator gave.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from scimbridge.ops.explaining.rehearsal import IDS, Played
from scimbridge.pingone.facets import PASSWORD
from scimbridge.pingone.send import Request
from scimbridge.scim.errors import ScimError

Write = Callable[[str], object]
WIDTH = 17
WHERE = "(paths of requests are below /v1/environments/<environment id>; ids and values are examples)"


def show(write: Write, label: str, *texts: str) -> None:
    """Write a label with a first text, and more texts below it."""
    for place, text in enumerate(texts):
        for word, key in IDS.items():
            text = text.replace(key, word)  # noqa: PLW2901 - the same text, as it is shown
        write(f"  {label if not place else '':<{WIDTH}}{text}")


def show_played(write: Write, label: str, played: Played, nothing: str = "nothing is sent") -> None:
    """Write what a SCIM request came to."""
    lines = [line for request in played.requests for line in _request_lines(request)]
    if played.refusal is not None:
        lines.append(f"{'then ' if lines else ''}{say_refusal(played.refusal)}")
    lines.extend(f"left out, since nothing of that name is kept: {name}" for name in played.left_out)
    show(write, label, *(lines or [nothing]))


def say_refusal(error: ScimError) -> str:
    """Return a refusal as the client is told it."""
    kind = f" {error.scim_type}" if error.scim_type else ""
    return f"refused with {error.status}{kind}: {error.detail}"


def write_json(value: Any) -> str:
    """Return a value as JSON."""
    return orjson.dumps(value).decode()


def _request_lines(request: Request) -> list[str]:
    query = "&".join(f"{name}={value}" for name, value in request.query)
    lines = [f"{request.method} {request.path}{f'?{query}' if query else ''}"]
    if request.body is not None:
        lines.append(f"    Content-Type: {request.media}")
        lines.append(f"    {write_json(_without_password(request))}")
    return lines


def _without_password(request: Request) -> Any:
    body = request.body
    if isinstance(body, dict) and request.media == PASSWORD.media:
        return PASSWORD.body("***")
    if isinstance(body, dict) and PASSWORD.held(body) is not None:
        return {**body, **PASSWORD.whole("***")}
    return body
