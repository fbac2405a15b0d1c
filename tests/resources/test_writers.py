"""Writers: a change that was planned anywhere is carried out in one place for each resource type."""

from __future__ import annotations

import pytest

from scimbridge.mapping.links import Links, Member
from scimbridge.mapping.plan import Changes
from scimbridge.ops.explaining.rehearsal import IDS, Stage
from scimbridge.request.progress import Progress
from scimbridge.resources.tables import open_tables
from scimbridge.settings.declared import default_mappings

USER, GROUP, POPULATION = IDS["USER-ID"], IDS["GROUP-ID"], IDS["POPULATION-ID"]
CHANGES = {
    "User": Changes(body={"title": "x"}, facets={"enabled": False, "mfaEnabled": True}),
    "Group": Changes(body={"description": "x"}, links=Links(add=(Member(USER, "User"),))),
    "Population": Changes(body={"description": "x"}),
}
CALLS = {
    "User": [f"PUT /users/{USER}/enabled", f"PATCH /users/{USER}", f"PUT /users/{USER}/mfaEnabled"],
    "Group": [f"GET /groups/{GROUP}", f"PUT /groups/{GROUP}", f"POST /users/{USER}/memberOfGroups"],
    "Population": [f"GET /populations/{POPULATION}", f"PUT /populations/{POPULATION}"],
}
STEPS = {"User": ["disable", "attributes", "mfaEnabled"], "Group": ["attributes", "members"]}


@pytest.fixture(scope="module")
def tables():
    """The tables that ship."""
    return open_tables(default_mappings())


@pytest.mark.parametrize("kind", CHANGES)
def test_changes_alone_are_enough(tables, kind):
    """Who has read nothing before hands over the changes; the calls are made in their order, and each is noted."""
    progress, written = Progress(), []

    def write(endpoint, context, _options):
        written.append(endpoint.resource.writer.write(context, IDS[f"{kind.upper()}-ID"], CHANGES[kind], progress))

    played = Stage(tables, tables.whole[kind]).play(write, {"name": "held"})
    assert [f"{call.method} {call.path}" for call in played.requests] == CALLS[kind]
    assert progress.done == progress.planned == STEPS.get(kind, ["attributes"])
    assert written[0].wrote


@pytest.mark.parametrize("kind", CHANGES)
def test_no_changes_are_no_writing_calls(tables, kind):
    """Where nothing has to change nothing is written."""
    written = []

    def write(endpoint, context, _options):
        written.append(endpoint.resource.writer.write(context, IDS[f"{kind.upper()}-ID"], Changes(), Progress()))

    played = Stage(tables, tables.whole[kind]).play(write, {"name": "held"})
    assert {call.method for call in played.requests} <= {"GET"}
    assert not written[0].wrote
