"""The last runs of a rule file, in a file beside it: the newest `KEPT`, written whole, for its owner only.

Nothing is decided by them: they are shown. A file that cannot be read stops no run, is reported, and is left as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from scimbridge.sync.plans.past_runs import PastRun
from scimbridge.sync.plans.whole_files import written_whole

LAYOUT = 1
KEPT = 60
"""Two months of a run each day."""


class UnreadableHistory(Exception):
    """What is remembered of runs cannot be read or written: which file, and what to do."""


def read_history(path: Path) -> tuple[PastRun, ...]:
    """Return the runs that are remembered, oldest first; none where there is no file. Raises `UnreadableHistory`."""
    try:
        return tuple(_run(each) for each in _runs(orjson.loads(path.read_bytes())))
    except FileNotFoundError:
        return ()
    except (OSError, orjson.JSONDecodeError, TypeError, ValueError, KeyError) as error:
        raise UnreadableHistory(
            f"{path}: the last runs cannot be read ({error}); put the file back from a copy, or move it away: nothing"
            " but what `reconcile status` shows hangs on it"
        ) from None


def note_run(path: Path, run: PastRun) -> None:
    """Remember a run, and forget the oldest above `KEPT`. Raises `UnreadableHistory`; to be called under the lease."""
    runs = [*read_history(path), run][-KEPT:]
    text = orjson.dumps({"layout": LAYOUT, "runs": [asdict(each) for each in runs]}, option=orjson.OPT_INDENT_2)
    try:
        with written_whole(path) as file:
            file.write(text + b"\n")
    except OSError as error:
        raise UnreadableHistory(f"{path}: the run cannot be remembered: {error.strerror or error}") from error


def _runs(held: Any) -> list[Mapping[str, Any]]:
    if not isinstance(held, dict) or held.get("layout") != LAYOUT or not isinstance(held.get("runs"), list):
        raise ValueError(f"it is not of the layout {LAYOUT}, which this version reads")
    return list(held["runs"])


def _run(held: Mapping[str, Any]) -> PastRun:
    run = PastRun(**held)
    if not (isinstance(run.counts, dict) and isinstance(run.done, dict)):
        raise TypeError("counts are none")
    counts = (*run.counts.values(), *run.done.values(), run.drifted)
    if not all(isinstance(each, int) for each in counts) or not isinstance(run.when + run.seconds, int | float):
        raise TypeError("a number is none")
    return run
