"""The bridge for any WSGI server in a checkout: `wsgi:application`. Installed, it is `scimbridge.wsgi:application`."""

from __future__ import annotations

from scimbridge.wsgi import app, application

__all__ = ["app", "application"]
