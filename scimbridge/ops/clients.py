"""`scimbridge client`: make, list, rotate and revoke the clients of a file, and tell a new secret once.

Knows how an operator writes a wish and reads an answer. The file itself is changed by `access.editing`; no line shows
a digest, and a secret is shown only by the call that makes it.
"""

from __future__ import annotations

import datetime as dt
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scimbridge.access import editing
from scimbridge.access.caller import SCOPES, Caller
from scimbridge.access.certificates import fingerprint
from scimbridge.access.clients import TYPES, Client, ClientFaults, StoredSecret
from scimbridge.access.entries import CONFIG
from scimbridge.access.limits import ClientLimits
from scimbridge.access.secrets import make_secret

Write = Callable[[str], object]
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
class ClientsFile:
    """The commands on one clients file. `wall` is seconds since 1970, `random` gives bytes nobody can foretell.

    All of them raise `ClientFaults` with what is wrong, and have changed nothing then.
    """

    path: Path
    write: Write
    wall: Callable[[], float]
    random: Callable[[int], bytes]

    def add(self, wish: Wish, check_hidden: Callable[[Hidden], list[str]]) -> None:
        """Add a client and tell its secret; `check_hidden` says which hidden attributes no table has."""
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
        with self._told():
            editing.add_client(self.path, client)
        if wish.no_secret:
            self.write(f"Client:  {wish.name}")
        else:
            self._tell(wish.name, made.text)

    def show(self) -> None:
        """Tell of every client what it may do and by what it is known."""
        with self._told():
            held = editing.read_file(self.path)
        for client in held.clients:
            self.write(client.name)
            for what, text in self._lines(client):
                self.write(f"  {what:<12} {text}")
        if not held.clients:
            self.write("there is no client; make one with `scimbridge client add NAME`")

    def rotate(self, name: str, old_until: float | None) -> None:
        """Give a client a second secret and tell it; the first is valid until `old_until`, None until revoked."""
        made = make_secret(self.random)
        with self._told():
            held = editing.add_secret(self.path, name, made, now=self.wall(), old_until=old_until)
        self._tell(name, made.text)
        client = held.named(name)
        others = [one for one in client.secrets if one.id != made.id] if client else []
        for one in others:
            self.write(f"The secret {one.id} is {_validity(one, self.wall())}.")
        if any(one.ends_at is None for one in others):
            self.write(f"Once nobody uses it any more: scimbridge client revoke {name} --secret {others[0].id}")

    def revoke(self, name: str, secret: str | None) -> None:
        """End one secret of a client, or the client with all that it is known by."""
        with self._told():
            if secret is None:
                editing.remove_client(self.path, name)
            else:
                editing.remove_secret(self.path, name, secret)
        what = f"the client {name}" if secret is None else f"the secret {secret} of {name}"
        self.write(f"Revoked: {what}. Running bridges refuse it within two seconds.")

    def _lines(self, client: Client) -> Iterator[tuple[str, str]]:
        caller, limits, now = client.caller, client.caller.limits, self.wall()
        yield "scopes", " ".join(sorted(caller.scopes))
        if caller.populations is None:
            yield "populations", "everywhere"
        else:
            yield "populations", " ".join(sorted(caller.populations)) or "nowhere"
        for kind, paths in caller.hidden:
            yield "hidden", " ".join(f"{kind}:{path}" for path in paths)
        if caller.hidden_config:
            yield "hidden", " ".join(f"{CONFIG}:{name}" for name in caller.hidden_config)
        if caller.default_count is not None:
            yield "default count", f"{caller.default_count} results in a list for which it names no count"
        if caller.strict:
            yield "strict", "held to the letter of RFC 7644"
        told = (
            (limits.requests_per_second, "{:g} requests a second"),
            (limits.concurrent, "{} requests at once"),
            (limits.body, "{} bytes in a body"),
            (limits.bulk_operations, "{} operations in a bulk request"),
        )
        if any(held is not None for held, _form in told):
            yield "limits", ", ".join(form.format(held) for held, form in told if held is not None)
        for secret in client.secrets:
            made = "" if secret.created_at is None else f"made {_moment(secret.created_at)}, "
            yield "secret", f"{secret.id}  {made}{_validity(secret, now)}"
        for shown in sorted(client.certificates):
            yield "certificate", shown
        for issuer, subject in sorted(client.subjects):
            yield "subject", f"{subject} of {issuer}"

    def _tell(self, name: str, secret: str) -> None:
        self.write(f"Client:  {name}")
        self.write(f"Secret:  {secret}")
        self.write("")
        self.write("It is shown this once and kept nowhere. It opens the bridge in three ways:")
        self.write("  bearer token   Authorization: Bearer SECRET")
        self.write(f"  HTTP Basic     user {name}, password SECRET")
        self.write(f"  OAuth 2        POST /oauth2/token, client_id {name}, client_secret SECRET")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell what the system refuses as what is wrong with the file."""
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
        raise ClientFaults([f"say with --scope what the client may do ({', '.join(sorted(SCOPES))}), or --all-scopes"])
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
        scopes=SCOPES if wish.all_scopes else frozenset(wish.scopes),
        populations=frozenset(wish.populations) if wish.populations else None,
        hidden=tuple((kind, tuple(sorted(paths))) for kind, paths in sorted(hidden.items())),
        hidden_config=tuple(sorted(config)),
        default_count=wish.default_count,
        limits=ClientLimits(wish.rate, wish.concurrent, wish.body, wish.bulk),
    )


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


def _validity(secret: StoredSecret, now: float) -> str:
    if secret.ends_at is None:
        return "valid until it is revoked"
    return f"{'valid until' if secret.is_valid(now) else 'ended'} {_moment(secret.ends_at)}"


def _moment(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat().replace("+00:00", "Z")
