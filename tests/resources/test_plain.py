"""The verbs of kinds that have none of their own, and which kinds they are not for."""

from __future__ import annotations

import pytest

from scimbridge.pingone.kinds import GROUPS, USERS
from scimbridge.resources.plain import Plain


@pytest.mark.parametrize("kind", [USERS, GROUPS])
def test_a_kind_with_calls_of_its_own_is_refused(kind):
    """A kind with facets or members that nobody joined to its own verbs stops the start: these would lose them."""

    class Named:
        name = kind.collection

    with pytest.raises(ValueError, match=f"kind {kind.name}: it has facets or members"):
        Plain(Named(), None, None, None)
