"""Fields that PingOne changes by a call of their own, each with all that follows from it (docs/pingone.md §2.8, §10).

A facet says which call writes the field, when that call comes among the calls of one change, and what may be done with
the field. Which kind has which facets stands in `kinds`. Knows nothing of SCIM.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from scimbridge.pingone.media import IMPORT, JSON, PASSWORD_SET

FIRST = -100  # the place of a call that takes rights away
TAKES_OVER = "passwords:write"  # the right to what decides who can sign in to an account


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One field with a call of its own: PUT of the record's path and `name`.

    `field` is the native field that the call writes. `order` is the place of the call: below 0 before the call of the
    other fields, above 0 after it. `bare`: the body holds what stands below `name`, without `name` itself. `media` is
    the media type of the call, `creation` the one of a creation that carries the field; None: a creation carries none.

    `removable`: the field can be left without a value. `lasting`: a record always has a value. `secret`: PingOne shows
    the value never. `scope` is the right that a client needs beside that to write. `off` and `on` name the call where
    the value says more than `name` does; one with an `off` takes rights away by false, so that this call comes first.
    """

    name: str
    field: str
    type: Literal["boolean", "id", "text"]
    order: int
    bare: bool = False
    media: str = JSON
    creation: str | None = JSON
    removable: bool = False
    lasting: bool = False
    secret: bool = False
    scope: str = ""
    off: str = ""
    on: str = ""

    @property
    def path(self) -> tuple[str, ...]:
        """The field, step by step."""
        return tuple(self.field.split("."))

    def is_urgent(self, value: Any) -> bool:
        """Whether the call takes rights away, and so goes before what others wait for."""
        return bool(self.off) and value is False

    def place(self, value: Any) -> int:
        """Return where the call stands among those of one change; the call of the other fields is at 0."""
        return FIRST if self.is_urgent(value) else self.order

    def step(self, value: Any) -> str:
        """Return the name of the call, as progress and audit say it."""
        return self.off if self.is_urgent(value) else self.on or self.name

    def whole(self, value: Any) -> dict[str, Any]:
        """Return the value as it stands in a record; no value is an empty object, or null where there is none."""
        top, *inner = self.path
        for name in reversed(inner):
            value = {} if value is None else {name: value}
        return {top: value}

    def body(self, value: Any) -> Any:
        """Return the body of the call."""
        whole = self.whole(value)
        return whole[self.path[0]] if self.bare else whole

    def held(self, record: Mapping[str, Any]) -> Any:
        """Return the value that a record holds, None where it holds none."""
        held: Any = record
        for name in self.path:
            held = held.get(name) if isinstance(held, Mapping) else None
        return held


ENABLED = Facet(
    name="enabled", field="enabled", type="boolean", order=3, lasting=True, off="disable", on="enable"
)  # fmt: skip
POPULATION = Facet(name="population", field="population.id", type="id", order=-2, bare=True, lasting=True)
IDENTITY_PROVIDER = Facet(  # without a value it is PingOne itself
    name="identityProvider", field="identityProvider.id", type="id", order=-1, removable=True, scope=TAKES_OVER
)  # fmt: skip
MFA_ENABLED = Facet(
    name="mfaEnabled", field="mfaEnabled", type="boolean", order=1, lasting=True, scope=TAKES_OVER
)  # fmt: skip
PASSWORD = Facet(  # in clear text only the import takes it
    name="password", field="password.value", type="text", order=2, bare=True, media=PASSWORD_SET, creation=IMPORT,
    secret=True, scope=TAKES_OVER,
)  # fmt: skip
