"""What each client is served: views made once for what is hidden, bounded in number."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from scimbridge.access.caller import Caller
from scimbridge.mapping.tables.table import TableFaults
from scimbridge.pingone.errors import Fault, Refused
from scimbridge.request.refusals import to_scim_error
from scimbridge.resources import registry as module
from scimbridge.resources.registry import MOST_VIEWS, Registry
from scimbridge.resources.tables import Tables, open_tables
from scimbridge.settings.declared import default_mappings

TITLE = (("User", ("title",)),)


class Joined:
    """Stands in for the assembly: endpoints are not what is looked at here."""

    trail = None

    def endpoints(self, _tables):
        """Return none."""
        return []


class Counted(Tables):
    """Tables that count how often they were compiled."""

    def __init__(self, texts):
        self.compiled = []
        super().__init__(texts)

    def without(self, hidden):
        """Compile, and note what was asked for."""
        self.compiled.append(hidden)
        return super().without(hidden)


@pytest.fixture
def tables():
    files = (entry for entry in default_mappings().iterdir() if entry.name != "operations.toml")
    return Counted({entry.name: entry.read_text("utf-8") for entry in files})


@pytest.fixture
def served(tables):
    with ThreadPoolExecutor(1) as pool:
        yield Registry(tables, Joined(), lambda *_: (), pool)


def test_clients_share_a_view(served, tables):
    """One view for each distinct set of hidden attributes, whoever asks."""
    assert served.to(Caller("a")) is served.to(Caller("b")) is served.whole
    assert served.to(Caller("a", hidden=TITLE)) is served.to(Caller("b", strict=True, hidden=TITLE)) is not served.whole
    assert tables.compiled == [(), TITLE]


def test_a_view_is_compiled_once_also_under_a_rush(served, tables):
    """Forty threads that need a view at the same moment wait for one compilation."""
    together = threading.Barrier(40)

    def ask(_number):
        together.wait()
        return served.to(Caller("a", hidden=TITLE))

    with ThreadPoolExecutor(40) as pool:
        assert len(set(pool.map(ask, range(40)))) == 1
    assert tables.compiled.count(TITLE) == 1


def test_a_view_that_is_there_waits_for_no_other(served, tables, monkeypatch):
    """While another view is being compiled, clients whose view is there are not held up."""
    view = served.to(Caller("a", hidden=TITLE))
    begun, may_end = threading.Event(), threading.Event()

    def slow(_hidden):
        begun.set()
        assert may_end.wait(20)
        return {}

    monkeypatch.setattr(tables, "without", slow)
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(served.to, Caller("d", hidden=(("User", ("nickName",)),)))
        assert begun.wait(20)
        assert served.to(Caller("b", hidden=TITLE)) is view
        assert served.to(Caller("c")) is served.whole
        assert not other.done()
        may_end.set()


def test_views_are_bounded(served, monkeypatch):
    """The one that was needed longest ago goes when there are too many; who needs it again gets it again."""
    monkeypatch.setattr(module, "ClientView", lambda *_: object())
    names = [f"{MOST_VIEWS}-{number}" for number in range(MOST_VIEWS + 6)]
    monkeypatch.setattr(served._tables, "without", lambda hidden: {})
    first = served.to(Caller("a", hidden=(("User", (names[0],)),)))
    for name in names:
        served.to(Caller("a", hidden=(("User", (name,)),)))
        assert len(served._views) <= MOST_VIEWS
    assert served.to(Caller("a", hidden=(("User", (names[0],)),))) is not first


def test_what_cannot_be_hidden_is_no_view(served):
    """A fault in what is hidden is raised and never served as if nothing were hidden."""
    with pytest.raises(TableFaults):
        served.to(Caller("a", hidden=(("User", ("userName",)),)))
    assert not served._views


def test_tables_are_read_once(tmp_path):
    """What happens to the files afterwards changes nothing, also for views that are made later."""
    for entry in default_mappings().iterdir():
        (tmp_path / entry.name).write_bytes(entry.read_bytes())
    tables = open_tables(tmp_path)
    whole = set(tables.whole)
    (tmp_path / "users.toml").write_text("no table any more")
    (tmp_path / "groups.toml").unlink()
    assert set(tables.without(TITLE)) == whole >= {"User", "Group", "Population"}


@pytest.mark.parametrize(
    "code", ["UNIQUENESS_VIOLATION", "CONSTRAINT_VIOLATION", "INVALID_VALUE", "INVALID_FILTER", "X"]
)
@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("primaryPhone", "must be shorter"), ("primaryPhone", "primaryPhone must be shorter"),
        ("address", "is not whole"),
        (None, "address.locality must be shorter"), ("email", "must not be the same as primaryPhone"),
    ],
)  # fmt: skip
def test_a_refusal_by_pingone_names_nothing_hidden(tables, code, target, message):
    """Whatever PingOne says of a field that is hidden, neither its name nor PingOne's sentence on it goes along."""
    seen = tables.without((("User", ("phoneNumbers", "addresses")),))["User"]
    error = Refused("refused", status=400, code="INVALID_DATA", faults=(Fault(code, target, message),))
    detail = to_scim_error(error, seen).detail.lower()
    assert "phone" not in detail
    assert "address" not in detail
    assert "shorter" not in detail


def test_a_refusal_by_pingone_names_what_is_not_hidden(tables):
    """The same refusal names the attribute where the client knows it, and says what PingOne says."""
    seen = tables.without((("User", ("title",)),))["User"]
    fault = Fault("INVALID_VALUE", "address.locality", "must be shorter")
    error = Refused("refused", status=400, code="INVALID_DATA", faults=(fault,))
    assert to_scim_error(error, seen).detail == (
        'addresses[type eq "work"].locality: PingOne refuses the value: must be shorter'
    )
