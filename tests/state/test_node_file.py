"""The file of a node: for several processes, nobody else's to read, gone with the node and not with a worker."""

from __future__ import annotations

import os
import stat
import sys
import tempfile

from scimbridge.state import node_file as place
from scimbridge.state.node_file import node_file
from scimbridge.state.sqlite import SqliteState


def test_one_process_needs_none():
    """A single process keeps everything in its memory."""
    with node_file(1) as path:
        assert path is None


def test_folder_is_ours_and_goes():
    """The folder can be entered by this user alone, and is removed with all that is in it."""
    with node_file(2) as path:
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        state = SqliteState(path)
        state.set("k", b"v", 10)
        state.close()
        assert path.exists()
    assert not path.parent.exists()


def test_worker_that_ends_removes_nothing():
    """A forked worker that unwinds as it exits leaves the file to the others."""
    child = -1
    try:
        with node_file(2) as path:
            child = os.fork()
            if child == 0:
                sys.exit()
            os.waitpid(child, 0)
            assert path.parent.exists()
    except SystemExit:
        os._exit(0)
    assert not path.parent.exists()


def test_where_nothing_else_can_be_written(monkeypatch, tmp_path):
    """Without a folder for temporary files it lies in the memory of the machine."""

    def none_there():
        raise FileNotFoundError

    monkeypatch.setattr(tempfile, "gettempdir", none_there)
    monkeypatch.setattr(place, "MEMORY", tmp_path)
    with node_file(2) as path:
        assert path.parent.parent == tmp_path
