"""Metrics: what is counted, that nothing personal gets in, and that it costs next to nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from scimbridge.access.refused import Reason
from scimbridge.observe.metrics import Metrics, Readings
from scimbridge.observe.server_load import ServerLoad
from scimbridge.pingone.send import CallRecord

ROOT = Path(__file__).parent.parent.parent


def told(metrics):
    """Return every sample as {name{labels}: value}."""
    return {
        (sample.name.removeprefix("scimbridge_"), *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(metrics.expose().decode())
        for sample in family.samples
    }


@pytest.fixture
def metrics():
    return Metrics("1.2.3")


def test_requests(metrics):
    """A request is under way until it is answered, then counted by kind, method and class of status."""
    metrics.begin_request()
    metrics.begin_request()
    assert told(metrics)["requests_under_way",] == 2
    metrics.observe_request("users", "GET", 404, 0.02)
    metrics.observe_request("users", "BREW", 200, 0.02)
    samples = told(metrics)
    assert samples["requests_under_way",] == 0
    assert samples["requests_total", "4xx", "GET", "users"] == 1
    assert samples["requests_total", "2xx", "other", "users"] == 1
    assert samples["request_seconds_count", "GET", "users"] == 1
    assert samples["request_seconds_bucket", "0.025", "GET", "users"] == 1


@pytest.mark.parametrize(
    ("record", "key", "value"),
    [
        (("GET", "/users/{id}", 200, 0.1, 1), ("pingone_calls_total", "/users/{id}", "200", "GET"), 1),
        (("GET", "/users/{id}", 0, 0.1, 1), ("pingone_calls_total", "/users/{id}", "0", "GET"), 1),
        (("GET", "/users", 200, 0.1, 2), ("pingone_retries_total",), 1),
        (("GET", "/users", 200, 0.1, 1), ("pingone_retries_total",), 0),
        (("GET", "/users", 429, 0.1, 1), ("pingone_throttled_total",), 1),
        (("POST", "/users/{id}/memberOfGroups", 201, 0.1, 1), ("memberships_total", "added"), 1),
        (("POST", "/users/{id}/memberOfGroups", 400, 0.1, 1), ("memberships_total", "added"), 0),
        (("DELETE", "/users/{id}/memberOfGroups/{id}", 204, 0.1, 1), ("memberships_total", "removed"), 1),
        (("GET", "/users/{id}/memberOfGroups/{id}", 200, 0.1, 1), ("memberships_total", "removed"), 0),
        (("DELETE", "/users/{id}", 204, 0.1, 1), ("memberships_total", "removed"), 0),
        (("POST", "/as/token", 200, 0.1, 1), ("token_renewals_total", "renewed"), 1),
        (("POST", "/as/token", 401, 0.1, 1), ("token_renewals_total", "failed"), 1),
        (("POST", "/as/token", 0, 0.1, 1), ("token_renewals_total", "failed"), 1),
    ],
)
def test_calls(metrics, record, key, value):
    """A call is counted by method, template and status, and by what it meant."""
    metrics.observe_call(CallRecord(*record, correlation="a-correlation-id"))
    name, *labels = key
    assert told(metrics)[(name, *sorted(labels))] == value
    assert b"a-correlation-id" not in metrics.expose()


def test_windows_and_audit(metrics):
    """Windows of lists and records that were lost are counted."""
    metrics.observe_window("waymark")
    metrics.observe_audit_failure()
    samples = told(metrics)
    assert samples["list_windows_total", "waymark"] == 1
    assert samples["list_windows_total", "start"] == 0
    assert samples["audit_failures_total",] == 1


def test_records_that_were_kept(metrics):
    """Audit records that every sink has are counted too."""
    metrics.observe_audit_record()
    assert told(metrics)["audit_written_total",] == 1


def test_refused_logins_are_known_from_the_start(metrics):
    """A reason that has not come yet counts 0, so that its first growth is seen."""
    metrics.expect_refused_logins(Reason)
    metrics.observe_refused_login(Reason.UNKNOWN)
    samples = told(metrics)
    assert samples["logins_refused_total", "a token that is not known"] == 1
    assert samples["logins_refused_total", "a token that has expired"] == 0


def test_the_bridges_own_refusals(metrics):
    """An answer 429 of our own is counted by client and limit."""
    metrics.observe_limited("hr", "concurrent")
    assert told(metrics)["requests_limited_total", "concurrent", "hr"] == 1


def test_the_last_good_call():
    """A call that succeeded has its time; one that failed, and a token, change nothing."""
    now = [1_800_000_000.0]
    metrics = Metrics("1", wall=lambda: now[0])
    name = ("pingone_last_success_timestamp_seconds",)
    assert told(metrics)[name] == 0
    for path, status in (("/users", 503), ("/users", 0), ("/as/token", 200)):
        metrics.observe_call(CallRecord("GET", path, status, 0.1, 1, None))
    assert told(metrics)[name] == 0
    metrics.observe_call(CallRecord("GET", "/users", 200, 0.1, 1, None))
    now[0] += 60
    metrics.observe_call(CallRecord("GET", "/users", 404, 0.1, 1, None))
    assert told(metrics)[name] == 1_800_000_000.0


def test_what_is_in_use(metrics):
    """The digest of the configuration and the ends of certificates are told once they are known."""
    assert not any(name[0] in ("configuration_info", "certificate_expiry_timestamp_seconds") for name in told(metrics))
    metrics.note_configuration("ab12")
    metrics.note_certificates({"own": 1_800_000_000.0})
    samples = told(metrics)
    assert samples["configuration_info", "ab12"] == 1
    assert samples["certificate_expiry_timestamp_seconds", "own"] == 1_800_000_000.0


def test_memory_and_time_on_a_processor(metrics):
    """The process says what it uses: some megabytes, and time that only grows."""
    first = told(metrics)
    assert 5e6 < first["process_resident_memory_bytes",] < 1e11
    sum(range(300_000))
    second = told(metrics)
    assert second["process_cpu_seconds_total",] > first["process_cpu_seconds_total",] > 0


def test_gauges_say_how_things_stand():
    """Gauges are read when the metrics are asked for."""
    stands = [Readings()]
    metrics = Metrics("1.2.3", lambda: stands[0])
    assert told(metrics)["circuit_open",] == 0
    stands[0] = Readings(True, 50.0, 35.0, 12.0, 7, True)
    samples = told(metrics)
    assert [samples[name,] for name in ("circuit_open", "rate_configured", "rate_effective", "rate_share",
                                        "pingone_waiting", "state_cut_off")] == [1, 50, 35, 12, 7, 1]  # fmt: skip
    assert samples["build_info", "1.2.3"] == 1


def test_two_applications_in_one_process():
    """Each application has counters of its own."""
    first, second = Metrics("1"), Metrics("1")
    first.observe_audit_failure()
    assert told(second)["audit_failures_total",] == 0


def test_cost(metrics):
    """Counting one request and its call takes less than 100 microseconds, on a slow machine too."""
    record = CallRecord("GET", "/users/{id}", 200, 0.1, 1, None)
    began = time.thread_time()  # what it costs, whatever else the machine does
    for _ in range(2000):
        metrics.begin_request()
        metrics.observe_call(record)
        metrics.observe_request("users", "GET", 200, 0.1)
    assert (time.thread_time() - began) / 2000 < 100e-6


def test_what_the_server_has_to_do_is_shown():
    """Threads, what waits and what half arrives are gauges; what was let go is counted once, by reason."""
    metrics = Metrics("1")
    metrics.server = ServerLoad(threads=32, under_way=5, waiting=2, arriving=3, connections=9)
    for _ in range(2):
        metrics.server.count_refusal("slow")
    metrics.expose()
    metrics.server.count_refusal("slow")
    exposed = metrics.expose().decode()
    for line in (
        "scimbridge_threads 32.0", "scimbridge_threads_under_way 5.0", "scimbridge_requests_waiting 2.0",
        "scimbridge_connections_arriving 3.0", "scimbridge_connections 9.0",
        'scimbridge_let_go_total{reason="slow"} 3.0', 'scimbridge_let_go_total{reason="crowded"} 0.0',
    ):  # fmt: skip
        assert line in exposed


PROGRAM = """
    import os, sys, time
    from scimbridge.observe.metrics import Metrics, Readings

    Metrics("master")
    children = []
    go_on, end = os.pipe()
    for share in (10.0, 20.0):
        child = os.fork()
        if not child:
            os.close(end)
            metrics = Metrics("1", lambda: Readings(rate_share=share, rate_effective=35.0, circuit_open=share == 20.0))
            metrics.note_configuration(f"digest-{share:g}")
            metrics.watch()
            metrics.begin_request()
            metrics.observe_request("users", "GET", 200, 0.1)
            metrics.begin_request()
            os.read(go_on, 1)
            os._exit(0)
        children.append(child)
    own = Metrics("1", lambda: Readings(rate_effective=35.0))
    Metrics("1").note_configuration("of-a-master")
    while "scimbridge_rate_share 30.0" not in own.expose().decode():  # each tells its gauges once a second
        time.sleep(0.01)
    sys.stdout.write(own.expose().decode())
    os.close(end)
    for child in children:
        os.waitpid(child, 0)
    from prometheus_client.multiprocess import mark_process_dead
    for child in children:
        mark_process_dead(child)
    sys.stdout.write("--\\n" + Metrics("1").expose().decode())
"""


def test_over_processes(tmp_path):
    """Over several processes counters are sums over all, and gauges over those that live."""
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(PROGRAM)],
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    living, dead = ran.stdout.split("--\n")
    assert 'scimbridge_requests_total{kind="users",method="GET",status="2xx"} 2.0' in living
    assert "scimbridge_requests_under_way 2.0" in living
    assert {line for line in living.splitlines() if line.startswith("scimbridge_configuration_info{")} == {
        'scimbridge_configuration_info{digest="digest-10"} 1.0',
        'scimbridge_configuration_info{digest="digest-20"} 1.0',
    }
    memory = next(line for line in living.splitlines() if line.startswith("scimbridge_process_resident_memory_bytes "))
    assert float(memory.split()[1]) > 3 * 5e6  # of all three processes
    assert "scimbridge_rate_share 30.0" in living
    assert "scimbridge_rate_effective 0.0" not in living
    assert "scimbridge_circuit_open 1.0" in living
    assert 'scimbridge_requests_total{kind="users",method="GET",status="2xx"} 2.0' in dead
    assert "scimbridge_requests_under_way 0.0" in dead
    assert "scimbridge_rate_share 0.0" in dead
    assert "pid" not in living
