"""Names, connections, certificates and credentials: each trouble told as what it is."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from scimbridge.sandbox import start
from scimbridge.settings.declared import Secret

LOOPBACK = Path(__file__).parents[2] / "pingone" / "loopback.pem"
OTHER = "0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70"


def test_a_refused_connection_is_told_with_its_host(run_check):
    """Nothing listens: both hosts are named, and the rest is not tried."""
    said = run_check(pingone_api_url="http://127.0.0.1:1", pingone_auth_url="http://127.0.0.1:2")
    assert said.code == 1
    assert "127.0.0.1:1 refuses the connection" in said.faults[0]
    assert "127.0.0.1:2 refuses the connection" in said.faults[1]
    assert "SCIMBRIDGE_PINGONE_AUTH_URL" in said.faults[1]
    assert said.lines_of("not tried")
    assert "token" in said.lines[-2]


def test_an_unknown_name_points_at_dns(run_check):
    """A host that has no address is told as that."""
    said = run_check(pingone_api_url="https://api.pingone.invalid", pingone_auth_url="https://auth.pingone.invalid")
    assert "the name api.pingone.invalid is not known" in said.faults[0]
    assert "DNS" in said.faults[0]


def test_a_proxy_that_is_not_there_is_told_as_the_proxy(run_check, settings):
    """With a proxy set, the proxy is what refuses; its password is not written."""
    said = run_check(
        pingone_api_url="https://api.pingone.com",
        pingone_auth_url="https://auth.pingone.com",
        http_proxy=Secret("http://someone:hush-hush@127.0.0.1:1"),
    )
    assert "the proxy refuses the connection" in said.faults[0]
    assert "look at host and port in SCIMBRIDGE_HTTP_PROXY" in said.faults[0]
    assert "REGION" not in said.faults[0]
    assert "hush-hush" not in said.text


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "put name and password into SCIMBRIDGE_HTTP_PROXY"),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "the proxy refuses to connect to api.pingone.com (status 403)"),
    ],
)
def test_what_a_proxy_refuses_is_told_as_the_proxys(run_check, answer, told):
    """A proxy that lets nobody through to PingOne is told as that, and no address of PingOne's is doubted."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:

        def refuse():
            for _ in range(2):  # the API, and the token endpoint
                with listener.accept()[0] as connection:
                    connection.recv(4096)
                    connection.sendall(answer)

        proxied = pool.submit(refuse)
        said = run_check(
            pingone_api_url="https://api.pingone.com",
            pingone_auth_url="https://auth.pingone.com",
            http_proxy=Secret(f"http://127.0.0.1:{listener.getsockname()[1]}"),
        )
        proxied.result()
    assert told in said.faults[0]
    assert "REGION" not in said.faults[0]


def test_a_proxy_whose_name_nobody_knows_is_told_by_its_setting(run_check):
    """A slip in the proxy's name points at the proxy's setting, and not at the region."""
    said = run_check(
        pingone_api_url="https://api.pingone.com",
        pingone_auth_url="https://auth.pingone.com",
        http_proxy=Secret("http://proxy.invalid:3128"),
    )
    assert "the name of the proxy is not known; do: look at the host in SCIMBRIDGE_HTTP_PROXY" in said.faults[0]


def test_a_host_that_is_not_pingone_is_told(run_check, settings):
    """Another server behind the address answers, but not as PingOne does."""

    def page(_environ, begin):
        begin("200 OK", [("Content-Type", "text/html")])
        return [b"<html>sign in</html>"]

    other = start(page)
    try:
        said = run_check(pingone_api_url=other.url, pingone_auth_url=other.url)
    finally:
        other.close()
    assert "status 200, and not as PingOne does" in said.faults[0]
    assert "answers with status 200, without a token" in said.faults[1]


@pytest.mark.parametrize(
    ("status", "told"),
    [("407 Proxy Authentication Required", "the proxy asks for a user name"), ("302 Found", "status 302")],
)
def test_what_stands_between_is_told(run_check, status, told):
    """A proxy that wants a name, or a sign-in page, is told by its answer."""

    def between(_environ, begin):
        begin(status, [("Content-Type", "text/plain"), ("Location", "https://elsewhere.example.org/")])
        return [b"no"]

    other = start(between)
    try:
        said = run_check(pingone_api_url=other.url)
    finally:
        other.close()
    assert told in said.faults[0]


def test_plain_http_where_tls_is_expected_is_told(run_check, sandbox):
    """An https address of a server that speaks plain HTTP."""
    address = sandbox.url.replace("http://", "https://")
    said = run_check(pingone_api_url=address, pingone_auth_url=address)
    assert "does not speak TLS here" in said.faults[0]


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_words) -> None:
        """Write nothing."""


@pytest.fixture
def behind_tls(sandbox) -> Iterator[str]:
    """The address of the sandbox behind TLS, with a certificate that nobody has signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(LOOPBACK)
    with make_server("127.0.0.1", 0, sandbox.app, handler_class=_Quiet) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(10)


def test_a_certificate_nobody_trusts_is_told(run_check, behind_tls):
    """The reason of the refused certificate goes along, and not the advice to look away."""
    said = run_check(pingone_api_url=behind_tls, pingone_auth_url=behind_tls)
    assert "shows a certificate that is not trusted: self-signed certificate" in said.faults[0]
    assert "VERIFY_TLS" not in said.text


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_unchecked_certificates_are_warned_of(run_check, behind_tls):
    """Where TLS is not verified, the check goes on, and says so for each host."""
    said = run_check(pingone_api_url=behind_tls, pingone_auth_url=behind_tls, verify_tls=False)
    assert said.code == 3
    assert [line for line in said.warnings if "nobody checks its certificate" in line] == said.warnings[:2]


def test_a_wrong_secret_says_what_to_copy(run_check):
    """The token endpoint refuses: client id, secret, state and roles are what there is to look at."""
    said = run_check(pingone_client_secret=Secret("wrong"))
    (fault,) = said.faults
    assert fault.startswith("FAULT     token: PingOne refuses the application (401 invalid_client)")
    for word in ("SCIMBRIDGE_PINGONE_CLIENT_ID", "SCIMBRIDGE_PINGONE_CLIENT_SECRET", "Identity Data Admin"):
        assert word in fault
    assert "not looked at before there is one" in said.text


def test_an_application_without_a_role_is_told_the_role(run_check, make_sandbox):
    """PingOne gives no token to an application without a role."""
    said = run_check(at=make_sandbox(None, rights="none"))
    assert "it has no role at all" in said.faults[0]


def test_a_wrong_environment_is_told_by_its_setting(run_check):
    """The token endpoint does not know the environment."""
    said = run_check(pingone_environment_id=OTHER)
    assert "knows no such environment" in said.faults[0]
    assert "SCIMBRIDGE_PINGONE_ENVIRONMENT_ID" in said.faults[0]


def test_a_secret_in_the_form_is_found_to_work(run_check, make_sandbox):
    """An application whose token authentication is Client Secret Post is as good."""
    assert run_check(at=make_sandbox(None, auth_method="post")).code == 3


def test_a_bad_moment_is_no_wrong_address(run_check, sandbox):
    """A 503 in PingOne's words is told as that, and as something to try again."""
    sandbox.faults.plan("error", method="GET", status=503)
    said = run_check()
    assert "has a bad moment (status 503)" in said.faults[0]
    assert "run check again" in said.faults[0]


def test_a_throttled_token_is_told_as_that(run_check, sandbox):
    """A 429 of the token endpoint is neither a wrong secret nor a wrong host."""
    sandbox.faults.plan("throttled", path="/as/token")
    said = run_check()
    (fault,) = said.faults
    assert fault.startswith("FAULT     token: PingOne's rate limit is reached; do: run check again later")
