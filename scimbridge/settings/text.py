"""How each kind of setting is written: text in, value out, or a sentence that says what would be right.

Knows shapes (a UUID, an offset, a URL) and not which setting has which; that is `config`. Every parser
raises ValueError, and those for secrets never repeat what they were given.
"""

from __future__ import annotations

import hmac
import ipaddress
import math
import os
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit

Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)")
_HOST_NAME = re.compile(r"(?=.*[A-Za-z_])[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9_.])?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")
_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
_SHOWN = 60


class Secret:
    """A value that shows itself only to those who ask by name.

    `hidden` are the parts that no log may hold: the value, or in a URL only the password.
    """

    __slots__ = ("_value", "hidden")

    def __init__(self, value: str, hidden: Sequence[str] | None = None) -> None:
        self._value = value
        self.hidden = (value,) if hidden is None else tuple(hidden)

    def reveal(self) -> str:
        """Return the value itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)


def word(given: str) -> str:
    """Return text without blanks and control characters."""
    if any(mark.isspace() for mark in given) or _CONTROL.search(given):
        raise ValueError(f"{_show(given)} has a blank or a control character in it; write one word")
    return given


def address(given: str) -> str:
    """Return an address, or the name of one, to listen at: no port, no scheme, no brackets."""
    try:
        return str(ipaddress.ip_address(given))
    except ValueError:
        if _HOST_NAME.fullmatch(given):
            return given
    raise ValueError(
        f"{_show(given)} is no address to listen at; write it alone, as 127.0.0.1, 0.0.0.0 or ::, without port,"
        " scheme and brackets"
    )


def uuid(given: str) -> str:
    """Return a UUID as PingOne writes ids: in lower case (docs/pingone.md §1.1)."""
    if not _UUID.fullmatch(given):
        raise ValueError(
            f"{_show(given)} is not an id of PingOne's;"
            " it has to be a lower-case UUID such as 0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70"
        )
    return given


def secret(given: str) -> Secret:
    """Return a secret; blanks at its edges and control characters are copying accidents."""
    if given != given.strip() or _CONTROL.search(given):
        raise ValueError("the secret has a blank at its edge or a control character in it; copy it once more")
    return Secret(given)


def token(given: str) -> Secret:
    """Return a bearer token: what an Authorization header can carry (RFC 6750 §2.1)."""
    if not _VISIBLE_ASCII.fullmatch(given):
        raise ValueError("a token has visible ASCII characters only and no blanks; make another one")
    return Secret(given)


def choice(given: str, *, allowed: tuple[str, ...], fold: Callable[[str], str]) -> str:
    """Return one of `allowed`, whatever the case it is written in."""
    folded = fold(given)
    if folded not in allowed:
        raise ValueError(f"{_show(given)} is not one of {', '.join(allowed)}")
    return folded


def boolean(given: str) -> bool:
    """Return true or false, in the spellings that deployments use."""
    if given.lower() not in _TRUE + _FALSE:
        raise ValueError(f"{_show(given)} is neither true nor false")
    return given.lower() in _TRUE


def whole_number(given: str, *, least: int, most: int) -> int:
    """Return a whole number from `least` to `most`."""
    if not re.fullmatch(r"[0-9]{1,12}", given) or not least <= int(given) <= most:
        raise ValueError(f"{_show(given)} is not a whole number from {least} to {most}")
    return int(given)


def number(given: str, *, least: float, most: float) -> float:
    """Return a number from `least` to `most`, decimals allowed."""
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise ValueError(f"{_show(given)} is not a number from {least:g} to {most:g}")
    return value


def page_size(given: str) -> int:
    """Return a page size that PingOne keeps to: it counts in hundreds (docs/pingone.md §6)."""
    if not re.fullmatch(r"[1-9]00|1000", given):
        raise ValueError(
            f"{_show(given)} is not a page size: PingOne gives records in hundreds only;"
            " write 100, 200, 300 or so, up to 1000"
        )
    return int(given)


def offset(given: str) -> timedelta:
    """Return a clock's offset written `+05:30`, `-03:00`, or `Z` or `0` for none."""
    if given in {"Z", "z", "0"}:
        return timedelta(0)
    found = _OFFSET.fullmatch(given)
    if not found or int(found[2]) > 23 or int(found[3]) > 59:  # noqa: PLR2004 - a clock's own numbers
        raise ValueError(f"{_show(given)} is not an offset such as +05:30, -03:00 or Z")
    size = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return -size if found[1] == "-" else size


def base_url(given: str) -> str:
    """Return an http or https URL without trailing slash, to which paths are appended."""
    parts = _split(given, ("https", "http"))
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("the URL has user, query or fragment; write https://host and, where needed, a path")
    if re.search(r"/v1/?$", parts.path):
        raise ValueError(f"{_show(given)} ends in /v1, which the bridge adds by itself; leave it out")
    return given.rstrip("/")


def public_url(given: str) -> str:
    """Return the URL where clients reach the bridge, without the path of SCIM, which the bridge adds."""
    parts = _split(given, ("https", "http"), "https://bridge.example.com")
    path = re.sub(r"/{2,}", "/", parts.path)
    scim = re.search(r"/scim/v2(?:/.*)?$", path, re.IGNORECASE)
    right = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{path[: scim.start()] if scim else path}".rstrip("/")
    if scim:
        raise ValueError(f"the URL ends in {scim[0]}, which the bridge adds by itself; write {right}")
    if parts.username is not None or "?" in given or "#" in given:
        raise ValueError(f"the URL has user, query or fragment; write {right}")
    return right


def is_plain_and_far(url: str | None) -> bool:
    """Return whether `url` is http to a machine other than this one."""
    if url is None or not url.lower().startswith("http:"):
        return False
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


def proxy_url(given: str) -> Secret:
    """Return a proxy's URL, which may carry a password."""
    return _with_password(_split(given, ("http", "https")), given)


def state_url(given: str) -> Secret:
    """Return where state is kept, which may carry a password."""
    if given == "memory://":
        return Secret(given, hidden=())
    return _with_password(_split(given, ("redis", "rediss"), "memory:// or redis://host:6379/0"), given)


def database_url(given: str) -> Secret:
    """Return a database's URL, which may carry a password."""
    if re.fullmatch(r"sqlite:///.+", given) and _VISIBLE_ASCII.fullmatch(given):
        return Secret(given, hidden=())
    example = "sqlite:////var/lib/scimbridge/audit.db or postgresql://user:password@host:5432/name"
    parts = _parse(given, ("postgresql",), example)
    # PostgreSQL's own clients take a socket's directory, or several hosts, as `?host=` (libpq, connection URIs).
    named = parse_qs(parts.query)
    if not parts.hostname and "host" not in named:
        raise ValueError(f"the URL does not have the form {example}")
    return Secret(given, hidden=tuple(filter(None, (parts.password, *named.get("password", ())))))


def networks(given: str) -> Networks:
    """Return addresses and networks parted by commas."""
    found = []
    for part in filter(None, (item.strip() for item in given.split(","))):
        try:
            found.append(ipaddress.ip_network(part))
        except ValueError:
            raise ValueError(
                f"{_show(part)} is not an address or network such as 10.0.0.7, 10.1.0.0/16 or fd00::/8"
            ) from None
    return tuple(found)


def existing_file(given: str) -> Path:
    """Return the absolute path of a file that can be read."""
    path = Path(given).absolute()
    _look_at(path, path.is_file(), os.R_OK, "a file")
    return path


def existing_directory(given: str) -> Path:
    """Return the absolute path of a directory that can be read."""
    path = Path(given).absolute()
    _look_at(path, path.is_dir(), os.R_OK | os.X_OK, "a directory")
    return path


def _look_at(path: Path, is_right: bool, rights: int, kind: str) -> None:
    shown = _show(str(path))
    if is_right and os.access(path, rights):
        return
    if is_right:
        raise ValueError(f"{shown} is not {kind} that can be read: this user may not; give it the right to")
    if path.exists():
        raise ValueError(f"{shown} is not {kind}; name {kind} that can be read")
    raise ValueError(f"{shown} is not {kind} that can be read: nothing is there; name one that is, or make it")


def _split(given: str, schemes: tuple[str, ...], example: str = "") -> SplitResult:
    parts = _parse(given, schemes, example)
    if not parts.hostname:
        raise ValueError(f"the URL does not have the form {_form(schemes, example)}")
    return parts


def _form(schemes: tuple[str, ...], example: str) -> str:
    return example or f"{schemes[0]}://host or {schemes[0]}://host:port"


def _parse(given: str, schemes: tuple[str, ...], example: str) -> SplitResult:
    # The text may hold a password where none belongs, so no sentence here repeats it.
    right = _form(schemes, example)
    if not _VISIBLE_ASCII.fullmatch(given):
        raise ValueError(f"the URL has a blank or a character that URLs do not have; write {right}")
    try:
        parts = urlsplit(given)
        port_is_right = parts.port != 0
    except ValueError:
        port_is_right = False
    if not port_is_right or parts.scheme not in schemes:
        raise ValueError(f"the URL does not have the form {right}")
    return parts


def _with_password(parts: SplitResult, given: str) -> Secret:
    return Secret(given, hidden=(parts.password,) if parts.password else ())


def _show(given: str) -> str:
    return repr(given if len(given) <= _SHOWN else f"{given[:_SHOWN]}...")
