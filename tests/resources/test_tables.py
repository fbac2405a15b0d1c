"""The tables of a folder: those of attributes, and the one of operations beside them."""

from __future__ import annotations

from scimbridge.resources.tables import open_tables

UNLOCK = 'disable = ["unlock"]\n'


def test_a_folder_of_operations_alone_is_no_wrong_one(tmp_path):
    """The shipped tables serve, as they do for each type that a folder has no table of."""
    (tmp_path / "operations.toml").write_text(UNLOCK)
    tables = open_tables(tmp_path)
    assert set(tables.whole) == {"User", "Group", "Population"}
    assert tables.operations == UNLOCK


def test_nodes_with_other_operations_are_told_apart(tmp_path):
    """The digest that the configuration is known by holds them."""
    (tmp_path / "operations.toml").write_text(UNLOCK)
    before = open_tables(tmp_path).digest
    (tmp_path / "operations.toml").write_text('disable = ["lock"]\n')
    assert open_tables(tmp_path).digest != before
