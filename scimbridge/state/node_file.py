"""Where a node keeps what it knows: a file that its workers share, and that those find who come after them.

The file lies in a folder of this user's alone, whose name says which bridge it belongs to. One master at a time holds
the folder; what it finds there was left by one that has ended. Where the folder cannot be had like that, the file lies
in one that goes with the node, as it does where nothing shall be found again. Knows folders and locks of the kernel,
and nothing of what is kept.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
import stat
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from scimbridge.state.sqlite_file import make_ready

FILE = "state.db"
SYSTEMD = ("STATE_DIRECTORY", "RUNTIME_DIRECTORY")  # folders of a service, the lasting one first
MEMORY = Path("/dev/shm")  # noqa: S108 - where nothing else may be written, as in a container with a read-only root
BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class NodeFile:
    """Where the file lies, None where there is no place at all; and what an operator should know of it."""

    path: Path | None
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _HeldFolder:
    folder: Path
    descriptor: int | None  # that holds the lock of the folder; None: the folder is private and goes with the node
    is_new: bool
    trouble: str = ""


class NodeFiles:
    """The files of one master: one for each bridge that it has served. To be used before processes are forked."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._held: dict[str, _HeldFolder] = {}
        self._maker = os.getpid()
        # The lock is the master's: a worker that outlives it for a moment must not keep the next one out.
        os.register_at_fork(after_in_child=self._let_go)

    def of(self, identity: Sequence[object], stamp: str = "", *, lasting: bool = True) -> NodeFile:
        """Return the file of the bridge that `identity` tells from all others on this machine; it holds no secrets.

        `stamp` is what the values in it hang on besides. `lasting` False: nobody shall find it again.
        """
        name = _name_of(identity)
        if name not in self._held:
            held = self._hold(name) if lasting else _make_private(is_new=True)
            if held is None:
                return NodeFile(None, ("no folder can be written to: each process keeps what it knows to itself",))
            self._held[name] = held
        held = self._held[name]
        self._held[name] = replace(held, is_new=False)
        path = held.folder / FILE
        try:
            trouble = make_ready(path, f"{boot_id()} {stamp}", is_new=held.is_new)
        except (OSError, sqlite3.Error) as error:
            why = f"the node file cannot be made ({type(error).__name__}): each process keeps what it knows to itself"
            return NodeFile(None, (why,))
        return NodeFile(path, tuple(each for each in (held.trouble, trouble) if each))

    def beside(self, identity: Sequence[object], stamp: str = "") -> NodeFile:
        """Return the file of the bridge that serves here at this moment, for a process that works beside it.

        Where none serves, it is one that those share who work beside: the bridge's own folder is never taken, so that
        one may be started meanwhile, which then shares nothing with the work that is under way.
        """
        others = ("beside", *identity)
        for each in (identity, others):
            held = self._find_held(_name_of(each))
            if held is not None:
                return NodeFile(held)
        return self.of(others, stamp)

    def _find_held(self, name: str) -> Path | None:
        """Return the file in a folder of this user's that another process holds, None where there is none."""
        for place in self._places():
            try:
                descriptor = os.open(place / name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            except OSError:
                continue  # there is none here
            try:
                found = os.fstat(descriptor)
                if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
                    return None  # whoever made it may have put anything there
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                file = place / name / FILE
                return file if file.exists() else None
            finally:
                os.close(descriptor)
        return None

    def close(self) -> None:
        """Give the folders back: what is private goes, the rest stays for the next master."""
        if os.getpid() != self._maker:
            return
        for held in self._held.values():
            if held.descriptor is None:
                shutil.rmtree(held.folder, ignore_errors=True)
        self._let_go()

    def _let_go(self) -> None:
        held, self._held = self._held, {}
        for each in held.values():
            if each.descriptor is not None:
                os.close(each.descriptor)

    def _hold(self, name: str) -> _HeldFolder | None:
        """Take a folder for this master alone, in the first place where that can be."""
        trouble = ""
        for place in self._places():
            try:
                return _take(place / name)
            except _Untrusted as error:
                trouble = str(error)
                break
            except OSError:
                continue  # it cannot be written to
        return _make_private(is_new=False, trouble=trouble)

    def _places(self) -> Iterator[Path]:
        for variable in SYSTEMD:
            given = Path(self._environ.get(variable, "").split(":", 1)[0])
            if given.is_absolute():
                yield given
        try:
            yield Path(tempfile.gettempdir())
        except FileNotFoundError:
            yield MEMORY


class _Untrusted(Exception):
    """A folder is there that this master may not use."""


@contextmanager
def node_files(environ: Mapping[str, str]) -> Iterator[NodeFiles]:
    """Yield the files of this master, which are given back at the end; workers that unwind give nothing back."""
    files = NodeFiles(environ)
    try:
        yield files
    finally:
        files.close()


def _name_of(identity: Sequence[object]) -> str:
    digest = hashlib.sha256("\0".join(map(str, identity)).encode()).hexdigest()[:20]
    return f"scimbridge-{os.geteuid()}-{digest}"


def boot_id() -> str:
    """Return a name for the time since this machine was started; a new one each time where it has none."""
    try:
        return BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return uuid.uuid4().hex


def _take(folder: Path) -> _HeldFolder:
    """Make the folder or find it, and lock it. Raises `_Untrusted`, and OSError where it can neither be made nor be."""
    is_new = True
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        is_new = False
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        raise _Untrusted("in the place of the node's folder is something else; it is left alone") from None
    try:
        _lock(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return _HeldFolder(folder, descriptor, is_new)


def _lock(folder: int) -> None:
    found = os.fstat(folder)
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise _Untrusted("the node's folder is not this user's alone; it is left alone")
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)  # which also keeps systemd-tmpfiles from clearing it
    except BlockingIOError:
        raise _Untrusted("another process of this bridge holds the node's folder") from None


def _make_private(*, is_new: bool, trouble: str = "") -> _HeldFolder | None:
    for place in (None, MEMORY):  # None is where temporary files go
        try:
            return _HeldFolder(Path(tempfile.mkdtemp(prefix="scimbridge-", dir=place)), None, is_new, trouble)
        except OSError:
            continue
    return None
