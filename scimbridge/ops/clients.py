"""`scimbridge client`: make, list, rotate and revoke the clients of a file.

Knows how an operator writes a wish, and not how an answer is shown. The file itself is changed by `access.editing`; no
answer holds a digest, and a secret stands only in that of the call that makes it.
"""

from __future__ import annotations

import datetime as dt
import re
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from scimbridge.access import editing
from scimbridge.access.caller import Caller
from scimbridge.access.certificates import fingerprint
from scimbridge.access.clients import TYPES, Client, ClientFaults, StoredSecret
from scimbridge.access.entries import CONFIG
from scimbridge.access.last_use import LastUses, Used
from scimbridge.access.limits import ClientLimits
from scimbridge.access.scopes import ALL_SCOPES, COLLECTIVE, OF_ENVIRONMENTS
from scimbridge.access.secrets import make_secret

Hidden = tuple[tuple[str, tuple[str, ...]], ...]

_HASH = re.compile(r"[0-9A-Fa-f]{64}|[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){31}")
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_LARGEST_CERTIFICATE = 1_000_000  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A client as an operator asks for it on the command line; each field is the option of its name."""

    name: str
    scopes: tuple[str, ...] = ()
    all_scopes: bool = False
    populations: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    strict: bool = False
    default_count: int | None = None
    rate: float | None = None
    concurrent: int | None = None
    body: int | None = None
    bulk: int | None = None
    certificates: tuple[str, ...] = ()
    subjects: tuple[tuple[str, str], ...] = ()
    no_secret: bool = False


@dataclass(frozen=True, slots=True)
class SecretFacts:
    """What may be shown of a secret: its id, when it was made, when it ends and when it was last used.

    None is where that is not known; `last_used` may be a minute old.
    """

    id: str
    made: dt.datetime | None
    ends: dt.datetime | None
    valid: bool
    last_used: dt.datetime | None


@dataclass(frozen=True, slots=True)
class IssuerSubject:
    """Whom the tokens of an issuer outside name."""

    issuer: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFacts:
    """What a client may do and by what it is known. `populations`: None is everywhere; `hidden`: type -> attributes."""

    name: str
    scopes: tuple[str, ...]
    populations: tuple[str, ...] | None
    hidden: Mapping[str, tuple[str, ...]]
    default_count: int | None
    strict: bool
    limits: ClientLimits
    secrets: tuple[SecretFacts, ...]
    certificates: tuple[str, ...]
    subjects: tuple[IssuerSubject, ...]


@dataclass(frozen=True, slots=True)
class ClientList:
    """All clients of a file. `last_use_unknown` says why of no secret is known when it was last used, if so."""

    clients: tuple[ClientFacts, ...]
    last_use_unknown: str | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """A new client, and its secret where it has one."""

    name: str
    secret: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rotated:
    """A client with a new secret; `others` are those that it has besides."""

    name: str
    secret: str = field(repr=False)
    others: tuple[SecretFacts, ...]
    last_use_unknown: str | None = None


@dataclass(frozen=True, slots=True)
class Revoked:
    """A client whose secret of this id ended; None: the client itself is gone. `ended` are the secrets as they were."""

    name: str
    secret: str | None
    ended: tuple[SecretFacts, ...] = ()
    last_use_unknown: str | None = None


@dataclass(frozen=True, slots=True)
class ClientsFile:
    """The commands on one clients file. `wall` is seconds since 1970, `random` gives bytes nobody can foretell.

    `look` says when secrets were last used.

    All of them raise `ClientFaults` with what is wrong, and have changed nothing then.
    """

    path: Path
    wall: Callable[[], float]
    random: Callable[[int], bytes]
    look: Callable[[Sequence[Used]], LastUses]

    def add(self, wish: Wish, check_hidden: Callable[[Hidden], list[str]]) -> Added:
        """Add a client; `check_hidden` says which hidden attributes no table has."""
        caller = _caller(wish)
        faults = check_hidden(caller.hidden) if caller.hidden else []
        if faults:
            raise ClientFaults(faults)
        made = make_secret(self.random)
        secret = StoredSecret(made.id, made.digest, None, float(int(self.wall())))
        client = Client(
            caller,
            () if wish.no_secret else (secret,),
            frozenset(_certificate(one) for one in wish.certificates),
            frozenset(wish.subjects),
        )
        with self._faults_named():
            editing.add_client(self.path, client)
        return Added(wish.name, None if wish.no_secret else made.text)

    def list_all(self) -> ClientList:
        """Return of every client what it may do and by what it is known."""
        with self._faults_named():
            held = editing.read_file(self.path)
        uses = self._uses(*held.clients)
        return ClientList(tuple(_facts(client, uses, self.wall()) for client in held.clients), uses.unknown)

    def rotate(self, name: str, old_until: float | None) -> Rotated:
        """Give a client a second secret; the first is valid until `old_until`, None until revoked."""
        made = make_secret(self.random)
        with self._faults_named():
            held = editing.add_secret(self.path, name, made, now=self.wall(), old_until=old_until)
        client = held.named(name)
        if client is None:
            return Rotated(name, made.text, ())
        uses = self._uses(client)
        others = (each for each in _secrets(client, uses, self.wall()) if each.id != made.id)
        return Rotated(name, made.text, tuple(others), uses.unknown)

    def revoke(self, name: str, secret: str | None) -> Revoked:
        """End one secret of a client, or the client with all that it is known by."""
        with self._faults_named():
            before = editing.read_file(self.path).named(name)
            if secret is None:
                editing.remove_client(self.path, name)
            else:
                editing.remove_secret(self.path, name, secret)
        if before is None:
            return Revoked(name, secret)
        uses = self._uses(before)
        ended = (each for each in _secrets(before, uses, self.wall()) if secret in (None, each.id))
        return Revoked(name, secret, tuple(ended), uses.unknown)

    def _uses(self, *clients: Client) -> LastUses:
        secrets = [(client.name, secret.id) for client in clients for secret in client.secrets]
        return self.look(secrets) if secrets else LastUses({})

    @contextmanager
    def _faults_named(self) -> Iterator[None]:
        """Raise what the system refuses as what is wrong with the file, and name the file in each fault."""
        try:
            yield
        except OSError as error:
            raise ClientFaults(
                [f"{self.path}: {error.strerror or error}; name a file that this user may change"]
            ) from None
        except ClientFaults as faults:
            raise ClientFaults(f"{self.path}: {fault}" for fault in faults.faults) from None


def _caller(wish: Wish) -> Caller:
    """Return what is wished for; whether each value is right is looked at when the file is read back."""
    if wish.all_scopes and wish.scopes:
        raise ClientFaults(["--scope and --all-scopes exclude each other"])
    if not (wish.all_scopes or wish.scopes):
        raise ClientFaults(
            [f"say with --scope what the client may do ({', '.join(sorted(ALL_SCOPES))}), or --all-scopes"]
        )
    hidden: dict[str, set[str]] = {}
    for one in wish.hidden:
        kind, parted, path = one.partition(":")
        if not parted or kind not in (*TYPES, CONFIG):
            known = ", ".join((*TYPES, CONFIG))
            raise ClientFaults([f"--hide {one!r} has not the form TYPE:ATTRIBUTE; TYPE is one of {known}"])
        hidden.setdefault(kind, set()).add(path)
    config = hidden.pop(CONFIG, set())
    return Caller(
        wish.name,
        strict=wish.strict,
        scopes=_all_scopes(wish) if wish.all_scopes else frozenset(wish.scopes),
        populations=frozenset(wish.populations) if wish.populations else None,
        hidden=tuple((kind, tuple(sorted(paths))) for kind, paths in sorted(hidden.items())),
        hidden_config=tuple(sorted(config)),
        default_count=wish.default_count,
        limits=ClientLimits(wish.rate, wish.concurrent, wish.body, wish.bulk),
    )


def _all_scopes(wish: Wish) -> frozenset[str]:
    """Return every right but those that are only given by name, and of a confined client those about everything."""
    return COLLECTIVE - OF_ENVIRONMENTS if wish.populations else COLLECTIVE


def _certificate(given: str) -> str:
    """Return the SHA-256 of a certificate: as written, or of the one in a PEM file."""
    if _HASH.fullmatch(given):
        return given.replace(":", "").lower()
    try:
        with Path(given).open("rb") as file:
            text = file.read(_LARGEST_CERTIFICATE).decode("ascii", "replace")
        (found,) = _CERTIFICATE.findall(text)
        return fingerprint(ssl.PEM_cert_to_DER_cert(found))
    except OSError as error:
        raise ClientFaults([f"--certificate {given}: {error.strerror}; name a PEM file or write a SHA-256"]) from None
    except ValueError:
        right = "it has to be a PEM file with the client's own certificate alone, or the SHA-256 of one in hexadecimal"
        raise ClientFaults([f"--certificate {given}: {right}"]) from None


def _facts(client: Client, uses: LastUses, now: float) -> ClientFacts:
    caller = client.caller
    hidden = {kind: tuple(paths) for kind, paths in caller.hidden}
    if caller.hidden_config:
        hidden[CONFIG] = tuple(caller.hidden_config)
    return ClientFacts(
        name=client.name,
        scopes=tuple(sorted(caller.scopes)),
        populations=None if caller.populations is None else tuple(sorted(caller.populations)),
        hidden=hidden,
        default_count=caller.default_count,
        strict=caller.strict,
        limits=caller.limits,
        secrets=_secrets(client, uses, now),
        certificates=tuple(sorted(client.certificates)),
        subjects=tuple(IssuerSubject(issuer, subject) for issuer, subject in sorted(client.subjects)),
    )


def _secrets(client: Client, uses: LastUses, now: float) -> tuple[SecretFacts, ...]:
    return tuple(
        SecretFacts(
            secret.id, _moment(secret.created_at), _moment(secret.ends_at), secret.is_valid(now),
            _moment(uses.times.get((client.name, secret.id))),
        )
        for secret in client.secrets
    )  # fmt: skip


def _moment(seconds: float | None) -> dt.datetime | None:
    return None if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC)
