"""Where a request ends, in whatever pieces it comes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.serve.framing import FRAMING_GRANTED, ChunkScan, HeadScan, join_chunks
from scimbridge.serve.refusals import LONGEST_REQUEST_LINE, LongHead, LongRequestLine, WastefulChunks

HEAD = b"POST /scim/v2/Users HTTP/1.1\r\nHost: a\r\nX-Word: b\r\n\r\n"
CHUNKS = b'5;a="b"\r\nhello\r\n1\r\n!\r\n0\r\nX-Trailer: a\r\n\r\n'


def in_pieces(data, cuts):
    """Cut bytes at these places."""
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    return [data[begin:end] for begin, end in pairwise(places)]


def feed(scan, pieces):
    """Return how many bytes were there when a scan said that it is whole; None where it never did."""
    data = bytearray()
    for piece in pieces:
        data += piece
        if scan.is_whole(data):
            return len(data)
    return None


@given(st.lists(st.integers(0, len(HEAD)), max_size=12))
def test_a_head_is_whole_with_its_last_byte(cuts):
    """A head counts as whole when its empty line is there, and not before, however it is cut."""
    assert feed(HeadScan(10_000), in_pieces(HEAD[:-1], cuts)) is None
    assert feed(HeadScan(10_000), in_pieces(HEAD, cuts)) == len(HEAD)


@given(st.lists(st.integers(0, len(CHUNKS)), max_size=12))
def test_a_body_in_chunks_is_whole_with_its_last_byte(cuts):
    """A body in chunks counts as whole with the end of its trailers, and not before, however it is cut."""
    assert feed(ChunkScan(10_000), in_pieces(CHUNKS[:-1], cuts)) is None
    assert feed(ChunkScan(10_000), in_pieces(CHUNKS, cuts)) == len(CHUNKS)


@pytest.mark.parametrize("raw", [b"GET / HTTP/1.1\nHost: a\n\n", b"GET / HTTP/1.1\r\nHost: a\n"])
def test_a_head_that_can_only_be_malformed_is_not_waited_for(raw):
    """A line that ends with LF alone is handed to the parser at once, which refuses it."""
    assert feed(HeadScan(10_000), [raw]) == len(raw)


@pytest.mark.parametrize("raw", [b"zz\r\n", b"-1\r\n", b"\r\n", b"1" * 17 + b"\r\n", b"5" * 9000])
def test_a_chunk_that_can_only_be_malformed_is_not_waited_for(raw):
    """A size that is none is handed to the parser at once, which refuses it."""
    assert feed(ChunkScan(10_000), [raw]) == len(raw)


def test_a_head_without_an_end_is_refused():
    """A request line and a head that go on where they should have ended are not waited for."""
    with pytest.raises(LongRequestLine):
        feed(HeadScan(100_000), [b"G" * (LONGEST_REQUEST_LINE + 3)])
    with pytest.raises(LongHead):
        feed(HeadScan(100), [b"GET / HTTP/1.1\r\n", b"X: " + b"x" * 100])


def test_a_body_that_is_too_large_is_not_waited_for():
    """Content beyond the limit is not waited for; a size that is only announced is no content."""
    assert feed(ChunkScan(100), [b"ffff\r\n", b"x" * 100]) is None
    assert feed(ChunkScan(100), [b"ffff\r\n", b"x" * 101]) == 107


def test_the_content_of_chunks():
    """The content of a body in chunks is what stands in them, and of a malformed one what stands before."""
    assert join_chunks(CHUNKS) == b"hello!"
    assert join_chunks(b"2\r\nab\r\nzz\r\nc") == b"ab"
    assert join_chunks(b"") == b""


def test_chunks_that_are_more_framing_than_content_are_refused():
    """Chunks of one byte are taken up to a bound, and refused beyond it: each costs as much as a large one."""
    few, many = FRAMING_GRANTED // 10, FRAMING_GRANTED
    assert feed(ChunkScan(10**6), [b"1\r\nx\r\n" * few + b"0\r\n\r\n"])
    with pytest.raises(WastefulChunks):
        feed(ChunkScan(10**6), [b"1\r\nx\r\n" * many])
