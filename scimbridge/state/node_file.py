"""Where the processes of one node keep what they share: a file in a folder of its own, which goes with the node."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - where nothing else may be written, as in a container with a read-only root


@contextmanager
def node_file(processes: int) -> Iterator[Path | None]:
    """Yield the path of a file for so many processes, None where one needs none; the folder is gone afterwards.

    The folder is this user's alone (mode 0700). To be called before the processes are forked: what they unwind when
    they end removes nothing.
    """
    if processes <= 1:
        yield None
        return
    folder, maker = _make_folder(), os.getpid()
    try:
        yield Path(folder, "state.db")
    finally:
        if os.getpid() == maker:
            shutil.rmtree(folder, ignore_errors=True)


def _make_folder() -> str:
    try:
        return tempfile.mkdtemp(prefix="scimbridge-")
    except FileNotFoundError:  # no folder for temporary files can be written to
        return tempfile.mkdtemp(prefix="scimbridge-", dir=MEMORY)
