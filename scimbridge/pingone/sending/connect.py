"""Joins the layers into one `send` towards one PingOne environment.

    outcomes -> retry -> guard -> token -> pause -> rate -> pause -> circuit -> transport          outermost first

Why in this order. Every try draws from the rate, repetitions too, so retry is outside rate, and so is the
token: what is sent again after a 401 is one more call to PingOne, and a call that waits for a new token must
not use up its turn before. Rate sees each 429 of each try, and slows everybody down. The circuit is inside
retry: it counts tries, so it opens while the first callers are still repeating, and a caller between two
tries is let go at once instead of repeating into the void; were it outside, it would hear of a failure only
after the last try. It is inside rate too, so that a call that waits for its turn is not taken for one that
hangs; the guard, which asks the same circuit, stops newcomers before they queue. The token is fetched
through the circuit as well: a token endpoint that is down is PingOne down. What it refuses is remembered outside
of the circuit: nobody is asked then. A long pause that PingOne asks for is noticed at the first try, inside retry. It
stops newcomers before they queue, and those who queue when their turn comes; one of the token endpoint hinders only
those who have no token. Outcomes are outermost: what a repetition gets over is no news.

With a `ledger`, the state that all processes share, the rate is one for all of them, and what one learns of PingOne
being down the others hear. Without, this process has both for itself.

Knows the layers, no settings: plain arguments come in.
"""

from __future__ import annotations

import hmac
import random as random_numbers
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scimbridge.observe.spans import Spans
from scimbridge.pingone.causes import facts_of
from scimbridge.pingone.errors import Throttled
from scimbridge.pingone.send import Call, CallRecord, Request, Response, Send
from scimbridge.pingone.sending.circuit import Circuit, WithCircuit, WithGuard
from scimbridge.pingone.sending.conditions import CIRCUIT, THROTTLED, Conditions, Tell, untold
from scimbridge.pingone.sending.outage import SharedOutage
from scimbridge.pingone.sending.outcomes import WithOutcomes
from scimbridge.pingone.sending.pace import Pace
from scimbridge.pingone.sending.pauses import Pause, WithPause
from scimbridge.pingone.sending.rate import WithRate
from scimbridge.pingone.sending.rate_share import Share
from scimbridge.pingone.sending.retry import WithRetry
from scimbridge.pingone.sending.token import WithToken
from scimbridge.pingone.sending.token_endpoint import TokenEndpoint
from scimbridge.pingone.sending.token_refusals import TokenRefusals
from scimbridge.pingone.sending.traced import WithSpans, with_span
from scimbridge.pingone.sending.transport import HttpTransport
from scimbridge.pingone.wire import Wire
from scimbridge.state.base import State

TIMEOUT = 30.0  # seconds that PingOne may stay silent


@dataclass(frozen=True, slots=True)
class Connection:
    """A `Send` with all layers, and what health and metrics ask it."""

    send: WithOutcomes = field(repr=False)
    conditions: Conditions = field(repr=False)
    circuit: Circuit = field(repr=False)
    rate: WithRate = field(repr=False)
    token: WithToken = field(repr=False)
    refusals: TokenRefusals = field(repr=False)
    token_endpoint: TokenEndpoint = field(repr=False)
    wire: Wire = field(repr=False)

    def __call__(self, request: Request, call: Call) -> Response:
        """Send one request. Raises a PingOneError for anything but 2xx."""
        return self.send(request, call)

    def close(self) -> None:
        """Close the connections of this process."""
        self.wire.close()


@dataclass(frozen=True, slots=True)
class _Notices:
    """What the layers below repetition have to say of PingOne."""

    conditions: Conditions
    host: str
    rate: float

    def note_open(self, last: Mapping[str, Any]) -> None:
        """Note that the circuit has opened, by the facts of the last failure."""
        self.conditions.note(CIRCUIT, {"cause": "calls hang without an answer", "host": self.host, **last})

    def note_throttled(self, error: Throttled, present: float) -> None:
        """Note a 429, and how many calls per second go out from now on."""
        told = {"rate": round(present, 2), "configured": self.rate, "retry_after": error.retry_after}
        self.conditions.note(THROTTLED, {**facts_of(error), **told}, grave=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """How to get to one environment: what an operator sets, and what a process brings along.

    `api_url` and `auth_url` are without /v1. `authorities` is a PEM file of those that are trusted beside the public
    ones. `rate` is calls per second, of all processes that share the `ledger`, else of this one; `timeout` seconds;
    `pool` connections kept open. `clock` is the one that deadlines are meant by, `wall` is seconds since 1970.
    `sleep` is how a repetition waits, `wait` how a thread waits for its turn. `observe` is told of every
    exchange, `learn` every access token, so that it can be masked. `spans` makes one of every exchange. `tell` is told
    once on the machine `node` when something goes wrong between it and PingOne, and when that is over.
    """

    environment_id: str
    client_id: str
    client_secret: str = field(repr=False)
    api_url: str
    auth_url: str
    state: State = field(repr=False)
    ledger: State | None = field(default=None, repr=False)
    verify_tls: bool = True
    authorities: Path | None = None
    proxy: str | None = field(default=None, repr=False)
    rate: float = 50.0
    node: str = ""
    timeout: float = TIMEOUT
    pool: int = 20
    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random_numbers.random
    wait: Callable[[threading.Event, float], object] = threading.Event.wait
    observe: Callable[[CallRecord], None] | None = None
    learn: Callable[[str], None] | None = None
    spans: Spans | None = None
    tell: Tell = untold

    @property
    def application(self) -> str:
        """What tells the application from others in a shared state."""
        return f"{self.auth_url} {self.environment_id} {self.client_id}"

    @property
    def credentials(self) -> str:
        """As `application`, and another with another secret, of which the digest gives nothing away."""
        return hmac.digest(self.client_secret.encode(), self.application.encode(), "sha256").hex()[:32]

    def news(self) -> SharedOutage | None:
        """Return where processes tell each other that PingOne is down; None where each is alone."""
        return None if self.ledger is None else SharedOutage(self.ledger, self.application)

    def share(self) -> Share | None:
        """Return this process's part of the rate; None where all of it is its own."""
        if self.ledger is None:
            return None
        return Share(
            self.ledger, self.rate, name=self.application, member=uuid.uuid4().hex[:12],
            clock=self.clock, wall=self.wall,
        )  # fmt: skip

    def open_wire(self, circuit: Circuit) -> Wire:
        """Return connections whose hopeless waits the circuit ends."""
        return Wire(
            clock=self.clock, timeout=self.timeout, pool=self.pool, verify=self.verify_tls,
            authorities=self.authorities, proxy=self.proxy, hopeless=circuit.is_hopeless,
        )  # fmt: skip

    def open_api(self, wire: Wire) -> Send:
        """Return what makes one exchange with the API."""
        transport = HttpTransport(
            wire, api_url=self.api_url, environment_id=self.environment_id,
            clock=self.clock, wall=self.wall, observe=self.observe,
        )  # fmt: skip
        return transport if self.spans is None else WithSpans(transport, self.spans, transport.template_of)

    def open_token_endpoint(self, wire: Wire) -> TokenEndpoint:
        """Return what asks for tokens."""
        return TokenEndpoint(
            wire, auth_url=self.auth_url, environment_id=self.environment_id, client_id=self.client_id,
            client_secret=self.client_secret, clock=self.clock, wall=self.wall, observe=self.observe,
        )  # fmt: skip


def connect(way: Approach) -> Connection:
    """Return the way to one environment; nothing is sent before the first call."""
    times = {"clock": way.clock, "wall": way.wall}
    # With another secret all that was refused begins anew.
    own = way.credentials
    conditions = Conditions(way.state, f"{own}:{way.node}", tell=way.tell, **times)
    notices = _Notices(conditions, urlsplit(way.api_url).hostname or "", way.rate)
    circuit = Circuit(way.clock, news=way.news(), opened=notices.note_open)
    wire = way.open_wire(circuit)
    token_endpoint = way.open_token_endpoint(wire)
    pause = Pause(way.state, own, conditions, **times)
    direct = WithPause(WithCircuit(way.open_api(wire), circuit), pause)
    rate = WithRate(
        direct, Pace(way.rate), clock=way.clock, wait=way.wait, share=way.share(), throttled=notices.note_throttled
    )

    def fetch(deadline: float) -> tuple[str, float]:
        return circuit.attempt(lambda: token_endpoint.fetch(deadline))

    refusals = TokenRefusals(with_span(fetch, way.spans), way.state, own, conditions, wall=way.wall)
    token = WithToken(WithPause(rate, pause), refusals.fetch, way.state, name=way.application, learn=way.learn, **times)
    retry = WithRetry(WithGuard(token, circuit), clock=way.clock, sleep=way.sleep, random=way.random)
    send = WithOutcomes(retry, conditions, refusals, rate, **times)
    return Connection(send, conditions, circuit, rate, token, refusals, token_endpoint, wire)
