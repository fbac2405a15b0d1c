"""The word `scimbridge explain`: an expression, a file or standard input in, one explanation out.

Knows where a body comes from and which environment a record is read from; what is explained stands in `ops`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from scimbridge.cli.faults import faults_told, table_faults_told
from scimbridge.settings.declared import load, tables

if TYPE_CHECKING:
    from scimbridge.ops.explaining.explanations import Explanation
    from scimbridge.ops.explaining.rehearsal import PresentRecord

_PATIENCE = 20.0  # seconds that one reading call may take, repetitions included


@click.command()
@click.argument("expression", required=False)
@click.option("--resource", default="User", show_default=True, help="Resource type the expression is about.")
@click.option("--against", metavar="ID", help="Hold it against the present state of this record; nothing is written.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def explain(expression: str | None, resource: str, against: str | None, *, as_json: bool) -> None:
    """Show where a path, a filter or a body goes, with the requests that would be sent; exit code 1 if it is refused.

    A body is a resource, a PatchOp message or a bulk request, in a file or, as `-`, on standard input. An operation,
    such as User.unlock, is shown as its row was compiled. Without any expression, the whole table is shown.
    """
    from scimbridge.ops.explaining.explanations import is_refused  # noqa: PLC0415 - the engine is not needed by all
    from scimbridge.ops.printing.explanations import show_explanation  # noqa: PLC0415 - the same

    if against is not None and expression is None:
        raise click.UsageError("--against needs a path or a body to hold against the record")
    with faults_told(), table_faults_told(), _reading(against) as present:
        explanation = _explain(expression, resource, present)
    show_explanation(sys.stdout, explanation, as_json=as_json)
    sys.exit(1 if is_refused(explanation) else 0)


def _explain(expression: str | None, resource: str, present: PresentRecord | None) -> Explanation:
    from scimbridge.ops.explaining import explain as explaining  # noqa: PLC0415 - the engine is not needed by all

    more = () if present is None else (present,)
    folder = tables(os.environ)
    if expression is None:
        return explaining.explain_table(resource, folder)
    if expression == "-":
        content = sys.stdin.buffer.read()
        return explaining.explain_body("standard input", content, resource, folder, *more)
    return explaining.explain(expression, resource, folder, *more)


@contextmanager
def _reading(key: str | None) -> Iterator[PresentRecord | None]:
    """Open the environment of the settings for reading alone, where a record is wanted. Raises `SettingsFaults`."""
    if key is None:
        yield None
        return
    from scimbridge.bridge import Surroundings, open_connection  # noqa: PLC0415 - an HTTP client is not needed by all
    from scimbridge.ops.explaining.rehearsal import PresentRecord  # noqa: PLC0415 - the same
    from scimbridge.pingone.send import Call, Request, Response  # noqa: PLC0415 - the same
    from scimbridge.request.ids import is_id  # noqa: PLC0415 - the same
    from scimbridge.state.memory import MemoryState  # noqa: PLC0415 - the same

    if not is_id(key):
        raise click.UsageError(f"--against {key[:100]!r} is no id of PingOne's, which is a UUID")
    around = Surroundings()
    connection = open_connection(load(os.environ), MemoryState(around.clock), around)

    def read(request: Request) -> Response:
        return connection(request, Call(deadline=time.monotonic() + _PATIENCE, trace="scimbridge-explain"))

    try:
        yield PresentRecord(key.lower(), read)
    finally:
        connection.close()
