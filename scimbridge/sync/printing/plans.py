"""Shows a plan in each of its forms. Files in, words out; which form is wanted is an argument."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from scimbridge.ops.printing.paper import open_paper
from scimbridge.sync.plans.lines import PlanLine
from scimbridge.sync.plans.past_runs import PastRun
from scimbridge.sync.plans.reading import PlanFile
from scimbridge.sync.plans.whole_files import written_whole
from scimbridge.sync.printing import plan_text
from scimbridge.sync.printing.figures import gather
from scimbridge.sync.printing.plan_document import write_person_document, write_plan_document


def show_plan(stream: TextIO, plan: PlanFile, *, as_json: bool, past: Sequence[PastRun] = ()) -> None:
    """Write a whole plan as text or as one document; `past` are the runs before, oldest first."""
    figures = gather(plan.lines(), plan_text.FIRST)
    if as_json:
        write_plan_document(stream, plan, figures)
    else:
        plan_text.print_plan(open_paper(stream), plan, figures, past)


def show_person(stream: TextIO, plan: PlanFile, key: str, *, as_json: bool) -> None:
    """Write what a plan says of one person or group, and why: found by the key in the source, or PingOne's id."""
    if as_json:
        write_person_document(stream, plan, key, lines_about(plan, key))
    else:
        plan_text.print_person(open_paper(stream), plan, key, lines_about(plan, key))


def save_page(path: Path, plan: PlanFile, past: Sequence[PastRun] = ()) -> None:
    """Write a plan as a page of HTML, for its owner alone. Raises OSError."""
    from scimbridge.sync.printing import plan_page  # noqa: PLC0415 - the template engine is needed by this form alone

    if path.exists() and path.samefile(plan.path):
        raise FileExistsError(errno.EEXIST, "it is the plan itself, which is still to be applied; name another file")
    figures = gather(plan.lines(), plan_page.FIRST)
    with written_whole(path) as file:
        stream = TextIOWrapper(file, "utf-8", newline="\n")
        plan_page.write_plan_page(stream, plan, figures, past)
        stream.flush()
        stream.detach()


def lines_about(plan: PlanFile, key: str) -> Iterator[PlanLine]:
    """Yield the lines about one person or group."""
    return (line for line in plan.lines() if key in (line.key, line.id))
