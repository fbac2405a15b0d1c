"""Another SCIM server as a source: its list of users, page by page, counted (RFC 7644 §3.4.2.4).

A list that changes its length while it is read, or gives less than it says, refuses the source. The columns are paths,
such as userName, name.familyName, 'emails[type eq "work"].value' or URN:department.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import requests

from scimbridge.scim.errors import ScimError
from scimbridge.scim.filtering.trees import And, Compare, Node
from scimbridge.scim.patching.paths import Path, parse_path
from scimbridge.sync.rules.values import SourceRules
from scimbridge.sync.sources.faults import SourceFaults, refuse
from scimbridge.sync.sources.reader import Record
from scimbridge.sync.sources.secrets import Secrets

PAGE = 100
_TIMEOUT = 30.0
_TRIES = 5
_LONGEST_WAIT = 60.0
_BUSY = (429, 502, 503, 504)
_KINDS = ("application/scim+json", "application/json")
Sleep = Callable[[float], None]


class ScimServer:
    """The users of one server. Raises `SourceRefused` where a column is no path, or the server does not answer."""

    unit = "resource"
    is_file = False
    made: float | None = None
    digest: str | None = None
    columns: tuple[str, ...] = ()

    def __init__(
        self, rules: SourceRules, needed: tuple[str, ...], environ: Mapping[str, str], sleep: Sleep = time.sleep
    ) -> None:
        options = rules.options
        self._url = f"{rules.place.rstrip('/')}/{str(options.get('resource', 'Users')).strip('/')}"
        self.name = self._url
        secrets = Secrets(options, environ, self.name)
        self._token, self._password = secrets.get("token"), secrets.get("password")
        self._options, self._sleep = options, sleep
        self._page = int(options.get("page_size", PAGE))
        self._paths = {column: self._parse(column) for column in needed}
        with self._session() as session:
            self._list(session, 1, 1, SourceFaults(self.name, self.unit))

    def _parse(self, column: str) -> Path:
        try:
            path = parse_path(column, ())
        except ScimError as error:
            raise refuse(self.name, f"the column {column!r} is no path of SCIM: {error.detail}") from None
        if path.where is not None and not all(
            isinstance(each, Compare) and each.op == "eq" for each in _tests(path.where)
        ):
            raise refuse(self.name, f"the column {column!r} selects by something else than eq")
        return path

    def _session(self) -> requests.Session:
        session = requests.Session()
        session.headers["Accept"] = ", ".join(_KINDS)
        session.auth = self._sign  # a .netrc of the machine has no say
        if self._token is None and self._password is not None:
            session.auth = (str(self._options.get("user", "")), self._password)
        if "ca_file" in self._options:
            session.verify = str(self._options["ca_file"])
        return session

    def _sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def read(self, faults: SourceFaults) -> Iterator[Record]:
        """Yield the users. Raises `SourceRefused` where they do not come out whole."""
        number, total = 0, None
        with self._session() as session:
            while total is None or number < total:
                found, count = self._list(session, number + 1, self._page, faults)
                if total is not None and count != total:
                    raise faults.refusal(f"had {total} users and now has {count}; run again when nobody changes it")
                total = count
                if not found and number < total:
                    raise faults.refusal(f"gives {number} of the {total} users that it says it has")
                for resource in found:
                    number += 1
                    if isinstance(resource, dict):
                        yield number, {column: _find(resource, path) for column, path in self._paths.items()}
                    else:
                        faults.at(number, "is no JSON object")
        if number != total:
            raise faults.refusal(f"gives {number} users and says that it has {total}")

    def _list(self, session: requests.Session, start: int, count: int, faults: SourceFaults) -> tuple[list[Any], int]:
        """Return one page, and how many there are in all."""
        parameters: dict[str, str | int] = {"startIndex": start, "count": count}
        if "filter" in self._options:
            parameters["filter"] = str(self._options["filter"])
        answer = self._ask(session, parameters, faults)
        try:
            body = answer.json()
            total, found, begins = body["totalResults"], body.get("Resources", []), body.get("startIndex", start)
        except (ValueError, KeyError, AttributeError, TypeError):
            raise faults.refusal("does not answer with a list of SCIM; look at the URL") from None
        if isinstance(total, bool) or not isinstance(total, int) or not isinstance(found, list) or begins != start:
            raise faults.refusal("answers with a list whose totalResults, startIndex or Resources are wrong")
        return found, total

    def _ask(
        self, session: requests.Session, parameters: Mapping[str, str | int], faults: SourceFaults
    ) -> requests.Response:
        for attempt in range(1, _TRIES + 1):
            try:
                answer = session.get(self._url, params=parameters, timeout=_TIMEOUT, allow_redirects=False)
            except requests.RequestException as error:
                if attempt == _TRIES:
                    raise faults.refusal(f"cannot be reached ({type(error).__name__})") from None
                self._sleep(float(attempt))
                continue
            if answer.status_code == requests.codes.ok:
                return answer
            if answer.status_code not in _BUSY or attempt == _TRIES:
                break
            wait = answer.headers.get("Retry-After", "")
            self._sleep(min(float(wait) if wait.isascii() and wait.isdigit() else float(attempt), _LONGEST_WAIT))
        cures = {
            401: "; look at token or user and password",
            403: "; this client may not read users",
            404: "; look at the URL",
        }
        raise faults.refusal(f"answers {answer.status_code}{cures.get(answer.status_code, '')}")


def _tests(node: Node) -> tuple[Node, ...]:
    return node.parts if isinstance(node, And) else (node,)


def _member(held: Any, name: str) -> Any:
    """Return a member of an object by its name in any case (RFC 7643 §2.1)."""
    if not isinstance(held, dict):
        return None
    if name in held:
        return held[name]
    return next((value for key, value in held.items() if key.casefold() == name.casefold()), None)


def _find(resource: Mapping[str, Any], path: Path) -> Any:
    """Return what a path means in a resource: a value, or a list of values where it is a list."""
    held: Any = resource if path.urn is None else _member(resource, path.urn)
    if path.urn is not None and held is None and path.attr is not None:
        held = resource  # the core schema's URN stands before what is at the top
    if path.attr is None:
        return held
    held = _member(held, path.attr)
    if path.where is not None:
        tests = _tests(path.where)
        held = [each for each in held or () if all(_is_met(each, test) for test in tests)]
    if isinstance(held, list):
        found = [each if path.sub is None else _member(each, path.sub) for each in held]
        if path.sub is None and found and isinstance(found[0], dict):
            found = [_member(each, "value") for each in found]
        there = [each for each in found if each is not None]
        return there[0] if path.where is not None and len(there) == 1 else there or None
    return held if path.sub is None else _member(held, path.sub)


def _is_met(element: Any, test: Node) -> bool:
    if not isinstance(test, Compare):
        return False
    value = _member(element, test.path.attr)
    if isinstance(value, str) and isinstance(test.value, str):
        return value.casefold() == test.value.casefold()
    return bool(value == test.value)
