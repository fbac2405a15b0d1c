"""Tries each thing in deploy/ with the real tools that this machine has, and says of each what came of it.

    make try            all of it
    make try ONLY=door  the things with that word in their names

Exit code 0: all of it was tried and holds; 1: something does not hold; 3: what was tried holds, but not all was tried.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import chart
import image
import machine
import serving
from outcome import Fault, NotTried, Outcome

Try = Callable[[Path], str]
TRIES: dict[str, Try] = {
    "image: built from the Dockerfile, with clients, health and stop": image.build_and_serve,
    "image: its lock, every hash": image.install_lock,
    "compose file: read by Docker Compose": image.read_compose,
    "door: nginx in front of a server, health hidden": serving.ask_door,
    "alert rules and panels: read by Prometheus": machine.check_rules,
    "metrics: read by Prometheus": machine.check_metrics,
    "Kubernetes: manifests put together": machine.build_kustomization,
    "chart: rendered by Helm, as in the tests": chart.render_by_helm,
    "systemd: the unit, and how little it may": machine.verify_unit,
    "systemd: the system calls of a bridge that serves": serving.trace_calls,
    "logrotate: no record lost while the file is turned": serving.rotate,
}


def outcomes(word: str) -> Iterator[Outcome]:
    """Try each thing whose name has `word` in it, in a folder of its own."""
    for name, attempt in TRIES.items():
        if word not in name:
            continue
        with tempfile.TemporaryDirectory(prefix="scimbridge-try-", ignore_cleanup_errors=True) as folder:
            try:
                yield Outcome("ok", name, attempt(Path(folder)))
            except NotTried as why:
                yield Outcome("not tried", name, str(why))
            except Fault as fault:
                yield Outcome("fault", name, str(fault))


def main(word: str = "") -> int:
    """Print a line for each thing, and return the exit code."""
    grades = set()
    for outcome in outcomes(word):
        grades.add(outcome.grade)
        print(f"{outcome.grade:>9}  {outcome.name}\n           {outcome.said}", flush=True)  # noqa: T201 - its report
    return 1 if "fault" in grades else 3 if "not tried" in grades or not grades else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
