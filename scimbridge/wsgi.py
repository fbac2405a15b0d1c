"""The bridge for any WSGI server, from the settings in the environment: `scimbridge.wsgi:application`.

A faulty configuration raises `scimbridge.settings.declared.SettingsFaults` at import, with every fault in its text.
"""

from __future__ import annotations

import os

from scimbridge import __version__
from scimbridge.app import create_app, log_settings
from scimbridge.bridge import load_tables
from scimbridge.observe import logs
from scimbridge.observe.spans import open_spans
from scimbridge.settings.declared import load

settings = load(os.environ)
tables = load_tables(settings)
mask = logs.configure(settings.log_level, settings.secrets(), None, settings.log_format)
log_settings(settings, tables)
application = app = create_app(settings, tables=tables, learn=mask.learn, spans=open_spans(os.environ, __version__))
