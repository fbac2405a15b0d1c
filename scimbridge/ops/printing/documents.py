"""Values of `ops` as JSON: one document for each command, whose members are the fields of the value.

A field's name is therefore part of what scripts rely on (tests/ops/printing/test_documents.py holds the shapes).
"""

from __future__ import annotations

from typing import Any, TextIO

import orjson


def write_document(stream: TextIO, value: Any) -> None:
    """Write one document over several lines; moments are in UTC."""
    stream.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z).decode() + "\n")


def write_line(stream: TextIO, value: Any) -> None:
    """Write one document of many, on a line of its own."""
    stream.write(orjson.dumps(value).decode() + "\n")
