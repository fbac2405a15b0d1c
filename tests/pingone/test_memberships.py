"""Memberships: already there and already gone are success, and told apart from done."""

from __future__ import annotations

import pytest

from scimbridge.pingone.errors import Fault, NoPermission, NotThere, Refused, Unreachable
from scimbridge.pingone.memberships import Memberships, Outcome
from scimbridge.pingone.send import Call, Response
from scimbridge.pingone.sending.retry import WithRetry

THERE = Response(200, {}, {"id": "g", "type": "DIRECT"})
GONE = Response(204)


def clash():
    return Refused("unique", status=400, faults=(Fault("UNIQUENESS_VIOLATION"),))


def missing():
    return NotThere("not there", status=404)


def refused():
    return Refused("indirect", status=400, code="REQUEST_FAILED")


def lost():
    return Unreachable("broke off", maybe_done=True)


@pytest.fixture
def over(playback, clock):
    """Memberships over a played-back PingOne, with repetition in between as in life."""

    def make(*answers):
        sender = playback(*answers)
        send = WithRetry(sender, clock=clock, sleep=clock.sleep, random=lambda: 0.0)
        memberships = Memberships(send, clock=clock, sleep=clock.sleep)
        memberships.requests = sender.requests
        return memberships

    return make


def _add(memberships, call=None):
    return memberships.add(call or Call(), "users", "u", "g")


def _remove(memberships, call=None):
    return memberships.remove(call or Call(), "users", "u", "g")


def _sent(memberships):
    return [(each.method, each.path) for each in memberships.requests]


def test_added(over):
    """One call adds a member."""
    memberships = over(THERE)
    assert _add(memberships) is Outcome.DONE
    (request,) = memberships.requests
    assert (request.method, request.path) == ("POST", "/users/u/memberOfGroups")
    assert request.body == {"id": "g"}
    assert request.safe_to_repeat


def test_nested(over):
    """A group becomes a member the same way."""
    memberships = over(Response(201, {}, {"id": "parent", "type": "DIRECT"}))
    assert memberships.add(Call(), "groups", "child", "parent") is Outcome.DONE
    assert _sent(memberships) == [("POST", "/groups/child/memberOfGroups")]


def test_already_there(over):
    """A member that is there already is success, confirmed by a look."""
    memberships = over(clash(), THERE)
    assert _add(memberships) is Outcome.ALREADY
    assert _sent(memberships)[1] == ("GET", "/users/u/memberOfGroups/g")


def test_group_of_the_same_name(over, clock):
    """When the look finds no membership, the refusal stands: another group of that name is in the way."""
    memberships = over(clash(), missing())
    with pytest.raises(Refused) as error:
        _add(memberships)
    assert error.value.has("UNIQUENESS_VIOLATION")
    assert clock.slept == [0.25, 0.5, 1.0]


def test_shown_late(over):
    """A membership that PingOne shows a moment late is found."""
    assert _add(over(clash(), missing(), missing(), THERE)) is Outcome.ALREADY


def test_looking_ends_with_the_deadline(over, clock):
    """Looking does not go past the deadline."""
    memberships = over(clash(), missing())
    with pytest.raises(Refused):
        _add(memberships, Call(deadline=clock() + 0.5))
    assert clock.slept == [0.25]


def test_added_by_a_lost_try(over):
    """After a lost answer, "already there" may be our own doing, and says so."""
    memberships = over(lost(), clash(), THERE)
    assert _add(memberships) is Outcome.PERHAPS


def test_added_after_a_lost_try(over):
    """When the repetition does the work, it is done."""
    assert _add(over(lost(), THERE)) is Outcome.DONE


@pytest.mark.parametrize("error", [missing(), refused(), NoPermission("no", status=403)])
def test_addition_refused(over, error):
    """Other refusals stand."""
    memberships = over(error)
    with pytest.raises(type(error)):
        _add(memberships)
    assert len(memberships.requests) == 1


def test_removed(over):
    """One call removes a member."""
    memberships = over(GONE)
    assert _remove(memberships) is Outcome.DONE
    assert _sent(memberships) == [("DELETE", "/users/u/memberOfGroups/g")]


def test_already_gone(over):
    """A member that is gone already is success."""
    assert _remove(over(missing())) is Outcome.ALREADY


def test_removed_by_a_lost_try(over):
    """After a lost answer, "gone" may be our own doing, and says so."""
    assert _remove(over(lost(), missing())) is Outcome.PERHAPS


def test_indirect_member(over):
    """A member through nesting or a filter cannot be removed: the refusal stands."""
    memberships = over(refused(), Response(200, {}, {"id": "g", "type": "INDIRECT"}))
    with pytest.raises(Refused) as error:
        _remove(memberships)
    assert error.value.code == "REQUEST_FAILED"


def test_already_gone_in_other_words(over):
    """A refusal where no membership is to be seen is "already gone"."""
    assert _remove(over(refused(), missing())) is Outcome.ALREADY
    assert _remove(over(lost(), refused(), missing())) is Outcome.PERHAPS


def test_removal_forbidden(over):
    """A missing right is told as it is, without a look."""
    memberships = over(NoPermission("no", status=403))
    with pytest.raises(NoPermission):
        _remove(memberships)
    assert len(memberships.requests) == 1


def test_read_and_list(over):
    """One membership is read by its group; all are listed with their groups."""
    memberships = over(THERE, Response(200, {}, {"_embedded": {"groupMemberships": [{"id": "g"}]}}))
    assert memberships.read(Call(), "users", "u", "g")["type"] == "DIRECT"
    (page,) = memberships.of(Call(), "users", "u", 100)
    assert page.records == [{"id": "g"}]
    assert memberships.requests[1].query == (("limit", "100"), ("expand", "group"))


def test_unknown_kind(over):
    """Only users and groups can be members."""
    with pytest.raises(ValueError, match="populations"):
        over(THERE).add(Call(), "populations", "p", "g")
