"""What is measured: each piece of work directly at PingOne and through the bridge, one after the other or in turn.

Knows both protocols, and nothing of how figures are shown.
"""

from __future__ import annotations

import json
import statistics
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmarks.load import Ask, Connection, press, take_turns
from benchmarks.stand import Address, Stand

PAGE = 100
SCIM = "application/scim+json"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
MEMBERS = 2000


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the report; times in milliseconds, `processor` in milliseconds of the bridge per request."""

    work: str
    way: str
    p50: float
    p95: float
    p99: float
    per_second: float
    calls: float
    processor: float | None
    megabytes: float | None


def _figure(work: str, way: str, seconds: Sequence[float], total: float, calls: int, usage: _Usage | None) -> Figure:
    ordered = sorted(seconds)

    def part(share: float) -> float:
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    return Figure(
        work, way, 1000 * statistics.median(ordered), part(0.95), part(0.99),
        len(ordered) / total, calls / len(ordered),
        None if usage is None else 1000 * usage.seconds / len(ordered),
        None if usage is None else usage.megabytes,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Usage:
    seconds: float
    megabytes: float


class _Meter:
    """What the bridge used and how many calls were made, between two looks."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        stand.forget_calls()
        self._before = stand.program.usage()

    def read(self) -> tuple[_Usage, int]:
        seconds, megabytes = self._stand.program.usage()
        return _Usage(seconds - self._before[0], megabytes), self._stand.calls()


def some_users(stand: Stand, count: int) -> list[str]:
    """Return the ids of the first users."""
    connection, ids, target = Connection(stand.direct), list[str](), f"/users?limit={PAGE}"
    while len(ids) < count and target:
        page = json.loads(connection.send(Ask("GET", target))[1])
        ids += [user["id"] for user in page["_embedded"]["users"]]
        target = _next(page, stand.direct)
    connection.close()
    return ids[:count]


def _next(page: dict[str, dict[str, dict[str, str]]], address: Address) -> str:
    link = page["_links"].get("next")
    if link is None:
        return ""
    parts = urlsplit(link["href"])
    return f"{parts.path.removeprefix(address.path)}?{parts.query}"


def get_one(stand: Stand, ids: Sequence[str], times: int, latency: float) -> list[Figure]:
    """Read one user: directly, through bare Flask and requests, and through the bridge, in turn."""
    stand.steer(latency=latency)
    work = f"GET one user, PingOne at {1000 * latency:.0f} ms"

    def native(number: int) -> Ask:
        return Ask("GET", f"/users/{ids[number % len(ids)]}")

    def scim(number: int) -> Ask:
        return Ask("GET", f"/Users/{ids[number % len(ids)]}?excludedAttributes=groups")

    addresses = (stand.direct, stand.through, stand.bridge)
    asks = (native, native, scim)
    take_turns(addresses, asks, 20)
    meter = _Meter(stand)
    seconds = take_turns(addresses, asks, times)
    usage, calls = meter.read()
    each = calls // len(addresses)
    ways = ("direct", "pass-through", "bridge")
    stand.steer(latency=0.0)
    return [
        _figure(work, way, part, sum(part), each, usage if way == "bridge" else None)
        for way, part in zip(ways, seconds, strict=True)
    ]


def list_pages(stand: Stand, users: int, passes: int, threads: int) -> list[Figure]:
    """List pages of 100 over and over, after one pass: directly one after the other, and through the bridge."""
    work = f"list 100 of {users:,}, {threads} clients"
    pages = users // PAGE
    walk(stand.bridge, _index_target, pages)
    targets = _direct_targets(stand, pages)
    figures = []
    for way, address, ask in (
        ("direct", stand.direct, lambda number: Ask("GET", targets[number % pages])),
        ("bridge", stand.bridge, lambda number: Ask("GET", _index_target(number % pages, {}) or "")),
    ):
        meter = _Meter(stand)
        total, seconds = press(address, ask, passes * pages, threads)
        usage, calls = meter.read()
        figures.append(_figure(work, way, seconds, total, calls, usage if way == "bridge" else None))
    return figures


def _direct_targets(stand: Stand, pages: int) -> list[str]:
    targets, connection = [f"/users?limit={PAGE}"], Connection(stand.direct)
    while len(targets) < pages:
        page = json.loads(connection.send(Ask("GET", targets[-1]))[1])
        targets.append(_next(page, stand.direct))
    connection.close()
    return targets


def _index_target(number: int, _before: object) -> str | None:
    return f"/Users?startIndex={1 + PAGE * number}&count={PAGE}"


def walk(address: Address, target_of: Callable[[int, object], str | None], pages: int) -> list[float]:
    """Read pages one after the other, each parsed as a client would. Returns the seconds of each."""
    connection, seconds = Connection(address), list[float]()
    page: object = {}
    for number in range(pages):
        target = target_of(number, page)
        if target is None:
            break
        began = time.perf_counter()
        page = json.loads(connection.send(Ask("GET", target))[1])
        seconds.append(time.perf_counter() - began)
    connection.close()
    return seconds


def walk_all(stand: Stand, users: int, latency: float) -> list[Figure]:
    """Walk through everybody, page by page: directly by cursor, and through the bridge by startIndex."""
    stand.steer(latency=latency)
    work = f"walk of {users:,} users, PingOne at {1000 * latency:.0f} ms"

    def by_cursor(number: int, before: object) -> str | None:
        if not number:
            return f"/users?limit={PAGE}"
        return _next(before, stand.direct) or None  # type: ignore[arg-type]

    figures = []
    pages = -(-users // PAGE)
    for way, address, target in (("direct", stand.direct, by_cursor), ("bridge", stand.bridge, _index_target)):
        meter = _Meter(stand)
        seconds = walk(address, target, pages)
        usage, calls = meter.read()
        figures.append(_figure(work, way, seconds, sum(seconds), calls, usage if way == "bridge" else None))
    stand.steer(latency=0.0)
    return figures


def create(stand: Stand, times: int) -> list[Figure]:
    """Create users: directly and through the bridge, in turn."""
    run = uuid.uuid4().hex[:8]

    def native(number: int) -> Ask:
        body = {"username": f"d{run}{number}", "email": f"d{run}{number}@example.org", "name": {"family": "Bench"}}
        return Ask("POST", "/users", json.dumps(body).encode())

    def scim(number: int) -> Ask:
        body = {
            "schemas": [USER], "userName": f"b{run}{number}", "name": {"familyName": "Bench"},
            "emails": [{"value": f"b{run}{number}@example.org", "type": "work", "primary": True}],
        }  # fmt: skip
        return Ask("POST", "/Users", json.dumps(body).encode(), SCIM)

    return _in_turn(stand, "create a user", native, scim, times)


def patch_active(stand: Stand, ids: Sequence[str], times: int) -> list[Figure]:
    """Disable and enable users: one write each; the bridge reads once more for its answer's sake."""

    def native(number: int) -> Ask:
        return Ask("PUT", f"/users/{ids[number % len(ids)]}/enabled", json.dumps({"enabled": number % 2 == 0}).encode())

    def scim(number: int) -> Ask:
        operation = {"op": "replace", "path": "active", "value": number % 2 == 0}
        body = {"schemas": [PATCH], "Operations": [operation]}
        return Ask("PATCH", f"/Users/{ids[-1 - number % len(ids)]}", json.dumps(body).encode(), SCIM)

    return _in_turn(stand, "patch active", native, scim, times)


def _in_turn(
    stand: Stand, work: str, native: Callable[[int], Ask], scim: Callable[[int], Ask], times: int
) -> list[Figure]:
    meter = _Meter(stand)
    seconds = take_turns((stand.direct, stand.bridge), (native, scim), times)
    usage, calls = meter.read()
    return [
        _figure(work, "direct", seconds[0], sum(seconds[0]), times, None),
        _figure(work, "bridge", seconds[1], sum(seconds[1]), calls - times, usage),
    ]


def add_members(stand: Stand, ids: Sequence[str], latency: float) -> list[Figure]:
    """Put 2,000 users into a group: directly with 32 connections, and by one PATCH through the bridge."""
    stand.steer(latency=latency)
    work = f"{len(ids):,} members into a group, PingOne at {1000 * latency:.0f} ms"
    connection = Connection(stand.direct)
    groups = []
    for way in ("direct", "bridge"):
        body = json.dumps({"name": f"bench {way} {uuid.uuid4().hex[:8]}"}).encode()
        groups.append(json.loads(connection.send(Ask("POST", "/groups", body))[1])["id"])
    connection.close()
    membership = json.dumps({"id": groups[0]}).encode()
    meter = _Meter(stand)
    total, _each = press(
        stand.direct, lambda number: Ask("POST", f"/users/{ids[number]}/memberOfGroups", membership), len(ids), 32
    )
    _usage, calls = meter.read()
    figures = [_figure(work, "direct", [total], total, calls, None)]
    operation = {"op": "add", "path": "members", "value": [{"value": key} for key in ids]}
    body = json.dumps({"schemas": [PATCH], "Operations": [operation]}).encode()
    meter = _Meter(stand)
    bridge = Connection(stand.bridge)
    seconds, _content = bridge.send(Ask("PATCH", f"/Groups/{groups[1]}", body, SCIM))
    bridge.close()
    usage, calls = meter.read()
    stand.steer(latency=0.0)
    return [*figures, _figure(work, "bridge", [seconds], seconds, calls, usage)]
