"""Members of a record that only a read of their own gives, each with all that follows from it.

From docs/pingone.md §15.3 and §15.5. What a facet is to writing, a part is to reading. Which kind has which parts
stands in `kinds`. Knows nothing of SCIM.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One member that stands in no answer about the record: GET of the record's path and `name`.

    `members` are what it has that is told. `scope` is the right that a client needs beside that to read the record.
    """

    name: str
    members: tuple[str, ...]
    scope: str

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields, as a record would have them."""
        return tuple(f"{self.name}.{member}" for member in self.members)


PASSWORD_STATE = Part(name="password", members=("status",), scope="passwords:read")  # never the password
GROUPS_OF_USER = Part(  # the one place where a group's name stands beside its id
    name="memberOfGroups", members=("name", "type"), scope="groups:read"
)  # fmt: skip
