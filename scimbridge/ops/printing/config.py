"""What holds, as text: a table of all settings, and the sentences about what is wrong."""

from __future__ import annotations

from typing import TextIO

from scimbridge.ops.config import ConfigReport, SettingFacts
from scimbridge.ops.printing.documents import write_document
from scimbridge.ops.printing.paper import Column, open_paper

_COLUMNS: tuple[Column, ...] = (("setting", 28), ("value", 36), ("from", 0))


def show_config(stream: TextIO, report: ConfigReport, *, as_json: bool) -> None:
    """Write what holds as text or as one document."""
    if as_json:
        write_document(stream, report)
        return
    paper = open_paper(stream)
    paper.table(_COLUMNS, ((one.name, _value(one), _source(one)) for one in report.settings))


def _value(one: SettingFacts) -> str:
    if one.faulty:
        return "(not set)" if one.source == "default" else "(faulty)"
    return "-" if one.value is None else one.value


def _source(one: SettingFacts) -> str:
    return f"{one.source}: {one.where}" if one.where else one.source
