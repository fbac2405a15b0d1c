"""`[[population]]`: where a user goes who names no population. The rules of a table, read and checked.

Which population a rule's `use` is at PingOne is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scimbridge.mapping.tables.drafts import Draft
from scimbridge.mapping.tables.kinds import KindFacts
from scimbridge.mapping.tables.table import PopulationRule
from scimbridge.scim import dialects
from scimbridge.scim.catalogue import ResourceType
from scimbridge.scim.errors import InvalidFilter
from scimbridge.scim.filtering import trees
from scimbridge.scim.filtering.matching import compile_filter


def read_rules(draft: Draft, resource: ResourceType, kind: KindFacts) -> Iterator[PopulationRule]:
    """Read the rules of a table of a kind, each of which has to make sense for a resource of its type."""
    rules = draft.head.get("population", [])
    if not isinstance(rules, list):
        draft.fault("population", "rules are written [[population]], in double brackets")
        return
    if rules and not kind.is_placed:
        draft.fault("population", "rules stand in the table of users")
    for number, rule in enumerate(rules, 1):
        where = f"[[population]] {number}"
        if not _is_rule(rule):
            draft.fault(where, "needs `when` (a SCIM filter) and `use` (a population's id or name), no more")
            continue
        try:
            node = dialects.rename_country_codes(trees.parse(rule["when"]), resource)
            compile_filter(node, resource)
        except InvalidFilter as error:
            draft.fault(where, f"when = {rule['when']!r}: {error.detail}")
            continue
        for path in trees.paths_of(node):
            if not _is_stored(resource, path):
                draft.fault(where, f"when: {path.attr!r} is no attribute of this table")
        yield PopulationRule(node, rule["use"], resource)


def _is_rule(rule: Any) -> bool:
    return (
        isinstance(rule, dict)
        and set(rule) == {"when", "use"}
        and all(isinstance(text, str) and text for text in rule.values())
    )


def _is_stored(resource: ResourceType, path: trees.AttrPath) -> bool:
    found = resource.find(path)
    return found is not None and found.attribute.stored and found.leaf.stored
