"""How `Changes` are carried out: one public writer for each resource type, all of one shape.

PUT, PATCH and bulk plan a change and hand it to the writer of its type, and so does whoever else compares two states.
Who calls a writer holds the resource for itself and has validated the whole change; what PingOne refuses then is raised
as PingOne's error, or in SCIM's words where the writer knows the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from scimbridge.mapping.plan import Changes
from scimbridge.request.context import RequestContext
from scimbridge.request.progress import Progress
from scimbridge.resources.members.outcomes import NOTHING_MADE, MadeChanges
from scimbridge.resources.members.own_changes import Laid, Recent
from scimbridge.sides import Native

BODY = "attributes"  # what the step is called that writes a record's own fields


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a change starts from, as far as it has been read.

    `record` is PingOne's; of a group, `own` are the bridge's late changes of its members, and `members` all of these.
    """

    record: Native | None = None
    own: Recent | None = None
    members: Laid | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What a change came to: the record as it then is, {} where PingOne does not say, and of a group its members.

    `wrote` is False where there was nothing to write.
    """

    record: Native
    wrote: bool
    members: MadeChanges = NOTHING_MADE


UNREAD = Baseline()


class Writer(Protocol):
    """Writes the records of one resource type."""

    def write(
        self, context: RequestContext, key: str, changes: Changes, progress: Progress, present: Baseline = UNREAD
    ) -> Written:
        """Make the calls of a change, noting each in `progress`; what has to be known and was not read is read."""
        ...

    def delete(self, context: RequestContext, key: str) -> None:
        """Delete a record."""
        ...
