"""Changes of the clients file, one at a time: comments and order stay, and a faulty result is never written.

What is written is read back first, and has to mean exactly what was wanted. The new file takes the old one's place at
once, with its owner and rights, so that a bridge never sees half of it. Knows the file's form; what the clients in it
may do is `clients`, and who makes secrets is up to the caller.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from tomlkit.exceptions import TOMLKitError

from scimbridge.access.clients import MOST_SECRETS, Client, ClientFaults, Clients, StoredSecret, read_clients
from scimbridge.access.secrets import NewSecret
from scimbridge.access.writing import append_client, drop_client, put_secrets

_RIGHTS = 0o600
"""Of a new file: it holds no secrets, but who may do what is nobody else's business."""

Wanted = Mapping[str, Client]
Change = Callable[[Clients, str], tuple[str, Wanted]]  # what there is, and its text -> the new text and what it means


def add_client(path: Path, client: Client) -> Clients:
    """Add a client at the end of the file, which is made where there is none.

    Nothing is written, and `ClientFaults` raised, where the file or the client is faulty or the name is taken; OSError
    where the file cannot be read or written.
    """

    def change(held: Clients, text: str) -> tuple[str, Wanted]:
        if held.named(client.name) is not None:
            raise ClientFaults([f"clients.{client.name}: there is one already; rotate its secret, or revoke it first"])
        return append_client(text, client), _by_name(held) | {client.name: client}

    with _locked(path):
        return _replace(path, _text(path, if_missing=""), change)


def add_secret(path: Path, name: str, made: NewSecret, *, now: float, old_until: float | None) -> Clients:
    """Give a client a new secret; the old one is valid until `old_until`, None is until it is revoked.

    Both times are seconds since 1970. Secrets that have ended are cleared away. Raises `ClientFaults` where more than
    two secrets would be valid at once, there is no such client or the file is faulty, and OSError.
    """
    new = StoredSecret(made.id, made.digest, None, float(int(now)))

    def end(old: StoredSecret) -> StoredSecret:
        if old_until is None or not old.is_valid(old_until):
            return old
        return replace(old, ends_at=float(int(old_until)))

    def change(held: Clients, text: str) -> tuple[str, Wanted]:
        client = _find(held, name)
        kept = [one for one in map(end, client.secrets) if one.is_valid(now)]
        if len(kept) >= MOST_SECRETS:
            listed = " and ".join(one.id for one in kept)
            sentence = (
                f"clients.{name}: {listed} are valid already, and {MOST_SECRETS} is the most;"
                f" revoke one first: scimbridge client revoke {name} --secret ID"
            )
            raise ClientFaults([sentence])
        wanted = replace(client, secrets=(*kept, new))
        return put_secrets(text, wanted), _by_name(held) | {name: wanted}

    with _locked(path):
        return _replace(path, _text(path), change)


def remove_secret(path: Path, name: str, secret_id: str) -> Clients:
    """Take one secret away from a client. Raises `ClientFaults` where there is none such, and OSError."""

    def change(held: Clients, text: str) -> tuple[str, Wanted]:
        client = _find(held, name)
        kept = tuple(one for one in client.secrets if one.id != secret_id)
        if len(kept) == len(client.secrets):
            there = ", ".join(one.id for one in kept) or "none"
            raise ClientFaults([f"clients.{name}: it has no secret of the id {secret_id!r}; there is {there}"])
        wanted = replace(client, secrets=kept)
        return put_secrets(text, wanted), _by_name(held) | {name: wanted}

    with _locked(path):
        return _replace(path, _text(path), change)


def remove_client(path: Path, name: str) -> Clients:
    """Take a client out of the file, with all that it is known by. Raises `ClientFaults` and OSError."""

    def change(held: Clients, text: str) -> tuple[str, Wanted]:
        _find(held, name)
        return drop_client(text, name), {key: one for key, one in _by_name(held).items() if key != name}

    with _locked(path):
        return _replace(path, _text(path), change)


def read_file(path: Path) -> Clients:
    """Read a clients file. Raises `ClientFaults` where it is faulty, and OSError."""
    return read_clients(_text(path))


def _by_name(held: Clients) -> dict[str, Client]:
    return {each.name: each for each in held.clients}


def _find(held: Clients, name: str) -> Client:
    client = held.named(name)
    if client is None:
        there = ", ".join(each.name for each in held.clients) or "none at all"
        raise ClientFaults([f"there is no client {name!r}; there is {there}"])
    return client


# -- the file ----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Wait until nobody else edits the file. The lock is a file beside it, which stays: the file itself is replaced."""
    beside = path.resolve()
    lock = os.open(beside.with_name(f".{beside.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _RIGHTS)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _text(path: Path, if_missing: str | None = None) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        if if_missing is None:
            raise
        return if_missing
    except UnicodeDecodeError:
        raise ClientFaults([f"{path} is not UTF-8, which TOML is written in"]) from None


def _replace(path: Path, text: str, change: Change) -> Clients:
    """Write what `change` makes of `text`, after reading it back."""
    held = read_clients(text)
    try:
        new, wanted = change(held, text)
    except TOMLKitError:
        raise _by_hand(path) from None
    found = read_clients(new)
    if _by_name(found) != wanted or found.issuers != held.issuers:
        raise _by_hand(path)
    _write(path.resolve(), new)
    return found


def _by_hand(path: Path) -> ClientFaults:
    sentence = (
        f"{path} is written in a way that cannot be changed here without changing its meaning;"
        " edit it by hand, or write each client as a section [clients.NAME] of its own"
    )
    return ClientFaults([sentence])


def _write(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # its rights are 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))
            _take_over(path, file.fileno())
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _take_over(path: Path, handle: int) -> None:
    """Give the new file owner and rights of the old one: a bridge that cannot read it would not see a revocation."""
    try:
        old = path.stat()
    except FileNotFoundError:
        return
    new = os.fstat(handle)
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        try:
            os.fchown(handle, old.st_uid, old.st_gid)
        except PermissionError:
            raise ClientFaults(
                [f"{path} belongs to another user or group and would be lost to them; run this as its owner or as root"]
            ) from None
    os.fchmod(handle, old.st_mode & 0o777)
