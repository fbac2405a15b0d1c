"""What every request passes before it reaches an endpoint: a Host that makes sense, who asks, and within which limits.

Knows hooks and headers; who somebody is and how much is too much is told by what it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, g, request

from scimbridge.access.caller import Caller
from scimbridge.scim.errors import TooManyRequests
from scimbridge.web import headers, serving
from scimbridge.web.login.limiting import THREADS, Limiter
from scimbridge.web.login.proxies import check_host

OVER_SHARE = "this client has as many requests under way as one client may; nothing was done, send this one again later"
Identify = Callable[[Mapping[str, Any]], Caller]
"""Who sent the request of a WSGI environment. Raises `Unauthorized`."""
Welcome = Callable[[Caller], None]
"""Is told who has come in."""


def register(
    app: Flask, identify: Identify, limiter: Limiter, is_guarded: Callable[[str], bool], welcome: Welcome
) -> None:
    """Guard those paths of an app that `is_guarded` says; what hardens an answer is put on every one.

    To be called after `request_log.register`, whose line tells of refusals too.
    """

    @app.before_request
    def enter() -> None:
        check_host(request.environ)
        if is_guarded(request.path):
            g.caller = identify(request.environ)
            welcome(g.caller)
            if not serving.claim(request.environ, g.caller.name):
                limiter.observe(g.caller.name, THREADS)
                raise TooManyRequests(OVER_SHARE, retry_after=1)
            g.ticket = limiter.enter(g.caller)

    @app.after_request
    def mark(response: Response) -> Response:
        for name, value in g.ticket.headers if "ticket" in g else ():
            response.headers[name] = value
        return headers.harden(response, request.scheme)

    @app.teardown_request
    def leave(_error: BaseException | None) -> None:
        if "ticket" in g:
            g.ticket.leave()
