"""Bytes that no client library would send, to gunicorn as it is served: malformed, folded, smuggled, pipelined.

No hang, no 500, an answer to each request and no second one, nothing answered that was hidden in another request's
body, and the worker lives.
"""

from __future__ import annotations

import re
import socket
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass

import pytest
from hypothesis import strategies as st

from .conftest import Bridge, explore

PATIENCE = 60.0  # seconds until a connection that was half closed has to be closed
SHARE = 0.1  # of the time, for each of the two
HIDDEN = b"hidden-in-a-body"
_STATUS = re.compile(rb"HTTP/1\.[0-9] ([1-5][0-9]{2}) [^\r\n]*\r\n")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)

LINES = (
    b"GET /scim/v2/Users?count=1 HTTP/1.1", b"POST /scim/v2/Users HTTP/1.1", b"PATCH /scim/v2/Users/1 HTTP/1.1",
    b"GET /health/live HTTP/1.1", b"GET / HTTP/1.0", b"GET http://other.example/scim/v2/Users HTTP/1.1",
    b"GET /scim/v2/Users?filter=%ED%A0%80%00%ff HTTP/1.1",
    b"GET /scim/v2/Users?attributes=%ED%A0%80&count=%0A HTTP/1.1",
    b"OPTIONS * HTTP/1.1", b"get / HTTP/1.1", b"GET / HTTP/1.2", b"GET / HTTP/2.0", b"GET  / HTTP/1.1", b"GET /", b"",
    b"CONNECT a:443 HTTP/1.1", b"TRACE / HTTP/1.1", b"PRI * HTTP/2.0", b"GET /%00 HTTP/1.1", b"GET /\xff HTTP/1.1",
    b"GET /scim/v2/Users/%2e%2e%2fGroups HTTP/1.1", b"GET /scim/v2/Users/..;/x HTTP/1.1", b"GET\t/\tHTTP/1.1",
    b"GET /" + b"a" * 9000 + b" HTTP/1.1", b"GET //evil.example/%0d%0aX:y HTTP/1.1", b"\x16\x03\x01\x02\x00\x01",
)  # fmt: skip
FIELDS = (
    b"Host: localhost", b"Host: a\r\nHost: b", b"Host:", b"Content-Type: application/scim+json", b"Accept: */*",
    b"Content-Length: 0", b"Content-Length: 5", b"Content-Length: 5\r\nContent-Length: 6", b"Content-Length: -1",
    b"Content-Length: +5", b"Content-Length: 5, 5", b"Content-Length: 0x5", b"Content-Length: 99999999999999999999",
    b"Content-Length : 5", b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", b"Transfer-Encoding: gzip",
    b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: xchunked", b"Transfer-Encoding:\tchunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", b"Transfer_Encoding: chunked",
    b"Transfer-Encoding:\r\n chunked", b"X-Folded: a\r\n b", b"X-Bare: a\nX-Other: b", b"X-Null: a\x00b", b": no name",
    b"No colon", b"X\xff: a", b"X-Long: " + b"a" * 9000, b"Connection: keep-alive", b"Connection: close",
    b"Connection: upgrade\r\nUpgrade: h2c", b"Expect: 100-continue", b"Expect: 200-ok",
    b'If-Match: "\xe9', b"Range: bytes=0-",
    b"X-Forwarded-For: 1.1.1.1", b"X-Forwarded-Host: evil.example", b"Forwarded: for=1",
    b"Authorization: Bearer \xff\xfe",
    b"Authorization: Basic !!!", b"Authorization: Basic Og==", b"Authorization: ", b"Cookie: " + b"a=b;" * 500,
    b"X-Request-Id: a\tb", b"Content-Encoding: gzip", b"\r\n",
)  # fmt: skip
BODIES = (
    b"", b"hello", b"{}", b"0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n", b"5;ext=1\r\nhello\r\n0\r\nTrailer: x\r\n\r\n",
    b"-5\r\nhello",
    b"0x5\r\nhello\r\n0\r\n\r\n", b"5 \r\nhello\r\n0\r\n\r\n", b"FFFFFFFFFFFFFFFFF\r\n", b"5\nhello\n0\n\n",
    b"5\r\nhel",
    b"zz\r\n\r\n", b"\r\n", b"5\r\nhelloo\r\n0\r\n\r\n", b"{" * 3000, b"\x00" * 50,
)  # fmt: skip


@dataclass(frozen=True)
class Reply:
    """What came back on one connection: statuses of the answers in their order, and all bytes."""

    statuses: list[int]
    raw: bytes


def exchange(bridge: Bridge, parts: list[bytes]) -> Reply:
    """Send bytes in parts, close our half, and read until the bridge closes its own."""
    began = time.monotonic()
    with closing(socket.create_connection(("127.0.0.1", bridge.port), timeout=PATIENCE)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        received = b""
        try:
            for part in parts:
                connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)
            while block := connection.recv(65536):
                received += block
        except ConnectionError:
            pass  # refused before all of it was sent
        except TimeoutError:
            pytest.fail(f"no end within {PATIENCE:.0f} s: {parts!r}"[:3000])
    assert time.monotonic() - began < PATIENCE, parts
    return Reply(_statuses(received), received)


def _statuses(received: bytes) -> list[int]:
    """Part what was received into answers, all of which have to be whole; interim ones are not counted."""
    found = []
    rest = received
    while rest:
        head, blank, body = rest.partition(b"\r\n\r\n")
        match = _STATUS.match(head + b"\r\n")
        assert match, received[:2000]
        assert blank, received[:2000]
        status = int(match[1])
        if status < 200:
            rest = body
            continue
        length = _LENGTH.search(head)
        size = int(length[1]) if length and status not in (204, 304) else 0
        assert len(body) >= size, received[:2000]
        rest = body[size:]
        found.append(status)
    return found


def _check(bridge: Bridge, reply: Reply, said: bytes, seen: Counter[int]) -> None:
    seen.update(reply.statuses)
    for status in reply.statuses:
        assert status < 500 or status == 501, said[:3000]
    for secret in bridge.secrets():
        assert secret.encode() not in reply.raw
    if not seen.total() % 100:
        assert bridge.is_well(), said[:3000]


def _finish(bridge: Bridge, count: int, seen: Counter[int], workers: list[int], before: int) -> None:
    after = bridge.memory()
    answers = dict(sorted(seen.items()))
    print(f"\n{count} connections, answers {answers}, memory {before >> 20} -> {after >> 20} MiB")  # noqa: T201
    assert bridge.is_well()
    assert bridge.workers() == workers, "the worker died and was replaced"
    assert after - before < 48 * 2**20
    assert "Traceback" not in bridge.told()


def test_malformed_requests(bridge):
    """Whatever the bytes: whole answers or none, never a 5xx of ours, and no more answers than there are requests."""
    seen: Counter[int] = Counter()
    workers, before = bridge.workers(), bridge.memory()
    token = b"Authorization: Bearer " + bridge.token.encode()

    def check(example: tuple[bytes, int]) -> None:
        sent, cut = example
        sent = sent.replace(b"TOKEN", token)
        reply = exchange(bridge, [sent[: cut % (len(sent) + 1)], sent[cut % (len(sent) + 1) :]])
        assert len(reply.statuses) <= 1 + len(re.findall(rb"\r?\n\r?\n", sent)), sent[:3000]
        _check(bridge, reply, sent, seen)

    ends = st.sampled_from((b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r"))
    one = st.builds(
        lambda line, fields, end, body: line + end + b"".join(field + end for field in fields) + end + body,
        st.sampled_from(LINES), st.lists(st.sampled_from((*FIELDS, b"TOKEN")), max_size=8), ends,
        st.sampled_from(BODIES),
    )  # fmt: skip
    several = st.lists(one, min_size=2, max_size=3).map(b"".join)

    def spoil(whole: bytes, at: int, piece: bytes, gone: int) -> bytes:
        place = at % (len(whole) + 1)
        return whole[:place] + piece + whole[place + gone :]

    spoilt = st.builds(spoil, one | several, st.integers(0, 500), st.binary(max_size=4), st.integers(0, 3))
    count = explore(
        check, st.tuples(one | several | spoilt | st.binary(max_size=300), st.integers(0, 600)), share=SHARE
    )
    _finish(bridge, count, seen, workers, before)


def test_smuggled_requests(bridge):
    """A request in the body of one whose framing can be read in two ways is never answered."""
    seen: Counter[int] = Counter()
    workers, before = bridge.workers(), bridge.memory()
    token = b"Authorization: Bearer " + bridge.token.encode() + b"\r\n"
    hidden = b"GET /scim/v2/Users?count=1 HTTP/1.1\r\nHost: a\r\nX-Request-Id: " + HIDDEN + b"\r\n" + token + b"\r\n"

    def check(example: tuple[bytes, bytes, bytes, bytes, bytes]) -> None:
        line, length, coding, lead, order = example
        body = lead + hidden
        fields = {b"C": b"Content-Length: " + length.replace(b"ALL", b"%d" % len(body)), b"T": coding}
        framing = b"\r\n".join(fields[bytes([each])] for each in order)
        sent = line + b"\r\nHost: a\r\n" + token + b"Content-Type: application/json\r\n" + framing + b"\r\n\r\n" + body
        reply = exchange(bridge, [sent])
        assert HIDDEN not in reply.raw, sent
        assert len(reply.statuses) == 1, sent
        _check(bridge, reply, sent, seen)

    lines = st.sampled_from((b"POST /scim/v2/Users HTTP/1.1", b"POST /scim/v2/Users/.search HTTP/1.1",
                             b"PUT /nowhere HTTP/1.1", b"GET /scim/v2/Users HTTP/1.1",
                             b"DELETE /scim/v2/Users/1 HTTP/1.1"))  # fmt: skip
    lengths = st.sampled_from((b"ALL", b"0", b"5", b"3", b" 0", b"0 ", b"00", b"1"))
    codings = st.sampled_from((
        b"Transfer-Encoding: chunked", b"transfer-encoding: CHUNKED", b"Transfer-Encoding: chunked ",
        b"Transfer-Encoding:chunked",
        b"Transfer-Encoding: identity, chunked",
        b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x", b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding : chunked", b"Transfer-Encoding:\r\n chunked", b"Transfer-Encoding: \x0bchunked",
        b"X: a\nTransfer-Encoding: chunked", b'Transfer-Encoding: "chunked"', b"Transfer-Encoding: chunk",
        b"Content-Length: 7", b"Content-Length: 1, 2", b"Content-Length: 0x1",
    ))  # fmt: skip
    leads = st.sampled_from(
        (b"0\r\n\r\n", b"3\r\nabc\r\n0\r\n\r\n", b"0\n\n", b"0;x\r\n\r\n", b"00\r\nX: y\r\n\r\n", b"{}", b"{}\r\n", b"")
    )
    count = explore(
        check, st.tuples(lines, lengths, codings, leads, st.sampled_from((b"CT", b"TC"))), share=SHARE, settled=200
    )
    _finish(bridge, count, seen, workers, before)


@pytest.mark.parametrize("times", [2, 5])
def test_pipelined_requests(bridge, times):
    """Requests that are sent one behind the other without waiting are answered each once and in their order."""
    fields = f"Host: a\r\nAuthorization: Bearer {bridge.token}\r\n"
    sent = b"".join(
        f"GET /scim/v2/Users?count={number} HTTP/1.1\r\n{fields}X-Request-Id: number-{number}\r\n\r\n".encode()
        for number in range(times)
    )
    reply = exchange(bridge, [sent])
    assert reply.statuses == [200] * times
    assert re.findall(rb"number-(\d)", reply.raw) == [b"%d" % number for number in range(times)]
