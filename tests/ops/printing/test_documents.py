"""The shapes of JSON that scripts rely on: one document each, and its keys."""

from __future__ import annotations

import datetime as dt
import io
import json

from scimbridge.access.limits import ClientLimits
from scimbridge.ops.checking.findings import WRITE, Report, not_tried, note, ok, warn
from scimbridge.ops.clients import ClientFacts, ClientList, IssuerSubject, SecretFacts
from scimbridge.ops.explaining.explain import explain
from scimbridge.ops.printing.documents import write_document
from scimbridge.settings.declared import default_mappings


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
            secrets=(SecretFacts("ab12", made, None, valid=True, last_used=made),),
            certificates=(), subjects=(IssuerSubject("https://login.example.com/", "abc"),),
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
            "secrets": [{"id": "ab12", "made": "2026-11-21T10:00:00Z", "ends": None, "valid": True,
                         "last_used": "2026-11-21T10:00:00Z"}],
            "certificates": [],
            "subjects": [{"issuer": "https://login.example.com/", "subject": "abc"}],
        }],
        "last_use_unknown": None,
    }  # fmt: skip


def test_findings():
    """A report has every finding with all keys, and how many of them are bad."""
    found = [
        ok("token", "there is one"), warn("page size", "it is odd", "set it"), note("page size", "for now"),
        not_tried("values", "which are taken"),
    ]  # fmt: skip
    assert document(Report.of(found)) == {
        "findings": [
            {"grade": "ok", "where": "token", "what": "there is one", "cure": None},
            {"grade": "warning", "where": "page size", "what": "it is odd", "cure": "set it"},
            {"grade": "note", "where": "page size", "what": "for now", "cure": None},
            {"grade": "not tried", "where": "values", "what": "which are taken", "cure": WRITE},
        ],
        "faults": 0,
        "warnings": 1,
        "not_tried": 1,
        "summary": f"1 warning in 3 findings; 1 thing was not tried (values): {WRITE}",
    }


OUTCOME = {"requests", "refusal", "left_out"}


def keys(value):
    """Return the keys of a document, without what lies within."""
    return set(value)


def test_a_path():
    """What a path means: its rows, an example with its requests, and a filter, whose values are no texts to be read."""
    told = document(explain("title", "User", default_mappings()))
    assert keys(told) == {
        "kind", "resource", "path", "taken_away", "rows", "rowless", "characteristics", "example", "no_example",
        "filter",
    }  # fmt: skip
    assert (told["kind"], told["resource"], told["path"]) == ("path", "User", "title")
    (row,) = told["rows"]
    assert keys(row) == {"row", "field", "carried", "codec", "limits", "filters", "characteristics"}
    assert row["field"] == "title"
    assert row["characteristics"] == {
        "type": "string", "multi_valued": False, "required": False, "case_exact": False, "mutability": "readWrite",
        "returned": "default", "uniqueness": "none", "canonical_values": [],
    }  # fmt: skip
    example = told["example"]
    assert keys(example) == {"path", "value", "create", "replace", "remove"}
    assert example["remove"] == {
        "requests": [{
            "method": "PATCH",
            "path": "/users/USER-ID",
            "media": "application/vnd.pingidentity.user.scim.patch+json",
            "body": {"Operations": [{"op": "remove", "path": "title"}]},
        }],
        "refusal": None,
        "left_out": [],
    }  # fmt: skip


def test_a_filter():
    """What becomes of a filter: a reading for each way of comparing, with what is asked."""
    told = document(explain('title eq "Lead"', "User", default_mappings()))
    assert keys(told) == {"kind", "resource", "filter", "refusal", "readings"}
    assert [keys(each) for each in told["readings"]] == [
        {"case", "asks", "collection", "native", "exact", "outcome"},
    ] * 2
    assert [(each["case"], each["asks"], each["native"]) for each in told["readings"]] == [
        ("ignored", "filter", 'title eq "Lead"'),
        ("minded", "all", None),
    ]


def test_a_refused_filter():
    """A refusal has the status and the scimType that the client would get."""
    told = document(explain("password", "User", default_mappings()))["filter"]
    assert told["readings"] == []
    assert keys(told["refusal"]) == {"status", "scim_type", "detail"}
    assert (told["refusal"]["status"], told["refusal"]["scim_type"]) == (400, "invalidFilter")


def test_a_schema():
    """What a table keeps of a schema: each row with its field."""
    told = document(explain("urn:pingidentity:schemas:extension:2.0:PingOneUser", "User", default_mappings()))
    assert keys(told) == {"kind", "resource", "schema", "rows"}
    assert {frozenset(row) for row in told["rows"]} == {frozenset({"row", "field"})}


def test_files(tmp_path):
    """What becomes of a resource, and of a PatchOp message; no password is told."""
    file = tmp_path / "user.json"
    file.write_text('{"userName": "jdoe", "password": "Very-S3cret!"}')
    told = document(explain(str(file), "User", default_mappings()))
    assert keys(told) == {"kind", "resource", "file", "create", "replace", "against"}
    assert keys(told["create"]) == keys(told["replace"]) == OUTCOME
    assert "Very-S3cret!" not in json.dumps(told)
    file.write_text('{"Operations": [{"op": "replace", "path": "title", "value": "Lead"}]}')
    told = document(explain(str(file), "User", default_mappings()))
    assert keys(told) == {"kind", "resource", "file", "patch", "reads", "against"}
    assert (told["kind"], told["reads"]) == ("patch", False)


def test_what_cannot_be_explained():
    """A wrong expression is a document too."""
    told = document(explain("nikName", "User", default_mappings()))
    assert keys(told) == {"kind", "detail", "faults"}
    assert told["kind"] == "error"
