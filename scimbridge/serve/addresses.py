"""Where the bridges of this machine listen: one small file for each, for `scimbridge health` to find them by.

A file holds the URL at which a bridge can be asked from its own machine, and is locked as long as the bridge lives, so
that one which was killed is never taken for one that is there. Knows files and locks of the kernel; nothing of
gunicorn, of settings and of what is asked.
"""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

RUNTIME = "RUNTIME_DIRECTORY"
"""What systemd gives a service; its first folder is used."""
MEMORY = Path("/dev/shm")  # noqa: S108 - where nothing else may be written, as in a container with a read-only root
_NAME = "scimbridge-{user}-{process}.listens"
_FLAGS = os.O_NOFOLLOW | os.O_CLOEXEC
_LONGEST = 1024
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what is bound to all is asked at the loopback


def url_of(address: tuple[str, int], *, tls: bool) -> str:
    """Return the URL at which a bridge that listens at `address` is asked from its own machine."""
    host, port = address
    host = _ANY.get(host, host)
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{shown}:{port}"


class ListeningFile:
    """Says where one bridge listens, from `say` until `close`. To be made in the master, before it forks."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._held: tuple[Path, int] | None = None
        self._maker = os.getpid()
        # A worker that outlives its master for a moment is no bridge any more.
        os.register_at_fork(after_in_child=self._let_go)

    def say(self, url: str) -> str:
        """Write `url` into the file, which is made where it is not there. Return why it could not be, or nothing."""
        try:
            if self._held is None:
                self._held = self._open()
            _, fd = self._held
            os.ftruncate(fd, 0)
            os.pwrite(fd, url.encode(), 0)
        except OSError as error:
            return error.strerror or type(error).__name__
        return ""

    def close(self) -> None:
        """Take the file away, in the process that made it."""
        if self._held is not None and os.getpid() == self._maker:
            self._held[0].unlink(missing_ok=True)
        self._let_go()

    def _open(self) -> tuple[Path, int]:
        path = _folder(self._environ) / _NAME.format(user=os.geteuid(), process=os.getpid())
        # What lies there was left by a process that is gone: this one has its number now.
        path.unlink(missing_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600)
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return path, fd

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            os.close(held[1])


@contextmanager
def listening(environ: Mapping[str, str]) -> Iterator[ListeningFile]:
    """Yield what says where this master listens; the file goes at the end, and workers that unwind leave it alone."""
    said = ListeningFile(environ)
    try:
        yield said
    finally:
        said.close()


def find(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the URLs of the bridges that this user runs on this machine, in order."""
    try:
        paths = sorted(_folder(environ).glob(_NAME.format(user=os.geteuid(), process="*")))
    except OSError:
        return ()
    return tuple(url for path in paths if (url := _read(path)))


def _folder(environ: Mapping[str, str]) -> Path:
    given = Path(environ.get(RUNTIME, "").split(":", 1)[0])
    if given.is_absolute():
        return given
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError:
        return MEMORY


def _read(path: Path) -> str | None:
    """Return what a file of this user's says, None where nobody holds it any more."""
    with suppress(OSError):
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | _FLAGS)
        try:
            found = os.fstat(fd)
            if found.st_uid == os.geteuid() and stat.S_ISREG(found.st_mode) and _is_held(fd):
                return os.read(fd, _LONGEST).decode(errors="replace") or None
        finally:
            os.close(fd)
    return None


def _is_held(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
