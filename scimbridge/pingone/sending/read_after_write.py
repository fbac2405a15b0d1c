"""The patience layer: what this bridge has just made is waited for, until PingOne shows it.

PingOne may answer 404 for seconds after a create (docs/pingone.md §13). What was made here is remembered a while, on
all nodes that share `state`; a 404 for anything else is an answer at once. Knows the paths of collections and
memberships, and nothing of what the records mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from scimbridge.pingone.errors import NotThere
from scimbridge.pingone.send import Call, Request, Response, Send
from scimbridge.state.base import State

REMEMBERED = 60.0  # seconds after a create
PAUSES = (0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.5, 2.0, 3.0)  # seconds between looks: ten in all
_MEMBERSHIPS = "memberOfGroups"


class WithReadAfterWrite:
    """Waits for own creates. `sleep` takes seconds."""

    def __init__(self, send: Send, state: State, *, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._send = send
        self._state = state
        self._clock = clock
        self._sleep = sleep

    def __call__(self, request: Request, call: Call) -> Response:
        """Send; where something of our own is not shown yet, wait for it. Raises what the last try gives."""
        try:
            response = self._send(request, call)
        except NotThere:
            own = [path for path in _involved(request) if self._state.get(made_key(path)) is not None]
            if not own or not self._wait_for(own, request, call):
                raise
            return self._send(replace(request, attempt=1), call)
        self._remember(request, response)
        return response

    def _remember(self, request: Request, response: Response) -> None:
        steps = request.path.strip("/").split("/")
        made = response.body.get("id")
        if request.method == "POST" and len(steps) == 1 and isinstance(made, str):
            self._state.set(made_key(f"/{steps[0]}/{made}"), b"1", REMEMBERED)
        elif request.method == "DELETE" and len(steps) == 2:  # noqa: PLR2004 - a collection and an id
            self._state.delete(made_key(request.path))

    def _wait_for(self, paths: list[str], request: Request, call: Call) -> bool:
        """Wait until PingOne shows all of these. Returns whether that makes another try worth while."""
        waited = request.path in paths
        for path in paths:
            for pause in (0.0, *PAUSES):
                if pause:
                    if self._clock() + pause >= call.deadline:
                        return False
                    self._sleep(pause)
                    waited = True
                if self._is_shown(path, call):
                    break
            else:
                return False
        return waited

    def _is_shown(self, path: str, call: Call) -> bool:
        try:
            self._send(Request("GET", path), call)
        except NotThere:
            return False
        return True


def _involved(request: Request) -> Iterator[str]:
    """Yield the paths of the records that a request is about: the one it names, and the group of a membership."""
    steps = request.path.strip("/").split("/")
    if len(steps) > 1:
        yield f"/{steps[0]}/{steps[1]}"
    if _MEMBERSHIPS in steps and isinstance(request.body, dict) and isinstance(request.body.get("id"), str):
        yield f"/groups/{request.body['id']}"


def made_key(path: str) -> str:
    """Return the key under which a record of this path is remembered as just made here."""
    return f"made:{path}"
