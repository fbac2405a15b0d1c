"""The dashboard and the alert rules speak of metrics and labels that exist, and of all that matter."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from scimbridge.access.refused import Reason
from scimbridge.app import put_edge
from scimbridge.bridge import open_bridge
from scimbridge.observe.metrics import Metrics
from scimbridge.observe.reconcile_figures import ReconcileFigures
from scimbridge.pingone.send import CallRecord
from scimbridge.settings.declared import Secret, Settings

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
METRIC = re.compile(r"scimbridge_\w+")
SELECTOR = re.compile(r"(scimbridge_\w+)\{([^}]*)\}")
MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"')
GROUPED = re.compile(r"\bby\s*\(([^)]*)\)")
ADDED = {"instance", "job"}  # by Prometheus itself


@pytest.fixture(scope="module")
def known():
    """The names of all samples, each with its labels."""
    metrics = Metrics("1")
    metrics.begin_request()
    metrics.observe_request("users", "GET", 200, 0.1)
    metrics.observe_dropped("User", "costCentre")
    metrics.observe_lacking("User", "costCentre", "missing")
    metrics.observe_call(CallRecord("GET", "/users", 200, 0.1, 1, None))
    metrics.observe_limited("hr", "concurrent")
    metrics.note_certificates({"own": 1.0})
    metrics.note_configuration("ab12")
    metrics.expect_refused_logins(Reason)
    metrics.read_reconcile = lambda: {"people.toml": ReconcileFigures(changes={"update": {"done": 1}})}
    samples = {}
    for sample in exposed(metrics):
        samples.setdefault(sample.name, set()).update(sample.labels)
    return samples


def exposed(metrics):
    families = text_string_to_metric_families(metrics.expose().decode())
    return [sample for family in families for sample in family.samples]


def dashboard():
    board = json.loads((DEPLOY / "grafana.json").read_text())
    return {
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in board["panels"]
        for target in panel.get("targets", ())
    }


def rules():
    (group,) = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


def speaking():
    """The panels that say in words what it means that there is nothing."""
    board = json.loads((DEPLOY / "grafana.json").read_text())
    return {
        f"{panel['title']} {target['refId']}"
        for panel in board["panels"]
        for target in panel.get("targets", ())
        if panel["fieldConfig"]["defaults"].get("noValue")
    }


# What is counted only once it is there: a certificate, a row without its attribute, a run of rules, a client that was
# held. Nothing of it is lost by that, since the first three are no counters and the last has to grow by a hundred.
SPEAKING = {
    *speaking(),
    "ScimbridgeCertificateEnds",
    "ScimbridgeCertificateEndsSoon",
    "ScimbridgeClientLimited",
    "ScimbridgeReconcileOverdue",
    "ScimbridgeRowsWithoutAttribute",
}
EXPRESSIONS = {**dashboard(), **{name: rule["expr"] for name, rule in rules().items()}}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_every_metric_and_label_exists(known, name):
    """An expression names metrics that are exposed, and labels that they have."""
    expression = EXPRESSIONS[name]
    named = METRIC.findall(expression)
    assert named
    assert set(named) <= known.keys()
    for metric, selector in SELECTOR.findall(expression):
        assert {label for label, _value in MATCHER.findall(selector)} <= known[metric] | ADDED
    labels = set().union(*(known[metric] for metric in named)) | ADDED
    for grouped in GROUPED.findall(expression):
        assert {label.strip() for label in grouped.split(",")} <= labels
    assert expression.count("(") == expression.count(")")
    assert expression.count("{") == expression.count("}")


def test_counters_are_asked_for_their_growth():
    """A counter is never shown as it is, only its rate or increase."""
    for name, expression in EXPRESSIONS.items():
        for counter in re.findall(r"scimbridge_\w+_(?:total|bucket|count|sum)\b(?:\{[^}]*\})?(\[)?", expression):
            assert counter == "[", name


@pytest.fixture(scope="module")
def idle(sandbox_settings):
    """What a bridge exposes that has just started."""
    bridge = open_bridge(sandbox_settings)
    put_edge(bridge)
    return exposed(bridge.metrics)


@pytest.fixture(scope="module")
def sandbox_settings():
    return Settings(
        pingone_environment_id="0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70",
        pingone_client_id="worker",
        pingone_client_secret=Secret("s3cr3t-of-the-worker"),
        pingone_region="EU",
        bearer_token=Secret("t0ken-of-the-client"),
    )


def selects(matchers, labels):
    """Whether a sample has what a selector asks for; `instance` is Prometheus's own."""
    for name, operator, wanted in matchers:
        if name in ADDED:
            continue
        fits = re.fullmatch(wanted, labels.get(name, "")) if "~" in operator else labels.get(name, "") == wanted
        if bool(fits) is operator.startswith("!"):
            return False
    return True


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_nothing_shows_no_data_where_nothing_has_happened(idle, name):
    """Each series that is asked for is there from the start, else the expression or the panel says what stands for it.

    A rate over a counter that is not there yet misses its first growth, and a panel says "No data" for "none".
    """
    expression = EXPRESSIONS[name]
    if expression.endswith(" or vector(0)") or name in SPEAKING:
        return
    for metric, selector in re.findall(r"(scimbridge_\w+)(?:\{([^}]*)\})?", expression):
        matchers = re.findall(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"', selector)
        assert any(each.name == metric and selects(matchers, each.labels) for each in idle), metric


def test_failed_is_0_where_nothing_failed():
    """The panel divides by a rate that may be 0, and shows 0 then."""
    (failed,) = (expression for name, expression in dashboard().items() if name.startswith("Failed"))
    assert failed.endswith("> 0) or vector(0)")


def test_every_metric_is_shown(known):
    """The dashboard leaves no metric out."""
    shown = set(METRIC.findall(" ".join(dashboard().values())))
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in known if not name.endswith("_created")}
    assert families == {re.sub(r"_bucket$", "", name) for name in shown}


def test_every_metric_is_explained(known):
    """The page about watching has every metric, some by their endings alone."""
    page = (DEPLOY.parent / "docs/run/watching.md").read_text()
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in known if not name.endswith("_created")}
    assert {name for name in families if name not in page and name.removeprefix("scimbridge") not in page} == set()


def test_panels_stand_beside_each_other():
    """No two panels of the dashboard lie on one another, and each has an id of its own."""
    panels = json.loads((DEPLOY / "grafana.json").read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert place["x"] + place["w"] <= 24
        taken |= cells


@pytest.mark.parametrize("name", rules())
def test_every_alert_says_what_to_do(name):
    """An alert has a severity, a sentence that says what is wrong, and one that says what to look at."""
    rule = rules()[name]
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["description"].endswith(".")


def test_what_has_to_be_alerted_on():
    """The troubles that an operator must hear of each have an alert."""
    watched = " ".join(rule["expr"] for rule in rules().values())
    for metric in (
        "scimbridge_circuit_open",
        "scimbridge_pingone_throttled_total",
        "scimbridge_pingone_waiting",
        "scimbridge_request_seconds_bucket",
        "scimbridge_requests_total",
        "scimbridge_audit_failures_total",
        "scimbridge_state_cut_off",
        "scimbridge_token_renewals_total",
        "scimbridge_pingone_calls_total",
        "scimbridge_logins_refused_total",
        "scimbridge_certificate_expiry_timestamp_seconds",
        "scimbridge_configuration_info",
        "scimbridge_pingone_last_success_timestamp_seconds",
        "scimbridge_requests_limited_total",
        "scimbridge_values_dropped_total",
        "scimbridge_rows_without_attribute",
        "scimbridge_reconcile_last_success_timestamp",
    ):
        assert metric in watched
