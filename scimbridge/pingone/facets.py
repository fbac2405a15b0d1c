"""Fields that PingOne changes by a call of their own, each with all that follows from it.

From docs/pingone.md §2.8, §10 and §15.2. A facet says which call writes the field, when that call comes among the
calls of one change, and what may be done with the field. Which kind has which facets stands in `kinds`. Knows nothing
of SCIM.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from scimbridge.pingone.media import IMPORT, JSON, LOCK, PASSWORD_SET, UNLOCK

FIRST = -100  # the place of a call that takes rights away
TAKES_OVER = "passwords:write"  # the right to what decides who can sign in to an account
ACCOUNTS = "accounts:write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One field with a call of its own: PUT of the record's path and `name`.

    `field` is the native field that the call writes. `order` is the place of the call: below 0 before the call of the
    other fields, above 0 after it. `bare`: the body holds what stands below `name`, without `name` itself. `media` is
    the media type of the call, `creation` the one of a creation that carries the field; None: a creation carries none.

    `actions` are values with their media types, of a field that is not put: its call is a POST to the record, whose
    type alone says which value comes about, and which answers with the record. `along` names the facet with whose call
    a field goes, as a member of that body. `initial`: the field is given at creation, and no call changes it.

    `removable`: the field can be left without a value. `lasting`: a record always has a value. `secret`: PingOne shows
    the value never. `state`: others than clients move the value too, so that it is shown to who asks for it and a
    change is held against what is there; `born` is what it is in a new record. `scope` is the right that a client needs
    beside that to write. `off` and `on` name the call where the value says more than `name` does; one with an `off`
    takes rights away by the value `taking`, so that this call comes first.
    """

    name: str
    field: str
    type: Literal["boolean", "id", "text", "time"]
    order: int
    bare: bool = False
    media: str = JSON
    creation: str | None = JSON
    actions: tuple[tuple[str, str], ...] = ()
    along: str = ""
    initial: bool = False
    removable: bool = False
    lasting: bool = False
    secret: bool = False
    state: bool = False
    born: str | None = None
    scope: str = ""
    off: str = ""
    on: str = ""
    taking: str | bool = False

    @property
    def path(self) -> tuple[str, ...]:
        """The field, step by step."""
        return tuple(self.field.split("."))

    def is_urgent(self, value: Any) -> bool:
        """Whether the call takes rights away, and so goes before what others wait for."""
        return bool(self.off) and value is not None and value == self.taking

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

    def media_of(self, value: Any) -> str:
        """Return the media type of the call."""
        return dict(self.actions)[value] if self.actions else self.media

    def body(self, value: Any) -> Any:
        """Return the body of a PUT."""
        whole = self.whole(value)
        return whole[self.path[0]] if self.bare else whole

    def held(self, record: Mapping[str, Any]) -> Any:
        """Return the value that a record holds, None where it holds none."""
        held: Any = record
        for name in self.path:
            held = held.get(name) if isinstance(held, Mapping) else None
        return held


ENABLED = Facet(
    name="enabled", field="enabled", type="boolean", order=5, lasting=True, off="disable", on="enable"
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
VERIFY_STATUS = Facet(
    name="verifyStatus", field="verifyStatus", type="text", order=3, creation=None, lasting=True, state=True,
    born="NOT_INITIATED", scope=ACCOUNTS,
)  # fmt: skip
LOCKED = "LOCKED"
ACCOUNT = Facet(
    name="account", field="account.status", type="text", order=4, creation=None, lasting=True, state=True, born="OK",
    scope=ACCOUNTS, actions=((LOCKED, LOCK), ("OK", UNLOCK)), off="lock", on="unlock", taking=LOCKED,
)  # fmt: skip
UNLOCK_AT = Facet(
    name="unlockAt", field="account.unlockAt", type="time", order=6, creation=None, state=True, scope=ACCOUNTS,
    along=ACCOUNT.name,
)  # fmt: skip
LIFECYCLE = Facet(  # the import takes it, and no other creation
    name="lifecycle", field="lifecycle.status", type="text", order=7, creation=IMPORT, initial=True, state=True
)  # fmt: skip

OF_USERS = (
    ENABLED, POPULATION, IDENTITY_PROVIDER, MFA_ENABLED, PASSWORD, VERIFY_STATUS, ACCOUNT, UNLOCK_AT, LIFECYCLE,
)  # fmt: skip
STATUSES: Mapping[str, tuple[str, ...]] = {
    ACCOUNT.field: tuple(dict(ACCOUNT.actions)),
    VERIFY_STATUS.field: ("NOT_INITIATED", "ENABLED", "DISABLED"),
    LIFECYCLE.field: ("ACCOUNT_OK", "VERIFICATION_REQUIRED"),
}
"""The words that a field can have."""
