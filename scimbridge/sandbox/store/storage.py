"""Keep a directory in one JSON file, written whole and put in place in one step.

Knows the directory's parts; the audit feed and the tokens are not kept.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from threading import Condition, Thread
from typing import TYPE_CHECKING, Final

import orjson

from scimbridge.sandbox.http.tokens import WorkerCredentials
from scimbridge.sandbox.model.groups import compile_user_filter
from scimbridge.sandbox.model.schema import SchemaAttribute
from scimbridge.sandbox.store.directory import Collection, Directory, Password
from scimbridge.sandbox.store.edges import KINDS

if TYPE_CHECKING:
    from pathlib import Path

    from scimbridge.sandbox.store.records import Json

FORMAT: Final = 1
PAUSE: Final = 0.3
_COLLECTIONS: Final[tuple[Collection, ...]] = ("populations", "users", "groups")


class BadFileError(Exception):
    """The data file is not one that this sandbox wrote."""


def dump(directory: Directory, credentials: WorkerCredentials) -> bytes:
    """Return the file's content. Records are never changed in place, so only the lists need the lock."""
    with directory.lock:
        content: Json = {
            "format": FORMAT,
            "credentials": asdict(credentials),
            "createdAt": directory.created_at,
            "schema": {"id": directory.schema.id, "attributes": [asdict(a) for a in directory.schema]},
            "providers": dict(directory.providers),
            "passwords": {user_id: asdict(held) for user_id, held in directory.passwords.items()},
            "memberships": directory.edges.dump(),
        }
        for collection in _COLLECTIONS:
            table = directory.table(collection)
            content[collection] = [(serial, table.rows[record_id]) for serial, record_id in table.entries]
    return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)


def save(path: Path, directory: Directory, credentials: WorkerCredentials) -> None:
    """Write the file beside the old one and put it in its place. Raises OSError."""
    fresh = path.with_name(path.name + ".new")
    with fresh.open("wb") as file:
        file.write(dump(directory, credentials))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def read(path: Path) -> Json:
    """Return the content of a file. Raises BadFileError and OSError."""
    try:
        content = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise BadFileError(f"{path} is not JSON: {error}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise BadFileError(f"{path} was not written by this version of the sandbox")
    return content


def credentials_of(content: Json) -> WorkerCredentials:
    """Return the credentials in a file's content."""
    return WorkerCredentials(**content["credentials"])


def restore(directory: Directory, content: Json) -> None:
    """Fill an empty directory with a file's content."""
    with directory.lock:
        directory.created_at = content["createdAt"]
        directory.schema.id = content["schema"]["id"]
        for row in content["schema"]["attributes"]:
            values: Json = {name: tuple(v) if isinstance(v, list) else v for name, v in row.items()}
            directory.schema.put(SchemaAttribute(**values))
        directory.providers.update(content["providers"])
        for collection in _COLLECTIONS:
            for serial, record in content[collection]:
                directory.table(collection).add(record, serial)
        for kind in KINDS:
            for member_id, group_id in content["memberships"][kind]:
                directory.edges.add(kind, member_id, group_id)
        for user_id, held in content["passwords"].items():
            directory.passwords[user_id] = Password(**held)
        for group in directory.groups:
            dynamic = compile_user_filter(directory, group.get("userFilter"))
            if dynamic is not None:
                directory.dynamic[group["id"]] = dynamic


class Saver:
    """Saves a directory soon after a change, and for the last time when closed."""

    def __init__(self, path: Path, directory: Directory, credentials: WorkerCredentials) -> None:
        self._path = path
        self._directory = directory
        self._credentials = credentials
        self._condition = Condition()
        self._changed = True
        self._closing = False
        self._thread = Thread(target=self._run, name="sandbox-saver", daemon=True)

    def start(self) -> None:
        """Save once and watch from now on."""
        self._directory.listeners.append(self._wake)
        self._thread.start()

    def close(self) -> None:
        """Save what is not saved yet and stop."""
        with self._condition:
            self._closing = True
            self._condition.notify()
        self._thread.join()

    def _wake(self) -> None:
        with self._condition:
            self._changed = True
            self._condition.notify()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._changed or self._closing)
                if not self._changed:
                    return
                self._changed = False
            save(self._path, self._directory, self._credentials)
            with self._condition:
                # A burst of changes is one write: nothing is lost, since closing saves again.
                self._condition.wait_for(lambda: self._closing, PAUSE)
