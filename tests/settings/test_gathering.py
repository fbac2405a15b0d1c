"""Steps that each find faults are one answer."""

from __future__ import annotations

import pytest

from scimbridge.settings.declared import SettingsFaults
from scimbridge.settings.gathering import faults_of, gather


def refuse(*faults):
    def step():
        raise SettingsFaults(faults)

    return step


def test_all_faults_come_together():
    """What is wrong in either step is told, in their order; where nothing is, both give what they made."""
    with pytest.raises(SettingsFaults) as refused:
        gather(refuse("a", "b"), refuse("c"))
    assert refused.value.faults == ("a", "b", "c")
    with pytest.raises(SettingsFaults) as refused:
        gather(lambda: 1, refuse("c"))
    assert refused.value.faults == ("c",)
    assert gather(lambda: 1, lambda: "x") == (1, "x")


def test_each_fault_is_told_once():
    """Two steps that find the same fault tell it once."""
    assert faults_of(refuse("a", "b"), lambda: None, refuse("b", "c")) == ["a", "b", "c"]
