"""The dashboard and the alert rules speak of metrics and labels that exist, and of all that matter."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from scimbridge.observe.metrics import Metrics
from scimbridge.pingone.send import CallRecord

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
    samples = {}
    for family in text_string_to_metric_families(metrics.expose().decode()):
        for sample in family.samples:
            samples.setdefault(sample.name, set()).update(sample.labels)
    return samples


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


def test_every_metric_is_shown(known):
    """The dashboard leaves no metric out."""
    shown = set(METRIC.findall(" ".join(dashboard().values())))
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in known if not name.endswith("_created")}
    assert families == {re.sub(r"_bucket$", "", name) for name in shown}


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
        "scimbridge_values_dropped_total",
        "scimbridge_rows_without_attribute",
    ):
        assert metric in watched
