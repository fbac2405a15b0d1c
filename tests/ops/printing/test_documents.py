"""The shapes of JSON that scripts rely on: one document each, and its keys."""

from __future__ import annotations

import datetime as dt
import io
import json

from scimbridge.access.limits import ClientLimits
from scimbridge.ops.checking.findings import Report, note, ok, warn
from scimbridge.ops.clients import ClientFacts, ClientList, SecretFacts, Subject
from scimbridge.ops.printing.documents import write_document


def document(value):
    stream = io.StringIO()
    write_document(stream, value)
    assert stream.getvalue().endswith("}\n")
    return json.loads(stream.getvalue())


def test_clients():
    """A list has every client with all keys, what is not set as null, and moments in UTC."""
    made = dt.datetime(2026, 11, 21, 10, tzinfo=dt.UTC)
    listed = document(ClientList((
        ClientFacts(
            name="okta", scopes=("users:read",), populations=None, hidden={"User": ("title",)}, default_count=None,
            strict=False, limits=ClientLimits(requests_per_second=5.0),
            secrets=(SecretFacts("ab12", made, None, valid=True),),
            certificates=(), subjects=(Subject("https://login.example.com/", "abc"),),
        ),
    )))  # fmt: skip
    assert listed == {
        "clients": [{
            "name": "okta",
            "scopes": ["users:read"],
            "populations": None,
            "hidden": {"User": ["title"]},
            "default_count": None,
            "strict": False,
            "limits": {"requests_per_second": 5.0, "concurrent": None, "body": None, "bulk_operations": None},
            "secrets": [{"id": "ab12", "made": "2026-11-21T10:00:00Z", "ends": None, "valid": True}],
            "certificates": [],
            "subjects": [{"issuer": "https://login.example.com/", "subject": "abc"}],
        }]
    }  # fmt: skip


def test_findings():
    """A report has every finding with all keys, and how many of them are bad."""
    found = [ok("token", "there is one"), warn("page size", "it is odd", "set it"), note("page size", "for now")]
    assert document(Report.of(found)) == {
        "findings": [
            {"grade": "ok", "where": "token", "what": "there is one", "cure": None},
            {"grade": "warn", "where": "page size", "what": "it is odd", "cure": "set it"},
            {"grade": "note", "where": "page size", "what": "for now", "cure": None},
        ],
        "faults": 0,
        "warnings": 1,
    }
