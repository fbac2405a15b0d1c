"""The bridge for any WSGI server, from the settings in the environment: `scimbridge.wsgi:application`.

A faulty configuration raises `scimbridge.settings.declared.SettingsFaults` at import, with every fault in its text.
"""

from __future__ import annotations

import os
import uuid

from scimbridge import __version__
from scimbridge.app import create_app
from scimbridge.configuration import load_configuration
from scimbridge.observe import logs
from scimbridge.observe.spans import open_spans
from scimbridge.start_log import StartLog

configuration = load_configuration(os.environ)
settings, tables = configuration.settings, configuration.tables
mask = logs.configure(settings.log_level, settings.secrets(), None, settings.log_format)
application = app = create_app(
    settings, tables=tables, learn=mask.learn, spans=open_spans(os.environ, __version__), start=uuid.uuid4().hex
)
StartLog().write(settings, tables, app.extensions["scimbridge"].register.current())
for sentence in configuration.unknown:
    logs.named(__name__).warning("unknown variable", reason=sentence)
