"""What each resource type is at PingOne: one frozen `Kind` for each, and `KINDS`, all there are.

Whatever else has to know something of a resource type takes a `Kind`; a fact of one stands here and nowhere else. How
SCIM names correspond to the fields stands in the tables. From docs/pingone.md §2.2 (users), §4.2 (groups), §5
(populations), §5.1 (identity providers) and §7 (filters). Knows nothing of SCIM but the names of the resource types.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from scimbridge.pingone.facets import (
    ENABLED,
    IDENTITY_PROVIDER,
    MFA_ENABLED,
    OF_USERS,
    PASSWORD,
    POPULATION,
    STATUSES,
    UNLOCK_AT,
    Facet,
)
from scimbridge.pingone.fields import (
    AREA_AND_PLACE,
    CUSTOM,
    EMAIL,
    EQ,
    EQ_SW,
    EQ_SW_EW,
    FLAG,
    ID,
    LANGUAGE_TAG,
    LANGUAGES,
    NAME_PARTS,
    PERSON,
    PHONE,
    PLAIN,
    STREET,
    TEXT,
    TEXT_HINT,
    UNFILTERED,
    Field,
    one_of,
    text,
)  # fmt: skip
from scimbridge.pingone.parts import GROUPS_OF_USER, PASSWORD_STATE, Part

_TAGS = ("en-US", "en-GB", "de-DE", "fr-FR")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kind:
    """One resource type. `name` is SCIM's, `collection` PingOne's: in paths, in `_embedded` and in scopes.

    `unique` is the field by which a record is found again, None where nothing is. `home` is the field in which a record
    says its population; None: records are the environment's, and a client that is confined to populations sees none.

    `fields` are the known fields with their limits, `custom` is the rule for all others. `own` are the fields that only
    PingOne writes: sent along they are ignored in silence. `writable` are the members that can be written, or `schema`
    names the schema of the environment that lists them; with neither, the kind is only read.

    `filters_on` says of a field that it holds a filter which PingOne follows, and on the records of which collection.
    `facets` have calls of their own, `parts` reads of their own. `ends_sessions`: who is disabled may still be signed
    on, and that can be ended. `has_members`: users and groups can be in it. `can_join`: it can be in a group.
    `points_at` says of a field the collection whose ids it takes; `examples` are values that PingOne takes in a field
    where it refuses random text.
    """

    name: str
    collection: str
    unique: str | None
    home: str | None
    fields: Mapping[str, Field]
    own: frozenset[str]
    custom: Field = UNFILTERED
    writable: tuple[str, ...] = ()
    schema: str | None = None
    facets: tuple[Facet, ...] = ()
    parts: tuple[Part, ...] = ()
    ends_sessions: bool = False
    has_members: bool = False
    can_join: bool = False
    points_at: Mapping[str, str] = field(default_factory=dict)
    filters_on: Mapping[str, str] = field(default_factory=dict)
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_read_only(self) -> bool:
        """Whether nobody can write it through the bridge."""
        return not self.writable and self.schema is None

    @property
    def required(self) -> tuple[str, ...]:
        """The fields without which PingOne makes no record."""
        return () if self.is_read_only or self.unique is None else (self.unique,)

    @property
    def is_placed(self) -> bool:
        """Whether a record can go to another population, so that rules may say where a new one goes."""
        return any(facet.field == self.home for facet in self.facets)

    @property
    def home_path(self) -> tuple[str, ...]:
        """The field in which a record says its population, step by step; () where it never does."""
        return () if self.home is None else tuple(self.home.split("."))

    @property
    def scopes(self) -> tuple[str, ...]:
        """The rights that clients can have on it; those to states are the operations'."""
        write = () if self.is_read_only else (f"{self.collection}:write",)
        beside = (each.scope for each in self.facets if each.scope and not each.state)
        return (f"{self.collection}:read", *write, *dict.fromkeys(beside))

    @property
    def own_members(self) -> frozenset[str]:
        """The members of a record that a PUT does not carry: PingOne's own, and the links."""
        return frozenset({"_links", "_embedded", *(name.split(".", 1)[0] for name in self.own)})

    @property
    def secrets(self) -> frozenset[str]:
        """The members of a record that PingOne never shows."""
        return frozenset(facet.path[0] for facet in self.facets if facet.secret)

    def facet(self, name: str) -> Facet:
        """Return a facet by its name. Raises ValueError for a field that has no call of its own."""
        for each in self.facets:
            if each.name == name:
                return each
        raise ValueError(f"{name!r} has no call of its own")


# PingOne's own fields of users, which stand in no list of what can be filtered by (§7.1).
_OWN_OF_USERS = (
    "environment.id", "identityProvider.type", "account.canAuthenticate", "account.lockedAt", "lastSignOn.at",
    "lastSignOn.remoteIp", "createdAt", "updatedAt", *PASSWORD_STATE.fields, *GROUPS_OF_USER.fields,
)  # fmt: skip

USERS = Kind(
    name="User",
    collection="users",
    unique="username",
    home=POPULATION.field,
    fields={
        "username": text(128, caseless=True),
        "email": Field(EMAIL, hint="a well-formed e-mail address", operators=EQ_SW_EW, may_be_required=True),
        "externalId": Field(None, 1024, 1, "", EQ_SW),
        "accountId": PLAIN,
        ENABLED.field: Field(operators=EQ, boolean=True),
        MFA_ENABLED.field: FLAG,
        "emailVerified": FLAG,
        "name.given": text(operators=NAME_PARTS),
        "name.middle": text(),
        "name.family": text(operators=NAME_PARTS, doubt=PERSON),
        "name.formatted": text(doubt=PERSON),
        "name.honorificPrefix": PLAIN,
        "name.honorificSuffix": PLAIN,
        "nickname": text(),
        "title": text(),
        "type": text(),
        "locale": Field(LANGUAGE_TAG, 256, 1, "a language tag of RFC 5646 such as en-GB", EQ_SW),
        "preferredLanguage": Field(
            LANGUAGES, hint="languages as in Accept-Language, such as en-GB;q=0.8, en;q=0.7", operators=EQ_SW
        ),
        "timezone": Field(TEXT, hint=TEXT_HINT, operators=EQ_SW, doubt=AREA_AND_PLACE),
        "primaryPhone": PHONE,
        "mobilePhone": PHONE,
        "address.streetAddress": STREET,
        "address.locality": text(),
        "address.region": text(),
        "address.postalCode": text(40),
        "address.countryCode": Field(r"[A-Z]{2}", hint="two capital letters of ISO 3166-1", operators=EQ_SW),
        "photo.href": Field(r"(?i:https?)://\S+", hint="an http or https address of an image file", operators=EQ_SW),
        POPULATION.field: ID,
        IDENTITY_PROVIDER.field: UNFILTERED,
        PASSWORD.field: Field(hint="PingOne's password policy"),
        UNLOCK_AT.field: UNFILTERED,
        **{name: one_of(*values) for name, values in STATUSES.items()},
        **dict.fromkeys(_OWN_OF_USERS, UNFILTERED),
    },
    own=frozenset(_OWN_OF_USERS)
    | {"id", "emailVerified", "memberOfGroupIDs", "memberOfGroupNames", "memberOfExternalGroups"}
    | {"account.secondsUntilUnlock"},
    custom=CUSTOM,
    schema="User",
    facets=OF_USERS,
    parts=(PASSWORD_STATE, GROUPS_OF_USER),
    ends_sessions=True,
    can_join=True,
    points_at={POPULATION.field: "populations", IDENTITY_PROVIDER.field: "identityProviders"},
    examples={
        **STATUSES,
        UNLOCK_AT.field: ("2999-12-31T23:59:59Z",),
        "locale": _TAGS,
        "preferredLanguage": _TAGS,
        "timezone": ("Europe/Berlin", "America/Chicago", "Asia/Tokyo"),
        "address.countryCode": ("DE", "FR", "GB", "US"),
    },
)

GROUPS = Kind(
    name="Group",
    collection="groups",
    unique="name",
    home="population.id",
    fields=dict.fromkeys(("id", "name", "population.id", "externalId"), ID),
    own=frozenset({
        "id", "environment.id", "createdAt", "updatedAt", "displayName", "checkSum", "isExternal", "sourceId",
        "sourceType", "directMemberCounts.users", "directMemberCounts.groups", "totalMemberCounts.users",
        "totalMemberCounts.groups",
    }),
    writable=("name", "description", "externalId", "customData", "userFilter", "population"),
    has_members=True,
    can_join=True,
    points_at={"population.id": "populations"},
    filters_on={"userFilter": "users"},
    examples={"userFilter": ('username eq "nobody@example.com"',)},  # nobody joins a group by following it
)  # fmt: skip

POPULATIONS = Kind(
    name="Population",
    collection="populations",
    unique="name",
    home="id",
    fields={"id": ID, "name": PLAIN},
    own=frozenset({"id", "environment.id", "createdAt", "updatedAt", "userCount"}),
    writable=(
        "name", "description", "default", "alternativeIdentifiers", "passwordPolicy", "theme", "preferredLanguage",
    ),
    examples={"preferredLanguage": _TAGS},
)  # fmt: skip

IDENTITY_PROVIDERS = Kind(
    name="IdentityProvider",
    collection="identityProviders",
    unique=None,
    home=None,
    fields={
        "enabled": FLAG,
        **dict.fromkeys(
            ("id", "environment.id", "name", "description", "type", "createdAt", "updatedAt"), UNFILTERED
        ),
    },
    own=frozenset({"id", "environment.id", "createdAt", "updatedAt"}),
)  # fmt: skip

KINDS = (USERS, GROUPS, POPULATIONS, IDENTITY_PROVIDERS)
"""All kinds, in the order in which they are served. A read-only one is added here, and gets a table; that is all."""

SCOPES = frozenset(scope for kind in KINDS for scope in kind.scopes)
"""Every right that a client can have."""

_BY_COLLECTION = {kind.collection: kind for kind in KINDS}
_BY_NAME = {kind.name: kind for kind in KINDS}


def kind_of(collection: str) -> Kind:
    """Return the kind that PingOne keeps in a collection. Raises KeyError."""
    return _BY_COLLECTION[collection]


def kind_named(name: str) -> Kind:
    """Return the kind of a SCIM resource type. Raises KeyError."""
    return _BY_NAME[name]


def find_faults(kinds: Iterable[Kind]) -> list[str]:
    """Return what is wrong with kinds, a sentence each, so that a half-added one stops the start and no request."""
    kinds = tuple(kinds)
    faults = [
        f"kind {kind.name}: {word} {getattr(kind, word)!r} is another kind's already"
        for place, kind in enumerate(kinds)
        for word in ("name", "collection")
        if any(getattr(kind, word) == getattr(other, word) for other in kinds[:place])
    ]
    collections = {kind.collection for kind in kinds}
    return faults + [f"kind {kind.name}: {fault}" for kind in kinds for fault in _faults_of(kind, collections)]


def _faults_of(kind: Kind, collections: set[str]) -> Iterator[str]:
    facets = (("a facet's field", each.field) for each in kind.facets)
    for word, named in (("unique", kind.unique), ("home", kind.home), *facets):
        if named is not None and named not in kind.fields:
            yield f"{word} is {named!r}, which is none of its fields"
    if kind.writable and kind.schema is not None:
        yield f"its fields are those of the schema {kind.schema!r}, so `writable` says nothing"
    if not kind.is_read_only and kind.unique is None:
        yield "it can be made, and no field is unique by which it is found again when the answer was lost"
    if kind.is_read_only and kind.facets:
        yield "it is only read, and has facets"
    for each in sorted({facet.field for facet in kind.facets} & kind.own):
        yield f"only PingOne writes {each!r}, and a facet writes it"
    orders = [facet.order for facet in kind.facets]
    if len({facet.name for facet in kind.facets}) < len(orders) or len(set(orders)) < len(orders) or 0 in orders:
        yield "its facets need names and orders of their own, and none is 0"
    for native, collection in (*kind.points_at.items(), *kind.filters_on.items()):
        if collection not in collections:
            yield f"{native!r} points at {collection!r}, which no kind is"
