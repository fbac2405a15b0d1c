from __future__ import annotations

from types import SimpleNamespace

import pytest

from scimbridge.lists.pages import Turned
from scimbridge.lists.windows import Windows
from scimbridge.pingone.errors import Unreachable
from scimbridge.pingone.paging import Page

CUT = Page([], None, None)  # what a client sees of a page that is outside of its populations


@pytest.mark.parametrize(("ends", "is_end"), [(["c", "b"], True), (["c", "d"], False)])
def test_a_doubtful_end_is_held_to_what_pingone_has(ends, is_end):
    """Whether it is the last page is decided by its records, also where the client may see none of them."""
    turned = [Turned(None, CUT, 100, last) for last in ends]
    windows = Windows(SimpleNamespace(turn=lambda *_arguments: iter(turned)), None, None, 1000)
    if is_end:
        windows._check_end(None, None, "b")
        return
    with pytest.raises(Unreachable):
        windows._check_end(None, None, "b")
