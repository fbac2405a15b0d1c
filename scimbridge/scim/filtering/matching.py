"""Decide whether a resource passes a filter: a tree and a resource type make one compiled function.

Pure: names are looked up once, when the filter is compiled; a record then costs a few dict reads.
Knows nothing of where records come from or which part of a filter somebody else has checked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from scimbridge.scim.characteristics import Attribute, Found, ResourceType
from scimbridge.scim.errors import InvalidFilter
from scimbridge.scim.filtering.comparing import Test, compile_membership, compile_test, has_value
from scimbridge.scim.filtering.trees import And, AttrPath, Compare, Node, Not, Or, Present, ValuePath, render_name

if TYPE_CHECKING:
    from collections.abc import Iterable

Predicate: TypeAlias = Callable[[Any], bool]
# Where a value stands: turns a test of one value into a predicate over the whole record.
Place: TypeAlias = Callable[[Test], Predicate]


@dataclass(frozen=True, slots=True)
class _ComparedPlace:
    """What a path in a filter comes down to: the attribute compared, and the place of its values."""

    attribute: Attribute
    place: Place


_Locate: TypeAlias = Callable[[AttrPath], _ComparedPlace]


def compile_filter(node: Node, resource_type: ResourceType) -> Callable[[dict[str, Any]], bool]:
    """Return the predicate of a filter over resources in canonical spelling (RFC 7644 §3.4.2.2).

    A list passes when any element does; that holds for `ne` too: true when some element differs or
    none is there. `eq null` is `not pr`, `ne null` is `pr`. A complex attribute without
    sub-attribute means its `value`. In `list[...]` one element passes the inner filter whole; an
    attribute that is no list is its own only element. Raises InvalidFilter for an unknown
    attribute, for one that is never returned (a filter on a password would be an oracle), and for
    an operator or literal that does not fit the type.
    """

    def locate_present(path: AttrPath) -> _ComparedPlace:
        found = find_filtered(path, resource_type)
        return _ComparedPlace(found.leaf, _place(found))

    def locate(path: AttrPath) -> _ComparedPlace:
        found = find_compared(path, resource_type)
        return _ComparedPlace(found.leaf, _place(found))

    def select(node: ValuePath) -> Predicate:
        found = find_filtered(node.path, resource_type)
        if found.sub is not None:
            raise InvalidFilter(f"'{render_name(node.path)}' is a sub-attribute and takes no brackets.")
        return _place(found)(_guard(compile_element_filter(node.inner, found.attribute)))

    return _FilterCompiler(locate, locate_present, select).compile(node)


def compile_element_filter(node: Node, attribute: Attribute) -> Predicate:
    """Return the predicate of a filter in brackets over one element of `attribute`.

    Names in `node` are sub-attributes; an element that is a plain value is called `value`. Raises
    InvalidFilter as compile_filter does.
    """

    def locate(path: AttrPath) -> _ComparedPlace:
        if path.urn is None and path.sub is None:
            sub = attribute.find_sub(path.attr)
            if sub is not None:
                return _ComparedPlace(_readable(sub, path.attr), _reader(sub.name))
            if attribute.type != "complex" and path.attr.lower() == "value":
                return _ComparedPlace(_readable(attribute, path.attr), lambda test: test)
        raise InvalidFilter(f"'{attribute.name}' has no sub-attribute '{render_name(path)}'.")

    def select(node: ValuePath) -> Predicate:
        raise InvalidFilter(f"The brackets behind '{attribute.name}' cannot hold '{render_name(node.path)}[]'.")

    return _FilterCompiler(locate, locate, select).compile(node)


def find_filtered(path: AttrPath, resource_type: ResourceType) -> Found:
    """Return what a path in a filter means; InvalidFilter when it means nothing or may not be asked."""
    found = resource_type.find(path)
    if found is None:
        raise InvalidFilter(f"'{resource_type.name}' has no attribute '{render_name(path)}'.")
    _readable(found.attribute, render_name(path))
    _readable(found.leaf, render_name(path))
    return found


def find_compared(path: AttrPath, resource_type: ResourceType) -> Found:
    """Return what a compared path means: as find_filtered, but a complex attribute is its `value`.

    RFC 7644 figure 2 writes `emails co "x"` so. A complex attribute that has an `id` and no `value`
    is its `id`.
    """
    found = find_filtered(path, resource_type)
    if found.sub is not None or found.attribute.type != "complex":
        return found
    sub = found.attribute.find_sub("value") or found.attribute.find_sub("id")
    if sub is None:
        raise InvalidFilter(f"'{render_name(path)}' is complex: compare one of its sub-attributes.")
    return Found(found.urn, found.attribute, _readable(sub, render_name(path)), found.in_extension)


def _readable(attribute: Attribute, name: str) -> Attribute:
    if attribute.returned == "never" or attribute.mutability == "writeOnly":
        raise InvalidFilter(f"'{name}' is never returned and cannot be filtered on.")
    return attribute


@dataclass(frozen=True, slots=True)
class _FilterCompiler:
    """Compile a tree; what names mean, and what brackets do, is the scope's to say."""

    locate: _Locate
    locate_present: _Locate
    select: Callable[[ValuePath], Predicate]

    def compile(self, node: Node) -> Predicate:
        match node:
            case Compare(path, op, None):
                return self._compare_null(path, op)
            case Compare(path, op, value):
                target = self.locate(path)
                return target.place(compile_test(target.attribute, op, value, render_name(path)))
            case Present(path):
                return self.locate_present(path).place(has_value)
            case Not(part):
                return _negate(self.compile(part))
            case And(parts):
                return _all_of([self.compile(part) for part in parts])
            case Or(parts):
                return _any_of(list(self._compile_choice(parts)))
            case ValuePath():
                return self.select(node)

    def _compare_null(self, path: AttrPath, op: str) -> Predicate:
        present = self.locate_present(path).place(has_value)
        if op == "eq":
            return _negate(present)
        if op == "ne":
            return present
        raise InvalidFilter(f"The operator '{op}' does not work with null.")

    def _compile_choice(self, parts: tuple[Node, ...]) -> Iterable[Predicate]:
        """Yield the parts of an `or`, with `id eq "a" or id eq "b" or ...` as one set look-up."""
        wanted: dict[AttrPath, list[str]] = {}
        for part in parts:
            match part:
                case Compare(path, "eq", str() as value) if self.locate(path).attribute.type in _TEXTS:
                    wanted.setdefault(path, []).append(value)
                case _:
                    yield self.compile(part)
        for path, values in wanted.items():
            target = self.locate(path)
            yield target.place(compile_membership(target.attribute, values))


_TEXTS = frozenset({"string", "reference"})


def _negate(predicate: Predicate) -> Predicate:
    return lambda record: not predicate(record)


def _all_of(predicates: list[Predicate]) -> Predicate:
    if len(predicates) == 2:  # noqa: PLR2004  (the usual pair without a loop)
        first, second = predicates
        return lambda record: first(record) and second(record)

    def check(record: Any) -> bool:
        for predicate in predicates:  # noqa: SIM110  (a generator for each record would cost more)
            if not predicate(record):
                return False
        return True

    return check


def _any_of(predicates: list[Predicate]) -> Predicate:
    if len(predicates) == 1:
        return predicates[0]

    def check(record: Any) -> bool:
        for predicate in predicates:  # noqa: SIM110  (a generator for each record would cost more)
            if predicate(record):
                return True
        return False

    return check


def _guard(predicate: Predicate) -> Test:
    """Let a filter in brackets see real elements only: an absent one passes nothing, not even `ne`."""
    return lambda element: element is not None and predicate(element)


def _place(found: Found) -> Place:
    """Return the place of a path's values in a resource in canonical spelling."""
    attribute, sub = found.attribute, found.sub
    inward: list[Place] = [_reader(found.urn)] if found.in_extension else []
    inward.append(_reader(attribute.name))
    if attribute.multi_valued:
        inward.append(_each)
    if sub is not None:
        inward.append(_reader(sub.name))
        if sub.multi_valued:
            inward.append(_each)

    def place(test: Test) -> Predicate:
        for step in reversed(inward):
            test = step(test)
        return test

    return place


def _reader(name: str) -> Place:
    def place(test: Test) -> Predicate:
        def read(holder: Any) -> bool:
            return test(holder.get(name)) if isinstance(holder, dict) else test(None)

        return read

    return place


def _each(test: Test) -> Predicate:
    """Pass when any element does; an empty list is one absent element."""

    def check(values: Any) -> bool:
        if not isinstance(values, list):
            return test(values)
        for value in values:
            if test(value):
                return True
        return not values and test(None)

    return check
