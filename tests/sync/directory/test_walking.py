"""A directory walked over HTTP: whole, each record once, side by side, through bad days; or an error."""

from __future__ import annotations

import threading

import pytest

from scimbridge.pingone.errors import CircuitOpen, Misconfigured, PingOneError, Refused, Unreachable
from scimbridge.sandbox import Sandbox
from scimbridge.sync.directory.walking import Earlier, choose_parallel, walk

USERS = 1100


@pytest.fixture(scope="module")
def large():
    """A PingOne with users enough to be read in parts, which nobody changes."""
    with Sandbox.start(seed=USERS) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(large):
    """The large one, with an empty journal and nothing that goes wrong."""
    large.faults.clear()
    large.journal.clear()
    yield large
    large.faults.clear()


def read(desk, resource="User", **more):
    """Return the ids that a walk gives, and the walk."""
    walked = walk(desk, desk.context(), resource, **more)
    return [record["id"] for page in walked.pages for record in page], walked


def everybody(sandbox):
    """Return the ids of all users."""
    return {record["id"] for record in sandbox.directory.users}


def is_whole(sandbox, ids):
    """Whether all users came, each once."""
    return len(ids) == len(set(ids)) and set(ids) == everybody(sandbox)


def change(sandbox, **fields):
    """Change the last user; an id of a population moves it."""
    directory = sandbox.directory
    with directory.lock:
        record = list(directory.users)[-1]
        directory.users.put(directory.bumped({**record, **fields}))
        directory.revision += 1


def test_parts(sandbox, open_desk):
    """Many users are read in parts, with few calls more than pages, and are counted at the end."""
    ids, walked = read(open_desk(sandbox))
    assert is_whole(sandbox, ids)
    assert (walked.count, walked.counted, walked.old) == (USERS, USERS, USERS)
    assert walked.how == "in 24 parts side by side"
    assert sandbox.journal.count("GET", "/users") == 1 + 26 + 1  # the count, a page for each letter, the count again


def test_one_row(sandbox, open_desk):
    """Who wants one page at a time gets one row."""
    ids, walked = read(open_desk(sandbox), parallel=1)
    assert is_whole(sandbox, ids)
    assert (walked.how, sandbox.journal.count("GET", "/users")) == ("in one row", USERS // 100)


def test_other_kinds(sandbox, open_desk):
    """Groups and populations are read in one row."""
    desk = open_desk(sandbox)
    for resource, table in (("Group", sandbox.directory.groups), ("Population", sandbox.directory.populations)):
        ids, walked = read(desk, resource)
        assert sorted(ids) == sorted(record["id"] for record in table)
        assert (walked.how, walked.counted) == ("in one row", len(ids))


def test_with_a_filter(sandbox, open_desk):
    """A filter is divided as everybody is: for whom it does not hold does not come."""
    ids, walked = read(open_desk(sandbox), filter='enabled eq true or title eq "Lead"')
    wanted = {each["id"] for each in sandbox.directory.users if each["enabled"] or each.get("title") == "Lead"}
    assert set(ids) == wanted
    assert len(ids) == len(wanted) == walked.counted
    assert "parts side by side" in walked.how


def test_no_more_at_a_time(sandbox, open_desk, monkeypatch):
    """No more calls are under way than was said."""
    meet, lock, under_way, most = sandbox.faults.meet, threading.Lock(), [], []
    pair = threading.Barrier(2)

    def count(method, path, **more):
        if not path.endswith("/users"):
            return meet(method, path, **more)
        with lock:
            under_way.append(path)
            most.append(len(under_way))
        if len(most) in (2, 3):  # the first is alone
            pair.wait(60)
        with lock:
            under_way.pop()
        return meet(method, path, **more)

    monkeypatch.setattr(sandbox.faults, "meet", count)
    ids, _walked = read(open_desk(sandbox), parallel=2)
    assert is_whole(sandbox, ids)
    assert max(most) == 2


def test_rate_decides(sandbox, open_desk):
    """Where nobody says how many at a time, the rate does."""
    assert [choose_parallel(rate) for rate in (1.0, 50.0, 100.0, 1000.0)] == [8, 15, 24, 24]


@pytest.mark.parametrize(
    "faults",
    [
        {"rate": 40.0, "burst": 5.0},
        {"error_share": 0.1, "drop_after_share": 0.05, "drop_before_share": 0.05, "cut_share": 0.05},
    ],
    ids=["429", "5xx, lost and half answers"],
)
def test_bad_days(sandbox, open_desk, faults):
    """Through refusals and lost answers all come, each once."""
    desk = open_desk(sandbox)
    sandbox.faults.set(**faults)
    ids, _walked = read(desk)
    assert is_whole(sandbox, ids)


def test_away_for_a_while(sandbox, open_desk, meanwhile):
    """While PingOne is away the walk waits, longer than a request would."""
    meanwhile(sandbox, 8, lambda: sandbox.faults.plan("error", "GET", "/users", times=14))
    ids, _walked = read(open_desk(sandbox), parallel=2)
    assert is_whole(sandbox, ids)


def test_away_for_good(sandbox, open_desk):
    """A PingOne that stays away ends the walk with its error."""
    desk = open_desk(sandbox)
    sandbox.faults.plan("error", "GET", "/users", times=100_000)
    with pytest.raises((Unreachable, CircuitOpen)):
        read(desk)


@pytest.mark.parametrize("parallel", [None, 1], ids=["parts", "row"])
def test_cursors_that_die(sandbox, open_desk, meanwhile, parallel):
    """Where a new token ends all cursors, those rows begin anew, and nobody comes twice."""
    meanwhile(sandbox, 6, sandbox.revoke_tokens)
    ids, _walked = read(open_desk(sandbox), parallel=parallel)
    assert is_whole(sandbox, ids)


@pytest.mark.parametrize("lie", ["no_links", "no_next", "next_null", "twice", "no_id"])
def test_lie_that_passes(sandbox, open_desk, lie):
    """A page that is not true once is read again."""
    desk = open_desk(sandbox)
    sandbox.faults.plan(lie, "GET", "/users", skip=3)
    ids, _walked = read(desk, parallel=1)
    assert is_whole(sandbox, ids)


def test_lie_that_stays(sandbox, open_desk):
    """A list that always ends after its first page is refused."""
    desk = open_desk(sandbox)
    sandbox.faults.plan("no_next", "GET", "/users", times=1000)
    with pytest.raises(PingOneError, match="with 100 of 1100 users and no link to the others"):
        read(desk)


# -- what changes meanwhile --------------------------------------------------------------------------------------------


@pytest.fixture
def changing(make_sandbox):
    """A PingOne that may be changed."""
    return make_sandbox(USERS)


@pytest.mark.parametrize("number", [3, 25])
def test_rename_and_move(changing, open_desk, meanwhile, number):
    """Who gets another name and another population while the directory is read is not missing, nor there twice."""
    home = next(iter(changing.directory.populations))["id"]
    meanwhile(changing, number, lambda: change(changing, username="0-first", population={"id": home}))
    ids, _walked = read(open_desk(changing))
    assert is_whole(changing, ids)


def test_somebody_comes(changing, open_desk, meanwhile):
    """Who comes while the directory is read is counted at the end, and looked for in one row."""
    directory = changing.directory

    def add():
        with directory.lock:
            record = {**list(directory.users)[-1], "id": directory.new_id(), "username": "0-new", **directory.stamps()}
            directory.users.add(record)
            directory.revision += 1

    desk = open_desk(changing)
    read(desk)
    meanwhile(changing, changing.journal.count("GET", "/users"), add)
    ids, walked = read(desk)
    assert is_whole(changing, ids)
    assert walked.how.endswith(f"and then in one row: PingOne counts {USERS + 1}, and {USERS} came")


def test_somebody_goes(changing, open_desk, meanwhile):
    """Who goes before being read may have moved instead: the rest is looked through in one row."""
    directory = changing.directory
    gone = list(directory.users)[-1]["id"]

    def drop():
        with directory.lock:
            directory.users.drop(gone)
            directory.revision += 1

    meanwhile(changing, 3, drop)
    ids, walked = read(open_desk(changing))
    assert set(ids) >= everybody(changing)
    assert f"1 of {USERS} who were counted at the start did not come" in walked.how or gone in ids


# -- readings of what PingOne leaves open ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("switches", "how"),
    [
        ({"count_ceiling": 500}, "in one row"),
        ({"highest_count": 600}, "in one row"),
        ({"ignored_filters": frozenset({"username"})}, "in 3 parts side by side"),
        ({"ignored_filters": frozenset({"username", "population.id"})}, "in one row, since it could not be divided"),
        ({"case_sensitive_filters": True}, "parts side by side"),
        ({"accent_blind_filters": True}, "parts side by side"),
        ({"page_ceiling": 100}, "parts side by side"),
    ],
    ids=["no count", "count too low", "names not minded", "nothing minded", "case", "accents", "small pages"],
)
def test_readings(make_sandbox, open_desk, switches, how):
    """Under every reading all come, each once; what PingOne cannot do costs time and nothing else."""
    sandbox = make_sandbox(USERS, **switches)
    ids, walked = read(open_desk(sandbox))
    assert is_whole(sandbox, ids)
    assert how in walked.how


def test_rights_that_lack(make_sandbox, open_desk):
    """What the worker may not read ends the walk at once."""
    with pytest.raises((Refused, Misconfigured, PingOneError)):
        read(open_desk(make_sandbox(10, rights="none")))


# -- in the middle -----------------------------------------------------------------------------------------------------


def test_end_in_the_middle(sandbox, open_desk):
    """Who goes away in the middle leaves no thread behind."""
    desk = open_desk(sandbox)
    pages = walk(desk, desk.context(), "User").pages
    next(pages)
    pages.close()
    assert not [each for each in threading.enumerate() if each.name.startswith("walk")]


def test_slow_taker(sandbox, open_desk):
    """Who is slow to take pages slows the calls down: no more wait than are read at a time, and as many again."""
    desk = open_desk(sandbox)
    pages = walk(desk, desk.context(), "User", parallel=2).pages
    taken = 0
    for taken, _page in enumerate(pages, 1):
        assert sandbox.journal.count("GET", "/users") <= taken + 4
    assert taken > 10


def test_gone_on_with(sandbox, open_desk):
    """A walk goes on where an earlier one was: what has come does not come again, and counts."""
    desk, kept = open_desk(sandbox), {"done": set(), "seen": []}

    class Keeper:
        def begun(self, begun):
            kept["begun"] = begun

        def finished(self, part):
            kept["done"].add(part)

    walked = walk(desk, desk.context(), "User", keeper=Keeper(), parallel=4)
    for page in walked.pages:
        kept["seen"] += [record["id"] for record in page]
        if len(kept["seen"]) > USERS // 2:
            break
    walked.pages.close()
    assert 0 < len(kept["seen"]) < USERS
    sandbox.journal.clear()
    earlier = Earlier(kept["begun"], kept["seen"], walked.old, frozenset(kept["done"]))
    ids, again = read(desk, earlier=earlier)
    assert is_whole(sandbox, [*kept["seen"], *ids])
    assert (again.count, again.old) == (USERS, USERS)


def test_progress(sandbox, open_desk):
    """After each page it is told how many have come, and of how many."""
    told = []
    read(open_desk(sandbox), tell=lambda read, total: told.append((read, total)))
    assert told[-1] == (USERS, USERS)
    assert [read for read, _total in told] == sorted(read for read, _total in told)
