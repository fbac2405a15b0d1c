"""Files that are there whole or not at all, for their owner alone (mode 0600): also after a crash in between."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """Open a new file that takes the place of `path` at the end, and of nothing where an error ends it before.

    A link is followed, and stays one. Raises OSError, also for a place that is no file, such as a pipe, and for a link
    that another user has made.
    """
    if path.is_symlink() and path.lstat().st_uid not in (os.geteuid(), 0):
        raise PermissionError(errno.EPERM, "it is a link that somebody else has made; take it away")
    place = path.resolve()
    if place.exists() and not place.is_file():
        raise FileExistsError(f"{path} is there and is no file")
    handle, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)  # its mode is 0600
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _keep_name(place.parent)


def _keep_name(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
