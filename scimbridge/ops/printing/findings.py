"""What `check` finds, a line each as it comes, and at the end how many of it are bad."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from scimbridge.ops.checking.findings import Finding, Grade, Report
from scimbridge.ops.printing.documents import write_document
from scimbridge.ops.printing.paper import Paper, open_paper

_HEADS = {Grade.OK: "ok    ", Grade.WARN: "warn  ", Grade.FAULT: "FAULT ", Grade.NOTE: "      "}
_STYLES = {Grade.OK: "green", Grade.WARN: "yellow", Grade.FAULT: "bold red", Grade.NOTE: ""}


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
    paper.line(_summary(report), "bold")
    return report


def _describe(finding: Finding) -> str:
    if finding.grade is Grade.NOTE:
        return finding.what
    cure = "" if finding.cure is None else f"; do: {finding.cure}"
    return f"{finding.where}: {finding.what}{cure}"


def _summary(report: Report) -> str:
    counts = [
        f"{count} {word}{'' if count == 1 else 's'}"
        for count, word in ((report.faults, "fault"), (report.warnings, "warning"))
        if count
    ]
    return " and ".join(counts) or "everything fits"
