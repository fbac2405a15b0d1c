"""Searches in a real OpenLDAP, where its server and python-ldap are installed (neither comes as a wheel)."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from scimbridge.sync.rules.values import SecretPlace

BASE = "ou=people,dc=example,dc=org"
ADMIN = "cn=admin,dc=example,dc=org"
PEOPLE = 25


def entries():
    yield "dn: dc=example,dc=org\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n"
    yield f"dn: {BASE}\nobjectClass: organizationalUnit\nou: people\n"
    for number in range(1, PEOPLE + 1):
        yield (
            f"dn: cn=person {number},{BASE}\nobjectClass: inetOrgPerson\ncn: person {number}\nsn: M\u00fcller\n"
            f"employeeNumber: E{number:03}\nmail: p{number}@example.org\nou: one\nou: two\n"
        )


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """An OpenLDAP of 25 people, which gives nobody but its administrator more than 20 entries."""
    slapd = shutil.which("slapd", path="/usr/sbin:/usr/lib/openldap:/usr/libexec:/usr/local/libexec:/usr/bin")
    if slapd is None:
        pytest.skip("no OpenLDAP server is installed (apt-get install slapd)")
    pytest.importorskip("ldap", reason="the extra `ldap` is not installed")
    with run_server(slapd, tmp_path_factory.mktemp("ldap")) as url:
        yield url


@contextmanager
def run_server(slapd, folder):
    (folder / "data").mkdir()
    conf = folder / "slapd.conf"
    conf.write_text(
        "include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n"
        "include /etc/ldap/schema/inetorgperson.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n"
        f"pidfile {folder}/pid\nsizelimit size.soft=10 size.hard=20 size.prtotal=20\ndatabase mdb\n"
        f'suffix "dc=example,dc=org"\nrootdn "{ADMIN}"\nrootpw hunter2\ndirectory {folder}/data\n'
    )
    (folder / "people.ldif").write_text("\n".join(entries()), encoding="utf-8")
    loading = (slapd, "-T", "add", "-f", str(conf), "-l", str(folder / "people.ldif"))
    subprocess.run(loading, check=True, capture_output=True)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    url = f"ldap://127.0.0.1:{port}"
    words = (slapd, "-f", str(conf), "-h", url, "-d", "0")
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(port, process)
            yield url
        finally:
            process.terminate()


def wait_for(port, process):
    for _try in range(500):
        assert process.poll() is None
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    pytest.fail("slapd does not listen")


@pytest.fixture
def source(server, opener):
    """A search for all of them as the administrator, five a page."""
    found = opener(kind="ldap", place=server, columns=("employeeNumber", "mail", "sn", "ou", "dn", "title"), made="")
    found.options = {"base": BASE, "user": ADMIN, "password": SecretPlace(env="LDAP_PASSWORD"), "page_size": 5}
    found.environ = {"LDAP_PASSWORD": "hunter2"}
    return found


def test_every_entry_by_pages(source):
    """Several pages; one value is a text, several are texts, none is empty; names are read as UTF-8."""
    source.columns = source.columns[:-1]
    rows = [row for _line, row in source.rows()]
    assert [row["employeeNumber"] for row in rows] == [f"E{number:03}" for number in range(1, PEOPLE + 1)]
    assert rows[0] == {
        "employeeNumber": "E001",
        "mail": "p1@example.org",
        "sn": "M\u00fcller",
        "ou": ("one", "two"),
        "dn": f"cn=person 1,{BASE}",
    }


def test_an_attribute_that_nobody_has(source):
    """A misspelled attribute is none that is empty."""
    assert "the column 'title' is empty in all of its 25 rows" in source.faults()[0]


def test_names_have_no_case(source):
    """LDAP's attributes are found in any case."""
    source.columns = ("EMPLOYEENUMBER", "Mail")
    assert source.rows()[0] == (1, {"EMPLOYEENUMBER": "E001", "Mail": "p1@example.org"})


def test_a_limit_of_the_server(source):
    """Less than all of it is refused, not taken for all."""
    source.columns = source.columns[:3]
    source.options = {"base": BASE}
    assert "gives less than all of it" in source.faults()[0]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"base": "ou=nobody,dc=example,dc=org"}, "its base is not there"),
        ({"filter": "(objectClass=person"}, "its filter is none of LDAP's"),
        ({"filter": "(employeeNumber=X)"}, "has no row"),
        ({"password": None}, "has a user and no password"),
        ({"user": "cn=other,dc=example,dc=org"}, "does not take this user and password"),
        ({"start_tls": True}, "cannot be reached"),
    ],
)
def test_searches_that_are_refused(source, options, told):
    """What the server does not know or allow is said, and never its secret."""
    source.columns = source.columns[:3]
    source.options = {word: value for word, value in {**source.options, **options}.items() if value is not None}
    found = source.faults()
    assert any(told in each for each in found), found
    assert not any("hunter2" in each for each in found)


def test_no_server(source):
    """A server that is not there is said."""
    source.place = "ldap://127.0.0.1:9"
    assert "cannot be reached" in source.faults()[0]


def test_it_is_not_installed(opener, monkeypatch):
    """The sentence says which extra to install."""
    monkeypatch.setitem(sys.modules, "ldap", None)
    source = opener(kind="ldap", place="ldap://127.0.0.1:9", made="", options={"base": BASE})
    assert "pip install 'scimbridge[ldap]'" in source.faults()[0]
