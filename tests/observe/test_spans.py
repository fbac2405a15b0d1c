"""Whether spans are made is said by OTEL_ variables, which OpenTelemetry's libraries read."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest

from scimbridge.observe import otel, spans


@pytest.mark.parametrize(
    ("environ", "are_made"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "bridge"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "console"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, False),
    ],
)
def test_who_asks_for_spans_gets_them(environ, are_made):
    """Only a place for them, or an exporter by name, asks for spans; OpenTelemetry's own switches turn them off."""
    assert (spans.open_spans(environ, "1") is not None) is are_made


def test_without_the_extra_the_log_says_so(monkeypatch):
    """Spans that are asked for and cannot be made are told, and the bridge goes on without."""
    heard = []
    monkeypatch.setattr(spans, "find_spec", lambda _name: None)
    monkeypatch.setattr(spans, "log", SimpleNamespace(warning=heard.append))
    assert spans.open_spans({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, "1") is None
    assert "scimbridge[otel]" in heard[0]


def test_an_exporter_that_is_not_installed_is_told(monkeypatch):
    """The log names an exporter that no package has."""
    heard = []
    monkeypatch.setattr(otel, "log", SimpleNamespace(error=lambda event, **fields: heard.append(fields)))
    made = otel.make_spans({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "1")
    with made.call("GET", "/users"):
        pass
    assert heard == [{"exporter": "otlp_proto_grpc"}]


class Collector(BaseHTTPRequestHandler):
    """Takes what an exporter sends."""

    def do_POST(self):
        """Keep path and body."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.arrived.append((self.path, body, self.headers.get("x-key")))
        self.server.one.set()
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words):
        """Say nothing."""


def test_spans_arrive_where_the_variables_say(monkeypatch):
    """Endpoint, headers and the service's name are taken from OTEL_ variables."""
    server = HTTPServer(("127.0.0.1", 0), Collector)
    server.arrived, server.one = [], threading.Event()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    environ = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
        "OTEL_EXPORTER_OTLP_HEADERS": "x-key=k",
        "OTEL_BSP_SCHEDULE_DELAY": "10",
        "OTEL_SERVICE_NAME": "bridge-of-the-test",
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    made = []
    provide = otel._provider
    monkeypatch.setattr(otel, "_provider", lambda *given: made.append(provide(*given)) or made[0])
    try:
        with spans.open_spans(environ, "1.2.3").call("GET", "/users"):
            pass
        assert server.one.wait(30)
    finally:
        made[0].shutdown()
        server.shutdown()
        thread.join()
        server.server_close()
    path, body, key = server.arrived[0]
    assert (path, key) == ("/v1/traces", "k")
    assert b"bridge-of-the-test" in body
    assert b"GET /users" in body
