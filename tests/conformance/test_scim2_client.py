"""scim2-client and scim2-cli as clients: they hold what they send against what the bridge publishes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from scim2_client.engines.wsgi import WSGISCIMClient
from werkzeug.serving import make_server

TOKEN = "conformance-token-0123456789"


def test_a_plain_user_is_made_read_changed_and_deleted(served: Flask):
    """A client that takes its models from the server needs no extension to make a user, to put it and to read it."""
    scim = WSGISCIMClient(served, base_url="http://localhost/scim/v2", headers={"Authorization": f"Bearer {TOKEN}"})
    scim.discover()
    user_model = scim.get_resource_model("User")
    made = scim.create(user_model(user_name="plain@example.com"))
    assert (made.user_name, made.active) == ("plain@example.com", True)
    made.title = "Baker"
    assert scim.replace(made).title == "Baker"
    assert scim.query(user_model, made.id).title == "Baker"
    assert scim.delete(user_model, made.id) is None


@pytest.fixture
def base(served: Flask) -> Iterator[str]:
    """The SCIM base URL of the bridge, over HTTP."""
    server = make_server("127.0.0.1", 0, served, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/scim/v2"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_command_line_makes_a_user_of_a_name_alone(base: str):
    """`scim2 create user --user-name` sends the user, and shows what was made."""
    direct = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        [Path(sys.executable).with_name("scim2"), "--url", base, "create", "user", "--user-name", "alone@example.com"],
        env={**direct, "SCIM_CLI_HEADERS": f"Authorization: Bearer {TOKEN}"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["userName"] == "alone@example.com"
