"""Who waits at the door, and who gives way when there are too many."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_network

import pytest

from scimbridge.serve.crowd import Crowd, Places


@dataclass(eq=False)
class Visitor:
    """A connection, as far as the crowd knows it."""

    place: str
    is_sending: bool = True
    held: int = 0


def let_in(crowd, *visitors):
    """Let some enter, and return those who had to give way."""
    gone = []
    for visitor in visitors:
        crowd.enter(visitor)
        while (surplus := crowd.find_surplus(visitor)) is not None:
            crowd.leave(surplus)
            gone.append(surplus)
    return gone


@pytest.mark.parametrize(
    ("peer", "place"),
    [
        (("192.0.2.1", 5), "192.0.2.1"),
        (("::ffff:192.0.2.1", 5, 0, 0), "192.0.2.1"),
        (("2001:db8:1:2:3::4", 5, 0, 0), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 5, 0, 2), "fe80::/64"),
        (("10.1.2.3", 5), ""),
        ("", ""),
    ],
)
def test_places(peer, place):
    """A place is an address, of IPv6 the site; a trusted proxy and a Unix socket stand for many and have none."""
    assert Places([ip_network("10.0.0.0/8")]).name(peer) == place


def test_one_place_has_so_many_at_most():
    """Over the limit of one place the one that came first from there gives way; others stay, and so do newcomers."""
    crowd = Crowd(100, 3, 100)
    other = Visitor("b", is_sending=False)
    theirs = [Visitor("a"), Visitor("a"), Visitor("a"), Visitor("a", is_sending=False), Visitor("a", is_sending=False)]
    assert let_in(crowd, other, *theirs) == theirs[:2]
    assert other in crowd


def test_whoever_has_most_gives_way():
    """Over the limit of all, the first of the place that has most gives way to a newcomer of any other."""
    crowd = Crowd(5, 100, 100)
    many, few = [Visitor("a") for _ in range(4)], [Visitor("b"), Visitor("c")]
    assert let_in(crowd, *many, *few) == [many[0]]


def test_of_many_places_the_first_gives_way():
    """Where nobody has more than anybody else, who came first gives way, and a newcomer gets in."""
    crowd = Crowd(3, 100, 100)
    visitors = [Visitor(place) for place in "abcde"]
    assert let_in(crowd, *visitors) == visitors[:2]


def test_a_proxy_has_no_limit_of_its_own_and_gives_way_last():
    """Connections of a trusted proxy are not counted as those of one client."""
    crowd = Crowd(6, 2, 100)
    proxied = [Visitor("") for _ in range(5)]
    stranger, newcomer = Visitor("a"), Visitor("")
    assert let_in(crowd, *proxied, stranger, newcomer) == [stranger]
    assert let_in(crowd, Visitor("")) == [proxied[0]]


def test_whoever_holds_most_bytes_gives_way():
    """Over the bound of bytes, the largest of the place for which most are held gives way."""
    crowd = Crowd(100, 100, 1000)
    small = [Visitor("a", held=200) for _ in range(4)]
    large = Visitor("b", held=700)
    let_in(crowd, large, *small, Visitor("", held=900))
    assert crowd.find_heaviest(1000) is None
    assert crowd.find_heaviest(1001) is small[0]
    for each in small:
        crowd.leave(each)
    assert crowd.find_heaviest(1600) is large
