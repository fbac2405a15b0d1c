"""Random requests made of the bridge's own OpenAPI description, against the bridge under gunicorn.

No 5xx but 501 and 503 with Retry-After, no answer over a second, every answer as the description says, no secret in an
answer or in the log, and memory that does not grow.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from .conftest import JOINED, KEYS, PIECES, SECONDS, VALUES, Bridge, explore, pretty

CHECKS = [content_type_conformance, response_headers_conformance, response_schema_conformance, status_code_conformance]
SLOW = 10.0  # seconds: a pattern or a tree that explodes takes minutes, a busy machine does not
GROWTH = 32 * 1024 * 1024  # bytes that one worker may hold more after the warm-up
WARM = 2000  # requests until all that is filled once is filled
GIVEN = 20  # ids that are remembered

_WORDS = st.sampled_from(KEYS) | st.sampled_from(PIECES[:13])
_FILTERS = st.builds(
    "{} {} {}".format, _WORDS, st.sampled_from(("eq", "sw", "co", "pr", "ge", "and")),
    st.sampled_from(('"a"', "true", "1", "")),
)  # fmt: skip
_VALUES = VALUES.map(
    lambda value: json.loads(json.dumps(value), parse_constant=lambda _word: 0)
)  # requests sends no NaN
_OPERATIONS = st.lists(
    st.fixed_dictionaries(
        {"op": st.sampled_from(("add", "replace", "remove"))},
        optional={"path": _WORDS | st.builds('{}[type eq "work"].value'.format, _WORDS), "value": _VALUES},
    ),
    min_size=1,
    max_size=3,
)


class Tally:
    """What was sent and what came back."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.slowest = (0.0, "none")
        self.warm = 0

    def __str__(self) -> str:
        statuses = dict(sorted(self.statuses.items()))
        slowest = f"slowest {self.slowest[0]:.2f} s ({self.slowest[1]})"
        return f"{self.statuses.total()} requests, statuses {statuses}, {slowest}"


class Sender:
    """Sends cases and holds the answers to what is promised of every one."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge
        self.tally = Tally()
        self.ids: dict[str, list[str]] = {}
        self.session = requests.Session()
        self.session.trust_env = False
        self.headers = {"Authorization": f"Bearer {bridge.token}"}

    def learn(self) -> None:
        """Find out ids that are there, a few of each kind."""
        for kind in ("Users", "Groups", "Populations"):
            _status, body = self.bridge.ask(f"/scim/v2/{kind}?count={GIVEN}&attributes=id")
            self.ids[kind] = [each["id"] for each in json.loads(body)["Resources"]]

    def send(self, example: tuple[Any, int | None]) -> None:
        """Send one and look at the answer; one that was slow is asked again, since others use the machine too."""
        case, number = example
        known = self.ids.get(case.path.split("/")[1])
        if "{id}" in case.path and known and number is not None:
            spare = case.method.upper() == "DELETE" and len(known) > GIVEN
            key = known.pop() if spare else known[number % len(known)]
            case.path_parameters = {**(case.path_parameters or {}), "id": key}  # a part keeps what was drawn for it
        answer = self._call(case)
        if answer.elapsed > SLOW:
            answer = self._call(case)
        tally, status = self.tally, answer.status_code
        tally.statuses[status] += 1
        tally.slowest = max(tally.slowest, (answer.elapsed, f"{case.method} {case.path} {status}"))
        sent = pretty([case.path_parameters, case.query, case.headers, case.body])
        said = f"{case.method} {case.path} {sent}: {answer.text[:2000]}"
        assert answer.elapsed <= SLOW, said
        assert status < 500 or status == 501 or (status == 503 and answer.headers.get("retry-after")), said
        for secret in self.bridge.secrets():
            assert secret not in answer.text, said
            assert secret not in str(answer.headers), said
        case.validate_response(answer, checks=CHECKS, excluded_checks=[not_a_server_error], headers=self.headers)
        if status == 201 and case.path.strip("/") in self.ids:  # what operations make is no resource
            self.ids[case.path.strip("/")].append(json.loads(answer.text)["id"])
        if tally.statuses.total() % 200 == 0:
            self.learn()

    def _call(self, case: Any) -> Any:
        base = f"http://127.0.0.1:{self.bridge.port}/scim/v2"
        return case.call(base_url=base, session=self.session, headers=self.headers, timeout=30)


def _cases(schema: Any) -> st.SearchStrategy[Any]:
    """Return a strategy of requests, as described and not, with the number of a known id for most that name one."""
    operations = [found.ok() for found in schema.get_all_operations()]
    modes = (GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE)

    @st.composite
    def make(draw: Any) -> Any:
        operation = draw(st.sampled_from(operations))
        case = draw(operation.as_strategy(generation_mode=draw(st.sampled_from(modes))))
        if case.method.upper() == "PATCH" and draw(st.booleans()):
            case.body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": draw(_OPERATIONS)}
        if isinstance(case.query, dict) and "filter" in case.query and draw(st.booleans()):
            case.query["filter"] = draw(_FILTERS | JOINED).encode("utf-8", "replace").decode("utf-8")
        return case, draw(st.none() | st.integers(0, GIVEN) | st.integers(0, GIVEN))

    return make()


def test_random_requests(bridge):
    """Whatever is sent, the answer is one that the description knows, and the bridge is as well as before."""
    document = json.loads(bridge.ask("/openapi.json")[1])
    assert document["servers"] == [{"url": f"http://127.0.0.1:{bridge.port}/scim/v2"}]
    schema = schemathesis.openapi.from_dict(document)
    sender = Sender(bridge)
    sender.learn()
    explore(sender.send, _cases(schema), share=0.1, settled=150)  # what is filled once is filled
    before, worker = bridge.memory(), bridge.workers()
    began = time.monotonic()
    if SECONDS:
        explore(sender.send, _cases(schema), share=0.4)
    after = bridge.memory()
    seconds = time.monotonic() - began
    print(f"\n{sender.tally}, {seconds:.0f} s, memory {before >> 20} -> {after >> 20} MiB")  # noqa: T201
    assert bridge.is_well()
    assert bridge.workers() == worker, "the worker died and was replaced"
    assert after - before < GROWTH
    told = bridge.told()
    assert "Traceback" not in told
    assert "request failed" not in told
    for secret in bridge.secrets():
        assert secret not in told
