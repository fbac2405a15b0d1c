"""The journal: only ever appended, nobody else's to read, and of one plan."""

from __future__ import annotations

import stat

import pytest

from scimbridge.sync.applying.journal import journal_of, open_journal
from scimbridge.sync.applying.values import AlreadyUnderWay, ApplyRefused


def test_what_was_said_is_known_to_the_next(tmp_path):
    """What is settled stays settled, what was begun only is known as such, and ids of what was made are kept."""
    path = tmp_path / "plan.journal"
    with open_journal(path, "p") as journal:
        journal.open(user="ada", allow={"delete": 3}, at=1.0)
        journal.begin("create", [0, 1, 2, 3])
        journal.settle("create", 0, "done", made="id-0")
        journal.settle("create", 1, "drifted", why="changed")
        journal.settle("create", 2, "already", made="id-2")
    with open_journal(path, "p") as journal:
        past = journal.past
        assert past.settled == {"create": {0, 2}}
        assert past.begun == {"create": {3}}
        assert past.made == {"create": {0: "id-0", 2: "id-2"}}
        assert past.allow == {"delete": 3}
        journal.settle("create", 0, "failed")
    with open_journal(path, "p") as journal:
        assert journal.past.settled == {"create": {2}}


def test_only_its_user_can_read_it(tmp_path):
    """The file is made for its user alone, beside the plan."""
    path = journal_of(tmp_path / "monday.plan")
    with open_journal(path, "p"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.name == "monday.plan.journal"


def test_it_is_one_plans_and_one_processs(tmp_path):
    """The journal of another plan is refused, and so is one that somebody else writes to."""
    path = tmp_path / "plan.journal"
    with open_journal(path, "p"), pytest.raises(AlreadyUnderWay, match="another process"), open_journal(path, "p"):
        pass
    with pytest.raises(ApplyRefused, match="of another plan"), open_journal(path, "q"):
        pass


@pytest.mark.parametrize("said", ["nonsense", '{"do":"update"}', "[]", '{"begun":"update","places":5}'])
def test_a_damaged_line_is_refused(tmp_path, said):
    """A line that is none stops it, with its number and what to do."""
    path = tmp_path / "plan.journal"
    path.write_text(f'{{"journal":1,"plan":"p"}}\n{said}\n{{"ended":1}}\n')
    with pytest.raises(ApplyRefused, match="line 2"), open_journal(path, "p"):
        pass


@pytest.mark.parametrize("kept", ["", '{"journal":1', '{"journal":1,"plan":"p"}'])
def test_a_first_line_that_was_cut_is_written_anew(tmp_path, kept):
    """A process that was killed while it began a journal has said nothing."""
    path = tmp_path / "plan.journal"
    path.write_text(kept)
    with open_journal(path, "p") as journal:
        journal.begin("update", [1])
    assert path.read_text() == '{"journal":1,"plan":"p"}\n{"begun":"update","places":[1]}\n'


def test_a_link_is_not_followed(tmp_path):
    """Where somebody has put a link in the journal's place, it is left alone."""
    path, other = tmp_path / "plan.journal", tmp_path / "other"
    other.write_text("")
    path.symlink_to(other)
    with pytest.raises(OSError, match=r"plan\.journal"), open_journal(path, "p"):
        pass
