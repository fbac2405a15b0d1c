"""Plays one scenario file against a bridge: what a client sends, and what has to come back.

The format is that of the shared traffic files, as far as the scenarios here use it. Knows HTTP and JSON and nothing
of the bridge; paths go out byte for byte.
"""

from __future__ import annotations

import copy
import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlsplit

Json = dict[str, Any]
MEDIA = "application/scim+json"

_VARIABLE = re.compile(r"\$\{(\w+)(?:\[(\d+)\]|\.(count))?(\|url)?\}")
_STEP = re.compile(r"\.(\w[\w$]*|\$\w+)|\['([^']+)'\]|\[(\d+)\]|\[(\*)\]|\[\?(\w+)=([^\]]+)\]")
_ABSENT = object()


class Failed(AssertionError):
    """A step of a scenario that did not go as it should."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One response."""

    status: int
    headers: Mapping[str, str]
    body: Any


def play(scenario: Json, base: str, token: str, variables: Mapping[str, Any]) -> None:
    """Play a scenario from its first step to its last, and delete what it made. Raises `Failed`."""
    Player(scenario, base, token, variables).play()


class Player:
    """One run of one scenario."""

    def __init__(self, scenario: Json, base: str, token: str, variables: Mapping[str, Any]) -> None:
        self.scenario = scenario
        self.base = urlsplit(base)
        self.token = token
        self.values: dict[str, Any] = {"run": uuid.uuid4().hex[:12], "uuid": str(uuid.uuid4()), **variables}
        self.made: list[str] = []

    def play(self) -> None:
        """Play all steps; what was made goes, whether they passed or not."""
        try:
            for step in self.scenario["steps"]:
                for number in range(1, step.get("repeat", 1) + 1):
                    self.values["i"] = str(number)
                    self._take(step)
        finally:
            for path in reversed(self.made):
                self._exchange("DELETE", path, {}, None)

    def _take(self, step: Json) -> None:
        filled = fill(step, self.values)
        try:
            body = self._walk(filled) if "paginate" in filled else self._send(filled).body
            for name, source in step.get("save", {}).items():
                self._save(name, find(body, source))
        except Failed as failure:
            raise Failed(f"{self.scenario['scenario']} / {filled['name']}: {failure}") from None

    def _save(self, name: str, value: Any) -> None:
        if value is _ABSENT:
            raise Failed(f"there is nothing to save as {name}")
        if name.endswith("[]"):
            self.values.setdefault(name[:-2], []).append(value)
        else:
            self.values[name] = value

    def _send(self, step: Json) -> Answer:
        headers = {**self.scenario.get("headers", {}), **step.get("headers", {})}
        body = step["raw_body"].encode() if "raw_body" in step else None
        if "body" in step:
            body = json.dumps(step["body"]).encode()
        answer = self._exchange(step["method"], step["path"], headers, body)
        if step["method"] == "POST" and answer.status == 201:
            self.made.append(f"{step['path'].partition('?')[0].rstrip('/')}/{answer.body['id']}")
        expect = step["expect"]
        if answer.status not in expect["status"]:
            raise Failed(f"{answer.status} and not {expect['status']}: {json.dumps(answer.body)[:600]}")
        for wanted in expect.get("headers", ()):
            given = answer.headers.get(wanted["name"].lower())
            right = (given is not None) == wanted.get("exists", True)
            if not right or not re.search(wanted.get("matches", ""), given or ""):
                raise Failed(f"header {wanted['name']} is {given!r}")
        if answer.body is not None or expect.get("require_body"):
            check(answer.body, expect.get("assertions", ()))
        return answer

    def _exchange(self, method: str, path: str, headers: Mapping[str, str | None], body: bytes | None) -> Answer:
        sent: dict[str, str | None] = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            sent["Content-Type"] = MEDIA
        named = {name.lower() for name in headers}
        sent = {name: value for name, value in sent.items() if name.lower() not in named} | dict(headers)
        with closing(HTTPConnection(str(self.base.hostname), self.base.port, timeout=60)) as connection:
            given = {name: value for name, value in sent.items() if value is not None}
            connection.request(method, f"{self.base.path}{path}", body, given)
            response = connection.getresponse()
            text = response.read()
        return Answer(
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            json.loads(text) if text else None,
        )

    def _walk(self, step: Json) -> Json:
        """Read page after page; the assertions are on the whole walk."""
        told = walk(step["paginate"], lambda query: self._send(_page(step, query)).body)
        check(told, step["expect"].get("assertions", ()))
        return told


def _page(step: Json, query: str) -> Json:
    path = step["path"]
    expect = {name: value for name, value in step["expect"].items() if name != "assertions"}
    return {**step, "path": f"{path}{'&' if '?' in path else '?'}{query}" if query else path, "expect": expect}


def walk(how: Json, send: Callable[[str], Json]) -> Json:
    """Read all pages as `how` says, and tell what came: how many pages, which ids, which totals."""
    ids: list[str] = []
    sizes: list[int] = []
    totals: list[int] = []
    count, start, cursor = how.get("count", 100), 1, ""
    while len(sizes) < how.get("max_pages", 200):
        if how["mode"] == "cursor":
            page = send(f"cursor={cursor}&count={count}")
        elif how.get("omit_first") and not sizes:
            page = send("")
        else:
            page = send(f"startIndex={start}&count={count}" if "count" in how else f"startIndex={start}")
        ids += (found := [part["id"] for part in page["Resources"]])
        sizes.append(len(found))
        totals.append(page.get("totalResults", 0))
        start += {"returned": len(found), "count": count, "one": 1}[how.get("stride", "returned")]
        cursor = page.get("nextCursor", "")
        if not cursor and (how["mode"] == "cursor" or not found or len(ids) >= totals[-1]):
            break
    return {
        "pages": len(sizes), "ids": ids, "unique": len(set(ids)), "duplicates": len(ids) - len(set(ids)),
        "totals": totals, "totals_stable": len(set(totals)) == 1, "last_total": totals[-1],
        "page_sizes": sizes, "max_page": max(sizes),
    }  # fmt: skip


# -- values ------------------------------------------------------------------------------------------------------------


def fill(value: Any, values: Mapping[str, Any]) -> Any:
    """Put the variables into a step, in keys too; `$each` makes one item for each saved value."""
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: _text(match, values), value)
    if isinstance(value, dict):
        return {fill(name, values): fill(part, values) for name, part in value.items() if name != "save"}
    if isinstance(value, list):
        return [made for item in value for made in _items(item, values)]
    return copy.copy(value)


def _items(item: Any, values: Mapping[str, Any]) -> Iterator[Any]:
    if isinstance(item, dict) and "$each" in item:
        for each in values[item["$each"]]:
            yield fill(item["template"], {**values, "item": each})
    else:
        yield fill(item, values)


def _text(match: re.Match[str], values: Mapping[str, Any]) -> str:
    name, place, count, url = match.groups()
    value = values[name]
    if place is not None:
        value = value[int(place)]
    if count is not None:
        value = len(value)
    return quote(str(value), safe="") if url else str(value)


def find(body: Any, path: str) -> Any:
    """Return what a path such as `$.emails[?type=work].value` names, or a mark for nothing."""
    at = 1
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            raise Failed(f"{path} is no path")
        member, quoted, place, every, key, wanted = match.groups()
        at = match.end()
        if every:
            rest = "$" + path[at:]
            return [found for part in body or () if (found := find(part, rest)) is not _ABSENT]
        if key:
            body = next((part for part in body or () if part.get(key) == wanted), _ABSENT)
        elif place is not None:
            body = body[int(place)] if isinstance(body, list) and int(place) < len(body) else _ABSENT
        else:
            body = body.get(member or quoted, _ABSENT) if isinstance(body, dict) else _ABSENT
        if body is _ABSENT:
            return _ABSENT
    return body


# -- assertions --------------------------------------------------------------------------------------------------------


def check(body: Any, assertions: Any) -> None:
    """Hold a body to assertions. Raises `Failed` with the first that does not hold."""
    for assertion in assertions:
        value = find(body, assertion["path"])
        for word, wanted in assertion.items():
            if word != "path" and not _HOLDS[word](value, wanted):
                seen = "nothing" if value is _ABSENT else json.dumps(value)[:400]
                raise Failed(f"{assertion['path']} is {seen}, which is not: {word} {json.dumps(wanted)}")


def _same(value: Any, wanted: Any) -> bool:
    return type(value) is type(wanted) and bool(value == wanted)


def _has(value: Any, wanted: Any) -> bool:
    if isinstance(value, str):
        return str(wanted) in value
    for item in value if isinstance(value, list) else ():
        if _same(item, wanted):
            return True
        if isinstance(wanted, dict) and isinstance(item, dict) and wanted.items() <= item.items():
            return True
    return False


_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,), "boolean": (bool,), "integer": (int,), "number": (int, float),
    "array": (list,), "object": (dict,), "null": (type(None),),
}  # fmt: skip

_HOLDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "equals": _same,
    "equals_ci": lambda value, wanted: isinstance(value, str) and value.casefold() == wanted.casefold(),
    "exists": lambda value, wanted: (value is not _ABSENT) == wanted,
    "absent": lambda value, wanted: (value is _ABSENT) == wanted,
    "empty": lambda value, wanted: (value is _ABSENT or value in (None, "", [], {})) == wanted,
    "length": lambda value, wanted: isinstance(value, list | str) and len(value) == wanted,
    "contains": _has,
    "not_contains": lambda value, wanted: not _has(value, wanted),
    "type": lambda value, wanted: type(value) in _TYPES[wanted],
    "matches": lambda value, wanted: isinstance(value, str) and re.search(wanted, value) is not None,
    "one_of": lambda value, wanted: any(_same(value, choice) for choice in wanted),
    "gte": lambda value, wanted: isinstance(value, int) and value >= wanted,
    "lte": lambda value, wanted: isinstance(value, int) and value <= wanted,
}
