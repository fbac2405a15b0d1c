"""Whether something lies open: a token that can be guessed, files that others may read, proxies that anybody can be.

Looks at settings and at the modes of files; knows no PingOne. No finding holds a secret or a part of one.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from scimbridge.ops.checking.findings import Finding, fault, ok, warn
from scimbridge.ops.checking.guessing import ENOUGH, GUESSED, estimate_bits
from scimbridge.settings.declared import Settings
from scimbridge.settings.text import Networks

_TOKEN, _FILES, _PROXIES = "bearer token", "files", "trusted proxies"
_SHORT = 20  # characters
_MAKE = (
    "make a random one, as with `openssl rand -base64 32`; better, give each client its own by `scimbridge client add`"
)
_WIDEST = {4: 8, 6: 16}
"""IP version -> the shortest prefix that one organisation has for itself."""


def check_token_strength(settings: Settings) -> Iterator[Finding]:
    """Look whether the one bearer token, which may do everything, can be guessed or holds a mark of its copying."""
    if settings.bearer_token is None:
        return
    text = settings.bearer_token.reveal()
    bits = estimate_bits(text)
    if text in (settings.pingone_client_secret.reveal(), settings.pingone_client_id):
        yield fault(_TOKEN, "it is the worker application's own id or secret, which clients must not know", _MAKE)
    elif bits < GUESSED:
        yield warn(_TOKEN, "it is a word of examples, or so short or so regular that it can be guessed", _MAKE)
    elif bits < ENOUGH or len(text) < _SHORT:
        yield warn(_TOKEN, f"it is weak: {len(text)} characters that vary little", _MAKE)
    else:
        yield ok(_TOKEN, f"its {len(text)} characters show no pattern")
    yield from check_quotes(_TOKEN, text)


def check_quotes(where: str, text: str) -> Iterator[Finding]:
    """Look whether a secret came with the quotation marks or the scheme that stood around it where it was copied."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`":
        yield fault(
            where,
            "it begins and ends with quotation marks, which are taken as part of it",
            "take them away: `docker run --env-file` and Kubernetes keep quotation marks",
        )
    elif text.casefold().startswith(("bearer", "basic ")):
        yield fault(where, "it begins with the name of a scheme, as `Bearer`", "take the scheme away, clients add it")


def check_files(files: Iterable[tuple[str, Path]]) -> Iterator[Finding]:
    """Look who may read and change files that hold secrets; each comes with the name that the operator knows it by."""
    looked, fine = 0, True
    for label, path in files:
        try:
            mode = path.stat().st_mode
        except OSError:
            continue  # that it cannot be read is reported by who reads it
        looked += 1
        for finding in _check_mode(f"{_FILES} ({label})", path, mode):
            fine = False
            yield finding
    if looked and fine:
        yield ok(_FILES, f"{looked} that hold secrets are closed to other users of this machine")


def _check_mode(where: str, path: Path, mode: int) -> Iterator[Finding]:
    shown = f"{path} (mode {stat.S_IMODE(mode):04o})"
    if mode & stat.S_IWOTH:
        yield fault(where, f"every user of this machine may change {shown}", f"chmod 600 {path}")
    elif mode & stat.S_IROTH:
        yield warn(
            where, f"every user of this machine may read {shown}", f"chmod 600 {path} (in Kubernetes: defaultMode)"
        )
    folder = path.absolute().parent
    held = folder.stat().st_mode
    if held & stat.S_IWOTH and not held & stat.S_ISVTX:
        yield fault(
            where, f"every user of this machine may put another file in its place in {folder}", f"chmod o-w {folder}"
        )


def check_proxies(networks: Networks, *, certificates: bool) -> Iterator[Finding]:
    """Look whose headers are believed. `certificates`: these headers say which client it is, too."""
    wide = [each for each in networks if each.prefixlen < _WIDEST[each.version]]
    for each in wide:
        yield (fault if certificates else warn)(
            _PROXIES,
            f"{each} is {'everybody' if each.prefixlen == 0 else 'far more than your own network'}: any client can say"
            f" {'which certificate it has shown' if certificates else 'which address it has, and get around limits'}",
            "name the addresses of your proxies in SCIMBRIDGE_TRUSTED_PROXIES, as 10.0.0.7 or 10.1.0.0/16",
        )
    if networks and not wide:
        yield ok(_PROXIES, ", ".join(map(str, networks)))
