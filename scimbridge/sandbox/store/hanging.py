"""What hangs on users and groups: sessions, linked accounts, roles, devices, consents; and what stands beside them.

Each record is plain JSON that is replaced, never changed. Hold the directory's lock around everything here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from scimbridge.sandbox.store.records import Json

Part = Literal["sessions", "linkedAccounts", "roleAssignments", "devices", "agreementConsents"]


@dataclass(slots=True)
class Codes:
    """Codes that were mailed to one user, and how many mails were sent today."""

    verification: str = ""
    email: str = ""
    email_ends: float = 0.0
    recovery: str = ""
    recovery_ends: float = 0.0
    recovery_wrong: int = 0
    mails: int = 0


@dataclass(slots=True)
class Hanging:
    """The records by part, holder and id; `agreements` hold their languages and revisions."""

    parts: dict[tuple[Part, str], dict[str, Json]] = field(default_factory=dict)
    codes: dict[str, Codes] = field(default_factory=dict)
    used: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Salts and digests of the passwords that a user had."""
    wrong: dict[str, int] = field(default_factory=dict)
    """Wrong passwords in a row."""
    external: dict[str, Json] = field(default_factory=dict)
    """The gateway that knows a user's password."""
    roles: dict[str, Json] = field(default_factory=dict)
    gateways: dict[str, Json] = field(default_factory=dict)
    agreements: dict[str, Json] = field(default_factory=dict)
    languages: dict[str, dict[str, Json]] = field(default_factory=dict)
    revisions: dict[str, dict[str, Json]] = field(default_factory=dict)

    def of(self, part: Part, holder: str) -> dict[str, Json]:
        """Return the records of one part of one user or group, to be read and changed."""
        return self.parts.setdefault((part, holder), {})

    def codes_of(self, user_id: str) -> Codes:
        """Return the codes of one user."""
        return self.codes.setdefault(user_id, Codes())

    def drop(self, holder: str) -> None:
        """Forget all that hangs on a user or group that is deleted."""
        for key in [key for key in self.parts if key[1] == holder]:
            del self.parts[key]
        for held in (self.codes, self.used, self.wrong, self.external):
            held.pop(holder, None)
