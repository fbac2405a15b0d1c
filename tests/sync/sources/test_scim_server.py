"""Another SCIM server as a source: our own bridge in front of a sandbox, and answers that are not whole."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.serving import make_server

from scimbridge.sync.rules.values import SecretPlace

WORK = 'emails[type eq "work"].value'
PINGONE = "urn:pingidentity:schemas:extension:2.0:PingOneUser"


@pytest.fixture
def bridge(client):
    """Our own bridge over HTTP, in front of 250 users."""
    server = make_server("127.0.0.1", 0, client.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/scim/v2"
    server.shutdown()
    thread.join()
    server.server_close()


def test_our_own_bridge(bridge, client, opener):
    """Every user once, by paths with value filters and extensions."""
    source = opener(kind="scim", place=bridge, columns=("id", "userName", WORK, f"{PINGONE}:population.id"), made="")
    source.options = {"token": SecretPlace(env="TOKEN"), "page_size": 60}
    source.environ = {"TOKEN": client.headers["Authorization"].removeprefix("Bearer ")}
    found = {row["id"]: row for _line, row in source.rows()}
    users = list(client.sandbox.directory.users)
    assert len(found) == len(users) == 250
    for user in users:
        row = found[user["id"]]
        assert row["userName"] == user["username"]
        assert row[WORK] == user.get("email", "")
        assert row[f"{PINGONE}:population.id"] == user["population"]["id"]


def test_a_filter(bridge, client, opener):
    """The filter is the server's own."""
    name = next(iter(client.sandbox.directory.users))["username"]
    source = opener(kind="scim", place=bridge, columns=("id", "userName"), made="")
    source.options = {"token": SecretPlace(env="TOKEN"), "filter": f'userName eq "{name}"'}
    source.environ = {"TOKEN": client.headers["Authorization"].removeprefix("Bearer ")}
    assert [row["userName"] for _line, row in source.rows()] == [name]
    source.environ = {"TOKEN": "wrong"}
    assert "answers 401; look at token" in source.faults()[0]


@contextmanager
def answering(answer):
    """A server that answers each request by `answer(startIndex, count)`: status and body."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            query = parse_qs(urlsplit(self.path).query)
            status, body = answer(int(query["startIndex"][0]), int(query["count"][0]))
            sent = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def users(start: int, count: int, total: int):
    return [{"id": str(number), "userName": f"u{number}"} for number in range(start, min(start + count, total + 1))]


def listed(total, *, of, start=None):
    """Answer with `of` users in all, and say that there are `total`, or `total(startIndex)`, of them."""

    def answer(begin, count):
        said = total(begin) if callable(total) else total
        found = {"totalResults": said, "Resources": users(begin, count, of)}
        return 200, found if start is None else {**found, "startIndex": start}

    return answer


ANSWERS = {
    "shorter than said": (listed(9, of=5), "gives 5 of the 9"),
    "grows": (listed(lambda start: 5 + start, of=9), "had 6 users and now has 10"),
    "more than said": (listed(3, of=9), "gives 4 users and says that it has 3"),
    "nobody": (listed(0, of=0), "has no row"),
    "another start": (listed(3, of=3, start=2), "startIndex or Resources are wrong"),
    "no number": (listed("3", of=3), "totalResults, startIndex or Resources are wrong"),
    "no list": (lambda _start, _count: (200, {"id": "1"}), "does not answer with a list of SCIM"),
    "a page": (lambda _start, _count: (200, "<html>"), "does not answer with a list of SCIM"),
    "moved": (lambda _start, _count: (302, {}), "answers 302"),
    "not there": (lambda _start, _count: (404, {}), "answers 404; look at the URL"),
    "forbidden": (lambda _start, _count: (403, {}), "may not read users"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_lists_that_are_not_whole(opener, name):
    """What does not come out whole refuses the source."""
    answer, told = ANSWERS[name]
    with answering(answer) as url:
        source = opener(kind="scim", place=url, columns=("id", "userName"), made="", options={"page_size": 4})
        found = source.faults()
    assert any(told in each for each in found), found


def test_a_server_that_is_busy(opener):
    """429 and 503 are asked again, some times, after a while."""
    asked, slept = [], []

    def answer(start, count):
        asked.append(start)
        return (503, {}) if len(asked) % 2 else listed(7, of=7)(start, count)

    with answering(answer) as url:
        source = opener(kind="scim", place=url, columns=("id", "userName"), made="", options={"page_size": 4})
        source.sleep = slept.append
        assert len(source.rows()) == 7
    assert slept == [1.0] * 3


def test_a_netrc_has_no_say(bridge, client, opener, tmp_path, monkeypatch):
    """The token of the rules is sent, whatever a file of the machine says of the host."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login x password y\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    source = opener(kind="scim", place=bridge, columns=("id", "userName"), made="")
    source.options = {"token": SecretPlace(env="TOKEN"), "page_size": 250}
    source.environ = {"TOKEN": client.headers["Authorization"].removeprefix("Bearer ")}
    assert len(source.rows()) == 250


def test_columns_that_are_no_paths(opener):
    """A column is a path of SCIM, and selects by eq."""
    source = opener(kind="scim", place="http://127.0.0.1:9", columns=("id", "e mails"), made="")
    assert "is no path of SCIM" in source.faults()[0]
    source.columns = ("id", 'emails[type ne "work"].value')
    assert "selects by something else than eq" in source.faults()[0]
