"""What the engine has to be told of a resource type at the target: the Protocols that the target's own objects satisfy.

The engine knows no target. mypy proves, where the two are joined, that each kind has all that stands here. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class KnownField(Protocol):
    """What is known of one PingOne field."""

    @property
    def operators(self) -> frozenset[str]:
        """Filter operators that PingOne answers for this field."""

    @property
    def caseless(self) -> bool | None:
        """Whether PingOne compares without case; None where nobody knows."""

    def refuse(self, value: Any, /) -> str | None:
        """Return None when PingOne takes the value, else what would be right."""


class FacetFacts(Protocol):
    """A field with a call of its own; `name` is the word in `via`."""

    @property
    def name(self) -> str:
        """The word in `via`."""

    @property
    def field(self) -> str:
        """The native field that the call writes."""

    @property
    def type(self) -> str:
        """What the value is: boolean, id, text or time."""

    @property
    def removable(self) -> bool:
        """Whether the field can be left without a value."""

    @property
    def lasting(self) -> bool:
        """Whether a record always has a value."""

    @property
    def secret(self) -> bool:
        """Whether the value is never shown."""

    @property
    def state(self) -> bool:
        """Whether others than clients move the value too, so that it is shown on request and changed by comparison."""

    @property
    def scope(self) -> str:
        """The right that a client needs to write it beside that to write the resource, "" for none."""

    @property
    def initial(self) -> bool:
        """Whether the value is given at creation and no call changes it."""


class PartFacts(Protocol):
    """A member that a read of its own gives; `name` is the word in `read`."""

    @property
    def name(self) -> str:
        """The word in `read`."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The native fields that the read gives."""


class KindFacts(Protocol):
    """One resource type."""

    @property
    def name(self) -> str:
        """SCIM's name of the resource type."""

    @property
    def collection(self) -> str:
        """What PingOne calls its records, in faults that operators read."""

    @property
    def fields(self) -> Mapping[str, KnownField]:
        """The known fields, by native name."""

    @property
    def custom(self) -> KnownField:
        """What holds for fields that the environment's owner added."""

    @property
    def own(self) -> frozenset[str]:
        """Fields that only PingOne writes."""

    @property
    def required(self) -> tuple[str, ...]:
        """Fields without which no record is made."""

    @property
    def facets(self) -> tuple[FacetFacts, ...]:
        """Fields with a call of their own."""

    @property
    def parts(self) -> tuple[PartFacts, ...]:
        """Members with a read of their own."""

    @property
    def ends_sessions(self) -> bool:
        """Whether sessions can be ended where one is disabled."""

    @property
    def is_read_only(self) -> bool:
        """Whether nobody can write it."""

    @property
    def is_placed(self) -> bool:
        """Whether population rules say where a new one goes."""

    @property
    def has_members(self) -> bool:
        """Whether membership calls change who is in it."""
