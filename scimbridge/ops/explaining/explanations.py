"""What `explain` finds out, as values: one kind for each thing that can be explained.

Fields are what their JSON is called by. No value holds a password, not even one that the operator gave, and ids of the
rehearsal are words: USER-ID, GROUP-ID.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request to PingOne, below /v1/environments/<environment id>, or beside it where `path` begins with /v1.

    `media` is the type of its body, or says by itself what is asked for: then `body` is None.
    """

    method: str
    path: str
    media: str | None
    body: Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a client is answered instead."""

    status: int
    scim_type: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a SCIM request comes to: what PingOne is sent, the refusal if there is one, and attributes left out."""

    requests: tuple[SentRequest, ...]
    refusal: Refusal | None
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Characteristics:
    """What RFC 7643 §7 says of an attribute."""

    type: str
    multi_valued: bool
    required: bool
    case_exact: bool
    mutability: str
    returned: str
    uniqueness: str
    canonical_values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RowFacts:
    """A row of a table: where it stands, the PingOne field, and what is so of both; the texts are sentences."""

    row: str
    field: str
    carried: str
    codec: str
    limits: str
    filters: str
    characteristics: Characteristics


@dataclass(frozen=True, slots=True)
class Example:
    """A path with a value that PingOne would take, and what becomes of it when it is created, replaced and removed."""

    path: str
    value: Any
    create: Consequence
    replace: Consequence
    remove: Consequence


@dataclass(frozen=True, slots=True)
class FilterReading:
    """What PingOne is asked for a filter where it compares in one way; `case` is None where that does not matter.

    `asks`: "filter" is the `native` one, "all" every record of the `collection`, "few" those by id or membership,
    "nothing" where no record can match. `exact`: PingOne's answer is the answer.
    """

    case: Literal["ignored", "minded"] | None
    asks: Literal["filter", "all", "few", "nothing"]
    collection: str
    native: str | None
    exact: bool
    outcome: Consequence


@dataclass(frozen=True, slots=True)
class FilterExplanation:
    """What becomes of a filter: a refusal before anything is asked, or a reading for each way of comparing."""

    resource: str
    filter: str
    refusal: Refusal | None
    readings: tuple[FilterReading, ...]
    kind: Literal["filter"] = "filter"


@dataclass(frozen=True, slots=True, kw_only=True)
class PathExplanation:
    """What a path means. Without `rows` nothing at PingOne stands behind it: `rowless` says why, and what it is.

    `taken_away` are rows of the shipped table that the one in use takes away.
    `no_example` says why there is no `example`. `filter` is one on the path, where the path is that of one row.
    """

    resource: str
    path: str
    taken_away: tuple[str, ...] = ()
    rows: tuple[RowFacts, ...] = ()
    rowless: str | None = None
    characteristics: Characteristics | None = None
    example: Example | None = None
    no_example: str | None = None
    filter: FilterExplanation | None = None
    kind: Literal["path"] = "path"


@dataclass(frozen=True, slots=True)
class RowField:
    """A row of a table, and the PingOne field that it leads to."""

    row: str
    field: str


@dataclass(frozen=True, slots=True)
class SchemaExplanation:
    """What a table keeps of a schema."""

    resource: str
    schema: str
    rows: tuple[RowField, ...]
    kind: Literal["schema"] = "schema"


@dataclass(frozen=True, slots=True)
class TableExplanation:
    """A whole table: every row, with all that is so of it."""

    resource: str
    file: str
    rows: tuple[RowFacts, ...]
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class ResourceExplanation:
    """What becomes of a resource in a file.

    `replace` is for the record of the id `against`, else for one that holds an example in every attribute.
    """

    resource: str
    file: str
    create: Consequence
    replace: Consequence
    against: str | None = None
    kind: Literal["resource"] = "resource"


@dataclass(frozen=True, slots=True)
class PatchExplanation:
    """What becomes of a PatchOp message in a file.

    That is for the record of the id `against`, else for one that holds an example in every attribute. `reads` says that
    what PingOne holds decides.
    """

    resource: str
    file: str
    patch: Consequence
    reads: bool
    against: str | None = None
    kind: Literal["patch"] = "patch"


@dataclass(frozen=True, slots=True)
class BulkStep:
    """What becomes of one operation of a bulk request; with `faults` it is refused, and these are all the reasons."""

    method: str
    path: str
    bulk_id: str | None
    outcome: Consequence
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BulkExplanation:
    """What becomes of a bulk request in a file, one operation after the other."""

    file: str
    operations: tuple[BulkStep, ...]
    kind: Literal["bulk"] = "bulk"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationExplanation:
    """An operation as its row was compiled. With `refused` it cannot be done, that says why, and nothing else is there.

    `parts` are the addresses of single parts, `request` is the call of the row with examples; a `function` may make
    others. `inputs` are what `/.operations` says of them.
    """

    operation: str
    row: str
    does: str
    refused: str | None = None
    method: str | None = None
    path: str | None = None
    parts: tuple[str, ...] = ()
    scope: str | None = None
    delete_scope: str | None = None
    role: str | None = None
    inputs: tuple[dict[str, Any], ...] = ()
    request: SentRequest | None = None
    function: str | None = None
    answer: str | None = None
    lost_answer: str | None = None
    limit: str | None = None
    kind: Literal["operation"] = "operation"


@dataclass(frozen=True, slots=True)
class NotExplained:
    """Why an expression cannot be explained, with what would be right; `faults` are all reasons, the first included."""

    detail: str
    faults: tuple[str, ...] = ()
    kind: Literal["error"] = "error"


Explanation = (
    PathExplanation
    | SchemaExplanation
    | TableExplanation
    | FilterExplanation
    | ResourceExplanation
    | PatchExplanation
    | BulkExplanation
    | OperationExplanation
    | NotExplained
)


def is_refused(explanation: Explanation) -> bool:
    """Whether something of what was given would be refused before any call."""
    match explanation:
        case NotExplained():
            return True
        case BulkExplanation():
            return any(step.faults for step in explanation.operations)
        case OperationExplanation():
            return explanation.refused is not None
    return False
