"""An export on its way: whatever ends the process, what is whole is kept, and what is not is cut off."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable

import pytest

from scimbridge.sync.directory.tally import Begun
from scimbridge.sync.exporting import staging as module
from scimbridge.sync.exporting.orders import ExportRefused
from scimbridge.sync.exporting.staging import OLDEST, Staging

HEAD = {"kind of records": "users", "filter (--where)": None}
BLOCKS = [b"header\n", b"one\ntwo\n", b"three\n", b"four\nfive\nsix\n"]


@pytest.fixture
def target(tmp_path):
    """Where the export shall be."""
    return tmp_path / "users.csv"


def stage(target, *, resume=False, now=1000.0, head=HEAD, clock: Callable[[], float] = lambda: 0.0):
    """Begin, or go on."""
    return Staging(target, head, resume=resume, wall=lambda: now, clock=clock)


def fill(staging, blocks=BLOCKS):
    """Write blocks, each with as many ids as it has lines, the second part ended after the third block."""
    staging.begun(Begun(6, 990.0, 300))
    for number, block in enumerate(blocks):
        ids = [] if number == 0 else [f"{number}-{line}" for line in range(block.count(b"\n"))]
        staging.write(block, ids, len(ids), len(ids))
        if number == 2:
            staging.finished("part")


def test_published(target):
    """What is complete is in its place, for its owner alone, and nothing is left beside it."""
    target.write_text("of yesterday")
    with stage(target) as staging:
        fill(staging)
        assert target.read_text() == "of yesterday"
        staging.publish()
    assert target.read_bytes() == b"".join(BLOCKS)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [each.name for each in target.parent.iterdir()] == ["users.csv"]


def test_left_as_it_was(target):
    """What does not come to its end leaves the target as it was, and what is beside it to its owner."""
    target.write_text("of yesterday")
    with stage(target) as staging:
        fill(staging)
    assert target.read_text() == "of yesterday"
    others = [each for each in target.parent.iterdir() if each != target]
    assert len(others) == 2
    assert {stat.S_IMODE(each.stat().st_mode) for each in others} == {0o600}


def test_gone_on_with(target):
    """A run goes on where another ended, and knows what that one knew."""
    with stage(target) as staging:
        fill(staging)
    with stage(target, resume=True) as staging:
        earlier = staging.earlier
        assert earlier is not None
        assert (earlier.begun, earlier.rows, earlier.read, earlier.old) == (Begun(6, 990.0, 300), 6, 6, 6)
        assert earlier.finished == {"part"}
        assert [key for _of, ids in staging.seen() for key in ids] == ["1-0", "1-1", "2-0", "3-0", "3-1", "3-2"]
        staging.write(b"seven\n", ["7"], 1)
        staging.publish()
    assert target.read_bytes() == b"".join(BLOCKS) + b"seven\n"


@pytest.mark.parametrize("what", ["staged", "journal"])
def test_cut_anywhere(target, what):
    """Wherever file or journal ends, whole blocks are kept, each line with its id, and none of them half."""
    with stage(target) as staging:
        fill(staging)
        files = {"staged": staging.staged, "journal": target.parent / ".users.csv.journal"}
    whole = {name: file.read_bytes() for name, file in files.items()}
    first = whole["journal"].index(b"\n") + 1
    beginning = first if what == "journal" else 0
    for length in {*range(beginning, len(whole[what]), 5), len(whole[what]) - 1, len(whole[what])}:
        for name, file in files.items():
            file.write_bytes(whole[name][:length] if name == what else whole[name])
        with stage(target, resume=True) as staging:
            kept = files["staged"].read_bytes()
            ids = [key for _of, each in staging.seen() for key in each]
        assert kept in [b"".join(BLOCKS[:number]) for number in range(5)]
        assert len(ids) == max(0, kept.count(b"\n") - 1)


def test_changed_by_another_hand(target):
    """What was changed in the staged file is cut off with all that follows."""
    with stage(target) as staging:
        fill(staging)
        staged = staging.staged
    staged.write_bytes(staged.read_bytes().replace(b"three", b"THREE"))
    with stage(target, resume=True) as staging:
        assert staging.earlier is not None
        assert staging.earlier.rows == 2
        assert not staging.earlier.finished
    assert staged.read_bytes() == b"header\none\ntwo\n"


def test_another_order(target):
    """What was begun with other options is not gone on with; the reason names them."""
    with stage(target) as staging:
        fill(staging)
    with pytest.raises(ExportRefused, match="so this is not the rest of it"):
        stage(target, resume=True, head={**HEAD, "filter (--where)": "active eq true"})
    with stage(target, resume=True) as staging:  # and it is still there for whoever has the right ones
        assert staging.earlier is not None
        assert staging.earlier.rows == 6


def test_too_old(target):
    """What was begun long ago would be of two times."""
    with stage(target) as staging:
        fill(staging)
    with pytest.raises(ExportRefused, match="begun 25 hours ago"):
        stage(target, resume=True, now=1000.0 + OLDEST + 3600)


def test_two_at_a_time(target):
    """While one run writes a file, another is refused, and the first is not hindered."""
    with stage(target) as staging:
        fill(staging)
        with pytest.raises(ExportRefused, match="another export is writing it"):
            stage(target)
        staging.publish()
    assert target.read_bytes() == b"".join(BLOCKS)


def test_anew(target):
    """Without being told to go on, a run begins anew."""
    with stage(target) as staging:
        fill(staging)
    with stage(target) as staging:
        assert staging.earlier is None
        fill(staging, BLOCKS[:2])
        staging.publish()
    assert target.read_bytes() == b"header\none\ntwo\n"


def test_nothing_to_go_on_with(target):
    """Where there is nothing to go on with, a run begins."""
    with stage(target, resume=True) as staging:
        assert staging.earlier is None


def test_links_are_not_followed(target, tmp_path):
    """Nobody else's link in the folder leads the export astray."""
    (tmp_path / ".users.csv.part").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ExportRefused, match="cannot be written"):
        stage(target)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("what", ["part", "journal"])
def test_files_of_others(target, tmp_path, what):
    """What lies in its place and is no file of one name is not written to."""
    other = tmp_path / "other"
    other.write_text("kept")
    place = tmp_path / f".users.csv.{what}"
    place.hardlink_to(other)
    with pytest.raises(ExportRefused, match="not a file of this user's alone"):
        stage(target)
    place.unlink()
    os.mkfifo(place)
    with pytest.raises(ExportRefused, match="not a file of this user's alone"):
        stage(target)
    assert other.read_text() == "kept"


def test_one_that_ends_as_another_begins(target, monkeypatch):
    """A run that opens the place while another publishes is refused, and what was published stays whole."""
    first = stage(target)
    fill(first)
    open_one = module._open

    def open_and_wait(path):
        opened = open_one(path)
        if path.name.endswith(".journal"):
            first.publish()
            first.close()
        return opened

    monkeypatch.setattr(module, "_open", open_and_wait)
    with pytest.raises(ExportRefused, match="another export is writing it"):
        stage(target)
    assert target.read_bytes() == b"".join(BLOCKS)


def test_what_is_made_of_it_fails(target):
    """Where making a file of what is staged fails, nothing of it is left, and what is staged is."""

    def make(_lines, made):
        made.write_text("half")
        raise OSError(28, "No space left on device")

    with stage(target) as staging:
        fill(staging)
        with pytest.raises(OSError, match="No space left"):
            staging.publish(make)
    assert sorted(each.name for each in target.parent.iterdir()) == [".users.csv.journal", ".users.csv.part"]
