"""The bridge for any WSGI server, from the settings in the environment: `scimbridge.wsgi:application`.

A faulty configuration raises `scimbridge.config.Faults` at import, with every fault in its text.
"""

from __future__ import annotations

import os

from scimbridge.app import create_app
from scimbridge.config import load
from scimbridge.observe import logs

settings = load(os.environ)
mask = logs.configure(settings.log_level, settings.secrets())
application = app = create_app(settings, learn=mask.learn)
