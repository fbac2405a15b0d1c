"""How the interpreter of a worker process is tuned: threads that mostly wait, and many small objects for a short time.

Knows the interpreter and nothing else.
"""

from __future__ import annotations

import gc
import sys

SWITCH = 0.0005
"""Seconds after which a thread that computes lets go for one that has something to send; Python's own is 5 ms."""
YOUNG = 50_000
"""New objects before the collector looks at them: a page of a hundred users is some five thousand, all soon gone."""


def tune() -> None:
    """Tune this process; to be called when the application is made, which then is never looked at again."""
    sys.setswitchinterval(SWITCH)
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 50)
