"""A client that measures: one connection for each thread, kept open, and the seconds of every request.

Knows HTTP and clocks. A request that does not end as expected ends the measurement: figures of failures mean nothing.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from benchmarks.stand import HOST, Address


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. `expected` are the statuses of success."""

    method: str
    target: str
    body: bytes | None = None
    media: str = "application/json"
    expected: tuple[int, ...] = (200, 201, 204)


class Connection:
    """One kept-open connection to an address."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._wire = http.client.HTTPConnection(HOST, address.port, timeout=120)

    def send(self, ask: Ask) -> tuple[float, bytes]:
        """Return the seconds until the whole answer was read, and the answer. Raises RuntimeError when it is none."""
        headers = {"Authorization": self._address.authorization, "Accept": "*/*"}
        if ask.body is not None:
            headers["Content-Type"] = ask.media
        began = time.perf_counter()
        self._wire.request(ask.method, self._address.path + ask.target, ask.body, headers)
        answer = self._wire.getresponse()
        content = answer.read()
        seconds = time.perf_counter() - began
        if answer.status not in ask.expected:
            msg = f"{ask.method} was answered with {answer.status}: {content[:300]!r}"
            raise RuntimeError(msg)
        return seconds, content

    def close(self) -> None:
        """Close it."""
        self._wire.close()


def take_turns(addresses: Sequence[Address], asks: Sequence[Callable[[int], Ask]], times: int) -> list[list[float]]:
    """Send to each address in turn, so that whatever else the machine does hits all of them alike.

    Returns the seconds of each address's requests.
    """
    connections = [Connection(address) for address in addresses]
    seconds: list[list[float]] = [[] for _ in addresses]
    for number in range(times):
        for place, connection in enumerate(connections):
            seconds[place].append(connection.send(asks[place](number))[0])
    for connection in connections:
        connection.close()
    return seconds


def press(address: Address, ask: Callable[[int], Ask], times: int, threads: int) -> tuple[float, list[float]]:
    """Send `times` requests from so many threads at once. Returns the seconds in all and those of each request."""
    numbers = iter(range(times))

    def work() -> list[float]:
        connection = Connection(address)
        found = [connection.send(ask(number))[0] for number in _shared(numbers)]
        connection.close()
        return found

    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        parts = [future.result() for future in [pool.submit(work) for _ in range(threads)]]
    return time.perf_counter() - began, [second for part in parts for second in part]


def _shared(numbers: Iterator[int]) -> Iterator[int]:
    while (number := next(numbers, None)) is not None:
        yield number
