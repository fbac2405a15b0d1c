"""Whether the keys of outside issuers can be fetched and used: without them every token of theirs is refused.

Fetches as the bridge does, and keeps nothing. Knows key sets and algorithms, and no token.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from joserfc.jwk import Key

from scimbridge.access.clients import Client, Issuer
from scimbridge.access.jwks import Fetch, Unfetched, read_keys
from scimbridge.ops.checking.findings import Finding, fault, ok, warn

_KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
"""The first letters of an algorithm (RFC 7518 §3.1, RFC 8037 §3.1), and the kind of key that it takes."""
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}


def check_issuers(issuers: Iterable[Issuer], clients: Iterable[Client], fetch: Fetch) -> Iterator[Finding]:
    """Fetch the keys of each issuer, and look whether a client is one of its subjects."""
    named = {issuer for client in clients for issuer, _subject in client.subjects}
    for each in issuers:
        where = f"issuer {each.issuer}"
        yield from _check_keys(where, each, fetch)
        if each.issuer not in named:
            yield warn(
                where,
                "no client is a subject of it, so that each of its tokens is refused",
                "`scimbridge client add NAME --subject ISSUER SUBJECT`, or take the [[issuers]] out",
            )


def _check_keys(where: str, issuer: Issuer, fetch: Fetch) -> Iterator[Finding]:
    try:
        keys = read_keys(fetch(issuer.jwks))
    except Unfetched as error:
        yield fault(
            where,
            f"{error} ({issuer.jwks}), so that each of its tokens is refused",
            "compare `jwks` with the issuer's own `jwks_uri`, and let this machine out to it",
        )
        return
    unusable = [name for name in issuer.algorithms if not any(_fits(key, name) for key in keys)]
    if not keys:
        yield fault(where, f"no key at {issuer.jwks} can check a signature", "compare `jwks` with the issuer's own")
    elif len(unusable) == len(issuer.algorithms):
        yield fault(
            where,
            f"none of its {len(keys)} keys fits {', '.join(unusable)}, so that each of its tokens is refused",
            f"write the algorithms that it signs with; its keys are of the kind {', '.join(_kinds(keys))}",
        )
    elif unusable:
        yield warn(where, f"no key of it fits {', '.join(unusable)}", "take out of `algorithms` what it does not use")
    else:
        yield ok(where, f"{len(keys)} keys fit {', '.join(issuer.algorithms)}")


def _kinds(keys: Iterable[Key]) -> list[str]:
    return sorted({key.key_type for key in keys})


def _fits(key: Key, algorithm: str) -> bool:
    if _KINDS.get(algorithm[:2]) != key.key_type or key.alg not in (None, algorithm):
        return False
    return algorithm not in _CURVES or key.as_dict(private=False).get("crv") == _CURVES[algorithm]
