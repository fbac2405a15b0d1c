"""Who came: each once, and as many old ones as there were."""

from __future__ import annotations

from scimbridge.sync.directory.tally import Tally

BEGAN = 1_700_000_000  # 2023-11-14T22:13:20Z
BEFORE, MEANWHILE = "2023-11-14T22:13:19.999Z", "2023-11-14T22:13:20.000Z"
IDS = [f"00000000-0000-4000-8000-{number:012}" for number in range(4)]


def record(place, created=BEFORE):
    """Return a record."""
    return {"id": IDS[place], "createdAt": created}


def begun(**more):
    """Return a tally of a walk that has begun."""
    tally = Tally("createdAt", **more)
    tally.begin(BEGAN)
    return tally


def test_each_once():
    """A record that has come is not given again."""
    tally = begun()
    assert tally.take([record(0), record(1)]) == [record(0), record(1)]
    assert tally.take([record(1), record(2)]) == [record(2)]
    assert len(tally) == 3


def test_nobody_is_missing():
    """Where as many old ones came as there were, and no more are there now than came, there is no doubt."""
    tally = begun()
    tally.take([record(0), record(1), record(2, MEANWHILE)])
    assert tally.find_doubt(2, 3) == ""


def test_new_one_in_the_place_of_an_old_one():
    """A record that was made meanwhile does not stand for one that was there before."""
    tally = begun()
    tally.take([record(0), record(1, MEANWHILE)])
    assert tally.find_doubt(2, 2) == "1 of 2 who were counted at the start did not come"


def test_more_than_came():
    """Where more are there by now than came, somebody may be missing."""
    tally = begun()
    tally.take([record(0)])
    assert tally.find_doubt(1, 2) == "PingOne counts 2, and 1 came"


def test_record_that_says_no_time():
    """A record that does not say since when it is there does not count as old."""
    tally = begun()
    tally.take([{"id": IDS[0]}, {"id": IDS[1], "createdAt": 5}, {"id": IDS[2], "createdAt": "yesterday"}])
    assert tally.old == 0


def test_no_count():
    """Where PingOne does not count, nothing says that all came."""
    assert begun().find_doubt(None, None) == "PingOne does not say how many there are"


def test_gone_on_with():
    """What came in an earlier walk is not given again, and still counts."""
    tally = begun(seen=IDS[:2], old=1)
    assert tally.take([record(1), record(2)]) == [record(2)]
    assert (len(tally), tally.old) == (3, 2)


def test_ids_that_are_no_uuids():
    """Ids of any other form are told apart as they are."""
    tally = Tally()
    assert len(tally.take([{"id": "x"}, {"id": "y"}, {"id": "x"}])) == 2
