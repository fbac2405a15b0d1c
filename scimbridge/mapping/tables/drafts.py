"""A table's text, read: its head, its sections, and each row taken apart, with every fault on the way.

TOML ends here. What a row means for an attribute or for PingOne is not known here (see `compiling`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from scimbridge.mapping.tables.attributes import KNOWN
from scimbridge.mapping.tables.rows import WORDS, Left, Words, nearest, read_words
from scimbridge.scim.verbs import ALLOWED

TAKEN = frozenset({"bulk", "me", "schemas", "resourcetypes", "serviceproviderconfig"})
HEAD_WORDS = (
    "resource", "extends", "serve", "endpoint", "description", "disable", "allow", "on_deactivate", "common",
    "population",
)  # fmt: skip
SHIPPED = "shipped"  # what a table can extend

_LEFT = re.compile(
    r'(?P<attr>[A-Za-z][\w-]*)(?:\[type eq "(?P<selector>[^"\[\]]+)"\])?(?:\.(?P<sub>\$?[A-Za-z][\w-]*))?'
)
_URN = re.compile(r"urn:[A-Za-z0-9][A-Za-z0-9-]{0,31}:[A-Za-z0-9()+,\-.:=@;$_!*'%/?#]+", re.IGNORECASE)

# TOML does not tell `a = { to = "b" }` from `a.to = "b"`; the text does.
_KEY_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_BRACED = re.compile(rf"^[ \t]*({_KEY_PART}(?:[ \t]*\.[ \t]*{_KEY_PART})*)[ \t]*=[ \t]*\{{", re.MULTILINE)


@dataclass(slots=True)
class Draft:
    """A table while it is being read; `faults` is shared by all tables.

    `removed` are rows that are taken away, `inherited` those that stand in another file: section and path -> file.
    """

    file: str
    faults: list[str]
    head: dict[str, Any] = field(default_factory=dict)
    entries: list[tuple[Left, Words]] = field(default_factory=list)
    removed: list[Left] = field(default_factory=list)
    urns: list[str] = field(default_factory=list)
    inherited: dict[str, str] = field(default_factory=dict)

    def fault(self, where: str, text: str) -> None:
        """Report a fault, with the file, section and row that has it."""
        self.faults.append(": ".join(part for part in (self.inherited.get(where, self.file), where, text) if part))

    @property
    def resource(self) -> str:
        """The name of the resource type, "" where the head has none."""
        value = self.head.get("resource")
        return value if isinstance(value, str) else ""

    @property
    def extends(self) -> bool:
        """Whether it holds only what differs from the shipped table of its resource type."""
        return "extends" in self.head


def read_draft(file: str, text: str, vias: Iterable[str], faults: list[str]) -> Draft | None:
    """Read one table's text, whose rows can name the calls `vias`; None where it is no TOML."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        faults.append(f"{file}: not valid TOML: {error}")
        return None
    draft = Draft(file, faults)
    sections: list[tuple[str, Mapping[str, Any]]] = []
    for key, value in content.items():
        if key in HEAD_WORDS:
            draft.head[key] = value
        elif not isinstance(value, dict):
            hint = nearest(key, HEAD_WORDS)
            draft.fault("", f"{key!r} is not a word of a table's head{hint}"
                        " (a row stands below a section, which is a schema URN in brackets and quotes)")  # fmt: skip
        elif _URN.fullmatch(key):
            urn = _add_urn(draft, key)
            sections.append((urn, value))
        else:
            draft.fault(f"[{key}]", "a section is headed by a schema URN in quotes, or is [common]")
    _read_head(draft)
    common = draft.head.get("common", {})
    if not isinstance(common, dict):
        draft.fault("[common]", "is a section of rows")
        common = {}
    braced = {_plain_key(match[1]) for match in _BRACED.finditer(text)}
    for urn, section in (("", common), *sections):
        draft.entries.extend(_read_section(draft, urn, section, braced, vias))
    return draft


def _add_urn(draft: Draft, spelled: str) -> str:
    known = {urn.casefold(): urn for urn in (*KNOWN, *reversed(draft.urns))}
    urn = known.get(spelled.casefold(), spelled)
    if urn in draft.urns:
        draft.fault(f"[{spelled}]", "is a section already; URNs have no case")
    else:
        draft.urns.append(urn)
    return urn


def _read_head(draft: Draft) -> None:
    head = draft.head
    for word, example in (("resource", "User"), ("endpoint", "/Users")):
        inherits = draft.extends and word == "endpoint" and word not in head
        if not inherits and not (isinstance(head.get(word), str) and head[word]):
            draft.fault("", f'{word} is missing; the head of a table says {word} = "{example}"')
    _check_layer(draft)
    _check_endpoint(draft)
    if not isinstance(head.get("description", ""), str):
        draft.fault("", f"description is a string, not {head['description']!r}")
    for word in ("disable", "allow", "on_deactivate"):
        value = head.get(word, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            draft.fault("", f"{word} is a list of strings, not {value!r}")
            head[word] = []
    for verb in head.get("allow", []):
        if verb not in ALLOWED:
            draft.fault("", f"allow has {verb!r}, which is not one of {', '.join(ALLOWED)}{nearest(verb, ALLOWED)}")


def _check_layer(draft: Draft) -> None:
    extends, serve = draft.head.get("extends", SHIPPED), draft.head.get("serve", True)
    if extends != SHIPPED:
        draft.fault("", f'extends = {extends!r}: a table can extend "{SHIPPED}", which is the one that ships')
    if not isinstance(serve, bool):
        draft.fault("", f"serve is true or false, not {serve!r}")
    if not draft.urns and not draft.extends:
        draft.fault("", "no schema: a section headed by a URN holds the rows")


def _check_endpoint(draft: Draft) -> None:
    endpoint = draft.head.get("endpoint")
    if isinstance(endpoint, str) and not re.fullmatch(r"/[A-Za-z][A-Za-z0-9]*", endpoint):
        draft.fault("", f"endpoint = {endpoint!r} is not a path such as /Users")
    elif isinstance(endpoint, str) and endpoint.strip("/").casefold() in TAKEN:
        draft.fault("", f"endpoint = {endpoint!r} is the protocol's own (RFC 7644 section 3.2)")


def check_heads(drafts: Sequence[Draft], resources: Collection[str]) -> None:
    """Hold the heads of all tables to each other: every resource type and endpoint has one table."""
    for word in ("resource", "endpoint"):
        seen: dict[str, str] = {}
        for draft in drafts:
            value = draft.head.get(word)
            if not isinstance(value, str):
                continue
            if value.casefold() in seen:
                draft.fault("", f"{word} = {value!r} is in {seen[value.casefold()]} already; each has one table")
            seen[value.casefold()] = draft.file
    for draft in drafts:
        if draft.resource and draft.resource not in resources:
            hint = nearest(draft.resource, resources)
            draft.fault("", f"resource = {draft.resource!r} is not one of {', '.join(resources)}{hint}")


def _read_section(
    draft: Draft, urn: str, section: Mapping[str, Any], braced: set[str], vias: Iterable[str]
) -> Iterator[tuple[Left, Words]]:
    seen: dict[str, str] = {}
    for spelled, right in _flatten(section, "", braced):
        where = f"[{urn or 'common'}] {spelled}"
        match = _LEFT.fullmatch(spelled)
        if match is None:
            draft.fault(where, "is not a SCIM path such as title, name.givenName or 'emails[type eq \"work\"].value'")
            continue
        if spelled.casefold() in seen:
            draft.fault(where, f"is the same attribute as {seen[spelled.casefold()]}; names have no case in SCIM")
        seen[spelled.casefold()] = spelled
        left = Left(urn, spelled, match["attr"], match["selector"], match["sub"])
        if right is False:
            _take_away(draft, left)
            continue
        if not isinstance(right, str | dict):
            draft.fault(where, f"the right side is a PingOne field or a row in braces, not {right!r}")
            continue
        words = read_words(right, vias, partial(draft.fault, where))
        if words is not None:
            yield left, words


def _take_away(draft: Draft, left: Left) -> None:
    if draft.extends:
        draft.removed.append(left)
    else:
        draft.fault(left.where, f'false takes a shipped row away, so the head of the table says extends = "{SHIPPED}"')


def _flatten(section: Mapping[str, Any], prefix: str, braced: set[str]) -> Iterator[tuple[str, Any]]:
    """Give back TOML's dotted keys as paths: a mapping in braces is a row, another one is a step of a path."""
    for key, value in section.items():
        path = f"{prefix}.{key}" if prefix else key
        if isinstance(value, dict) and path not in braced and not _is_row(value):
            yield from _flatten(value, path, braced)
        else:
            yield path, value


def _is_row(value: Mapping[str, Any]) -> bool:
    """Whether a mapping without braces (a TOML sub-table) can only be a row: `to` or `from`, and no other names."""
    return not value or (("to" in value) != ("from" in value) and all(word in WORDS for word in value))


def _plain_key(key: str) -> str:
    """Return a TOML key as a path: without blanks around its dots and quotes around its parts."""
    parts = re.findall(_KEY_PART, key)
    return ".".join(part[1:-1] if part[0] in "\"'" else part for part in parts)
