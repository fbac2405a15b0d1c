"""The bridge for any WSGI server, from the settings in the environment: `scimbridge.wsgi:application`.

A faulty configuration raises `scimbridge.settings.declared.SettingsFaults` at import, with every fault in its text.
What a server by itself does not keep off, and `scimbridge serve` does, stands in docs/run/index.md.
"""

from __future__ import annotations

import os
import sys
import uuid

from scimbridge import __version__
from scimbridge.app import create_app
from scimbridge.configuration import load_configuration
from scimbridge.observe import logs
from scimbridge.observe.spans import open_spans
from scimbridge.start_log import StartLog
from scimbridge.web.sole_process import SoleProcess, count_workers

configuration = load_configuration(os.environ)
settings, tables = configuration.settings, configuration.tables
mask = logs.configure(settings.log_level, settings.secrets(), None, settings.log_format)
application = app = create_app(
    settings, tables=tables, learn=mask.learn, spans=open_spans(os.environ, __version__), start=uuid.uuid4().hex
)
StartLog().write(settings, tables, app.extensions["scimbridge"].register.current())
for sentence in configuration.unknown:
    logs.named(__name__).warning("unknown variable", reason=sentence)


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
