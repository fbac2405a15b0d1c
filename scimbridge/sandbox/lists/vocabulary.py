"""Which attributes and operators each collection's filter takes (docs/pingone.md §7.1, §7.2).

Knows names only; matching.py holds filters to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scimbridge.sandbox.lists.matching import Vocabulary, Word
from scimbridge.sandbox.model.attributes import STRINGS

if TYPE_CHECKING:
    from scimbridge.sandbox.model.schema import UserSchema
    from scimbridge.sandbox.trouble.switches import Switches

_EQ: Final = frozenset({"eq"})
_EQ_SW: Final = frozenset({"eq", "sw"})
_ENDING: Final = frozenset({"email", "name.given", "name.family"})
_CONTAINING: Final = frozenset({"name.given", "name.family"})
_NARROW: Final = frozenset(
    {"username", "email", "mobilePhone", "population.id", *(p for p in STRINGS if p.startswith("name."))}
)
_ID: Final = Word(_EQ, "exact")


def _word(path: str) -> Word:
    operators = set(_EQ_SW)
    if path in _ENDING:
        operators.add("ew")
    if path in _CONTAINING:
        operators.add("co")
    return Word(frozenset(operators), caseless=True if path == "username" else None)


_BUILT_IN: Final[dict[str, Word]] = {
    **{path: _word(path) for path in STRINGS},
    "enabled": Word(_EQ, "boolean"),
    "population.id": _ID,
}


def words_of_users(schema: UserSchema, switches: Switches) -> Vocabulary:
    """Return what `filter` on /users takes."""
    words = dict(_BUILT_IN)
    if switches.narrow_filters:
        words = {path: word for path, word in words.items() if path in _NARROW}
    else:
        for attribute in schema:
            if attribute.schema_type == "CUSTOM" and attribute.type == "STRING":
                words[attribute.name] = Word(_EQ_SW | {"co"} if attribute.contains else _EQ_SW)
    if schema.hidden:
        words = {path: word for path, word in words.items() if path.split(".")[0] not in schema.hidden}
    if switches.user_id_filter:
        words["id"] = _ID
    return Vocabulary(words, member_of_groups=True)


def words_of_user_filter(schema: UserSchema, switches: Switches) -> Vocabulary:
    """Return what the userFilter of a dynamic group takes: users' words without memberships."""
    return Vocabulary(words_of_users(schema, switches).words)


def words_of_groups(switches: Switches) -> Vocabulary:
    """Return what `filter` on /groups takes."""
    name = Word(_EQ_SW if switches.group_name_prefix_filter else _EQ)
    words = {"id": _ID, "name": name, "population.id": _ID, "externalId": Word(_EQ)}
    return Vocabulary(words, member_of_groups=True)


def words_of_populations(switches: Switches) -> Vocabulary:
    """Return what `filter` on /populations takes (docs/pingone.md §5, §15.10)."""
    others = {"alternativeIdentifiers": Word(_EQ)} if switches.alternative_identifier_filter else {}
    return Vocabulary({"id": _ID, "name": Word(_EQ_SW), **others})


MEMBERSHIPS: Final = Vocabulary({"id": _ID, "name": Word(_EQ), "type": Word(_EQ, "exact")})
