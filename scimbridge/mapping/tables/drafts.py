"""A table's text, read: its head, its sections, and each row taken apart, with every fault on the way.

TOML ends here. What a row means for an attribute or for PingOne is not known here (see `compiling`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from scimbridge.mapping.tables.attributes import KNOWN
from scimbridge.mapping.tables.rows import WORDS, Left, Words, nearest, read_words

TAKEN = frozenset({"bulk", "me", "schemas", "resourcetypes", "serviceproviderconfig"})
VERBS = ("create", "change", "delete")
HEAD_WORDS = ("resource", "endpoint", "description", "disable", "allow", "common", "population")

_LEFT = re.compile(
    r'(?P<attr>[A-Za-z][\w-]*)(?:\[type eq "(?P<selector>[^"\[\]]+)"\])?(?:\.(?P<sub>\$?[A-Za-z][\w-]*))?'
)
_URN = re.compile(r"urn:[A-Za-z0-9][A-Za-z0-9-]{0,31}:[A-Za-z0-9()+,\-.:=@;$_!*'%/?#]+", re.IGNORECASE)

# TOML does not tell `a = { to = "b" }` from `a.to = "b"`; the text does.
_KEY_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_BRACED = re.compile(rf"^[ \t]*({_KEY_PART}(?:[ \t]*\.[ \t]*{_KEY_PART})*)[ \t]*=[ \t]*\{{", re.MULTILINE)


@dataclass(slots=True)
class Draft:
    """A table while it is being read; `faults` is shared by all tables."""

    file: str
    faults: list[str]
    head: dict[str, Any] = field(default_factory=dict)
    entries: list[tuple[Left, Words]] = field(default_factory=list)
    urns: list[str] = field(default_factory=list)

    def fault(self, where: str, text: str) -> None:
        """Tell a fault, with the section and row that has it."""
        self.faults.append(f"{self.file}: {where}: {text}" if where else f"{self.file}: {text}")

    @property
    def resource(self) -> str:
        """The name of the resource type, "" where the head has none."""
        value = self.head.get("resource")
        return value if isinstance(value, str) else ""


def read_draft(file: str, text: str, faults: list[str]) -> Draft | None:
    """Read one table's text; None where it is no TOML."""
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
        draft.entries.extend(_read_section(draft, urn, section, braced))
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
        if not isinstance(head.get(word), str) or not head[word]:
            draft.fault("", f'{word} is missing; the head of a table says {word} = "{example}"')
    _check_endpoint(draft)
    if not isinstance(head.get("description", ""), str):
        draft.fault("", f"description is a string, not {head['description']!r}")
    for word in ("disable", "allow"):
        value = head.get(word, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            draft.fault("", f"{word} is a list of strings, not {value!r}")
            head[word] = []
    for verb in head.get("allow", []):
        if verb not in VERBS:
            draft.fault("", f"allow has {verb!r}, which is not one of {', '.join(VERBS)}{nearest(verb, VERBS)}")
    if not draft.urns:
        draft.fault("", "no schema: a section headed by a URN holds the rows")


def _check_endpoint(draft: Draft) -> None:
    endpoint = draft.head.get("endpoint")
    if isinstance(endpoint, str) and not re.fullmatch(r"/[A-Za-z][A-Za-z0-9]*", endpoint):
        draft.fault("", f"endpoint = {endpoint!r} is not a path such as /Users")
    elif isinstance(endpoint, str) and endpoint.strip("/").casefold() in TAKEN:
        draft.fault("", f"endpoint = {endpoint!r} is the protocol's own (RFC 7644 section 3.2)")


def _read_section(draft: Draft, urn: str, section: Mapping[str, Any], braced: set[str]) -> Iterator[tuple[Left, Words]]:
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
        if not isinstance(right, str | dict):
            draft.fault(where, f"the right side is a PingOne field or a row in braces, not {right!r}")
            continue
        words = read_words(right, partial(draft.fault, where))
        if words is not None:
            yield Left(urn, spelled, match["attr"], match["selector"], match["sub"]), words


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
