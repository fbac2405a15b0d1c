from __future__ import annotations

import contextlib
import datetime as dt
import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.access.caller import SCOPES, Caller
from scimbridge.access.clients import Client, ClientFaults, Clients, Issuer, StoredSecret, own_client, read_clients
from scimbridge.access.limits import ClientLimits
from scimbridge.access.secrets import digest, make_secret

from .conftest import ISSUER, ISSUERS, POPULATION, kept

NOW = dt.datetime(2026, 11, 21, 10, tzinfo=dt.UTC).timestamp()
SECRET = make_secret(os.urandom).text
OTHER = make_secret(os.urandom).text
HASH = "ab" * 32
CONFIG_URN = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
WHOLE = f"""
[clients.sailpoint]
scopes       = ["users:read", "users:write", "groups:read"]
populations  = ["{POPULATION}"]
strict       = true
hidden.User  = ["phoneNumbers", "name.honorificPrefix"]
hidden.ServiceProviderConfig = ["PAGINATION", "{CONFIG_URN}:documentationUri"]
default_count = 1000
certificates = ["{":".join(["AB"] * 32)}"]
subjects     = [{{ issuer = "{ISSUER}", subject = "abc" }}]
limits       = {{ requests_per_second = 20, concurrent = 8, body = 1048576, bulk_operations = 100 }}

{kept("sailpoint", SECRET, ends="2026-11-22T12:00:00+02:00")}
{kept("sailpoint", OTHER)}
{ISSUERS}
"""


def faults(text):
    with pytest.raises(ClientFaults) as told:
        read_clients(text)
    return told.value.faults


def test_a_file_with_every_key_is_read_as_it_is_written():
    """Each key has its place in the snapshot; hashes come out in lower case without colons, times in UTC."""
    clients = read_clients(WHOLE)
    created = dt.datetime(2026, 1, 1, tzinfo=dt.UTC).timestamp()
    assert clients.clients == (
        Client(
            Caller(
                "sailpoint",
                strict=True,
                scopes=frozenset({"users:read", "users:write", "groups:read"}),
                populations=frozenset({POPULATION}),
                hidden=(("User", ("name.honorificPrefix", "phoneNumbers")),),
                limits=ClientLimits(20.0, 8, 1_048_576, 100),
                hidden_config=("documentationUri", "pagination"),
                default_count=1000,
            ),
            (
                StoredSecret(SECRET.split("_")[1], digest(SECRET), NOW + 24 * 3600, created),
                StoredSecret(OTHER.split("_")[1], digest(OTHER), None, created),
            ),
            frozenset({HASH}),
            frozenset({(ISSUER, "abc")}),
        ),
    )
    keys = "https://login.example.com/keys"
    assert clients.issuers == (Issuer(ISSUER, "api://scimbridge", keys, ("RS256", "ES256"), 60),)
    hash(clients.clients[0].caller)


def test_everything_finds_its_client_and_nothing_else():
    """Secret, name, certificate and subject lead to the client; what is near to one leads nowhere."""
    clients = read_clients(WHOLE)
    (client,) = clients.clients
    assert clients.by_secret(SECRET, NOW) == (client, SECRET.split("_")[1])
    assert clients.named("sailpoint") is client
    assert clients.by_certificate(HASH) is client
    assert clients.by_subject(ISSUER, "abc") is client
    assert clients.named("SailPoint") is None
    assert clients.by_certificate(HASH.upper()) is None
    assert clients.by_subject(ISSUER, "ABC") is None
    assert clients.by_subject("https://login.example.com", "abc") is None


def test_a_secret_is_valid_until_it_ends_and_not_at_that_moment():
    """The end is the first moment at which a secret opens nothing; the other secret goes on."""
    clients = read_clients(WHOLE)
    ends = NOW + 24 * 3600
    assert clients.by_secret(SECRET, ends - 0.001) is not None
    assert clients.by_secret(SECRET, ends) is None
    assert clients.by_secret(OTHER, ends) is not None


@given(st.text(st.characters(codec=None)))
def test_no_text_but_the_secret_opens_anything(text):
    """Whatever is sent, nobody is found by it."""
    clients = Clients(read_clients(WHOLE).clients, own=own_client("the-token"))
    assert text in {SECRET, OTHER, "the-token"} or clients.by_secret(text, NOW) is None


@given(st.data())
def test_no_change_of_a_secret_opens_anything(data):
    """One character more, fewer or other, at any place, and the secret is nobody's."""
    clients = Clients(read_clients(WHOLE).clients, own=own_client("the-token"))
    text = data.draw(st.sampled_from([SECRET, OTHER, "the-token"]))
    place = data.draw(st.integers(0, len(text)))
    new = data.draw(st.text(st.characters(codec=None), max_size=2))
    changed = text[:place] + new + text[place + data.draw(st.integers(0, 2)) :]
    assert (clients.by_secret(changed, NOW) is None) == (changed != text)


def test_the_last_character_of_a_secret_has_no_second_spelling():
    """The bits that base64 leaves over are compared too."""
    clients = read_clients(WHOLE)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    matching = [one for one in alphabet if clients.by_secret(SECRET[:-1] + one, NOW)]
    assert matching == [SECRET[-1]]


def test_an_empty_token_opens_nothing():
    """Neither can one be made, nor is one found where nobody has a token."""
    with pytest.raises(ValueError, match="empty"):
        own_client("")
    assert Clients().by_secret("", NOW) is None
    assert Clients(own=Client(Caller("token"), (StoredSecret("token", digest("")),))).by_secret("", NOW) is None


def test_the_one_token_is_a_client_that_may_do_everything():
    """The bearer token is found by its text and by its name, next to those of the file."""
    own = own_client("the-token", strict=True)
    clients = Clients(read_clients(WHOLE).clients, own=own)
    assert clients.by_secret("the-token", NOW) == (own, "token")
    assert clients.named("token") is own
    assert (own.caller.scopes, own.caller.populations, own.caller.strict) == (SCOPES, None, True)
    assert clients.by_secret(SECRET, NOW) is not None


def test_a_token_that_looks_like_a_secret_of_the_file_still_opens():
    """Even with the id of somebody else's secret, the bearer token is told from it."""
    token = f"scb_{SECRET.split('_')[1]}_{'x' * 43}"
    own = own_client(token)
    clients = Clients(read_clients(WHOLE).clients, own=own)
    assert clients.by_secret(token, NOW) == (own, "token")
    assert clients.by_secret(SECRET, NOW)[0].name == "sailpoint"


def test_an_unknown_id_costs_the_same_work_as_a_known_one(monkeypatch):
    """For a good secret, a wrong one, an unknown id and mere text there are as many hashes and comparisons."""
    clients = Clients(read_clients(WHOLE).clients, own=own_client("the-token"))
    done = []
    hashing, comparing = digest, clients.by_secret.__globals__["hmac"].compare_digest
    monkeypatch.setattr("scimbridge.access.secrets.digest", lambda text: done.append("hash") or hashing(text))
    monkeypatch.setattr("hmac.compare_digest", lambda a, b: done.append((len(a), len(b))) or comparing(a, b))
    work = []
    for text in (SECRET, SECRET[:-4] + "aaaa", f"scb_nobody_{'x' * 43}", "x" * len(SECRET), "the-token"):
        done.clear()
        clients.by_secret(text, NOW)
        work.append(tuple(done))
    assert set(work) == {("hash", (32, 32), (32, 32))}


SIZES = {"0": "0", "1001": "1001", "-5": "-5", "1e2": "100.0", "true": "True", '"1000"': "'1000'"}
MEMBERS = {
    '"pagination"': "'pagination' is no list of texts",
    '["pagnation"]': "'pagnation' is no attribute of ServiceProviderConfig; perhaps 'pagination' is meant",
    '["x"]': "'x' is no attribute of ServiceProviderConfig; what can be hidden is documentationUri, pagination",
    '["Patch"]': "'patch' cannot be hidden: it is required; what can be is documentationUri, pagination",
}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        *((f"default_count = {size}", f"default_count: {shown} is no whole number of results from 1 to 1000")
          for size, shown in SIZES.items()),
        *((f"hidden.ServiceProviderConfig = {members}", f"hidden.ServiceProviderConfig: {shown}")
          for members, shown in MEMBERS.items()),
    ],
)  # fmt: skip
def test_what_a_client_sees_of_the_server_is_checked(line, told):
    """A page size that is none, and a member of the configuration that cannot be hidden, are told with what can be."""
    assert faults(f'[clients.a]\nscopes = ["users:read"]\n{line}\n') == [f"clients.a.{told} (at line 3)"]


def test_all_faults_are_told_at_once_by_client_and_key():
    """Unknown keys, wrong types and wrong values of several clients and issuers are all told in one go."""
    told = faults("""
        colour = 1
        [clients.a]
        scope = ["users:read"]
        strict = "yes"
        populations = ["0F3B5C1E-8D2A-4C6F-9B7E-2A1D4C5E6F70"]
        hidden.Users = ["x"]
        limits = { body = 0, concurrent = 1.5, requests_per_second = nan, bulk = 3 }
        certificates = ["abc"]
        subjects = [{ issuer = "https://nobody.example.com/", subject = "" }]
        secrets = [{ id = "A", sha256 = "x", ends = "soon" }]
        [clients."a b"]
        scopes = ["all", "users:read"]
        [clients.token]
        scopes = []
        [[issuers]]
        issuer = "http://login.example.com"
        jwks = "ftp://login.example.com/keys"
        algorithms = ["none", "HS256"]
        skew = 301
    """)
    for where in (
        "the file: 'colour'",
        "clients.a: 'scope' is not known; perhaps 'scopes'",
        "clients.a: scopes is missing",
        "clients.a.strict: 'yes'",
        "clients.a.populations: '0F3B5C1E",
        "clients.a.hidden: 'Users' is not known; perhaps 'User'",
        "clients.a.limits.body: 0",
        "clients.a.limits.concurrent: 1.5",
        "clients.a.limits.requests_per_second: nan",
        "clients.a.limits: 'bulk' is not known",
        "clients.a.certificates: ",
        "clients.a.subjects[1].subject: ''",
        "clients.a.subjects: the issuer 'https://nobody.example.com/' is not declared",
        "clients.a.secrets[1].id: ",
        "clients.a.secrets[1].sha256: ",
        "clients.a.secrets[1]: created is missing",
        "clients.a.secrets[1].ends: 'soon'",
        "clients.'a b': a client's name",
        "clients.a b.scopes: 'all' is no scope",
        "clients.token: this name is taken by SCIMBRIDGE_BEARER_TOKEN",
        "clients.token.scopes: a client without any scope",
        "issuers[1].issuer: 'http://login.example.com'",
        "issuers[1]: audience is missing",
        "issuers[1].jwks: 'ftp:",
        "issuers[1].algorithms: 'HS256', 'none' is not taken",
        "issuers[1].skew: 301",
    ):
        assert [one for one in told if one.startswith(where)], (where, told)
    assert len(told) == 26


@pytest.mark.parametrize("where", ["sha256", "id", "certificates"])
def test_a_secret_in_the_wrong_place_is_not_told(where):
    """Who pastes the secret where its hash belongs does not read it in the log."""
    held = {"sha256": f'"{HASH}"', "id": '"a"', "certificates": "[]"} | {where: f'"{SECRET}"'}
    told = faults(f"""
        [clients.a]
        scopes = ["users:read"]
        certificates = {held["certificates"]}
        secrets = [{{ id = {held["id"]}, sha256 = {held["sha256"]}, created = 2026-01-01T00:00:00Z }}]
    """)
    assert len(told) == 1
    assert SECRET[-43:-30] not in told[0]


@pytest.mark.parametrize("url", ["https://joe:pw12@l.example.com/keys", "https://joe:pw12@[/", "http://pw12@10.0.0.1/"])
def test_a_password_in_an_address_is_not_told(url):
    """An address with a password before its host is refused without being repeated."""
    (told,) = faults(f'[[issuers]]\nissuer = "{ISSUER}"\naudience = "a"\njwks = "{url}"\nalgorithms = ["RS256"]')
    assert told.startswith("issuers[1].jwks: ")
    assert "pw12" not in told


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (kept("b", SECRET), "secret id"),
        (f'certificates = ["{HASH}"]', "certificate"),
        (f'subjects = [{{ issuer = "{ISSUER}", subject = "abc" }}]', "subject 'abc'"),
    ],
)
def test_what_stands_for_two_clients_is_a_fault(more, told):
    """A secret id, a certificate or a subject belongs to one client only."""
    (fault,) = faults(f'[clients.b]\nscopes = ["users:read"]\n{more}\n{WHOLE}')
    assert told in fault
    assert "is given to b and to sailpoint" in fault


def test_what_stands_twice_in_one_client_is_a_fault_too():
    """Neither a certificate nor a subject nor a secret id stands there twice."""
    one = '{ issuer = "https://a.example/", subject = "x" }'
    text = f"""
        [clients.a]
        scopes = ["users:read"]
        certificates = ["{HASH}", "{HASH.upper()}"]
        subjects = [{one}, {one}]
        {kept("a", SECRET)}
        {kept("a", SECRET)}
    """
    told = faults(text + ISSUERS.replace(ISSUER, "https://a.example/") * 2)
    assert len(told) == 4
    for part in ("certificates stands there twice", "subjects stands there twice", "secret id", "is declared 2 times"):
        assert any(part in one for one in told), part


def test_more_than_two_secrets_at_once_are_a_fault_and_one_after_the_other_are_not():
    """Counted is what is valid at one moment; what has ended before does not count."""
    texts = [make_secret(os.urandom).text for _ in range(3)]
    head = '[clients.a]\nscopes = ["users:read"]\n'
    row = [
        kept("a", texts[0], created="2026-01-01T00:00:00Z", ends="2026-03-01T00:00:00Z"),
        kept("a", texts[1], created="2026-02-01T00:00:00Z"),
        kept("a", texts[2], created="2026-03-01T00:00:00Z"),
    ]
    assert len(read_clients(head + "".join(row)).clients[0].secrets) == 3
    row[0] = row[0].replace("2026-03-01T00:00:00Z", "2026-03-01T00:00:01Z")
    assert "3 secrets are valid at once" in faults(head + "".join(row))[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[clients", "it is not TOML"),
        ("a = " + "[" * 5000, "it is not TOML"),
        ("clients = 1", "the file: clients has to be a table"),
        ("issuers = {}", "the file: issuers has to be a list of tables"),
        ("[clients]\na = 1", "clients: a has to be a table"),
        ('[clients.a]\nscopes = "users:read"', "'users:read' is no list"),
        ("[clients.a]\nscopes = [1]", "1 is no text"),
        ('[clients.a]\nscopes = ["users:read"]\nhidden = ["x"]', "hidden has to be a table"),
        ('[clients.a]\nscopes = ["users:read"]\nsecrets = ["x"]', "secrets has to be a list of tables"),
        ('[clients.a]\nscopes = ["users:read"]\nlimits.body = true', "True is no whole number"),
        ('[clients.a]\nscopes = ["users:read"]\nhidden.User = ["a\\u0007"]', "control characters"),
    ],
)
def test_what_is_no_clients_file_is_said_so(text, told):
    """Whatever the text, the answer is a sentence about it."""
    assert told in faults(text)[0]


@given(st.text(st.sampled_from('[]{}="#.\n abclientsu1:-_')) | st.text())
def test_any_text_is_read_or_refused(text):
    """No text breaks the reading."""
    with contextlib.suppress(ClientFaults):
        assert isinstance(read_clients(text), Clients)


@pytest.mark.parametrize("url", ["http://localhost:8080/k", "http://127.0.0.1/k", "http://[::1]:1/k", "https://a/k"])
def test_plain_http_is_for_loopback_only(url):
    """On the machine itself an issuer may be plain http."""
    text = ISSUERS.replace("https://login.example.com/keys", url)
    assert read_clients(text).issuers[0].jwks == url


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/k",
        "http://localhost.example.com/k",
        "https://u:p@a/k",
        "https:///k",
        "https://a:x/k",
        "https://[/",
    ],
)
def test_another_url_is_refused(url):
    """A URL of an issuer's keys is https and has a host, and no user."""
    assert "issuers[1].jwks" in faults(ISSUERS.replace("https://login.example.com/keys", url))[0]


def test_one_look_up_takes_microseconds_whatever_the_number_of_clients():
    """Among 2,000 clients a secret is found without walking through them."""
    many = tuple(
        Client(Caller(f"c{number}"), (StoredSecret(f"s{number}", digest(f"scb_s{number}_{'x' * 43}")),))
        for number in range(2000)
    )
    clients = Clients(many)
    start = time.thread_time()  # what it costs, whatever else the machine does
    for _ in range(1000):
        assert clients.by_secret(f"scb_s1999_{'x' * 43}", NOW)
    assert time.thread_time() - start < 0.5


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# who\n\n[clients.hr]\nscopes = []\n", 4),
        ('[clients.hr]\nscopes = ["users:read"]\n\n[clients.hr.limits]\nbody = 0\n', 5),
        ('[clients.hr]\nscopes = ["users:read"]\n[[clients.hr.secrets]]\nid = "a"\nsha256 = "x"\n', 5),
        ('clients.hr.scopes = ["users:read"]\nclients.hr.strict = 1\n', 1),
        ('[clients."h r"]\nscopes = ["users:read"]\n', 1),
        ('[clients.hr]\nscopes = ["users:read"]\nsubjects = [{issuer = "https://a.example", subject = "b"}]\n', 3),
        ('[clients]\nhr = {scopes = ["users:write"], rigths = 1}\n', 2),
    ],
)
def test_every_fault_says_in_which_line(text, line):
    """A fault has the line of its key, else of the section that it is in."""
    told = faults(text)
    assert f"(at line {line})" in told[0], told
