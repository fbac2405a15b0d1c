"""Headers that every answer has, errors and health included: nothing is stored, guessed, framed or passed on.

An answer that has one of them already, such as a page with a policy of its own, keeps it.
"""

from __future__ import annotations

from flask import Response

ALWAYS = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
)
OVER_TLS = (
    "Strict-Transport-Security",
    "max-age=31536000",
)  # a browser must not heed it over plain HTTP (RFC 6797 §7.2)


def harden(response: Response, scheme: str) -> Response:
    """Add what is missing; `scheme` is how the client reached us, as far as trusted proxies or the settings tell."""
    for name, value in ALWAYS:
        response.headers.setdefault(name, value)
    if scheme == "https":
        response.headers.setdefault(*OVER_TLS)
    return response
