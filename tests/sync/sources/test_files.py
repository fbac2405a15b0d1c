"""Which file is meant, and how old it is."""

from __future__ import annotations

import os

import pytest

CONTENT = "id,mail\n1,a\n"


def stamp(path, seconds):
    os.utime(path, (seconds, seconds))
    return path


def test_the_newest_of_a_pattern(opener):
    """By its time, or by its name where the rules say so."""
    source = opener(place="people-*.csv")
    stamp(source.write(CONTENT, "people-2026-03-01.csv"), 2_000_000)
    stamp(source.write(CONTENT.replace("1", "2"), "people-2026-02-01.csv"), 3_000_000)
    (source.folder / "people-0.csv").mkdir()
    assert source.rows() == [(2, {"id": "2", "mail": "a"})]
    source.made = "name:people-%Y-%m-%d.csv"
    opened = source.open()
    assert [row.values["id"] for row in opened.rows()] == ["1"]
    assert opened.provenance().made == 1_772_323_200


def test_two_that_are_the_newest(opener):
    """Nobody knows which is meant, so none is read."""
    source = opener(place="people-*.csv")
    for name in ("people-a.csv", "people-b.csv"):
        stamp(source.write(CONTENT, name), 2_000_000)
    assert "2 files are the newest (people-a.csv, people-b.csv)" in source.faults()[0]


def test_nothing_there(opener):
    """No file, a pattern without one, a link to nowhere, a directory: each is said."""
    source = opener()
    assert "is not there; look whether the export ran" in source.faults()[0]
    assert "no file has a name like this" in source.faults("nobody-*.csv")[0]
    (source.folder / "people.csv").symlink_to(source.folder / "gone.csv")
    assert "leads to nothing" in source.faults()[0]
    (source.folder / "folder.csv").mkdir()
    assert "is a directory" in source.faults("folder.csv")[0]
    os.mkfifo(source.folder / "pipe.csv")
    assert "no regular file" in source.faults("pipe.csv")[0]
    (source.folder / "loop.csv").symlink_to(source.folder / "loop.csv")
    assert "cannot be looked at" in source.faults("loop.csv")[0]


def test_a_link_is_followed(opener):
    """As Kubernetes mounts files."""
    source = opener()
    source.write(CONTENT, "real.csv")
    (source.folder / "people.csv").symlink_to("real.csv")
    assert len(source.rows()) == 1


def test_names_with_signs_of_patterns(opener):
    """A file that has such a name itself is that file."""
    source = opener(place="people[1].csv")
    source.write(CONTENT)
    assert len(source.rows()) == 1


@pytest.mark.parametrize("made", ["mtime", "name:people-%Y-%m-%d.csv"])
def test_a_time_to_come(opener, made):
    """A file from the future would make all later ones count as older."""
    source = opener(place="people-2026-03-01.csv", made=made, now=1_772_000_000)
    stamp(source.write(CONTENT), 1_772_323_200)
    assert "made in the future" in source.faults()[0]


def test_a_name_that_is_not_dated(opener):
    """A name that does not look as the rules say tells no time."""
    source = opener(place="people-new.csv", made="name:people-%Y-%m-%d.csv")
    source.write(CONTENT)
    assert "its name does not look like" in source.faults()[0]


def test_a_column_says_the_time(opener):
    """The newest value of a column is the source's; one that is no time, or to come, refuses it."""
    source = opener(columns=("id", "mail", "at"), made="column:at", demands={"made": "at"}, now=1_780_000_000)
    source.write("id,mail,at\n1,a,2026-03-01T00:00:00Z\n2,b,2026-02-01\n")
    opened = source.open()
    list(opened.rows())
    assert opened.provenance().made == 1_772_323_200
    source.write("id,mail,at\n1,a,soon\n2,b,\n3,c,2126-02-01\n")
    assert [each.partition("people.csv: ")[2][:6] for each in source.faults()] == ["line 2", "line 3", "line 4"]
