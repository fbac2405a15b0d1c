"""The file of a node: nobody else's to read, found again by who comes after, and never two masters' at a time."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import tempfile

import pytest

from scimbridge.state import node_file as place
from scimbridge.state.node_file import FILE, NodeFile, NodeFiles, node_files
from scimbridge.state.sealed import Sealed
from scimbridge.state.sqlite import SqliteState

BRIDGE = ("environment", "client", "https://api.pingone.eu", "127.0.0.1", 8080)
HOLD = """
import sys, time
from scimbridge.state.node_file import node_files
with node_files({"STATE_DIRECTORY": sys.argv[1]}) as files:
    print(files.of(%r).path, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def places(tmp_path):
    return {"STATE_DIRECTORY": str(tmp_path)}


@pytest.fixture
def state():
    """Open the state of a file, once for each time it is asked for."""
    opened = []

    def open_state(found):
        opened.append(SqliteState(found.path))
        return opened[-1]

    yield open_state
    for each in opened:
        each.close()


@pytest.fixture
def other_master(tmp_path):
    """Another process that holds the folder of the same bridge."""
    program = [sys.executable, "-c", HOLD % (BRIDGE,), str(tmp_path)]
    process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline().strip().endswith(FILE)
    yield process
    process.kill()
    process.communicate()


def test_folder_is_ours_and_stays(places, state):
    """The folder can be entered by this user alone, and who comes after finds in it what was kept."""
    with node_files(places) as files:
        found = files.of(BRIDGE)
        assert stat.S_IMODE(found.path.parent.stat().st_mode) == 0o700
        state(found).set("k", b"v", 10)
    with node_files(places) as files:
        assert files.of(BRIDGE) == found
        assert state(found).get("k") == b"v"
        assert state(found).vouches(3600)
    assert found.troubles == ()


def test_another_bridge_has_another_file(places):
    """Each environment, client, API, host and port has a folder of its own, whose name tells nothing of them."""
    others = [(*BRIDGE[:number], "other", *BRIDGE[number + 1 :]) for number in range(len(BRIDGE))]
    with node_files(places) as files:
        paths = {files.of(each).path for each in [BRIDGE, *others]}
    assert len(paths) == 1 + len(BRIDGE)
    assert not any("environment" in str(path) or "client" in path.parent.name for path in paths)


def test_values_do_not_stand_in_the_file_in_clear(places):
    """What is on disk is sealed, also in the log beside the file."""
    with node_files(places) as files:
        path = files.of(BRIDGE).path
        Sealed(SqliteState(path), bytes(32)).set("k", b"an access token", 60)
        assert not any(b"an access token" in each.read_bytes() for each in path.parent.iterdir())


def test_one_master_at_a_time(places, other_master, state):
    """A second master gets a file of its own, which is gone with it and vouches for nothing kept elsewhere."""
    with node_files(places) as files:
        found = files.of(BRIDGE)
        assert found.path.parent.parent != place.Path(places["STATE_DIRECTORY"])
        assert "holds" in found.troubles[0]
        assert not state(found).vouches(3600)
    assert not found.path.parent.exists()


def test_a_killed_master_holds_nothing(places, other_master):
    """After a master was killed the next one has its folder at once."""
    other_master.kill()
    other_master.wait()
    with node_files(places) as files:
        assert files.of(BRIDGE).troubles == ()


def test_a_worker_that_outlives_its_master_holds_nothing(places):
    """The lock is the master's alone: a child that was forked does not keep the next master out."""
    files = NodeFiles(places)
    files.of(BRIDGE)
    reading, writing = os.pipe()
    begun, begins = os.pipe()
    child = os.fork()
    if not child:
        os.close(writing)
        os.write(begins, b"x")
        os.read(reading, 1)
        os._exit(0)
    os.read(begun, 1)
    files.close()
    with node_files(places) as next_files:
        assert next_files.of(BRIDGE).troubles == ()
    for descriptor in (writing, reading, begun, begins):
        os.close(descriptor)
    os.waitpid(child, 0)


def test_worker_that_ends_gives_nothing_back(places):
    """A forked worker that unwinds as it exits leaves file and lock to the others."""
    child = -1
    try:
        with node_files(places) as files:
            private = files.of(BRIDGE, lasting=False)
            child = os.fork()
            if child == 0:
                sys.exit()
            os.waitpid(child, 0)
            assert private.path.exists()
    except SystemExit:
        os._exit(0)
    assert not private.path.parent.exists()


@pytest.mark.parametrize("trap", ["link", "file", "open to others"])
def test_what_is_not_ours_is_left_alone(places, tmp_path, trap, state):
    """A link, a file, or a folder that others may enter is neither followed nor used, and the log is told."""
    with node_files(places) as files:
        folder = files.of(BRIDGE).path.parent
    for each in folder.iterdir():
        each.unlink()
    folder.rmdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    if trap == "link":
        folder.symlink_to(elsewhere)
    elif trap == "file":
        folder.write_text("")
    else:
        folder.mkdir()
        folder.chmod(0o755)
    with node_files(places) as files:
        found = files.of(BRIDGE)
        assert found.path.parent not in (folder, elsewhere)
        assert "left alone" in found.troubles[0]
        state(found).set("k", b"v", 10)
        assert not state(found).vouches(3600), "each start begins without memory"
    assert not list(elsewhere.iterdir())


def test_another_boot_is_not_believed(places, state, monkeypatch, tmp_path):
    """What was kept before the machine was started anew is forgotten, and counts as lost."""
    with node_files(places) as files:
        state(files.of(BRIDGE)).set("k", b"v", 60)
    boot = tmp_path / "boot"
    boot.write_text("another\n")
    monkeypatch.setattr(place, "BOOT", boot)
    with node_files(places) as files:
        found = files.of(BRIDGE)
        assert state(found).get("k") is None
        assert not state(found).vouches(60)
        state(found).set("k", b"v", 60)
    with node_files(places) as files:
        assert state(files.of(BRIDGE)).get("k") == b"v"


def test_another_stamp_is_not_believed(places, state):
    """A node that kept its values in a Redis before has none in the file, and does not say that there were none."""
    with node_files(places) as files:
        state(files.of(BRIDGE, "redis")).set("k", b"v", 60)
    with node_files(places) as files:
        found = files.of(BRIDGE, "memory")
        assert state(found).get("k") is None
        assert not state(found).vouches(60)


def spoil(path):
    path.write_bytes(b"nonsense" * 1000)


def cut_off(path):
    path.write_bytes(path.read_bytes()[:5000])


def empty(path):
    path.write_bytes(b"")


def change_layout(path):
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE entries")
        connection.execute("PRAGMA user_version = 99")
    connection.close()


def make_folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [spoil, cut_off, empty, change_layout, make_folder])
def test_a_damaged_file_is_put_aside(places, state, damage):
    """Whatever lies in the place of the file, a new one takes it, and what was in the old one counts as lost."""
    with node_files(places) as files:
        path = files.of(BRIDGE).path
        made = state(files.of(BRIDGE))
        for number in range(100):
            made.set(f"k{number}", bytes(1000), 60)
        made.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    damage(path)
    with node_files(places) as files:
        found = files.of(BRIDGE)
        made = state(found)
        assert made.get("k1") is None
        made.set("k", b"v", 60)
        assert made.get("k") == b"v"
        assert not made.vouches(60)
    assert damage is empty or "put aside" in found.troubles[0]


def test_a_folder_without_its_file_has_lost_something(places, state):
    """Where the folder is there and the file is not, somebody took it."""
    with node_files(places) as files:
        path = files.of(BRIDGE).path
    path.unlink()
    with node_files(places) as files:
        assert not state(files.of(BRIDGE)).vouches(60)


def test_locks_of_processes_that_are_gone_bar_nobody(places, state):
    """A lock whose holder died with the node is free at once, also where another process has its number now."""
    with node_files(places) as files:
        made = state(files.of(BRIDGE))
        assert made.take("l", "owner", 600, 0)
        assert not made.take("l", "other", 60, 0)
    with sqlite3.connect(files_path(places)) as connection:  # as if the number were that of an earlier process
        connection.execute("UPDATE locks SET process = ?", (f"{os.getpid()}.1",))
    connection.close()
    with node_files(places) as files:
        assert state(files.of(BRIDGE)).take("l", "other", 60, 0)


def files_path(places):
    with node_files(places) as files:
        return files.of(BRIDGE).path


@pytest.mark.parametrize("place_given", ["", "/nowhere/at/all", "relative", ":", "/dev/null"])
def test_where_systemd_gives_no_place(monkeypatch, tmp_path, place_given):
    """Without a folder that can be written to it lies where temporary files do, and is found again there."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with node_files({"STATE_DIRECTORY": place_given}) as files:
        assert files.of(BRIDGE).path.parent.parent == tmp_path
        first = files.of(BRIDGE).path
    with node_files({}) as files:
        assert files.of(BRIDGE).path == first


def test_the_lasting_place_comes_first(tmp_path):
    """Of the folders that systemd gives, the first of those that outlive the service is taken."""
    for name in "abc":
        (tmp_path / name).mkdir()
    given = {"STATE_DIRECTORY": f"{tmp_path}/a:{tmp_path}/b", "RUNTIME_DIRECTORY": f"{tmp_path}/c"}
    with node_files(given) as files:
        assert files.of(BRIDGE).path.parent.parent == tmp_path / "a"
    del given["STATE_DIRECTORY"]
    with node_files(given) as files:
        assert files.of(BRIDGE).path.parent.parent == tmp_path / "c"


def test_where_nothing_else_can_be_written(monkeypatch, tmp_path):
    """Without a folder for temporary files it lies in the memory of the machine."""

    def none_there():
        raise FileNotFoundError

    monkeypatch.setattr(tempfile, "gettempdir", none_there)
    monkeypatch.setattr(place, "MEMORY", tmp_path)
    with node_files({}) as files:
        assert files.of(BRIDGE).path.parent.parent == tmp_path


def test_where_nothing_can_be_written_at_all(monkeypatch):
    """A node without any place starts all the same, each process by itself, and says so."""

    def none_there(**_named):
        raise FileNotFoundError

    monkeypatch.setattr(tempfile, "gettempdir", none_there)
    monkeypatch.setattr(tempfile, "mkdtemp", none_there)
    monkeypatch.setattr(place, "MEMORY", place.Path("/nowhere"))
    with node_files({}) as files:
        found = files.of(BRIDGE)
    assert found.path is None
    assert found.troubles


def test_what_nobody_shall_find_again(places, state):
    """A file that does not last is new each time, so that nothing can have been lost, and goes with the node."""
    with node_files(places) as files:
        found = files.of(BRIDGE, lasting=False)
        assert state(found).vouches(3600)
    assert not found.path.parent.exists()


def test_work_beside_shares_the_file_of_the_bridge_that_serves(places):
    """A process beside a bridge finds its file, takes nothing from it, and leaves its folder to it."""
    with node_files(places) as bridge, node_files(places) as work:
        served = bridge.of(BRIDGE)
        assert work.beside(BRIDGE) == NodeFile(served.path)
        work.close()
        with node_files(places) as next_one:
            assert next_one.of(BRIDGE).troubles


def test_work_beside_nobody_keeps_the_place_free(places):
    """Where no bridge serves, those that work beside share a file, and a bridge that is started has its own."""
    with node_files(places) as first, node_files(places) as second, node_files(places) as bridge:
        held = first.beside(BRIDGE)
        assert held.path is not None
        assert not held.troubles
        assert second.beside(BRIDGE).path == held.path
        served = bridge.of(BRIDGE)
        assert not served.troubles
        assert served.path != held.path


def test_work_beside_believes_no_folder_that_others_may_write_to(places, tmp_path):
    """A folder that is not this user's alone is passed over, whoever holds it."""
    with node_files(places) as bridge, node_files(places) as work:
        served = bridge.of(BRIDGE)
        served.path.parent.chmod(0o770)
        assert work.beside(BRIDGE).path != served.path
