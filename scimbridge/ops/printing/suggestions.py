"""Suggested rows as TOML to paste: the sections, the rows, and in comments where they belong."""

from __future__ import annotations

from itertools import groupby
from typing import TextIO

from scimbridge.ops.printing.documents import write_document
from scimbridge.ops.suggesting import HEAD, TableSuggestion


def show_suggestions(stream: TextIO, found: TableSuggestion, *, whole: bool, as_json: bool) -> None:
    """Write suggestions: rows in their sections, with `whole` a whole table, or one document."""
    if as_json:
        write_document(stream, found)
        return
    stream.write("".join(f"{line}\n" for line in _lines(found, whole=whole)))


def _lines(found: TableSuggestion, *, whole: bool) -> list[str]:
    count = len(found.rows)
    if not count and not found.refused:
        return ["# Every attribute of the environment's user schema has a row, or was taken out on purpose."]
    lines = [f"# {count} row{'' if count == 1 else 's'} for what the user schema has and no row keeps."]
    if found.file and not whole:
        lines.append(f"# Paste them into {found.file}.")
    elif not whole:
        lines += ["# Paste them into a table of your own, which begins with", *(f"#     {line}" for line in HEAD)]
    else:
        lines += [*HEAD]
    for section, rows in groupby(sorted(found.rows, key=lambda row: row.section), key=lambda row: row.section):
        there = section in found.sections and not whole
        lines += ["", f"# {found.file} has this section already: put the rows below its head."] if there else [""]
        lines.append(f'{"# " if there else ""}["{section}"]')
        lines += [f"{row.line}{f'    # {row.remark}' if row.remark else ''}" for row in rows]
    lines += [f"# {native}: no row can be made of it ({why})" for native, why in found.refused]
    return lines
