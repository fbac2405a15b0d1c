"""Fixtures of the sandbox's tests: a sandbox that listens and a caller with a token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from scimbridge.sandbox import Directory, Faults, Sandbox, Switches
from scimbridge.sandbox.store.seed import seed_default_population

Json = dict[str, Any]
PATCH = "application/vnd.pingidentity.user.scim.patch+json"
IMPORT = "application/vnd.pingidentity.user.import+json"


class Caller:
    """Calls one sandbox over real HTTP, with a token of its own."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.trust_env = False
        self.base = f"{sandbox.url}/v1/environments/{sandbox.environment_id}"
        self.renew()

    def ask_token(self, **changes: Any) -> requests.Response:
        """Ask for a token; `changes` replace arguments of the request."""
        arguments: dict[str, Any] = {
            "data": {"grant_type": "client_credentials"},
            "auth": (self.sandbox.client_id, self.sandbox.client_secret),
        }
        url = f"{self.sandbox.url}/{self.sandbox.environment_id}/as/token"
        return requests.post(url, timeout=10, **{**arguments, **changes})

    def renew(self) -> None:
        """Take a new token."""
        token = self.ask_token().json().get("access_token", "")
        self.session.headers["Authorization"] = f"Bearer {token}"

    def call(
        self, method: str, path: str, body: Any = None, media: str | None = None, **more: Any
    ) -> requests.Response:
        """Send a request; `path` is below the environment, or a whole address."""
        headers = {"Content-Type": media} if media else {}
        url = path if path.startswith("http") else self.base + path
        return self.session.request(method, url, json=body, headers=headers, timeout=10, **more)

    def good(self, method: str, path: str, body: Any = None, media: str | None = None, **more: Any) -> Json:
        """Return the body of an answer that has to be good."""
        answer = self.call(method, path, body, media, **more)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else {}

    def fault(self, method: str, path: str, body: Any = None, media: str | None = None, **more: Any) -> Json:
        """Return status, code and the first detail of a refusal."""
        answer = self.call(method, path, body, media, **more)
        content = answer.json()
        assert answer.status_code >= 400, content
        first = (content.get("details") or [{}])[0]
        return {"status": answer.status_code, "top": content["code"], **first}

    def user(self, username: str, **values: Any) -> Json:
        """Create a user."""
        return self.good("POST", "/users", {"username": username, **values})

    def group(self, name: str, **values: Any) -> Json:
        """Create a group."""
        return self.good("POST", "/groups", {"name": name, **values})

    def population(self, name: str, **values: Any) -> Json:
        """Create a population."""
        return self.good("POST", "/populations", {"name": name, **values})

    def join(self, user: Json, group: Json) -> requests.Response:
        """Put a user into a group."""
        return self.call("POST", f"/users/{user['id']}/memberOfGroups", {"id": group["id"]})

    def usernames(self, text: str) -> set[str]:
        """Return the usernames that a filter finds."""
        found = self.good("GET", "/users", params={"filter": text})
        return {record["username"] for record in found["_embedded"]["users"]}


@pytest.fixture
def make_caller() -> Iterator[Callable[..., Caller]]:
    """Start sandboxes with whatever arguments and close them all at the end."""
    started: list[Sandbox] = []

    def make(switches: Switches | None = None, **arguments: Any) -> Caller:
        started.append(Sandbox.start(switches=switches, **arguments))
        return Caller(started[-1])

    yield make
    for sandbox in started:
        sandbox.close()


@pytest.fixture
def api(make_caller) -> Caller:
    """A caller of a sandbox with nothing in it but the default population."""
    return make_caller()


@pytest.fixture
def company(make_caller) -> Caller:
    """A caller of a sandbox with the small company."""
    return make_caller(seed=250)


class Clock:
    """A clock that stands until it is told to go on; its `sleep` only notes the seconds."""

    def __init__(self) -> None:
        self.now = 1_750_000_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Note that it was asked to sleep."""
        self.slept.append(seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_directory(clock) -> Callable[..., Directory]:
    """Make directories with numbered ids and the default population, without HTTP."""

    def make(switches: Switches | None = None) -> Directory:
        numbers = iter(range(1, 1_000_000))
        directory = Directory(
            "00000000-0000-4000-8000-00000000000e",
            switches or Switches(),
            new_id=lambda: f"00000000-0000-4000-9000-{next(numbers):012d}",
            clock=clock,
            monotonic=clock,
        )
        seed_default_population(directory)
        return directory

    return make


@pytest.fixture
def directory(make_directory) -> Directory:
    return make_directory()


@pytest.fixture
def make_faults(clock) -> Callable[..., Faults]:
    return lambda settings=None, seed=0: Faults(settings, seed=seed, clock=clock, sleep=clock.sleep)
