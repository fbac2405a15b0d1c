"""The harm that the sandbox does on order."""

from __future__ import annotations

import pytest
import requests

from scimbridge.sandbox import Faults, FaultSettings


def steer(api, **body):
    answer = requests.put(f"{api.sandbox.url}/_sandbox/faults", json=body, timeout=10)
    return answer.status_code, answer.json()


def test_latency_and_jitter_are_slept(make_faults, clock):
    """Each request waits for the latency and a random part of the jitter."""
    faults = make_faults(FaultSettings(latency=0.5, jitter=0.2))
    for _ in range(5):
        faults.meet("GET", "/users")
    assert all(0.5 <= seconds <= 0.7 for seconds in clock.slept)
    assert len(set(clock.slept)) == 5


def test_the_bucket_refills_at_its_rate(make_faults, clock):
    """So many requests pass at once, the next one waits for its token, and the wait says how long."""
    faults = make_faults(FaultSettings(rate=0.5, burst=2))
    assert [faults.meet("GET", "/").kind for _ in range(3)] == ["none", "none", "throttled"]
    assert faults.meet("GET", "/").wait == 2
    clock.now += 2
    assert [faults.meet("GET", "/").kind for _ in range(2)] == ["none", "throttled"]


def test_the_token_endpoint_is_spared_unless_told(make_faults):
    """Shares and rate leave token requests alone; the shares do not where so set."""
    faults = make_faults(FaultSettings(rate=1, error_share=1.0))
    assert faults.meet("POST", "/e/as/token", token_endpoint=True).kind == "none"
    faults.set(token_endpoint=True)
    assert faults.meet("POST", "/e/as/token", token_endpoint=True).kind == "error"


def test_shares_are_drawn_from_a_seed(make_faults):
    """The same seed and requests meet the same faults, each kind about as often as told."""
    settings = FaultSettings(error_share=0.2, drop_before_share=0.1, drop_after_share=0.1, cut_share=0.1)

    def draw(seed):
        faults = make_faults(settings, seed)
        return [faults.meet("GET", "/").kind for _ in range(2000)]

    assert draw(7) == draw(7)
    assert draw(7) != draw(8)
    kinds = draw(7)
    assert 300 < kinds.count("error") < 500
    for kind in ("drop_before", "drop_after", "cut"):
        assert 130 < kinds.count(kind) < 270


def test_plans_meet_the_requests_that_fit(make_faults):
    """A plan counts by method and part of the path, after those that it skips."""
    faults = make_faults()
    faults.plan("drop_after", "POST", "/users", times=2, skip=1)
    requests_made = [("GET", "/users"), *[("POST", "/v1/users")] * 4, ("POST", "/groups")]
    kinds = [faults.meet(method, path).kind for method, path in requests_made]
    assert kinds == ["none", "none", "drop_after", "drop_after", "none", "none"]


@pytest.mark.parametrize(
    "changes",
    [{"nonsense": 1}, {"latency": -1}, {"latency": "1"}, {"rate": True}, {"drop_before_share": 1.1},
     {"error_statuses": []}, {"error_statuses": ["503"]}, {"token_endpoint": 1}],
)  # fmt: skip
def test_wrong_settings_are_refused_and_nothing_changes(make_faults, changes):
    """An unknown name or a value that does not fit is a ValueError."""
    faults = make_faults()
    with pytest.raises(ValueError, match=r"\w"):
        faults.set(jitter=0.1, **changes)
    assert faults.settings == FaultSettings()
    with pytest.raises(ValueError, match="nonsense"):
        faults.plan("nonsense")


def test_a_429_has_retry_after(make_caller):
    """Beyond the bucket a request is 429 REQUEST_LIMITED with Retry-After in seconds, and does nothing."""
    api = make_caller(faults=Faults(FaultSettings(rate=0.1, burst=1)))
    assert api.call("POST", "/users", {"username": "a"}).status_code == 201
    answer = api.call("POST", "/users", {"username": "b"})
    assert (answer.status_code, answer.json()["code"]) == (429, "REQUEST_LIMITED")
    assert answer.json()["details"][0]["code"] == "LIMIT_EXCEEDED"
    assert int(answer.headers["Retry-After"]) >= 9
    assert len(api.sandbox.directory.users) == 1


@pytest.mark.parametrize(
    ("kind", "answered", "done"),
    [("error", True, False), ("error_after", True, True), ("drop_before", False, False),
     ("drop_after", False, True), ("cut", False, True)],
)  # fmt: skip
def test_each_fault_over_http(api, kind, answered, done):
    """5xx or no answer; the work is done or not as the fault says."""
    api.sandbox.faults.plan(kind, "POST", "/users", status=503)
    if answered:
        answer = api.call("POST", "/users", {"username": "a"})
        assert (answer.status_code, answer.json()["code"]) == (503, "UNEXPECTED_ERROR")
        assert answer.headers["Retry-After"] == "1"
    else:
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            api.call("POST", "/users", {"username": "a"})
    assert (len(api.sandbox.directory.users) == 1) is done
    entry = api.sandbox.journal.entries[-1]
    assert entry.fault == kind
    assert entry.status == {"error": 503, "error_after": 503, "cut": 201}.get(kind, 0)
    assert api.call("GET", "/users").status_code == 200


def test_a_cut_answer_without_a_body_is_no_answer(api):
    """A 204 that is cut does not look whole."""
    user = api.user("a")
    api.sandbox.faults.plan("cut", "DELETE")
    with pytest.raises(requests.ConnectionError):
        api.call("DELETE", f"/users/{user['id']}")
    assert api.call("GET", f"/users/{user['id']}").status_code == 404


def test_faults_are_changed_at_run_time(api):
    """PUT /_sandbox/faults changes settings, adds plans, clears, and GET shows them."""
    status, shown = steer(api, latency=0.001, error_statuses=[502], plans=[{"kind": "error", "status": 502}])
    assert (status, shown["latency"], shown["plans"][0]["kind"]) == (200, 0.001, "error")
    assert api.call("GET", "/users").status_code == 502
    assert requests.get(f"{api.sandbox.url}/_sandbox/faults", timeout=10).json()["plans"] == []
    assert steer(api, clear=True)[1]["latency"] == 0.0


def test_tokens_are_revoked_at_run_time(api):
    """`revoke_tokens` makes every token a bad one."""
    steer(api, revoke_tokens=True)
    assert api.call("GET", "/users").status_code == 401


@pytest.mark.parametrize("body", [{"x": 1}, {"rate": "fast"}, {"plans": [{"kind": "x"}]}, {"plans": [{}]}])
def test_bad_faults_are_told(api, body):
    """What does not fit is 400."""
    assert steer(api, **body)[0] == 400


def test_a_body_that_is_no_object_is_told(api):
    """The same for a body that is not an object, or not JSON."""
    for data in (b"[]", b"{"):
        assert requests.put(f"{api.sandbox.url}/_sandbox/faults", data=data, timeout=10).status_code == 400
