"""Whose turn it is."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from scimbridge.pingone.sending.fair_queue import FairQueue, Waiter


def _drain(turns):
    served = []
    while turns:
        served.append(turns.first())
        turns.serve()
    return served


def _names(waiters):
    return "".join(waiter.client for waiter in waiters)


def _join(turns, clients, *, urgent=False, background=False):
    waiters = [Waiter(client, urgent, background) for client in clients]
    for waiter in waiters:
        turns.join(waiter)
    return waiters


def test_clients_in_turn():
    """One client's many calls do not keep another's single one waiting."""
    turns = FairQueue()
    _join(turns, "aaaaabcc")
    assert _names(_drain(turns)) == "abcacaaa"


def test_urgent_first():
    """Urgent calls go before all others, in turn by client as well."""
    turns = FairQueue()
    _join(turns, "aab")
    _join(turns, "AAB", urgent=True)
    assert _names(_drain(turns)) == "ABAaba"


def test_urgent_ones_do_not_shut_out_the_rest():
    """In an endless row of urgent calls, every ninth turn is another's."""
    turns = FairQueue()
    _join(turns, "x" * 2)
    _join(turns, "U" * 20, urgent=True)
    assert _names(_drain(turns)) == "U" * 8 + "x" + "U" * 8 + "x" + "U" * 4


def test_those_in_the_background_go_last():
    """A call in the background goes when nobody else waits, whatever came first; urgent or not."""
    turns = FairQueue()
    _join(turns, "b", urgent=True, background=True)
    _join(turns, "a")
    _join(turns, "U", urgent=True)
    assert _names(_drain(turns)) == "Uab"


def test_the_background_gets_on():
    """In an endless row of others, every ninth turn is one of the background's."""
    turns = FairQueue()
    _join(turns, "bb", background=True)
    _join(turns, "UUUU", urgent=True)
    _join(turns, "a" * 14)
    assert _names(_drain(turns)) == "UUUU" + "aaaa" + "b" + "a" * 8 + "b" + "aa"


def test_held_back():
    """While the background is held back, it holds back nobody, and its next call is known."""
    turns = FairQueue()
    waiters = _join(turns, "b", background=True)
    assert turns.first(held_back=True) is None
    assert turns.in_background is waiters[0]
    _join(turns, "a" * 10)
    for _ in range(10):
        assert turns.first(held_back=True).client == "a"
        turns.serve(held_back=True)
    assert _drain(turns) == waiters


def test_giving_up():
    """A call that gives up leaves the others in their order."""
    turns = FairQueue()
    waiters = _join(turns, "aabb")
    turns.leave(waiters[0])
    turns.leave(waiters[3])
    assert _drain(turns) == [waiters[1], waiters[2]]
    turns.serve()
    assert turns.first() is None


def test_expectation():
    """A newcomer's place in the row is what it will be when nobody else comes."""
    turns = FairQueue()
    _join(turns, "aaab")
    _join(turns, "U", urgent=True)
    assert turns.before("c", urgent=False) == 3
    assert turns.before("b", urgent=False) == 4
    assert turns.before("a", urgent=False) == 5
    assert turns.before("c", urgent=True) == 1
    assert turns.before("c", urgent=False, background=True) == 5


_arrivals = st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=40)


@given(_arrivals)
def test_everybody_is_served_once(arrivals):
    """All calls get their turn, once, and each client's in the order they came."""
    turns = FairQueue()
    waiters = [Waiter(client, urgent) for client, urgent in arrivals]
    for waiter in waiters:
        turns.join(waiter)
    served = _drain(turns)
    assert sorted(map(id, served)) == sorted(map(id, waiters))
    for client in "abcd":
        for urgent in (True, False):
            own = [each for each in waiters if (each.client, each.urgent) == (client, urgent)]
            assert [each for each in served if each in own] == own


@given(_arrivals)
def test_fairness(arrivals):
    """Between two turns of a client that waits, no other client of its kind has more than one."""
    turns = FairQueue()
    for client, _ in arrivals:
        turns.join(Waiter(client, urgent=False))
    served = _names(_drain(turns))
    for client in set(served):
        places = [place for place, each in enumerate(served) if each == client]
        for sooner, later in pairwise(places):
            between = served[sooner + 1 : later]
            assert len(between) == len(set(between))
