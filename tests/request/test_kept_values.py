"""What PingOne's answer is held against."""

from __future__ import annotations

import pytest

from scimbridge.access.caller import Caller
from scimbridge.mapping.tables.shipped import default_mappings
from scimbridge.mapping.translate import silent
from scimbridge.pingone.bodies import HELD
from scimbridge.pingone.send import Call
from scimbridge.request.context import RequestContext
from scimbridge.request.kept_values import KeptValues
from scimbridge.resources.tables import open_tables
from scimbridge.scim.reading import Manner
from scimbridge.sides import Native


@pytest.mark.parametrize(("held", "lost"), [({HELD: {"userFilter": "odd [spelling]"}}, 0), ({}, 1)])
def test_what_is_not_shown_is_kept(held, lost):
    """A filter that PingOne spells as nobody here can read is not shown, and yet was kept."""
    told = []
    kept = KeptValues(
        open_tables(default_mappings()).whole["Group"], lambda _type, name, count: told.extend([name] * count)
    )
    context = RequestContext(Caller("c"), Call(), Manner(strict=False, notice=silent))
    kept.look(context, {"userFilter": 'username eq "a"'}, Native({"id": "g", **held}))
    assert len(told) == len(context.dropped) == lost
