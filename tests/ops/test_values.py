"""What operators do is returned as values; writing is left to the printers."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import scimbridge.ops

ROOM = Path(scimbridge.ops.__file__).parent
WRITING = {"print", "echo", "write", "writelines", "stdout", "stderr", "say"}
RIGHTS = {"write"}  # which a row of an operation has too: writing is only where it is called
MAKES_FILES = "table_files.py"  # which an operator asked for; it says nothing
MODULES = [path for path in sorted(ROOM.rglob("*.py")) if path.parent.name != "printing" and path.name != MAKES_FILES]


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(ROOM)) for path in MODULES])
def test_only_printers_write(path):
    """No module of `ops` but the printers names anything that writes."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and (node in called or node.attr not in RIGHTS)
    }
    names |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    assert names & WRITING == set()
