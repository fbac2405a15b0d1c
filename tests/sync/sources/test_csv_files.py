"""CSV files: read to the last value, or refused with the line that is wrong. No fault holds a value."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import os
import tracemalloc

import pytest

from scimbridge.sync.sources.rows import SourceRefused

GOOD = "id,mail,title\n1,kim@example.org,Nurse\n2,lee@example.org,\n"
SECRET = "kim@example.org"


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (GOOD, {}),
        (GOOD.rstrip("\n"), {}),
        (GOOD.replace("\n", "\r\n"), {}),
        ("\ufeff" + GOOD, {}),
        (GOOD + "\n\n", {}),
        (" id , mail,title \n" + GOOD.partition("\n")[2], {}),
        (GOOD.replace(",", ";"), {"delimiter": ";"}),
        (GOOD.encode("utf-16"), {"encoding": "utf-16"}),
        (GOOD.encode("utf-16-le"), {"encoding": "utf-16-le"}),
        (GOOD.encode("cp037"), {"encoding": "cp037"}),
        (GOOD.replace("kim@example.org", "'kim@example.org'"), {"quote": "'"}),
    ],
    ids=[
        "plain",
        "no end",
        "crlf",
        "bom",
        "blank lines",
        "header",
        "delimiter",
        "utf-16",
        "utf-16-le",
        "ebcdic",
        "quote",
    ],
)
def test_good_files(opener, content, options):
    """However it is written, the same rows come out, with their lines."""
    source = opener(options=options)
    source.write(content)
    assert source.rows() == [(2, {"id": "1", "mail": SECRET}), (3, {"id": "2", "mail": "lee@example.org"})]


def test_quotes_and_lines(opener):
    """A value in quotes has line ends, delimiters and quotes; a row has the line on which it begins."""
    source = opener()
    source.write('id,mail\n1,"a ""b"", c\nd"\n2,e\n')
    assert source.rows() == [(2, {"id": "1", "mail": 'a "b", c\nd'}), (4, {"id": "2", "mail": "e"})]


def test_latin_1(opener):
    """A file in another encoding is read where the rules say so."""
    source = opener(options={"encoding": "cp1252"})
    source.write("id,mail\n1,M\u00fcller\n".encode("cp1252"))
    assert source.rows() == [(2, {"id": "1", "mail": "M\u00fcller"})]


def test_provenance(opener):
    """What it was: its name, SHA-256 of its bytes, rows and time; known only after the last row."""
    source = opener()
    path = source.write(GOOD)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    opened = source.open()
    with pytest.raises(RuntimeError):
        opened.provenance()
    assert len(list(opened.rows())) == 2
    found = opened.provenance()
    assert (found.name, found.rows, found.made) == (str(path), 2, 1_700_000_000)
    assert found.digest == hashlib.sha256(GOOD.encode()).hexdigest()
    assert opened.columns == ("id", "mail", "title")


def test_packed(opener):
    """A file whose name ends in .gz is unpacked while it is read; half of one is refused."""
    source = opener(place="people.csv.gz")
    source.write(gzip.compress(GOOD.encode()))
    assert len(source.rows()) == 2
    rows = "".join(f"{number},{os.urandom(8).hex()},x\n" for number in range(3000))
    source.write(gzip.compress((GOOD + rows).encode())[:-2000])
    assert "half a file" in source.faults()[-1]
    source.write(GOOD)
    assert "packing is broken" in source.faults()[-1]


BAD = {
    "empty": (b"", "is empty"),
    "blank": (b"\n\n", "line 1: the first line is blank"),
    "header only": (b"id,mail\n", "has no row"),
    "last line cut": (b"id,mail,title\n1,kim@example.org,x\n2,kim@ex", "line 3: has 2 values, and the"),
    "ragged": (b"id,mail\n1,a\n2,b,c\n3\n4,d\n", "line 3: has 3 values"),
    "lost column": (b"id,name\n1,kim@example.org\n", "no column 'mail'"),
    "column in another case": (b"id,Mail\n1,kim@example.org\n", "; did you mean 'Mail'?"),
    "no header": (b"1,kim@example.org\n2,lee@example.org\n", "no column 'id'"),
    "another delimiter": (b"id;mail\n1;kim@example.org\n", 'say delimiter = ";"'),
    "tabs": (b"id\tmail\n1\tkim@example.org\n", 'say delimiter = "\\t"'),
    "doubled header": (b"id,mail,mail\n1,a,b\n", "names a column twice ('mail')"),
    "nameless column": (b"id,mail,\n1,a,b\n", "column 3 of the header has no name"),
    "latin-1": ("id,mail\n1,ok\n2,M\u00fcller\n".encode("latin-1"), "line 3: the byte 0xFC is no UTF-8"),
    "latin-1 header": ("id,mail,stra\u00dfe\n1,a,b\n".encode("latin-1"), "line 1: the byte 0xDF is no UTF-8"),
    "utf-16": (GOOD.encode("utf-16"), 'say encoding = "utf-16"'),
    "utf-16 without mark": (GOOD.encode("utf-16-le"), "NUL bytes"),
    "nul": (b"id,mail\n1,a\n2,b\x00\n", "line 3: has NUL bytes"),
    "nul block": (b"id,mail\n1,a\n" + bytes(500), "line 3: has NUL bytes"),
    "control": (b"id,mail\n1,a\x01b\n", "line 2: has a control character"),
    "lost character": ("id,mail\n1,M\ufffdller\n".encode(), "line 2: has the sign for a lost character"),
    "open quote": (b'id,mail\n1,a\n2,"b\n3,c\n', "line 3: a quote that opens here is never closed"),
    "quote inside": (b'id,mail\n1,"a"b\n2,c\n', "line 2: has a quote in the middle"),
    "open quote in header": (b'id,"mail\n1,a\n', "line 1: the header: a quote that opens here is never closed"),
    "old line ends": (b"id,mail\r1,a\r2,b\r", "carriage return"),
    "empty key": (b"id,mail\n1,a\n,b\n", "line 3: the key 'id' is empty"),
    "blank key": (b"id,mail\n1,a\n  ,b\n", "line 3: the key 'id' is empty"),
    "empty row of a spreadsheet": (b"id,mail\n1,a\n,\n", "line 3: the key 'id' is empty, as is all"),
    "blanks around a key": (b"id,mail\n1,a\n2 ,b\n", "line 3: the key 'id' has blanks at its edges"),
    "key with exponent": (b"id,mail\n1,a\n1e5,b\n", "line 3: the key 'id' is a number that a spreadsheet"),
    "key of Excel": (b"id,mail\n1,a\n1.23E+11,b\n", "a number that a spreadsheet has rewritten"),
    "key as a float": (b"id,mail\n1,a\n2.0,b\n", "a number that a spreadsheet has rewritten"),
    "key with an unseen character": ("id,mail\n1,a\n2\u200b,b\n".encode(), "line 3: the key 'id' has a character"),
    "key in parts": ("id,mail\n1,a\ne\u0301,b\n".encode(), "line 3: the key 'id' has letters in parts"),
    "key as a formula": (b'id,mail\n1,a\n"=""007""",b\n', "line 3: the key 'id' is a formula"),
    "no value as key": (b"id,mail\n1,a\nNULL,b\n", "a word for no value"),
    "error of a spreadsheet": (b"id,mail\n1,#REF!\n", "line 2: column 'mail' is an error of a spreadsheet"),
    "column all empty": (b"id,mail\n" + b"".join(b"%d,\n" % n for n in range(1, 21)), "empty in all of its 20 rows"),
    "html": (b"<html><body>Not found</body></html>\n", "no column 'id'"),
    "long line": (b"id,mail\n1," + b"x" * (1 << 21) + b"\n", "line 2: is longer than"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_files(opener, name):
    """Every bad file is refused, and the fault names file, place and what to do, and no value of a person's."""
    content, told = BAD[name]
    source = opener()
    path = source.write(content)
    found = source.faults()
    assert any(told in each for each in found), found
    assert all(each.startswith(f"{path}: ") for each in found)
    assert not any(SECRET in each or "ller" in each for each in found)


def test_all_bad_rows_at_once(opener):
    """Each bad row is named, up to twenty of them; of the others the number is."""
    source = opener()
    source.write("id,mail\n" + ",a\n" * 50)
    found = source.faults()
    assert [each.partition(": ")[2].partition(":")[0] for each in found[:20]] == [f"line {n}" for n in range(2, 22)]
    assert found[20].endswith("and 30 more faults like these")


def test_what_keys_look_like(opener):
    """With a pattern keys are held to it, and a hexadecimal 12e4 is no rewritten number."""
    source = opener(demands={"key_pattern": "[0-9a-f]{4}"})
    source.write("id,mail\n12e4,a\n00ff,b\n")
    assert len(source.rows()) == 2
    source.write("id,mail\n12e4,a\nff,b\n")
    assert "line 3: the key 'id' does not look like key_pattern says" in source.faults()[0]


def test_a_column_may_be_empty_in_few_rows(opener):
    """In a handful of rows an empty column says nothing."""
    source = opener()
    source.write("id,mail\n1,\n2,\n")
    assert len(source.rows()) == 2


def test_utf_8_that_is_said_to_be_another(opener):
    """Names would be mangled, so it is refused."""
    source = opener(options={"encoding": "cp1252"})
    source.write("id,mail\n1,M\u00fcller\n")
    assert "is UTF-8, and the rules say" in source.faults()[0]


def test_a_file_that_grows(opener):
    """What is written while it is read is not half taken."""
    source = opener()
    path = source.write(GOOD)
    rows = source.open().rows()
    next(rows)
    with path.open("a") as file:
        file.write("3,c,d\n")
    with pytest.raises(SourceRefused, match="changed while it was read"):
        list(rows)


def test_a_file_that_is_replaced(opener):
    """A new file in the place of the old one is seen, whether its header is the same or not."""
    source = opener()
    source.write(GOOD)
    opened = source.open()
    rows = opened.rows()
    next(rows)
    source.write(GOOD, "new.csv").replace(source.folder / "people.csv")
    with pytest.raises(SourceRefused, match="changed while it was read"):
        list(rows)
    opened = source.open()
    source.write("id,title\n1,a\n")
    with pytest.raises(SourceRefused, match="was replaced while it was read"):
        list(opened.rows())


def test_memory_does_not_grow_with_the_rows(opener):
    """Ten times the rows cost no more memory: nothing is kept."""

    def peak(rows: int) -> int:
        source = opener(columns=("id", "mail"))
        text = io.StringIO()
        csv.writer(text).writerows([("id", "mail"), *((f"E{number}", "x" * 50) for number in range(rows))])
        source.write(text.getvalue())
        del text
        opened = source.open()
        tracemalloc.start()
        assert sum(1 for _row in opened.rows()) == rows
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(100)
    assert peak(5_000) < peak(500) + 200_000
