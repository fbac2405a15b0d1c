"""Whether what rules name is in the directory: populations, groups to manage, groups that protect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from scimbridge.mapping.tables.rows import nearest
from scimbridge.ops.checking.findings import Finding, fault, ok, warn
from scimbridge.scim.filtering import trees
from scimbridge.sides import Native
from scimbridge.sync.rules.values import GroupRules, Rules

_PATTERN = frozenset("*?[")
_NAMED = 10


def check_populations(rules: Rules, found: list[Native]) -> Iterator[Finding]:
    """Look for the populations of [scope] and of [groups]."""
    wanted = [("[scope] populations", each) for each in rules.scope.populations]
    if rules.groups is not None and rules.groups.population is not None:
        wanted.append(("[groups] population", rules.groups.population))
    for where, name in wanted:
        held = [each for each in found if name in (each.get("id"), each.get("name"))]
        if len(held) == 1:
            yield ok(where, f"the population {held[0].get('name')!r} is there")
        elif held:
            yield fault(where, f"{len(held)} populations are called {name!r}", "name it by its id")
        else:
            names = [str(each.get("name")) for each in found]
            what = f"PingOne has no population of the id or name {name!r}{nearest(name, names)}"
            yield fault(where, what, f"name one that is there: {_list(names)}")


def check_groups(groups: GroupRules, found: list[Native], populations: list[Native]) -> Iterator[Finding]:
    """Look at the groups that the rules manage: that there are some, and that nobody else decides who is in them."""
    home = next(
        (str(each.get("id")) for each in populations if groups.population in (each.get("id"), each.get("name"))), None
    )
    level = [each for each in found if _home_of(each) == home]
    for pattern in groups.manage:
        where = f"[groups] manage {pattern!r}"
        held = [each for each in level if fnmatchcase(str(each.get("name")), pattern)]
        dynamic = [str(each.get("name")) for each in held if each.get("userFilter")]
        if dynamic:
            what = f"PingOne decides by a filter who is in {_list(dynamic)}"
            yield fault(where, what, "take these groups out of `manage`; a dynamic group cannot be managed")
        elif held:
            yield ok(where, f"{len(held)} groups: {_list(str(each.get('name')) for each in held)}")
        elif groups.create:
            yield ok(where, "no group is called so yet; those that the source names are made")
        else:
            hint = "" if _PATTERN & set(pattern) else nearest(pattern, [str(each.get("name")) for each in level])
            elsewhere = any(fnmatchcase(str(each.get("name")), pattern) for each in found)
            cure = (
                "say in which population they are, by `population`" if elsewhere else "name one, or say create = true"
            )
            yield fault(where, f"no group of this level is called so{hint}", cure)
    if "*" in groups.manage and groups.extra != "keep":
        what = "every group is managed, and whoever the source does not name is taken out of it"
        yield warn("[groups] manage", what, 'name the groups by patterns such as "HR-*"')


def protecting_groups(rules: Rules) -> list[str]:
    """Return the ids of groups that the filters of `protect` name."""
    leaves = (leaf for each in rules.scope.protect for leaf in trees.leaves_of(trees.parse(each)))
    return [
        leaf.value
        for leaf in leaves
        if isinstance(leaf, trees.Compare)
        and leaf.op == "eq"
        and isinstance(leaf.value, str)
        and (leaf.path.attr.casefold(), (leaf.path.sub or "value").casefold()) == ("groups", "value")
    ]


def check_protection(rules: Rules, found: list[Native]) -> Iterator[Finding]:
    """Look for the groups that protect, and say where nothing does."""
    ids = {str(each.get("id")) for each in found}
    for key in protecting_groups(rules):
        if key in ids:
            yield ok("[scope] protect", f"the group {key} is there")
        else:
            yield fault(
                "[scope] protect", f"PingOne has no group of the id {key!r}, so it protects nobody", "mend the id"
            )
    if not rules.scope.protect and not rules.scope.populations and rules.scope.where is None:
        what = "everybody in the environment is in scope and nobody is protected, administrators too"
        yield warn("[scope]", what, "say populations or where, and protect, as protect = ['userName sw \"svc-\"']")


def _home_of(group: Native) -> str | None:
    population = group.get("population")
    return population.get("id") if isinstance(population, dict) else None


def _list(names: Iterable[str]) -> str:
    some = sorted(names)
    return ", ".join(map(repr, some[:_NAMED])) + (" ..." if len(some) > _NAMED else "") or "there is none"
