"""What `check` finds, a line each as it comes, and at the end what was looked at and what was not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from scimbridge.ops.checking.findings import Finding, Grade, Report
from scimbridge.ops.printing.documents import write_document
from scimbridge.ops.printing.paper import Paper, open_paper

_HEADS = {grade: f"{'FAULT' if grade is Grade.FAULT else grade:<10}" for grade in Grade}
_STYLES = {
    Grade.OK: "green",
    Grade.NOTE: "blue",
    Grade.NOT_TRIED: "magenta",
    Grade.WARNING: "yellow",
    Grade.FAULT: "bold red",
}


def show_findings(stream: TextIO, findings: Iterable[Finding], *, as_json: bool) -> Report:
    """Write findings as lines when they come, or all of them as one document; returns all of them."""
    if not as_json:
        return print_findings(open_paper(stream), findings)
    report = Report.of(findings)
    write_document(stream, report)
    return report


def print_findings(paper: Paper, findings: Iterable[Finding]) -> Report:
    """Write each finding when it is there, and what they come to; returns all of them."""
    seen = []
    for finding in findings:
        paper.item(_HEADS[finding.grade], _describe(finding), _STYLES[finding.grade])
        seen.append(finding)
    report = Report.of(seen)
    paper.line(report.summary, "bold")
    return report


def _describe(finding: Finding) -> str:
    cure = "" if finding.cure is None else f"; do: {finding.cure}"
    return f"{finding.where}: {finding.what}{cure}"
