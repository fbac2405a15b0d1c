"""The two forms of a line, whose fields have one order."""

from __future__ import annotations

import io

import pytest

from scimbridge.observe import log_lines, logs

EVENT = {
    "bytes": 12,
    "logger": "scimbridge.x",
    "status": 404,
    "client": "hr",
    "event": "request",
    "resource": None,
    "level": "info",
    "request_id": "r-1",
    "path": "/a b",
    "correlations": ["c1", "c2"],
    "exception": [],
    "timestamp": "2026-11-21T10:00:00Z",
}


class Terminal(io.StringIO):
    """A stream that somebody sits before."""

    def isatty(self):
        """Return that it is one."""
        return True


def line(form, stream=None):
    return log_lines.choose(form, stream or io.StringIO())(None, "info", dict(EVENT))


def test_text_has_its_fields_in_one_order():
    """When, how bad, what, for which request and whose, what the event says, and where it was said."""
    assert line("text") == (
        "2026-11-21T10:00:00Z info      request  request_id=r-1  client=hr  bytes=12  status=404  resource=-"
        '  path="/a b"  correlations=["c1","c2"]  logger=scimbridge.x  exception=[]'
    )


def test_json_has_the_same_order():
    """The members of a JSON line stand in the order of the text."""
    assert line("json").startswith(
        '{"timestamp":"2026-11-21T10:00:00Z","level":"info","event":"request","request_id":"r-1","client":"hr","bytes"'
    )


@pytest.mark.parametrize(
    ("form", "stream", "is_text"),
    [
        (None, Terminal(), True),
        (None, io.StringIO(), False),
        ("json", Terminal(), False),
        ("text", io.StringIO(), True),
    ],
)
def test_text_is_for_a_terminal_unless_it_is_said(form, stream, is_text):
    """Without a setting a terminal gets text and anything else JSON; with one, the setting decides."""
    assert line(form, stream).startswith("{") is not is_text


def test_text_forges_no_line_and_no_field():
    """What comes from outside can neither begin a line, nor colour a terminal, nor look like another field."""
    event = {"event": "x\ny\x1b[31m", "address": "1  status=200", "plain": "a=b", "none": "-"}
    text = log_lines.choose("text", io.StringIO())(None, "info", event)
    assert text == '- -         x\\ny\\u001b[31m  address="1  status=200"  plain="a=b"  none="-"'


def test_the_setting_reaches_the_log():
    """`configure` writes in the form that it is given, and the id of a secret is no secret."""
    stream = io.StringIO()
    handler = logs.logging.getLogger().handlers[:]
    level = logs.logging.getLogger().level
    try:
        logs.configure("info", [], stream, "text")
        logs.named("x").info("seen", secret_id="ab12", client_secret="s3cr3t")
    finally:
        logs.logging.getLogger().handlers[:] = handler
        logs.logging.getLogger().setLevel(level)
        logs.logging.captureWarnings(capture=False)
        logs.structlog.reset_defaults()
    assert stream.getvalue().endswith("info      seen  secret_id=ab12  client_secret=***  logger=x\n")
