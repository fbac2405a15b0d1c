"""The clients of the bridge as one frozen snapshot: who there is, what each may do, and who a credential stands for.

`read_clients` makes it from the text of the clients file and says everything that is wrong at once. Knows no file, no
clock and no request; `register` keeps a snapshot up to date, `editing` changes the file.
"""

from __future__ import annotations

import hmac
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

from scimbridge.access import entries, secrets
from scimbridge.access.caller import Caller
from scimbridge.access.entries import SectionReader
from scimbridge.access.limits import ClientLimits
from scimbridge.access.scopes import ALL_SCOPES, OF_ENVIRONMENTS
from scimbridge.access.sections import find_line
from scimbridge.pingone.kinds import KINDS

TOKEN = "token"  # noqa: S105 - a client's name
"""The name of the client that the one bearer token stands for; no other can have it."""
TYPES = tuple(sorted(kind.name for kind in KINDS))
"""The resource types whose attributes can be hidden, sorted."""
MOST_SECRETS = 2
"""Secrets of one client that can be valid at once: the present one and its successor."""
DEFAULT_SKEW = 60


class ClientFaults(Exception):
    """What is wrong with the clients, whole sentences, each naming client and key; none holds a secret or a hash."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(self.faults))


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """A secret as it is kept: its SHA-256.

    `ends_at` is when it is valid no more (None is never), `created_at` when it was made: seconds since 1970.
    """

    id: str
    digest: bytes = field(repr=False)
    ends_at: float | None = None
    created_at: float | None = None

    def is_valid(self, now: float) -> bool:
        """Whether it opens anything at `now`, seconds since 1970."""
        return self.ends_at is None or now < self.ends_at


@dataclass(frozen=True, slots=True)
class Client:
    """A client: what it may do, and by what it is known. `certificates` are SHA-256 of the DER in lower-case hex."""

    caller: Caller
    secrets: tuple[StoredSecret, ...] = ()
    certificates: frozenset[str] = frozenset()
    subjects: frozenset[tuple[str, str]] = frozenset()  # (issuer, subject)

    @property
    def name(self) -> str:
        """The client's name."""
        return self.caller.name


@dataclass(frozen=True, slots=True)
class Issuer:
    """Somebody outside whose tokens are believed; `skew` is seconds."""

    issuer: str
    audience: str
    jwks: str
    algorithms: tuple[str, ...]
    skew: int = DEFAULT_SKEW


_NOBODY = StoredSecret("", bytes(32), ends_at=0.0)  # what an unknown id is compared with, so that it costs the same


@dataclass(frozen=True, slots=True)
class Clients:
    """All clients at one moment. `own` is the client of the one bearer token, which no file holds."""

    clients: tuple[Client, ...] = ()
    issuers: tuple[Issuer, ...] = ()
    own: Client | None = None
    _names: Mapping[str, Client] = field(init=False, repr=False, compare=False)
    _secrets: Mapping[str, tuple[Client, StoredSecret]] = field(init=False, repr=False, compare=False)
    _certificates: Mapping[str, Client] = field(init=False, repr=False, compare=False)
    _subjects: Mapping[tuple[str, str], Client] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[str, Mapping[Any, Any]] = {
            "_names": {each.name: each for each in self.everybody},
            "_secrets": {secret.id: (each, secret) for each in self.clients for secret in each.secrets},
            "_certificates": {shown: each for each in self.clients for shown in each.certificates},
            "_subjects": {subject: each for each in self.clients for subject in each.subjects},
        }
        for name, index in found.items():
            object.__setattr__(self, name, MappingProxyType(index))

    @property
    def everybody(self) -> tuple[Client, ...]:
        """All of them, with the client of the one bearer token if there is one."""
        return self.clients if self.own is None else (*self.clients, self.own)

    def by_secret(self, text: str, now: float) -> tuple[Client, str] | None:
        """Return whose secret `text` is, and the secret's id; None where it is nobody's or not valid at `now`.

        `now` is seconds since 1970. An empty text is nobody's. A known id and an unknown one cost the same: one hash
        and two comparisons in constant time.
        """
        given = secrets.digest(text)
        client, secret = self._secrets.get(secrets.parse_id(text) or "", (None, _NOBODY))
        own = self.own.secrets[0] if self.own is not None else _NOBODY
        is_of_file = hmac.compare_digest(given, secret.digest)
        is_own = hmac.compare_digest(given, own.digest)
        if not text:
            return None
        if is_of_file and client is not None and secret.is_valid(now):
            return client, secret.id
        if is_own and self.own is not None and own.is_valid(now):
            return self.own, own.id
        return None

    def named(self, name: str) -> Client | None:
        """Return the client of this name."""
        return self._names.get(name)

    def by_certificate(self, sha256: str) -> Client | None:
        """Return the client that shows the certificate of this hash: SHA-256 of the DER, lower-case hex."""
        return self._certificates.get(sha256)

    def by_subject(self, issuer: str, subject: str) -> Client | None:
        """Return the client that a token of an outside issuer stands for."""
        return self._subjects.get((issuer, subject))


def own_client(token: str, *, strict: bool = False) -> Client:
    """Make the client of the one bearer token, which may do everything by SCIM. Raises ValueError for an empty one."""
    if not token:
        raise ValueError("an empty token opens nothing; leave it unset")
    return Client(Caller(TOKEN, strict=strict, is_token=True), (StoredSecret(TOKEN, secrets.digest(token)),))


def read_clients(text: str) -> Clients:
    """Read the text of a clients file. Raises `ClientFaults` with everything that is wrong in it."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # The sentence of the decoder says where it stopped, and quotes no value of the file.
        raise ClientFaults([f"it is not TOML: {error}"]) from None
    faults: list[str] = []
    section = SectionReader((), document, faults, partial(find_line, text))
    section.only("clients", "issuers")
    table = section.inner("clients")
    clients = [_read_client(name, table.inner(name)) for name in table.table]
    issuers = [_read_issuer(one) for one in section.each("issuers")]
    faults += _shared(clients, issuers, section.line)
    if faults:
        raise ClientFaults(faults)
    return Clients(tuple(clients), tuple(issuers))


def _read_client(name: str, section: SectionReader) -> Client:
    if not entries.is_name(name):
        section.faults.append(
            f"clients.{name[:64]!r}: a client's name has 1 to 64 letters, digits, dots, hyphens or underscores"
            f" (at line {section.line(section.path)})"
        )
    if name == TOKEN:
        section.fault("this name is taken by SCIMBRIDGE_BEARER_TOKEN; give the client another one")
    section.only(
        "scopes", "populations", "strict", "hidden", "default_count", "certificates", "subjects", "limits", "secrets"
    )
    hidden = section.inner("hidden")
    hidden.only(*TYPES, entries.CONFIG)
    scopes = section.needed("scopes", entries.scopes, f"a list of some of {', '.join(sorted(ALL_SCOPES))}")
    populations = section.optional("populations", entries.populations, None)
    if populations is not None and (wide := sorted((scopes or frozenset()) & OF_ENVIRONMENTS)):
        section.fault(f"{', '.join(wide)} is about the whole environment; a client with populations cannot have it")
    held = tuple(_read_secret(one) for one in section.each("secrets"))
    most = max((sum(_overlap(one, other) for other in held) for one in held), default=0)
    if most > MOST_SECRETS:
        section.fault(f"{most} secrets are valid at once, and {MOST_SECRETS} is the most; revoke one or let it end")
    subjects = [_read_subject(one) for one in section.each("subjects")]
    if len(set(subjects)) < len(subjects):
        section.fault("one of the subjects stands there twice")
    return Client(
        caller=Caller(
            name,
            strict=section.optional("strict", entries.boolean, default=False),
            scopes=scopes or frozenset(),
            populations=populations,
            hidden=_read_hidden(hidden),
            hidden_config=hidden.optional(entries.CONFIG, entries.config_members, ()),
            default_count=section.optional("default_count", entries.default_count, None),
            limits=_read_limits(section.inner("limits")),
        ),
        secrets=held,
        certificates=section.optional("certificates", entries.certificates, frozenset()),
        subjects=frozenset(subjects),
    )


def _read_secret(section: SectionReader) -> StoredSecret:
    section.only("id", "sha256", "created", "ends")
    name = section.needed("id", entries.secret_id, "the part between scb_ and the next underscore")
    shown = section.needed("sha256", entries.sha256, "the SHA-256 of the secret in hexadecimal, never the secret")
    created = section.needed("created", entries.moment, "when it was made, as 2026-11-21T10:00:00Z")
    ends = section.optional("ends", entries.moment, None)
    if created is not None and ends is not None and ends <= created:
        section.fault("it ends before it is made")
    return StoredSecret(name or "", bytes.fromhex(shown or ""), ends, created)


def _overlap(one: StoredSecret, other: StoredSecret) -> bool:
    """Whether `other` is valid at the moment at which `one` begins to be."""
    start = one.created_at or 0.0
    return (other.created_at or 0.0) <= start and other.is_valid(start)


def _read_hidden(section: SectionReader) -> tuple[tuple[str, tuple[str, ...]], ...]:
    nothing: frozenset[str] = frozenset()
    held = ((name, section.optional(name, entries.texts, nothing)) for name in TYPES)
    return tuple((name, tuple(sorted(paths))) for name, paths in held if paths)


def _read_limits(section: SectionReader) -> ClientLimits:
    section.only("requests_per_second", "concurrent", "body", "bulk_operations")
    return ClientLimits(
        requests_per_second=section.optional("requests_per_second", entries.rate, None),
        concurrent=section.optional("concurrent", entries.count, None),
        body=section.optional("body", entries.count, None),
        bulk_operations=section.optional("bulk_operations", entries.count, None),
    )


def _read_subject(section: SectionReader) -> tuple[str, str]:
    section.only("issuer", "subject")
    issuer = section.needed("issuer", entries.text, "the issuer as in the token's iss")
    subject = section.needed("subject", entries.text, "who the token is about")
    return issuer or "", subject or ""


def _read_issuer(section: SectionReader) -> Issuer:
    section.only("issuer", "audience", "jwks", "algorithms", "skew")
    return Issuer(
        issuer=section.needed("issuer", entries.url, "the issuer as in the token's iss") or "",
        audience=section.needed("audience", entries.text, "the audience as in the token's aud") or "",
        jwks=section.needed("jwks", entries.url, "where the issuer publishes its keys") or "",
        algorithms=section.needed("algorithms", entries.algorithms, "a list such as ['RS256']") or (),
        skew=section.optional("skew", entries.skew, DEFAULT_SKEW),
    )


def _shared(clients: list[Client], issuers: list[Issuer], line: Callable[[entries.Path], int]) -> list[str]:
    """Return what is wrong between clients and issuers that are right each by itself."""
    faults = []
    declared = Counter(one.issuer for one in issuers if one.issuer)
    faults += [
        f"issuers: {issuer!r} is declared {times} times (at line {line(('issuers',))})"
        for issuer, times in declared.items()
        if times > 1
    ]
    faults += [
        f"clients.{client.name}.subjects: the issuer {issuer!r} is not declared; add it as [[issuers]]"
        f" (at line {line(('clients', client.name, 'subjects'))})"
        for client in clients
        for issuer, _subject in sorted(client.subjects)
        if issuer and issuer not in declared
    ]
    held: dict[tuple[str, object], list[str]] = {}
    for client in clients:
        for secret in client.secrets:
            held.setdefault((f"the secret id {secret.id!r}", secret.id), []).append(client.name)
        for shown in client.certificates:
            held.setdefault((f"the certificate {shown}", shown), []).append(client.name)
        for subject in client.subjects:
            held.setdefault((f"the subject {subject[1]!r} of {subject[0]!r}", subject), []).append(client.name)
    faults += [
        f"clients: {what} is given to {' and to '.join(names)}, and can stand for one only"
        f" (at line {line(('clients', names[-1]))})"
        for (what, key), names in held.items()
        if key and len(names) > 1 and key != ("", "")
    ]
    return faults
