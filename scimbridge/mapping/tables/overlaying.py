"""An operator's tables over the shipped ones: which table serves each resource type, and what of it is whose.

A table with `extends = "shipped"` holds only what differs. It lies over the shipped table of the same resource type:
a word in its head replaces the shipped word, a row replaces the row of the same path or is added, and `false` takes a
row away. A table without `extends` replaces the shipped one. A resource type without a table has the shipped one. Knows
drafts only: what rows mean is compiled later, from the joined draft.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from scimbridge.mapping.tables.drafts import SHIPPED, Draft, read_draft
from scimbridge.mapping.tables.rows import Left, Words, nearest

Entries = dict[tuple[str, str], tuple[Left, Words]]
"""(URN, path), both folded -> a row."""

_NOT_INHERITED = ("resource", "extends", "common")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the table of a resource type comes from, and what an operator's table changes of the shipped one.

    `own` and `shipped` are file names, "" where there is none. `copied` is an own file with the text of the shipped
    one.
    """

    resource: str
    own: str
    shipped: str
    served: bool = True
    copied: bool = False
    extends: bool = False
    words: tuple[str, ...] = ()  # of the head
    replaced: tuple[Left, ...] = ()
    added: tuple[Left, ...] = ()
    removed: tuple[Left, ...] = ()

    @property
    def file(self) -> str:
        """The file that decides: the operator's, where there is one."""
        return self.own or self.shipped

    def file_of(self, where: str) -> str:
        """Return the file that a row of the table stands in, which is named by section and path."""
        own = any(left.where == where for left in self.replaced + self.added)
        return self.shipped if self.extends and not own else self.file

    def replaces(self, where: str) -> bool:
        """Whether a row of the table stands in place of a shipped one."""
        return any(left.where == where for left in self.replaced)

    def removed_of(self, attr: str) -> list[str]:
        """Return section and path of the shipped rows of an attribute that are taken away."""
        return [left.where for left in self.removed if left.attr.casefold() == attr.casefold()]

    def describe(self) -> str:
        """Return in one sentence what lies over what."""
        if not self.own:
            return f"the directory has no table of {self.resource}, so the shipped one serves"
        if self.copied:
            return f"a whole table of {self.resource}, the same as the shipped one"
        served = "" if self.served else f"; {self.resource} is not served (serve = false)"
        if not self.extends:
            return f"a whole table of {self.resource}{', in place of the shipped one' if self.shipped else ''}{served}"
        parts = (
            ("its head sets", self.words),
            ("it replaces", [left.where for left in self.replaced]),
            ("it adds", [left.where for left in self.added]),
            ("it takes away", [left.where for left in self.removed]),
        )
        changes = [f"{verb} {', '.join(names)}" for verb, names in parts if names]
        return f"lies over {self.shipped}: {'; '.join(changes) or 'it changes nothing'}{served}"


@dataclass(frozen=True, slots=True)
class Layered:
    """The draft of one resource type, ready to be compiled, and where it comes from."""

    draft: Draft
    origin: Origin


def lay_over(
    own: Mapping[str, str], shipped: Mapping[str, str], vias: Iterable[str], faults: list[str]
) -> list[Layered]:
    """Join an operator's tables with the shipped ones, both file name -> TOML text; faults go into `faults`.

    `vias` are the calls that a row can name.

    Without shipped tables the own ones stand alone.
    """
    below = {draft.resource: draft for draft in _read(shipped, vias, faults, f"{SHIPPED} ") if draft.resource}
    drafts = list(_read(own, vias, faults))
    there = {draft.resource for draft in drafts}
    found = [Layered(draft, Origin(name, "", draft.file)) for name, draft in below.items() if name not in there]
    for draft in drafts:
        base = below.get(draft.resource)
        if not draft.extends:
            copied = own[draft.file] == shipped.get(draft.file)
            beneath = "" if base is None else base.file
            found.append(Layered(draft, Origin(draft.resource, draft.file, beneath, _is_served(draft), copied)))
        elif base is not None:
            found.append(_lay(draft, base))
        elif draft.resource:
            hint = nearest(draft.resource, below)
            draft.fault("", f'extends = "{SHIPPED}": no table of {draft.resource!r} is shipped{hint}')
    return found


def _read(texts: Mapping[str, str], vias: Iterable[str], faults: list[str], prefix: str = "") -> Iterator[Draft]:
    for file, text in sorted(texts.items()):
        if (draft := read_draft(f"{prefix}{file}", text, vias, faults)) is not None:
            yield draft


def _is_served(draft: Draft) -> bool:
    return draft.head.get("serve", True) is not False


def _lay(own: Draft, base: Draft) -> Layered:
    """Lay the words and rows of one table over those of another."""
    urns = {urn.casefold(): urn for urn in (*own.urns, *base.urns)}
    entries: Entries = {_key(left): (left, words) for left, words in base.entries}
    replaced: list[Left] = []
    added: list[Left] = []
    for given, words in own.entries:
        key = _key(given)
        left = replace(given, urn=urns.get(key[0], ""))
        (replaced if key in entries else added).append(left)
        entries[key] = (left, words)
    removed = [left for left in own.removed if _take_away(left, entries, own, base)]
    held = {urn for urn, _path in entries}
    sections = dict.fromkeys(urn for urn in (*base.urns, *own.urns) if urns[urn.casefold()] == urn)
    joined = Draft(
        own.file,
        own.faults,
        head={**base.head, **own.head},
        entries=list(entries.values()),
        urns=[urn for urn in sections if urn.casefold() in held],
        inherited={left.where: base.file for left, _words in entries.values() if left not in replaced + added},
    )
    origin = Origin(
        own.resource,
        own.file,
        base.file,
        served=_is_served(joined),
        extends=True,
        words=tuple(word for word in own.head if word not in _NOT_INHERITED),
        replaced=tuple(replaced),
        added=tuple(added),
        removed=tuple(removed),
    )
    return Layered(joined, origin)


def _key(left: Left) -> tuple[str, str]:
    return left.urn.casefold(), left.spelled.casefold()


def _take_away(left: Left, entries: Entries, own: Draft, base: Draft) -> bool:
    """Take a row away that the shipped table has; report one that it has not."""
    if entries.pop(_key(left), None) is not None:
        return True
    there = [other for other, _words in base.entries if other.urn.casefold() == left.urn.casefold()]
    whole = left.selector is None and left.sub is None
    parts = [other.spelled for other in there if whole and other.attr.casefold() == left.attr.casefold()]
    if parts:
        hint = f"; its rows are {', '.join(parts)}, and `disable` takes the whole attribute out"
    else:
        hint = nearest(left.spelled, [other.spelled for other in there])
    own.fault(left.where, f"is no row of {base.file}, so it cannot be taken away{hint}")
    return False
