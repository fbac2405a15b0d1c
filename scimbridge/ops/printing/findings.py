"""What `check` finds, a line each as it comes, and at the end how many of it are bad."""

from __future__ import annotations

from collections.abc import Iterable

from scimbridge.ops.checking.findings import Finding, Grade, Report
from scimbridge.ops.printing.paper import Paper

_HEADS = {Grade.OK: "ok    ", Grade.WARN: "warn  ", Grade.FAULT: "FAULT ", Grade.NOTE: "      "}
_STYLES = {Grade.OK: "green", Grade.WARN: "yellow", Grade.FAULT: "bold red", Grade.NOTE: ""}


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
