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


def connect(  # noqa: PLR0913 - one argument for each thing an operator may set
    *,
    environment_id: str,
    client_id: str,
    client_secret: str,
    api_url: str,
    auth_url: str,
    state: State,
    ledger: State | None = None,
    verify_tls: bool = True,
    authorities: Path | None = None,
    proxy: str | None = None,
    rate: float = 50.0,
    node: str = "",
    timeout: float = TIMEOUT,
    pool: int = 20,
    clock: Callable[[], float] = time.monotonic,
    wall: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
    random: Callable[[], float] = random_numbers.random,
    wait: Callable[[threading.Event, float], object] = threading.Event.wait,
    observe: Callable[[CallRecord], None] | None = None,
    learn: Callable[[str], None] | None = None,
    spans: Spans | None = None,
    tell: Tell = untold,
) -> Connection:
    """Return the way to one environment; nothing is sent before the first call.

    `api_url` and `auth_url` are without /v1. `authorities` is a PEM file of those that are trusted beside the public
    ones. `rate` is calls per second, of all processes that share the `ledger`, else of this one; `timeout` seconds;
    `pool` connections kept open. `clock` is the one that deadlines are meant by, `wall` is seconds since 1970.
    `sleep` is how a repetition waits, `wait` how a thread waits for its turn. `observe` is told of every
    exchange, `learn` every access token, so that it can be masked. `spans` makes one of every exchange. `tell` is told
    once on the machine `node` when something goes wrong between it and PingOne, and when that is over.
    """
    name = f"{auth_url} {environment_id} {client_id}"
    # With another secret all that was refused begins anew; the digest gives nothing of it away.
    own = hmac.digest(client_secret.encode(), name.encode(), "sha256").hex()[:32]
    conditions = Conditions(state, f"{own}:{node}", clock=clock, wall=wall, tell=tell)
    notices = _Notices(conditions, urlsplit(api_url).hostname or "", rate)
    news = None if ledger is None else SharedOutage(ledger, name)
    circuit = Circuit(clock, news=news, opened=notices.note_open)
    wire = Wire(
        clock=clock, timeout=timeout, pool=pool, verify=verify_tls, authorities=authorities, proxy=proxy,
        hopeless=circuit.is_hopeless,
    )  # fmt: skip
    transport = HttpTransport(
        wire, api_url=api_url, environment_id=environment_id, clock=clock, wall=wall, observe=observe
    )
    token_endpoint = TokenEndpoint(
        wire, auth_url=auth_url, environment_id=environment_id, client_id=client_id, client_secret=client_secret,
        clock=clock, wall=wall, observe=observe,
    )  # fmt: skip
    share = None
    if ledger is not None:
        share = Share(ledger, rate, name=name, member=uuid.uuid4().hex[:12], clock=clock, wall=wall)
    pause = Pause(state, own, conditions, clock=clock, wall=wall)
    exchange: Send = transport if spans is None else WithSpans(transport, spans, transport.template_of)
    direct = WithPause(WithCircuit(exchange, circuit), pause)
    paced = WithRate(direct, Pace(rate), clock=clock, wait=wait, share=share, throttled=notices.note_throttled)

    def fetch(deadline: float) -> tuple[str, float]:
        return circuit.attempt(lambda: token_endpoint.fetch(deadline))

    refusals = TokenRefusals(with_span(fetch, spans), state, own, conditions, wall=wall)
    token = WithToken(WithPause(paced, pause), refusals.fetch, state, name=name, clock=clock, wall=wall, learn=learn)
    retry = WithRetry(WithGuard(token, circuit), clock=clock, sleep=sleep, random=random)
    send = WithOutcomes(retry, conditions, refusals, paced, clock=clock, wall=wall)
    return Connection(send, conditions, circuit, paced, token, refusals, token_endpoint, wire)
