"""All that is wrong in one answer: steps that each find faults are all done before anything is refused.

Knows steps and their faults, and nothing of what the steps do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from scimbridge.settings.declared import SettingsFaults

T = TypeVar("T")
U = TypeVar("U")


def faults_of(*steps: Callable[[], object]) -> list[str]:
    """Do all steps and return what is wrong in any of them, each sentence once."""
    found: dict[str, None] = {}
    for step in steps:
        try:
            step()
        except SettingsFaults as error:
            found |= dict.fromkeys(error.faults)
    return list(found)


def gather(first: Callable[[], T], second: Callable[[], U]) -> tuple[T, U]:
    """Do both and return what they give. Raises `SettingsFaults` with what is wrong in either."""
    try:
        given = first()
    except SettingsFaults as error:
        raise SettingsFaults([*error.faults, *faults_of(second)]) from None
    return given, second()
