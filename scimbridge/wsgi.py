"""The bridge for any WSGI server, from the settings in the environment: `scimbridge.wsgi:application`.

A faulty configuration raises `scimbridge.settings.declared.SettingsFaults` at import, with every fault in its text.
What a server by itself does not keep off, and `scimbridge serve` does, stands in docs/run/index.md.
"""

from __future__ import annotations

import os
import sys

from scimbridge.app import create_app, log_settings
from scimbridge.bridge import load_tables
from scimbridge.observe import logs
from scimbridge.settings.declared import load
from scimbridge.web.sole_process import SoleProcess, count_workers

settings = load(os.environ)
tables = load_tables(settings)
mask = logs.configure(settings.log_level, settings.secrets())
log_settings(settings, tables)
application = app = create_app(settings, tables=tables, learn=mask.learn)


def _tell_several() -> None:
    logs.named(__name__).error(
        "several processes with memory://: each has its own token, rate, limits, locks and memory of creates, so that"
        " PingOne is asked for more than the rate and a repeated create may be made twice; run one worker, or set"
        " SCIMBRIDGE_STATE_URL to a Redis, or run `scimbridge serve --workers`, whose processes share a file"
    )


if settings.state_url.reveal().startswith("memory:"):
    if "gunicorn" in sys.modules and count_workers(os.environ, sys.argv[1:]) > 1:
        _tell_several()
    else:
        app.wsgi_app = SoleProcess(app.wsgi_app, _tell_several)  # type: ignore[method-assign]
