"""How many connections may wait at the door, in all and from one address, and who gives way when there are more.

At the door is a connection of which no whole request is there: new, silent, sending, or kept alive. Pure counting:
knows no sockets and no clock. Whoever has most gives way, so that a crowd from one place shuts out itself and nobody
else. A trusted proxy stands for many clients: no limit for one address holds for it, and it gives way last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Generic, Protocol, TypeVar

Networks = Iterable[IPv4Network | IPv6Network]
_SITE = 64  # bits: one site has a network of so many, and may take any address in it


class AtDoor(Protocol):
    """What has to be known of a connection: whose it is, whether it sends, and how many bytes are held for it."""

    place: str
    is_sending: bool

    @property
    def held(self) -> int: ...  # noqa: D102 - as in the class's sentence


T = TypeVar("T", bound=AtDoor)


class Places:
    """Names where connections come from: an address, of IPv6 the site. Nameless are the trusted proxies."""

    def __init__(self, proxies: Networks = ()) -> None:
        self._proxies = tuple(proxies)

    def name(self, peer: object) -> str:
        """Return the place of a socket's peer; "" where no limit for one place holds: a proxy, or a Unix socket."""
        if not isinstance(peer, tuple):
            return ""
        address = ip_address(str(peer[0]).partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None)
        address = mapped or address
        if any(address in network for network in self._proxies):
            return ""
        if address.version == 6:  # noqa: PLR2004 - IPv6
            return str(ip_network((address, _SITE), strict=False))
        return str(address)


class Crowd(Generic[T]):
    """Who is at the door, those that came first before the others."""

    def __init__(self, most: int, most_of_place: int, most_bytes: int) -> None:
        self._most = most
        self._most_of_place = most_of_place
        self._most_bytes = most_bytes
        self._waiting: dict[T, None] = {}
        self._of_place: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[T]:
        return iter(tuple(self._waiting))

    def __contains__(self, connection: object) -> bool:
        return connection in self._waiting

    @property
    def sending(self) -> int:
        """How many have begun a request."""
        return sum(each.is_sending for each in self._waiting)

    def enter(self, connection: T) -> None:
        """Count a connection, as the last one that came."""
        self._waiting[connection] = None
        self._of_place[connection.place] += 1

    def leave(self, connection: T) -> None:
        """Count it no longer."""
        del self._waiting[connection]
        self._of_place[connection.place] -= 1
        if not self._of_place[connection.place]:
            del self._of_place[connection.place]

    def find_surplus(self, connection: T) -> T | None:
        """Return who gives way now that this one came; None where there is room for all."""
        place = connection.place
        if place and self._of_place[place] > self._most_of_place:
            return self._first_of(place)
        if len(self._waiting) > self._most:
            return self.find_first_of_most()
        return None

    def find_first_of_most(self) -> T | None:
        """Return the first of the place that has most at the door."""
        if not self._of_place:
            return None
        most = max(self._of_place, key=lambda place: (bool(place), self._of_place[place]))  # of equals the first
        return self._first_of(most)

    def find_heaviest(self, total: int) -> T | None:
        """Return for whom most bytes are held, of the place for which most are; None where `total` is no more than may.

        `total` counts what is held for requests that have arrived as well.
        """
        if total <= self._most_bytes:
            return None
        of_place: Counter[str] = Counter()
        for each in self._waiting:
            of_place[each.place] += each.held
        if not of_place:
            return None
        heaviest = max(of_place.items(), key=lambda item: (bool(item[0]) and item[1] > 0, item[1]))[0]
        return max((each for each in self._waiting if each.place == heaviest), key=lambda each: each.held)

    def _first_of(self, place: str) -> T:
        """Return who has been at the door longest of those that came from a place."""
        return next(each for each in self._waiting if each.place == place)
