"""The record of what was asked."""

from __future__ import annotations

import requests


def test_every_request_is_noted(api):
    """Method, path, query, template, type, body, status; the token's secrets are not."""
    api.sandbox.journal.clear()
    user = api.user("a")
    api.call("GET", f"/users/{user['id']}?include=memberOfGroupIDs")
    api.call("GET", "/nothing")
    api.renew()
    created, read, unknown, token = api.sandbox.journal.entries
    assert (created.method, created.template, created.status) == ("POST", "/users", 201)
    assert (created.content_type, created.json) == ("application/json", {"username": "a"})
    assert (read.template, read.query, read.json) == ("/users/{user}", "include=memberOfGroupIDs", None)
    assert read.path.endswith(user["id"])
    assert read.correlation
    assert unknown.status == 404
    assert (token.template, token.body) == ("/{tenant}/as/token", b"")
    assert [entry.serial for entry in api.sandbox.journal.entries] == [2, 3, 4, 5]


def test_requests_are_counted_by_method_and_template(company):
    """Counts go by what was asked, whatever the id."""
    journal = company.sandbox.journal
    journal.clear()
    for user in company.good("GET", "/users?limit=100")["_embedded"]["users"][:3]:
        company.good("GET", f"/users/{user['id']}")
    assert journal.count("GET", "/users/{user}") == 3
    assert journal.count(template="/users") == 1
    assert journal.count() == 4
    assert journal.calls == ["GET /users", *["GET /users/{user}"] * 3]
    journal.clear()
    assert (journal.count(), journal.entries) == (0, [])


def test_the_journal_is_read_and_reset_over_http(api):
    """GET and DELETE /_sandbox/journal, which do not note themselves."""
    url = f"{api.sandbox.url}/_sandbox/journal"
    requests.delete(url, timeout=10)
    api.user("a")
    shown = requests.get(url, timeout=10).json()
    assert shown["counts"] == {"POST /users": 1}
    assert (shown["entries"][0]["status"], shown["entries"][0]["body"]) == (201, '{"username": "a"}')
    assert requests.delete(url, timeout=10).status_code == 204
    assert requests.get(url, timeout=10).json() == {"counts": {}, "entries": []}
