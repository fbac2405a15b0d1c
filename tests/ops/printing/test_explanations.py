"""Explanations as text: the same words on plain paper as ever, and wrapped behind their labels on a terminal."""

from __future__ import annotations

import pytest

from scimbridge.ops.explaining.explain import explain
from scimbridge.ops.explaining.explanations import Consequence, NotExplained, PatchExplanation, Refusal, SentRequest
from scimbridge.ops.printing.explanations import print_explanation
from scimbridge.settings.declared import default_mappings

MOVE = SentRequest("PUT", "/users/USER-ID/population", "application/json", {"id": "POPULATION-ID"})


def test_a_path_is_told_as_in_the_documentation(printed):
    """Row, field, limits and requests of a path, each behind its label."""
    text = printed(print_explanation, explain('emails[type eq "work"].value', "User", default_mappings()))
    for line in (
        'emails[type eq "work"].value\n',
        '  row              users.toml [urn:ietf:params:scim:schemas:core:2.0:User] emails[type eq "work"].value\n',
        "  PingOne field    email\n",
        "  PATCH remove     PATCH /users/USER-ID\n",
        '                       {"Operations":[{"op":"remove","path":"email"}]}\n',
        "(paths of requests are below /v1/environments/<environment id>; ids and values are examples)\n",
    ):
        assert line in text


@pytest.mark.parametrize(
    ("outcome", "lines"),
    [
        (Consequence((), None, ()), ["nothing is sent"]),
        (Consequence((), Refusal(400, "mutability", "no"), ()), ["refused with 400 mutability: no"]),
        (
            Consequence((MOVE,), Refusal(409, None, "no"), ("roles",)),
            [
                "PUT /users/USER-ID/population",
                "    Content-Type: application/json",
                '    {"id":"POPULATION-ID"}',
                "then refused with 409: no",
                "left out, since nothing of that name is kept: roles",
            ],
        ),
    ],
)
def test_an_outcome_is_requests_refusal_and_what_is_left_out(printed, outcome, lines):
    """What is sent comes first, then what is refused, then what is not kept; nothing at all is said."""
    text = printed(print_explanation, PatchExplanation("User", "patch.json", outcome, reads=False))
    assert [line[19:] for line in text.splitlines()[1:-1]] == lines


def test_what_cannot_be_explained_is_one_line(printed):
    """A wrong expression is a sentence."""
    assert printed(print_explanation, NotExplained("no such thing")) == "no such thing\n"


def test_a_terminal_wraps_behind_the_label(printed):
    """On a narrow terminal no line is longer than it, and what is wrapped does not run below the labels."""
    lines = printed(print_explanation, explain("active", "User", default_mappings()), on={"NO_COLOR": "1"})
    plain = lines.replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()
    assert max(map(len, plain)) <= 60
    start = next(place for place, line in enumerate(plain) if line.startswith("  characteristics"))
    assert plain[start + 1].startswith(" " * 19)
