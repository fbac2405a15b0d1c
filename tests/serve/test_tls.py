"""The bridge's own TLS, with real gunicorn, real certificates and real connections."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import textwrap
import time
from contextlib import closing
from http.client import HTTPSConnection
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from scimbridge.cli.commands import command
from scimbridge.serve.tls import Tls, make_context, read_ends
from scimbridge.settings.declared import SettingsFaults

ROOT = Path(__file__).parents[2]

# What is behind TLS says which certificate arrived, through the layer that the bridge has in front of it.
PROGRAM = """
    import sys
    from pathlib import Path
    from scimbridge.serve import server as serve
    from scimbridge.observe import logs
    from scimbridge.serve.tls import Tls
    from scimbridge.web.login.client_certificates import CERTIFICATE
    from scimbridge.web.login.proxies import TrustedProxies
    import hashlib

    bounds = serve.ArrivalBounds(head=float(sys.argv[3]), body=float(sys.argv[3]))
    logs.configure("debug")

    def app(environ, start_response):
        shown = environ[CERTIFICATE]
        environ["wsgi.input"].read()
        body = f"{environ['wsgi.url_scheme']} {hashlib.sha256(shown).hexdigest() if shown else 'none'}".encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    here = Path(sys.argv[1])
    tls = Tls(here / "server.pem", here / "server.key", here / "ca.pem")
    served = TrustedProxies(app, ())
    options = serve.Options(port=int(sys.argv[2]), threads=2, graceful_seconds=5, tls=tls, bounds=bounds)
    serve.run(lambda: lambda: served, options)
"""


class Authority:
    """Makes certificates, each with its key, as PEM files in a folder."""

    def __init__(self, folder, name):
        self.folder = folder
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self.sign(self.name, self.key.public_key(), is_authority=True)
        (folder / f"{name}.pem").write_bytes(self.certificate.public_bytes(Encoding.PEM))

    def sign(self, name, key, *, is_authority=False, days=(-1, 1)):
        """Return a certificate for a key, good from yesterday to tomorrow unless other days are given."""
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + dt.timedelta(days=days[0]))
            .not_valid_after(now + dt.timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
            )
            .sign(self.key, hashes.SHA256())
        )

    def make(self, name, encryption=None, days=(-1, 1)):
        """Write certificate and key, and return the certificate in DER."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self.sign(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key.public_key(), days=days)
        (self.folder / f"{name}.pem").write_bytes(made.public_bytes(Encoding.PEM))
        (self.folder / f"{name}.key").write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
        )
        return made.public_bytes(Encoding.DER)


class Served:
    """The program above behind TLS."""

    def __init__(self, folder, arrival=30.0):
        self.folder = folder
        self.authority = Authority(folder, "ca")
        self.authority.make("server")
        self.client = self.authority.make("client")
        with closing(socket.socket()) as held:
            held.bind(("127.0.0.1", 0))
            self.port = held.getsockname()[1]
        program = folder / "program.py"
        program.write_text(textwrap.dedent(PROGRAM))
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(program), str(folder), str(self.port), str(arrival)],
                stderr=log,
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), "RUNTIME_DIRECTORY": str(folder)},
            )
        self.wait_for(self.get)

    def wait_for(self, holds):
        """Ask until something holds; a test that hangs is ended by pytest's own limit."""
        while True:
            assert self.process.poll() is None, self.log.read_text()
            try:
                if holds():
                    return
            except OSError:
                pass
            time.sleep(0.05)

    def context(self, name=None, ca="ca"):
        """Return how a client connects, with a certificate or without."""
        context = ssl.create_default_context(cafile=self.folder / f"{ca}.pem")
        if name:
            context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context

    def get(self, context=None, body=None):
        """Ask as a client library would, and return the body."""
        with closing(
            HTTPSConnection("127.0.0.1", self.port, timeout=60, context=context or self.context())
        ) as connection:
            connection.request("POST" if body else "GET", "/", body=body)
            return connection.getresponse().read().decode()

    def connect(self):
        """Return a connection over which nothing was sent."""
        return self.context().wrap_socket(socket.create_connection(("127.0.0.1", self.port), timeout=60),
                                          server_hostname="127.0.0.1")  # fmt: skip

    def stop(self):
        """End the program as a supervisor would, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    running = Served(tmp_path_factory.mktemp("tls"))
    yield running
    assert running.stop() == 0


def test_health_holds_under_tls(served):
    """`scimbridge health` finds a bridge that speaks TLS and asks for certificates, and needs none."""
    told = CliRunner().invoke(command, ["health"], env={"RUNTIME_DIRECTORY": str(served.folder)})
    assert told.exit_code == 0
    assert told.output.startswith(f"https://127.0.0.1:{served.port}/health/live: 200 https none")


def test_a_client_shows_its_certificate_or_none(served):
    """The certificate that a client shows arrives as it is; without one the connection stands as well."""
    assert served.get(served.context("client")) == f"https {hashlib.sha256(served.client).hexdigest()}"
    assert served.get() == "https none"


def test_a_certificate_that_nobody_vouches_for_is_refused(served):
    """A certificate of another authority ends the connection."""
    Authority(served.folder, "stranger").make("unknown")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        served.get(served.context("unknown"))
    assert served.get() == "https none"


def test_a_connection_is_kept_and_takes_large_bodies(served):
    """Several requests, small and large, go over one connection."""
    with closing(HTTPSConnection("127.0.0.1", served.port, timeout=60, context=served.context())) as connection:
        for body in (None, b"x" * 300_000, None):
            connection.request("POST", "/", body=body)
            assert connection.getresponse().read() == b"https none"
            assert connection.sock is not None


def test_old_versions_are_refused(served):
    """TLS 1.1 is not spoken."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        served.get(context)


def test_plain_http_and_nonsense_are_refused(served):
    """Who speaks no TLS is let go, and everybody else is served."""
    for raw in (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\x16\x03\x01nonsense", b"\x00" * 1000):
        with closing(socket.create_connection(("127.0.0.1", served.port), timeout=60)) as connection:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(1000):
                pass
    assert served.get() == "https none"
    assert '"level":"error"' not in served.log.read_text()


def test_who_trickles_holds_no_thread(tmp_path):
    """A handshake that stops half-way and a request that trickles are ended; silent connections hold no thread."""
    served = Served(tmp_path, arrival=3.0)  # long enough for the handshakes below on a machine that is busy
    with closing(socket.create_connection(("127.0.0.1", served.port), timeout=60)) as half:
        half.sendall(b"\x16\x03\x01\x02\x00")
        assert half.recv(100) == b""
    with closing(served.connect()) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
        assert slow.recv(100).startswith(b"HTTP/1.1 408")
    half = [socket.create_connection(("127.0.0.1", served.port), timeout=60) for _ in range(4)]
    for each in half:
        each.sendall(b"\x16\x03\x01\x02\x00")
    silent = [served.connect() for _ in range(4)]  # twice as many as there are threads
    assert served.get() == "https none"
    silent[0].sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert b"https none" in b"".join(iter(lambda: silent[0].recv(1000), b""))
    for each in (*half, *silent):
        each.close()
    assert served.stop() == 0


def test_a_renewed_certificate_is_taken_at_a_hangup(tmp_path):
    """SIGHUP reads the files anew: a good certificate is shown from then on, a faulty one changes nothing."""
    served = Served(tmp_path)

    def shown():
        with closing(served.connect()) as connection:
            return connection.getpeercert(binary_form=True)

    first = shown()
    good = (tmp_path / "server.pem").read_bytes()
    (tmp_path / "server.pem").write_text("faulty")
    served.process.send_signal(signal.SIGHUP)
    served.wait_for(lambda: "reload refused" in served.log.read_text())
    assert shown() == first
    (tmp_path / "server.pem").write_bytes(good)
    renewed = served.authority.make("server")
    served.process.send_signal(signal.SIGHUP)
    served.wait_for(lambda: shown() == renewed)
    assert served.stop() == 0


@pytest.fixture
def folder(tmp_path):
    authority = Authority(tmp_path, "ca")
    authority.make("server")
    authority.make("other")
    authority.make("locked", BestAvailableEncryption(b"passphrase"))
    (tmp_path / "empty.pem").write_text("")
    (tmp_path / "both.pem").write_bytes((tmp_path / "server.pem").read_bytes() + (tmp_path / "server.key").read_bytes())
    return tmp_path


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("server.pem", "other.key", None), ["--certfile"]),
        (("server.pem", "locked.key", None), ["--certfile"]),
        (("server.pem", None, None), ["--certfile"]),
        (("empty.pem", "server.key", None), ["--certfile"]),
        (("missing.pem", "server.key", None), ["--certfile"]),
        (("server.pem", "server.key", "empty.pem"), ["--client-ca"]),
        (("server.pem", "server.key", "missing.pem"), ["--client-ca"]),
        (("server.pem", "other.key", "server.key"), ["--certfile", "--client-ca"]),
    ],
)
def test_faulty_files_are_told(folder, names, words):
    """Files that are no good are faults of the configuration, each told with what would be right."""
    with pytest.raises(SettingsFaults) as told:
        make_context(Tls(*(None if name is None else folder / name for name in names)))
    assert [re.match(r"SCIMBRIDGE_\w+ \(or (--[a-z-]+)\): /", fault)[1] for fault in told.value.faults] == words


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ((-30, -1), ("ended on 20", "renew it")),
        ((1, 30), ("begins on 20", "this machine's clock")),
    ],
)
def test_a_certificate_outside_its_dates_is_refused(folder, days, words):
    """An ended certificate, and one that has not begun, starts nothing; the fault names file, day and cure."""
    Authority(folder, "other-ca").make("late", days=days)
    with pytest.raises(SettingsFaults) as told:
        make_context(Tls(folder / "late.pem", folder / "late.key"))
    (fault,) = told.value.faults
    assert str(folder / "late.pem") in fault
    assert all(word in fault for word in words)


def test_a_key_of_another_certificate_is_named_as_that(folder):
    """A key that does not belong to the certificate is told so, with both files."""
    with pytest.raises(SettingsFaults, match="the key does not belong to the certificate") as told:
        make_context(Tls(folder / "server.pem", folder / "other.key"))
    assert all(str(folder / name) in told.value.faults[0] for name in ("server.pem", "other.key"))


def test_of_the_chain_an_ended_one_is_only_logged(folder, monkeypatch):
    """Clients may know another way to an authority, so an ended certificate of the chain stops nothing."""
    heard = []
    monkeypatch.setattr("scimbridge.serve.tls.log", SimpleNamespace(warning=lambda event, **_: heard.append(event)))
    Authority(folder, "other-ca").make("old", days=(-30, -1))
    chain = folder / "chain.pem"
    chain.write_bytes((folder / "server.pem").read_bytes() + (folder / "old.pem").read_bytes())
    make_context(Tls(chain, folder / "server.key"))
    assert heard == ["a certificate of the chain has ended"]
    ends = read_ends(Tls(chain, folder / "server.key", folder / "ca.pem"))
    assert ends["chain"] < time.time() < ends["own"] <= ends["client_ca"] + 1
    assert read_ends(Tls(folder / "both.pem")).keys() == {"own"}


def test_a_key_may_stand_beside_its_certificate(folder):
    """One file may hold both; without an authority no client is asked for a certificate."""
    context = make_context(Tls(folder / "both.pem"))
    assert context.verify_mode == ssl.CERT_NONE
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert make_context(Tls(folder / "both.pem", client_ca=folder / "ca.pem")).verify_mode == ssl.CERT_OPTIONAL
