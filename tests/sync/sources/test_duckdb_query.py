"""What DuckDB reads: Parquet and joins over files."""

from __future__ import annotations

import sys

import pytest

from scimbridge.sync.rules.values import SecretPlace

duckdb = pytest.importorskip("duckdb", reason="the extra `sources` is not installed")


@pytest.fixture
def source(opener):
    """A Parquet file of two people, and a CSV with their departments."""
    found = opener(kind="duckdb", place="people.parquet", columns=("id", "mail", "roles"), made="")
    people = "SELECT * FROM (VALUES ('1', 'kim', ['a', 'b']), ('2', 'lee', [])) AS v (id, mail, roles)"
    with duckdb.connect() as database:
        database.execute(f"COPY ({people}) TO '{found.folder}/people.parquet'")
    found.write("id,department\n1,Ward\n2,Office\n", "departments.csv")
    return found


def test_parquet(source):
    """A file beside the rules; lists are several texts."""
    opened = source.open()
    assert opened.columns == ("id", "mail", "roles")
    assert [row.values for row in opened.rows()] == [
        {"id": "1", "mail": "kim", "roles": ("a", "b")},
        {"id": "2", "mail": "lee", "roles": ()},
    ]


def test_joins(source):
    """A query over several files."""
    source.columns = ("id", "department")
    query = """
        SELECT p.id, d.department FROM 'people.parquet' p
        JOIN read_csv('departments.csv', all_varchar = true) d USING (id) ORDER BY 1
    """
    assert [row for _line, row in source.rows(query)] == [
        {"id": "1", "department": "Ward"},
        {"id": "2", "department": "Office"},
    ]


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("nothing.parquet", "DuckDB says: "),
        ("SELECT nothing FROM 'people.parquet'", "DuckDB says: "),
        ("COPY (SELECT 1) TO 'out.csv'", "is not one SELECT"),
        ("SELECT 1; SELECT 2", "is not one SELECT"),
        ("SELECT id, mail AS id, roles FROM 'people.parquet'", "two of its columns have one name"),
        ("SELECT id, mail FROM 'people.parquet'", "no column 'roles'"),
        ("SELECT 1.5::DOUBLE AS id, mail, roles FROM 'people.parquet'", "no whole number"),
        ("SELECT {'a': 1} AS id, mail, roles FROM 'people.parquet'", "column 'id' is an object"),
        ("SELECT id, mail, roles FROM 'people.parquet' WHERE false", "has no row"),
    ],
)
def test_places_that_are_refused(source, place, told):
    """What is no query, writes, or has no exact texts refuses the source."""
    found = source.faults(place)
    assert any(told in each for each in found), found
    assert not (source.folder / "out.csv").exists()


def test_a_broken_file(source):
    """Half a Parquet file is none."""
    path = source.folder / "people.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    assert "DuckDB says: " in source.faults()[0]


def test_extensions_are_not_fetched(source):
    """An extension that is not there is named with how to install it once; nothing is loaded from the network."""
    source.options = {"extensions": ("nothing_of_this_name",)}
    assert "install it once" in source.faults()[0]
    source.options = {"extensions": ("a'; x",)}
    assert "is no name of an extension" in source.faults()[0]


def test_secrets(source):
    """Keys of S3 come from variables, and no fault holds one."""
    source.options = {"s3": {"key_id": SecretPlace(env="KEY"), "secret": SecretPlace(env="SECRET")}}
    assert "the variable KEY is not set" in source.faults()[0]
    source.environ = {"KEY": "AKIA", "SECRET": "hunter2"}
    assert not any("hunter2" in each for each in source.faults())


def test_it_is_not_installed(source, monkeypatch):
    """The sentence says which extra to install."""
    monkeypatch.setitem(sys.modules, "duckdb", None)
    assert "pip install 'scimbridge[sources]'" in source.faults()[0]


def test_csv_has_texts(source):
    """Of a CSV file every value is a text, so that keys keep their zeros."""
    source.columns = ("id", "mail")
    source.write("id,mail\n007,kim\n010,lee\n", "numbers.csv")
    assert [row["id"] for _line, row in source.rows("numbers.csv")] == ["007", "010"]


def test_no_value_is_told(source):
    """What DuckDB says of a value is told without it; names of columns are told."""
    source.write("id,mail\n1,Zoë Müller\n", "names.csv")
    (fault,) = source.faults("SELECT id, strptime(mail, '%Y') AS mail, 'x' AS roles FROM 'names.csv'")
    assert "Could not parse string …" in fault
    assert "Zoë" not in fault
    (fault,) = source.faults("SELECT nothing FROM 'names.csv'")
    assert '"nothing"' in fault
