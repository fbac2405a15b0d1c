"""Files as rotation leaves them: their names, their order, and those that are packed."""

from __future__ import annotations

import bz2
import gzip
import lzma

from scimbridge.observe.audit_files import in_order, lines_in, rotated_from


def test_rotated_files_are_known_by_their_names(tmp_path):
    """Numbers and dates, before or behind the ending, packed or not; nothing else that lies beside."""
    names = ["audit.jsonl.1", "audit.jsonl.2.gz", "audit.jsonl-20261121", "audit-20261121.jsonl.xz", "audit.1.jsonl"]
    others = ["audit.jsonl.chain", "audit.jsonl.bak", "audit2.jsonl", "other.jsonl.1", "audit.jsonl"]
    for name in (*names, *others):
        (tmp_path / name).touch()
    assert sorted(path.name for path in rotated_from(tmp_path / "audit.jsonl")) == sorted(names)


def test_packed_files_are_read(tmp_path):
    """A packed file has the lines of the one that was packed."""
    for suffix, pack in ((".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)):
        path = tmp_path / f"audit.jsonl.1{suffix}"
        path.write_bytes(pack(b"one\ntwo\n"))
        assert list(lines_in(path)) == [b"one\n", b"two\n"]


def test_files_are_in_the_order_of_writing(tmp_path):
    """Within a chain its numbers say it, else the time; a file without a record comes last."""

    def keep(name: str, line: str) -> None:
        (tmp_path / name).write_text(line)

    keep("d", '{"time":"2026-11-21T09:59:59Z","chain":"c","sequence":9}\n')
    keep("c", '{"time":"2026-11-21T10:00:00Z","chain":"c","sequence":1}\n')
    keep("b", '\n{"no": 1}\n{"time":"2026-11-20T10:00:00Z"}\n')
    keep("a", "")
    assert [path.name for path in in_order([tmp_path / name for name in "abcd"])] == ["b", "c", "d", "a"]
