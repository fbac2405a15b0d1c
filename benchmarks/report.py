"""The report of a run: a table in Markdown, two plots, and the figures as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt

from benchmarks.measures import Figure

COLOURS = {"direct": "#7a7a7a", "pass-through": "#b8860b", "bridge": "#1f5fa8"}


def describe_machine() -> str:
    """Return a sentence on what the figures were measured with."""
    model = ""
    with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores ({model or platform.machine()}), Python {platform.python_version()}, {platform.system()}"


def write(figures: Sequence[Figure], folder: Path, notes: Iterable[str]) -> str:
    """Write report.md, times.png, ratios.png and figures.json into a folder. Returns the Markdown."""
    mpl.use("Agg")
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join([*notes, "", table(figures), ""])
    (folder / "report.md").write_text(f"{text}\n![Times](times.png)\n\n![Ratios](ratios.png)\n", encoding="utf-8")
    (folder / "figures.json").write_text(json.dumps([asdict(each) for each in figures], indent=1), encoding="utf-8")
    _plot_times(figures, folder / "times.png")
    _plot_ratios(figures, folder / "ratios.png")
    return text


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a Markdown table; the ratio is that of the medians, to the direct call."""
    lines = [
        "| work | way | p50 ms | p95 ms | p99 ms | per second | calls | processor ms | memory MB | to direct |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for each in figures:
        cells = (
            each.work, each.way, f"{each.p50:,.2f}", f"{each.p95:,.2f}", f"{each.p99:,.2f}",
            f"{each.per_second:,.1f}", f"{each.calls:,.2f}",
            "" if each.processor is None else f"{each.processor:,.2f}",
            "" if each.megabytes is None else f"{each.megabytes:,.0f}",
            f"{each.p50 / _direct(figures, each).p50:.2f}",
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _direct(figures: Sequence[Figure], figure: Figure) -> Figure:
    return next(each for each in figures if each.work == figure.work and each.way == "direct")


def _plot_times(figures: Sequence[Figure], path: Path) -> None:
    works = list(dict.fromkeys(each.work for each in figures))
    drawing, axes = plt.subplots(figsize=(10, 0.9 * len(works) + 1.5), layout="constrained")
    height = 0.26
    for place, way in enumerate(COLOURS):
        rows = [(works.index(each.work) + (place - 1) * height, each) for each in figures if each.way == way]
        axes.barh(
            [row for row, _each in rows], [each.p50 for _row, each in rows], height, label=f"{way}, p50 and p95",
            color=COLOURS[way], xerr=[[0] * len(rows), [each.p95 - each.p50 for _row, each in rows]],
        )  # fmt: skip
    axes.set_yticks(range(len(works)), works)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("milliseconds")
    axes.legend()
    drawing.savefig(path, dpi=120)
    plt.close(drawing)


def _plot_ratios(figures: Sequence[Figure], path: Path) -> None:
    through = [each for each in figures if each.way == "bridge"]
    ratios = [each.p50 / _direct(figures, each).p50 for each in through]
    drawing, axes = plt.subplots(figsize=(10, 0.6 * len(through) + 1.2), layout="constrained")
    bars = axes.barh([each.work for each in through], ratios, color=COLOURS["bridge"])
    axes.bar_label(bars, fmt="%.2f", padding=3)
    axes.axvline(1.0, color=COLOURS["direct"])
    axes.invert_yaxis()
    axes.set_xlabel("time through the bridge, the direct call being 1")
    drawing.savefig(path, dpi=120)
    plt.close(drawing)
