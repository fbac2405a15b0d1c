"""What RFC 7643 says about an attribute, a schema and a resource type, and how a path finds them.

Pure data with look-ups that are prepared when an object is made. Knows no particular schema (those
are in `catalogue` and in the mapping tables), no target and no request.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from scimbridge.scim.filtering.folding import fold
from scimbridge.scim.usernames import Profile

if TYPE_CHECKING:
    from collections.abc import Callable

    from scimbridge.scim.filtering.trees import AttrPath

Kind: TypeAlias = type[list[object]] | type[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute or sub-attribute with its characteristics (RFC 7643 §7); defaults are those of §2.2.

    `type` is one of string, boolean, decimal, integer, dateTime, binary, reference, complex;
    `mutability` one of readOnly, readWrite, immutable, writeOnly; `returned` one of always, never,
    default, request; `uniqueness` one of none, server, global. `stored` is False for an attribute
    that is known, and therefore accepted, but kept nowhere; `composed` is True for one that is computed
    from others, and `replaceable` where a whole resource that is written may still say something else. `takes`
    are the kinds of JSON beside its own that a value may be sent as, which its codec then reads; `removable` is False
    for what can be changed and not taken away. `profile` says how texts are written and compared that look the same in
    several forms.
    """

    name: str
    type: str = "string"
    multi_valued: bool = False
    required: bool = False
    case_exact: bool = False
    mutability: str = "readWrite"
    returned: str = "default"
    uniqueness: str = "none"
    canonical_values: tuple[str, ...] = ()
    reference_types: tuple[str, ...] = ()
    description: str = ""
    sub: tuple[Attribute, ...] = ()
    stored: bool = True
    composed: bool = False
    replaceable: bool = False
    takes: tuple[Kind, ...] = ()
    removable: bool = True
    profile: Profile | None = None
    _by_name: dict[str, Attribute] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {part.name.lower(): part for part in self.sub})

    @property
    def is_open(self) -> bool:
        """Whether this is an object whose members no schema names: it holds what it is given, also none."""
        return self.type == "complex" and not self.sub and not self.multi_valued

    @property
    def fold(self) -> Callable[[str], str]:
        """What two texts that are the same for this attribute have in common; without a profile, but for case."""
        if self.profile is None:
            return fold
        return self.profile.prepare if self.case_exact else self.profile.comparable

    def find_sub(self, name: str) -> Attribute | None:
        """Return the sub-attribute of that name in any case (RFC 7643 §2.1), or None."""
        return self._by_name.get(name.lower())


META = Attribute(
    "meta",
    type="complex",
    mutability="readOnly",
    description="What the server knows about the resource itself.",
    sub=(
        Attribute("resourceType", case_exact=True, mutability="readOnly", description="Name of the resource type."),
        Attribute("created", type="dateTime", mutability="readOnly", description="When the resource was made."),
        Attribute("lastModified", type="dateTime", mutability="readOnly", description="When it was last changed."),
        Attribute(
            "location",
            type="reference",
            case_exact=True,
            mutability="readOnly",
            reference_types=("uri",),
            description="Absolute URI of the resource.",
        ),
        Attribute("version", case_exact=True, mutability="readOnly", description="Entity tag of the present state."),
    ),
)

# RFC 7643 §3 and §3.1: on every resource, in no schema.
COMMON: tuple[Attribute, ...] = (
    Attribute(
        "schemas",
        type="reference",
        multi_valued=True,
        required=True,
        returned="always",
        reference_types=("uri",),
        description="URNs of the schemas that the resource uses.",
    ),
    Attribute(
        "id",
        case_exact=True,
        mutability="readOnly",
        returned="always",
        uniqueness="server",
        description="Identifier given by the server, never changed and never used again.",
    ),
    Attribute("externalId", case_exact=True, description="Identifier given by the client."),
    META,
)


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema: its URN, what people call it, and its attributes in the order they are published."""

    urn: str
    name: str
    description: str
    attributes: tuple[Attribute, ...]
    _by_name: dict[str, Attribute] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {part.name.lower(): part for part in self.attributes})

    def find(self, name: str) -> Attribute | None:
        """Return the top-level attribute of that name in any case, or None."""
        return self._by_name.get(name.lower())


@dataclass(frozen=True, slots=True)
class Found:
    """What a path means: the schema it belongs to, in canonical spelling, the attribute, the sub-attribute.

    Common attributes (RFC 7643 §3.1) carry the URN of the core schema. `in_extension` says that
    the value lies under the member named `urn` and not at the top level of the resource.
    """

    urn: str
    attribute: Attribute
    sub: Attribute | None
    in_extension: bool

    @property
    def leaf(self) -> Attribute:
        """The attribute that the path ends at."""
        return self.attribute if self.sub is None else self.sub


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A resource type: its endpoint, its core schema and its extensions (RFC 7643 §6).

    `common` are the attributes that stand in no schema. `urns` are the core URN and then those of
    the extensions, spelled as published.
    """

    name: str
    endpoint: str
    description: str
    schema: Schema
    extensions: tuple[Schema, ...] = ()
    common: tuple[Attribute, ...] = COMMON
    urns: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _unqualified: dict[str, Found] = field(init=False, repr=False, compare=False)
    _qualified: dict[str, dict[str, Found]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        core = {
            part.name.lower(): Found(self.schema.urn, part, None, in_extension=False)
            for part in (*self.common, *self.schema.attributes)
        }
        qualified = {self.schema.urn.lower(): core}
        elsewhere: dict[str, list[Found]] = {}
        for extension in self.extensions:
            names = {
                part.name.lower(): Found(extension.urn, part, None, in_extension=True) for part in extension.attributes
            }
            qualified[extension.urn.lower()] = names
            for name, found in names.items():
                elsewhere.setdefault(name, []).append(found)
        # What no table keeps does not stand in the way of the one that is kept.
        kept = {name: [found for found in founds if found.attribute.stored] for name, founds in elsewhere.items()}
        alone = {
            name: (kept[name] or founds)[0] for name, founds in elsewhere.items() if len(kept[name] or founds) == 1
        }
        object.__setattr__(self, "urns", (self.schema.urn, *(part.urn for part in self.extensions)))
        object.__setattr__(self, "_unqualified", alone | core)
        object.__setattr__(self, "_qualified", qualified)

    def __hash__(self) -> int:
        """Hash the name only: a resource type is a cache key, and its schemas are large."""
        return hash((self.name, self.endpoint))

    def find(self, path: AttrPath) -> Found | None:
        """Return what `path` means, or None when it means nothing here (RFC 7644 §3.10).

        Names and URNs in any case. A name without URN is a common or core attribute, or else the
        attribute of the only extension that has it.
        """
        if path.urn is None:
            found = self._unqualified.get(path.attr.lower())
        else:
            found = self._qualified.get(path.urn.lower(), {}).get(path.attr.lower())
        if found is None or path.sub is None:
            return found
        sub = found.attribute.find_sub(path.sub)
        return None if sub is None else replace(found, sub=sub)

    def find_schema(self, urn: str) -> Schema | None:
        """Return the core schema or the extension with that URN in any case, or None."""
        wanted = urn.lower()
        for schema in (self.schema, *self.extensions):
            if schema.urn.lower() == wanted:
                return schema
        return None
