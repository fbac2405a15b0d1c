"""A day of a bridge at debug level: no secret and no personal value in anything that it writes or tells."""

from __future__ import annotations

import base64
import json
import textwrap
import urllib.request

import pytest

from tests.web.conftest import TOKEN, Bridge

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
PINGONE_USER = "urn:pingidentity:schemas:extension:2.0:PingOneUser"

# A bridge whose deletes break with values in the exception, in its cause and in a local variable.
PROGRAM = """
    from scimbridge import cli
    from scimbridge.resources.users import Users

    def fail(self, ask, key):
        local = "zora.quibble@leak.example"
        try:
            {}["zora.quibble@leak.example"]
        except KeyError as error:
            raise RuntimeError(f"Quibblethwaite {ask.caller} {local} Pw-zebra-7!x") from error

    Users.delete = fail
    cli.main()
"""

PERSON = {
    "userName": "zora.quibble@leak.example",
    "externalId": "EMP-7716-QUIB",
    "name": {"givenName": "Zoralynn", "familyName": "Quibblethwaite", "formatted": "Dr Zoralynn Quibblethwaite"},
    "displayName": "Zoralynn Q. Displayed",
    "nickName": "Zozolein",
    "title": "Chief Quibbler",
    "emails": [{"value": "zora.quibble@leak.example", "type": "work"}],
    "phoneNumbers": [{"value": "+49 171 5550199", "type": "mobile"}],
    "addresses": [{"streetAddress": "77 Quagmire Lane", "locality": "Zwolletown", "type": "work"}],
    "password": "Pw-zebra-7!x",
}
PERSONAL = [
    "zora.quibble", "leak.example", "EMP-7716-QUIB", "Zoralynn", "Quibblethwaite", "Displayed", "Zozolein",
    "Chief Quibbler", "5550199", "Quagmire", "Zwolletown", "zebra", "Yx-mango-9!q", "mango", "kiwi", "Othername",
]  # fmt: skip
NEAR_MISS = [
    f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN.upper()}", f"Token {TOKEN}", f"Bearer  {TOKEN} y",
    f"Bearer scb_k7f2q_{'A' * 43}", "Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ6b3JhIn0.c2lnbmF0dXJl",
    "Basic " + base64.b64encode(f"token:{TOKEN}x".encode()).decode(),
    "Basic " + base64.b64encode(b"sailpoint:scb_k7f2q_wrongwrongwrong").decode(),
]  # fmt: skip


class Day:
    """A client's day; `refusals` are the bodies of all answers that were errors."""

    def __init__(self, bridge):
        self.bridge = bridge
        self.refusals = []
        self.statuses = []

    def ask(self, method, path, body=None, **headers):
        """Send a request and return what it is answered."""
        data = None if body is None else json.dumps(body)
        status, _, text = self.bridge.ask(method, f"/scim/v2{path}", data, headers)
        self.statuses.append(status)
        if status >= 400:
            self.refusals.append(text)
        return json.loads(text) if text else {}

    def patch(self, path, *operations):
        """Send a PATCH."""
        return self.ask("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})


def steer(bridge, **wanted):
    """Change the sandbox's faults over HTTP, as its own route takes them."""
    request = urllib.request.Request(
        f"{bridge.sandbox.url}/_sandbox/faults", json.dumps(wanted).encode(), {"Content-Type": "application/json"},
        method="PUT",
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=10):
        pass


def live(day):
    """Do what a day brings: joiners, movers, leavers, mistakes, wrong credentials and trouble at PingOne."""
    zora = day.ask("POST", "/Users", PERSON)["id"]
    day.ask("POST", "/Users", PERSON)  # taken
    other = day.ask("POST", "/Users", {**PERSON, "userName": "other@leak.example", "password": "short-pw-kiwi"})
    day.ask("POST", "/Users", {"userName": "x" * 300 + "Othername"})
    day.ask("POST", "/Users", {"userName": "Othername", "emails": [{"value": "not-an-address Quagmire"}]})
    day.ask("POST", "/Users", {"userName": "Othername2", "name": {"givenName": "Zoralynn" * 100}})
    day.ask("POST", "/Users", {"userName": "Othername3", PINGONE_USER: {"population": {"id": "Quagmire"}}})
    day.ask("PUT", f"/Users/{zora}", {**PERSON, "nickName": "Zozolein the second", "password": "Yx-mango-9!q"})
    for value in ("Yx-mango-9!q", "mango", "Pw-zebra-7!x", ""):
        day.patch(f"/Users/{zora}", {"op": "replace", "path": "password", "value": value})
    day.patch(f"/Users/{zora}", {"op": "replace", "path": 'phoneNumbers[type eq "mobile"].value', "value": "5550199"})
    day.patch(f"/Users/{zora}", {"op": "replace", "value": {"preferredLanguage": "Quagmire", "title": ["mango"]}})
    day.patch(f"/Users/{zora}", {"op": "replace", "path": 'emails[value eq "zora.quibble@leak.example"]', "value": 1})
    for path in ('ims[value eq "zora.quibble"].value', 'emails[value eq "mango"].display', 'name eq "Quibblethwaite"'):
        day.patch(f"/Users/{zora}", {"op": "replace", "path": path, "value": "x"})
        day.patch(f"/Users/{zora}", {"op": "add", "value": {path: "x", "Zoralynn Quibblethwaite": "x"}})
    day.ask("GET", "/Users?filter=name.familyName%20eq%20Zoralynn%20Quibblethwaite")
    day.ask("GET", "/Users?filter=userName%20eq%20%22zora.quibble%40leak.example%22")
    day.ask("GET", "/Users?filter=name.familyName%20co%20%22Quibblethwaite%22&attributes=userName")
    day.ask("GET", "/Users?filter=Quibblethwaite%20%22")
    day.ask("POST", "/Users/.search", {"filter": 'emails.value ew "leak.example"', "count": 3})
    day.ask("GET", "/Users/zora.quibble@leak.example")
    day.ask("GET", "/zora.quibble@leak.example?Zoralynn")
    group = day.ask("POST", "/Groups", {"displayName": "Quagmire team", "members": [{"value": zora}]})
    day.ask("POST", "/Groups", {"displayName": "Quagmire team", "members": [{"value": "zora.quibble"}]})
    day.ask("POST", "/Bulk", {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
        {"method": "POST", "path": "/Users", "bulkId": "Zoralynn", "data": {**PERSON, "userName": "bulk@leak.example"}},
        {"method": "PATCH", "path": "/Users/zora.quibble", "data": {}},
    ]})  # fmt: skip
    for credentials in NEAR_MISS:
        day.ask("GET", "/Users?filter=userName%20eq%20%22zora.quibble%22", Authorization=credentials)
    day.bridge.send(b"GET /scim/v2/Users?filter=zora.quibble b HTTP/1.1", b"Host: a",
                    f"Authorization: {NEAR_MISS[0]}".encode())  # fmt: skip
    day.bridge.send(b"GET /scim/v2/Users HTTP/1.1", b"Host: a", b"Zoralynn Quibblethwaite")
    steer(day.bridge, revoke_tokens=True)
    day.ask("GET", f"/Users/{zora}")
    for kind in ("error", "error_after", "drop_before", "drop_after", "cut", "throttled"):
        steer(day.bridge, plans=[{"kind": kind, "path": "/users", "times": 1}])
        day.ask("PUT", f"/Users/{zora}", {**PERSON, "title": f"Chief Quibbler {kind}"})
    steer(day.bridge, plans=[{"kind": "error", "path": "/users", "times": 5, "status": 500}])
    day.ask("POST", "/Users", {**PERSON, "userName": "late@leak.example"})
    steer(day.bridge, clear=True)
    day.ask("DELETE", f"/Users/{zora}")  # breaks
    day.ask("DELETE", f"/Groups/{group['id']}")
    return other


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    folder = tmp_path_factory.mktemp("day")
    program = folder / "program.py"
    program.write_text(textwrap.dedent(PROGRAM))
    bridge = Bridge(folder, program=(str(program),), LOG_LEVEL="debug")
    tokens = set()
    issue = bridge.sandbox.tokens.issue

    def note(*arguments):
        answer = issue(*arguments)
        tokens.add(answer["access_token"])
        return answer

    bridge.sandbox.tokens.issue = note
    tokens.update(bridge.sandbox.tokens._issued)  # at its start a bridge looks at the schema
    lived = Day(bridge)
    live(lived)
    lived.told = {path: bridge.ask("GET", path)[2] for path in ("/health/live", "/health/ready", "/metrics")}
    lived.tokens = tokens
    secret = bridge.sandbox.client_secret
    assert bridge.stop() == 0
    lived.secrets = {
        "token": TOKEN, "client secret": secret, **{f"access token {n}": each for n, each in enumerate(tokens)},
        **{f"attempt {number}": text.split(None, 1)[1] for number, text in enumerate(NEAR_MISS)},
        "basic of the worker": base64.b64encode(f"{bridge.sandbox.client_id}:{secret}".encode()).decode(),
        "password": PERSON["password"], "second password": "Yx-mango-9!q", "weak password": "short-pw-kiwi",
    }  # fmt: skip
    return lived


def test_the_day_was_a_full_one(day):
    """The day had successes, refusals of every kind, a renewal of the token and a crash."""
    assert {200, 201, 400, 401, 404, 409, 500} <= set(day.statuses)
    assert len(day.tokens) >= 2
    lines = [json.loads(line) for line in day.bridge.said.splitlines()]
    events = {line["event"] for line in lines}
    assert {"request", "request failed", "request refused"} <= events
    crash = next(line for line in lines if line["event"] == "request failed")
    assert [told["type"] for told in crash["exception"]] == ["builtins.RuntimeError", "builtins.KeyError"]
    assert crash["client"] == "token"


def test_every_line_is_json_of_ours(day):
    """Nothing is written past the log: no traceback, no print, no library of its own."""
    for line in day.bridge.said.splitlines():
        assert {"event", "level", "timestamp"} <= json.loads(line).keys()


def test_no_secret_is_written_or_told(day):
    """Neither the secrets in use, nor those that were tried, nor passwords: in no line, answer, health or metric."""
    places = {"log": day.bridge.said, "refusals": "\n".join(day.refusals), **day.told}
    for name, text in places.items():
        found = [what for what, secret in day.secrets.items() if secret in text]
        assert not found, (name, found, [line for line in text.splitlines() if day.secrets[found[0]] in line][:3])


def test_no_personal_value_is_written(day):
    """No value of a person is in a line of the log, in health or in metrics."""
    for name, text in {"log": day.bridge.said, **day.told}.items():
        for value in PERSONAL:
            lines = [line for line in text.splitlines() if value in line]
            assert not lines, (name, value, lines[:3])


def test_no_refusal_repeats_what_pingone_quotes(day):
    """PingOne's errors quote what they refuse; what a client is told names attributes and rules, and no password."""
    for text in day.refusals:
        for value in ("zebra", "mango", "kiwi", "Quibblethwaite", "5550199", "Correlation"):
            assert value not in text, text
