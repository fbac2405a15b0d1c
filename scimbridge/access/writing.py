"""How a client stands in the clients file: text in, text out, with all that is not changed left as it is.

Knows the form of the file and no file; whether the new text means what was wanted is looked at by `editing`.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from typing import Any, cast

import tomlkit
from tomlkit.items import AoT

from scimbridge.access import sections
from scimbridge.access.caller import Caller
from scimbridge.access.clients import Client, StoredSecret
from scimbridge.access.entries import CONFIG
from scimbridge.access.sections import Section


def append_client(text: str, client: Client) -> str:
    """Return the text with a client as a section of its own at its end, which fits any clients file."""
    blank = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    return f"{text}{blank}{_render(client)}"


def drop_client(text: str, name: str) -> str:
    """Return the text without a client that is in it, and without the comments right above its section."""
    held = sections.split(text)
    own = [section for section in held if section.path[:2] == ("clients", name)]
    if own:
        return sections.join(sections.without(held, own))
    document = tomlkit.parse(text)
    del cast(Any, document)["clients"][name]
    return tomlkit.dumps(document)


def put_secrets(text: str, client: Client) -> str:
    """Return the text with a client's secrets as they are in `client`; those that stay keep their place."""
    held = sections.split(text)
    own = [section for section in held if section.path == ("clients", client.name, "secrets")]
    written = tomllib.loads(text)["clients"][client.name].get("secrets")
    around = [place for place, section in enumerate(held) if section.path[:2] == ("clients", client.name)]
    if not around or (written is not None and len(written) != (len(own) or None)):
        return _put_in_line(text, client)
    wanted = {secret.id: secret for secret in client.secrets}
    dropped = []
    for section in own:
        members = section.members()
        secret = wanted.pop(members["id"], None)
        if secret is None:
            dropped.append(section)
        elif secret.ends_at is not None and ("ends" not in members or members["ends"].timestamp() != secret.ends_at):
            section.set_line("ends", _moment(secret.ends_at))
    for number, secret in enumerate(wanted.values(), around[-1] + 1):
        head = tomlkit.dumps({"clients": {client.name: {"secrets": [_members(secret)]}}})
        lines = head[head.index("[[") :].rstrip("\n").splitlines(keepends=True)
        held.insert(number, Section((), ["\n"], [*lines, "\n"]))
    return sections.join(sections.without(held, dropped))


def _put_in_line(text: str, client: Client) -> str:
    """Do the same where the secrets are written in another way than in sections of their own."""
    document = tomlkit.parse(text)
    table = cast(Any, document)["clients"][client.name]
    kept = {secret.id: secret for secret in client.secrets}
    listed = [one for one in table.get("secrets", []) if one["id"] in kept]
    for one in listed:
        one.update(_members(kept.pop(str(one["id"]))))
    new = [_members(secret) for secret in kept.values()]
    table["secrets"] = tomlkit.array()
    for one in (*listed, *new):
        inline = tomlkit.inline_table()
        inline.update(one)
        table["secrets"].append(inline)
    return tomlkit.dumps(document)


def _render(client: Client) -> str:
    table = tomlkit.table()
    caller = client.caller
    table["scopes"] = sorted(caller.scopes)
    if caller.populations is not None:
        table["populations"] = sorted(caller.populations)
    if caller.strict:
        table["strict"] = True
    if caller.default_count is not None:
        table["default_count"] = caller.default_count
    for key, members in (
        ("hidden", _hidden(caller)),
        ("limits", _limits(caller)),
    ):
        if members:
            table[key] = tomlkit.inline_table()
            cast(Any, table[key]).update(members)
    if client.certificates:
        table["certificates"] = sorted(client.certificates)
    if client.subjects:
        table["subjects"] = tomlkit.array()
        for issuer, subject in sorted(client.subjects):
            one = tomlkit.inline_table()
            one.update({"issuer": issuer, "subject": subject})
            cast(Any, table["subjects"]).append(one)
    if client.secrets:
        table["secrets"] = _secrets(client.secrets)
    clients = tomlkit.table(is_super_table=True)
    clients.append(client.name, table)
    document = tomlkit.document()
    document.append("clients", clients)
    return tomlkit.dumps(document)


def _hidden(caller: Caller) -> dict[str, list[str]]:
    held = {kind: list(paths) for kind, paths in caller.hidden}
    return held | ({CONFIG: list(caller.hidden_config)} if caller.hidden_config else {})


def _limits(caller: Caller) -> dict[str, float | int]:
    limits = caller.limits
    held = {
        "requests_per_second": limits.requests_per_second,
        "concurrent": limits.concurrent,
        "body": limits.body,
        "bulk_operations": limits.bulk_operations,
    }
    return {key: value for key, value in held.items() if value is not None}


def _secrets(held: tuple[StoredSecret, ...]) -> AoT:
    listed = tomlkit.aot()
    for secret in held:
        table = tomlkit.table()
        table.update(_members(secret))
        listed.append(table)
    return listed


def _members(secret: StoredSecret) -> dict[str, Any]:
    members: dict[str, Any] = {"id": secret.id, "sha256": secret.digest.hex()}
    if secret.created_at is not None:
        members["created"] = tomlkit.datetime(_moment(secret.created_at))
    if secret.ends_at is not None:
        members["ends"] = tomlkit.datetime(_moment(secret.ends_at))
    return members


def _moment(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat().replace("+00:00", "Z")
