"""`scimbridge init`: whether PingOne takes the answers, and the files that a first start needs.

Asks nobody: answers come as settings, and what is found is returned. Nothing is written that was not there to be
written, and no file that is there is written over unless that is wanted.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from scimbridge.access.clients import ClientFaults
from scimbridge.access.last_use import LastUses
from scimbridge.bridge import Surroundings, open_connection, open_target, reveal
from scimbridge.ops.checking import reach
from scimbridge.ops.checking.findings import PATIENCE, Finding, Grade, explain_failure
from scimbridge.ops.clients import Added, ClientsFile, Wish
from scimbridge.ops.table_files import skeleton, write_new
from scimbridge.pingone.errors import NoPermission, PingOneError
from scimbridge.pingone.send import Call
from scimbridge.settings.declared import Secret, Settings
from scimbridge.state.memory import MemoryState

_PAGE = 100
_SHOWN = 20  # populations that a sentence names
_SECRET, _OPEN = 0o600, 0o644


class SetupFaults(Exception):
    """What is wrong with the answers, or with the place for the files; whole sentences."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


@dataclass(frozen=True, slots=True)
class PopulationFacts:
    """A population that new users can go to; `default`: PingOne's own choice."""

    id: str
    name: str
    default: bool


@dataclass(frozen=True, slots=True)
class EnvironmentFacts:
    """What PingOne says of the environment; `name` is None where this worker may not see it."""

    name: str | None
    populations: tuple[PopulationFacts, ...]

    def find(self, wanted: str) -> PopulationFacts:
        """Return the population of an id or a name. Raises `SetupFaults`."""
        for one in self.populations:
            if wanted in (one.id, one.name):
                return one
        there = ", ".join(f"{one.name!r} {one.id}" for one in self.populations[:_SHOWN]) or "none"
        raise SetupFaults([f"there is no population {wanted!r}; there is {there}"])


@dataclass(frozen=True, slots=True)
class SetupFiles:
    """What was written, and the secret of the first client, which is shown this once."""

    settings: Path
    files: tuple[Path, ...]
    client: str
    secret: str = field(repr=False)


# -- whether PingOne takes the answers ---------------------------------------------------------------------------------


def try_answers(settings: Settings, around: Surroundings | None = None) -> EnvironmentFacts:
    """Ask for a token, the environment and its populations. Raises `SetupFaults` with what is wrong, and its cure."""
    around = around or Surroundings(timeout=PATIENCE / 2)
    state = MemoryState(around.clock)
    connection = open_connection(settings, state, around)
    way = reach.HostWay(
        api_url=settings.api_url,
        auth_url=settings.auth_url,
        environment_id=settings.pingone_environment_id,
        verified=settings.verify_tls,
        proxied=settings.http_proxy is not None,
    )
    try:
        _hold(reach.check_api(connection.wire, way, deadline=around.clock() + PATIENCE, now=around.wall()))
        _hold(reach.check_token(connection.token_endpoint, way, deadline=around.clock() + PATIENCE))
        target = open_target(connection, state, around)
        call = Call(deadline=around.clock() + 2 * PATIENCE, trace="scimbridge-init")
        try:
            name: str | None = str(target.environment(call).get("name"))
        except NoPermission:
            name = None
        pages = target.populations.pages(call, limit=_PAGE)
        found = [
            PopulationFacts(str(one.get("id")), str(one.get("name")), one.get("default") is True)
            for page in pages
            for one in page.records
        ]
    except PingOneError as error:
        text, cure = explain_failure(error)
        raise SetupFaults([f"{text}; {cure}"]) from None
    finally:
        connection.close()
    return EnvironmentFacts(name, tuple(found))


def _hold(findings: Iterator[Finding]) -> None:
    faults = [f"{one.where}: {one.what}; {one.cure}" for one in findings if one.grade is Grade.FAULT]
    if faults:
        raise SetupFaults(faults)


# -- the files ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SetupPlace:
    """The directory of the files, and what each of them is called."""

    folder: Path

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.folder / "scimbridge.toml"

    @property
    def secret(self) -> Path:
        """The secret of PingOne's worker application."""
        return self.folder / "pingone-client-secret"

    @property
    def proxy(self) -> Path:
        """The proxy's URL, which may hold a password."""
        return self.folder / "http-proxy"

    @property
    def clients(self) -> Path:
        """The clients file."""
        return self.folder / "clients.toml"

    @property
    def tables(self) -> Path:
        """The directory of the tables."""
        return self.folder / "tables"

    @property
    def users(self) -> Path:
        """The table of users."""
        return self.tables / "users.toml"

    def check_free(self) -> None:
        """Look whether nothing of it is there. Raises `SetupFaults`."""
        there = [each for each in self._all() if each.exists()]
        if there:
            named = ", ".join(map(str, there))
            raise SetupFaults([f"{named}: there already; name another directory, or write over them with --force"])

    def _all(self) -> tuple[Path, ...]:
        return self.settings, self.secret, self.proxy, self.clients, self.users


def write_files(
    place: SetupPlace,
    settings: Settings,
    wish: Wish,
    wall: Callable[[], float] = time.time,
    random: Callable[[int], bytes] = os.urandom,
    *,
    over: bool = False,
) -> SetupFiles:
    """Write settings, secrets, a first client and a table that changes nothing yet; `over` what is there, if so wanted.

    All of them or none: what is there stays until everything else is written. Raises `SetupFaults`, and `ClientFaults`
    for a wish that cannot be had.
    """
    proxy = settings.http_proxy
    added, clients = _draft_client(wish, wall, random)
    texts = {
        place.settings: (_settings_text(place, settings), _OPEN),
        place.secret: (f"{reveal(settings.pingone_client_secret)}\n", _SECRET),
        **({} if proxy is None else {place.proxy: (f"{reveal(proxy)}\n", _SECRET)}),
        place.clients: (clients, _SECRET),
        place.users: (skeleton("User"), _OPEN),
    }
    try:
        place.tables.mkdir(parents=True, exist_ok=True)
        if not over:
            place.check_free()
        _write_all(texts)
    except OSError as error:
        raise SetupFaults(
            [f"{error.filename}: {error.strerror}; name a directory that this user may write in"]
        ) from None
    return SetupFiles(place.settings, tuple(texts), added.name, added.secret or "")


def _draft_client(wish: Wish, wall: Callable[[], float], random: Callable[[int], bytes]) -> tuple[Added, str]:
    """Return the first client with its secret, and the clients file with it alone. Raises `ClientFaults`."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "clients.toml"
        try:
            added = ClientsFile(file, wall, random, lambda _secrets: LastUses({})).add(wish, lambda _hidden: [])
        except ClientFaults as error:
            raise ClientFaults(fault.removeprefix(f"{file}: ") for fault in error.faults) from None
        return added, file.read_text(encoding="utf-8")


def _write_all(texts: Mapping[Path, tuple[str, int]]) -> None:
    """Write files with their rights; each takes its name once all of them are written. Raises OSError."""
    drafts = {file: file.with_name(f".{file.name}.new") for file in texts}
    try:
        for file, (text, rights) in texts.items():
            drafts[file].unlink(missing_ok=True)
            write_new(drafts[file], text, rights)
        for file, draft in drafts.items():
            draft.replace(file)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def _settings_text(place: SetupPlace, settings: Settings) -> str:
    lines = {
        "pingone_environment_id": settings.pingone_environment_id,
        "pingone_client_id": settings.pingone_client_id,
        "pingone_client_secret_file": place.secret,
        "pingone_region": settings.pingone_region,
        "pingone_api_url": settings.pingone_api_url,
        "pingone_auth_url": settings.pingone_auth_url,
        "default_population_id": settings.default_population_id,
        "ca_bundle": settings.ca_bundle,
        "http_proxy_file": place.proxy if isinstance(settings.http_proxy, Secret) else None,
        "clients": place.clients,
        "mappings": place.tables,
    }
    width = max(map(len, lines))
    text = "".join(
        f"{name:<{width}} = {json.dumps(str(value), ensure_ascii=False)}\n"
        for name, value in lines.items()
        if value is not None
    )
    verify = "" if settings.verify_tls else f"{'verify_tls':<{width}} = false\n"
    return f"# Written by `scimbridge init`. `scimbridge config` shows all settings and what holds.\n\n{text}{verify}"
