"""What `audit --verify` found, as lines or as one JSON document."""

from __future__ import annotations

from dataclasses import asdict
from typing import TextIO

from scimbridge.ops.printing.documents import write_document
from scimbridge.ops.printing.paper import Paper, open_paper
from scimbridge.ops.verification import BROKEN, OPEN, WHOLE, Verification

RESULTS = {WHOLE: "whole", BROKEN: "broken", OPEN: "unproven"}


def show_verification(stream: TextIO, found: Verification, *, as_json: bool) -> None:
    """Write what was found."""
    if as_json:
        write_document(stream, {"result": RESULTS[found.grade], **asdict(found)})
    else:
        print_verification(open_paper(stream), found)


def print_verification(paper: Paper, found: Verification) -> None:
    """Write a line for each thing that is to be known, and what they come to."""
    for fault in found.faults:
        paper.item("broken    ", f"{fault.where}: {fault.what}", "bold red")
    if found.count > len(found.faults):
        paper.item("broken    ", f"and {found.count - len(found.faults)} more", "bold red")
    for sentence in found.unproven:
        paper.item("unproven  ", sentence, "bold yellow")
    for sentence in found.remarks:
        paper.item("note      ", sentence, "cyan")
    paper.line(_summary(found), "bold")


def _summary(found: Verification) -> str:
    chains = f"{found.records} records in {len(found.ends)} chain{'' if len(found.ends) == 1 else 's'}"
    match found.grade:
        case 0:
            return f"whole: {chains}, as they were written, and nothing shows that one was taken away"
        case 1:
            return f"broken: {found.count} fault{'' if found.count == 1 else 's'} in {chains}"
        case _:
            return f"unproven: {chains}, none known to be changed or missing; not all can be shown, as said above"
