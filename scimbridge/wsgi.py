"""The bridge for any WSGI server, from the settings in the environment: `scimbridge.wsgi:application`.

A faulty configuration raises `scimbridge.settings.declared.SettingsFaults` at import, with every fault in its text.
"""

from __future__ import annotations

import os
import uuid

from scimbridge.app import create_app
from scimbridge.bridge import load_tables
from scimbridge.observe import logs
from scimbridge.settings.declared import load
from scimbridge.start_log import StartLog

settings = load(os.environ)
tables = load_tables(settings)
mask = logs.configure(settings.log_level, settings.secrets())
application = app = create_app(settings, tables=tables, learn=mask.learn, start=uuid.uuid4().hex)
StartLog().write(settings, tables, app.extensions["scimbridge"].register.current())
