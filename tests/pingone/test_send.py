"""The seam's data."""

from __future__ import annotations

import pytest

from scimbridge.pingone.send import Request, Response, read_http_date, template


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("", "/"),
        ("/users", "/users"),
        ("/users/5c2d", "/users/{id}"),
        ("/users/5c2d/memberOfGroups/0a9b?x=y", "/users/{id}/memberOfGroups/{id}"),
    ],
)
def test_template(path, shown):
    """A path is told without its ids."""
    assert template(path) == shown


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Sat, 01 Mar 2025 09:15:27 GMT", 1740820527),
        ("Sat, 01 Mar 2025 09:15:27 -0000", 1740820527),
        ("Sat, 01 Mar 2025 10:15:27 +0100", 1740820527),
        ("", None),
        (None, None),
        ("yesterday", None),
        ("Sat, 99 Mar 2025 09:15:27 GMT", None),
    ],
)
def test_dates(text, seconds):
    """HTTP dates are read in any zone; what is none is None."""
    assert read_http_date(text) == seconds


def test_what_is_safe_to_repeat():
    """All methods but POST are, unless the request says otherwise."""
    assert [method for method in ("GET", "PUT", "PATCH", "DELETE", "POST") if Request(method, "/x").safe_to_repeat] == [
        "GET",
        "PUT",
        "PATCH",
        "DELETE",
    ]
    assert Request("POST", "/x", repeatable=True).safe_to_repeat
    assert not Request("PUT", "/x", repeatable=False).safe_to_repeat


def test_repr_hides_content():
    """Bodies, headers and links are in no repr."""
    request = Request(
        "PUT", "/x", body={"value": "s3cret"}, headers=(("Authorization", "Bearer t"),), href="h?cursor=c"
    )
    assert repr(request).count("s3cret") + repr(request).count("Bearer") + repr(request).count("cursor") == 0
    assert "jdoe" not in repr(Response(200, {}, {"username": "jdoe"}))
