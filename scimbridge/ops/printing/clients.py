"""Clients as text: who there is, and what became of a wish. A secret is written only where it was just made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TextIO

from scimbridge.access.limits import ClientLimits
from scimbridge.ops.clients import Added, ClientFacts, ClientList, Revoked, Rotated, SecretFacts
from scimbridge.ops.printing.documents import write_document
from scimbridge.ops.printing.paper import Paper, open_paper

_NAME, _LABEL = "bold", "cyan"


def show_clients(stream: TextIO, held: ClientList, *, as_json: bool) -> None:
    """Write all clients as text or as one document."""
    if as_json:
        write_document(stream, held)
    else:
        print_clients(open_paper(stream), held)


def print_clients(paper: Paper, held: ClientList) -> None:
    """Write of every client what it may do and by what it is known."""
    for client in held.clients:
        paper.line(client.name, _NAME)
        for what, text in _lines(client, held.last_use_unknown):
            paper.item(f"  {what:<12} ", text, _LABEL)
    _print_unknown(paper, held.last_use_unknown)
    if not held.clients:
        paper.line("there is no client; make one with `scimbridge client add NAME`")


def print_added(paper: Paper, added: Added) -> None:
    """Write the name of a new client, and its secret this once."""
    if added.secret is None:
        paper.item("Client:  ", added.name)
    else:
        _print_secret(paper, added.name, added.secret)


def print_rotated(paper: Paper, rotated: Rotated) -> None:
    """Write a new secret this once, and how long the others stay."""
    _print_secret(paper, rotated.name, rotated.secret)
    for one in rotated.others:
        paper.line(f"The secret {one.id} is {_validity(one)}{_use(one, rotated.last_use_unknown)}.")
    if any(one.ends is None for one in rotated.others):
        end = f"scimbridge client revoke {rotated.name} --secret {rotated.others[0].id}"
        paper.line(f"Once nobody uses it any more, as `scimbridge client list` says: {end}")
    _print_unknown(paper, rotated.last_use_unknown)


def print_revoked(paper: Paper, revoked: Revoked) -> None:
    """Write what ended."""
    client, secret = revoked.name, revoked.secret
    what = f"the client {client}" if secret is None else f"the secret {secret} of {client}"
    paper.line(f"Revoked: {what}. Running bridges refuse it within two seconds.")
    for one in revoked.ended:
        if one.last_used is not None:
            paper.line(
                f"The secret {one.id} was in use: last at {_moment(one.last_used)}. Who still has it is refused."
            )
    _print_unknown(paper, revoked.last_use_unknown)


def _print_unknown(paper: Paper, why: str | None) -> None:
    if why is not None:
        paper.line(f"When a secret was last used is not known here: {why}.")


def _print_secret(paper: Paper, name: str, secret: str) -> None:
    paper.item("Client:  ", name)
    paper.item("Secret:  ", secret)
    paper.line("")
    paper.line("It is shown this once and kept nowhere. It opens the bridge in three ways:")
    paper.item("  bearer token   ", "Authorization: Bearer SECRET")
    paper.item("  HTTP Basic     ", f"user {name}, password SECRET")
    paper.item("  OAuth 2        ", f"POST /oauth2/token, client_id {name}, client_secret SECRET")


def _lines(client: ClientFacts, unknown: str | None) -> Iterator[tuple[str, str]]:
    yield "scopes", " ".join(client.scopes)
    if client.populations is None:
        yield "populations", "everywhere"
    else:
        yield "populations", " ".join(client.populations) or "nowhere"
    for kind, paths in client.hidden.items():
        yield "hidden", " ".join(f"{kind}:{path}" for path in paths)
    if client.default_count is not None:
        yield "default count", f"{client.default_count} results in a list for which it names no count"
    if client.strict:
        yield "strict", "held to the letter of RFC 7644"
    if limits := _limits(client.limits):
        yield "limits", limits
    for secret in client.secrets:
        made = "" if secret.made is None else f"made {_moment(secret.made)}, "
        yield "secret", f"{secret.id}  {made}{_validity(secret)}{_use(secret, unknown)}"
    for shown in client.certificates:
        yield "certificate", shown
    for one in client.subjects:
        yield "subject", f"{one.subject} of {one.issuer}"


def _limits(limits: ClientLimits) -> str:
    forms = (
        (limits.requests_per_second, "{:g} requests a second"),
        (limits.concurrent, "{} requests at once"),
        (limits.body, "{} bytes in a body"),
        (limits.bulk_operations, "{} operations in a bulk request"),
    )
    return ", ".join(form.format(held) for held, form in forms if held is not None)


def _validity(secret: SecretFacts) -> str:
    if secret.ends is None:
        return "valid until it is revoked"
    return f"{'valid until' if secret.valid else 'ended'} {_moment(secret.ends)}"


def _use(secret: SecretFacts, unknown: str | None) -> str:
    if secret.last_used is not None:
        return f", last used {_moment(secret.last_used)}"
    return "" if unknown is not None else ", no use is known"


def _moment(moment: dt.datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
