"""Whether what the environment holds with our prefix is a setting: what is not changes nothing, and says so here.

Knows sentences about variables, and findings.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable

from scimbridge.ops.checking.findings import Finding, warn


def check_variables(unknown: Iterable[str], others: Generator[Finding, None, None]) -> Generator[Finding, None, None]:
    """Yield a warning for each variable that is no setting, and then all `others`, which are closed with this."""
    try:
        for sentence in unknown:
            what, _, cure = sentence.partition("; ")
            yield warn("variables", what, cure)
        yield from others
    finally:
        others.close()
