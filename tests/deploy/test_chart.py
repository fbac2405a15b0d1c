"""The chart under deploy/helm, rendered by `charts`: what it makes of its values, and which values it refuses."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
import yaml
from click.testing import CliRunner

import scimbridge
from scimbridge.cli import commands
from scimbridge.serve.server import Options
from scimbridge.settings.declared import SETTINGS, load

DEPLOY = Path(__file__).parents[2] / "deploy"
FOLDER = DEPLOY / "helm" / "scimbridge"
SCHEMA = json.loads((FOLDER / "values.schema.json").read_text("utf-8"))
FOREIGN = {"ServiceMonitor", "PrometheusRule"}  # kinds that Kubernetes' own schemas do not know
VARIABLES = {name for each in SETTINGS for name in (each.variable, f"{each.variable}_FILE" * each.secret)}

LEAST = {
    "pingone": {
        "environmentId": "0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70",
        "clientId": "5d1f0c52-2f0e-4a57-b0c7-6f1d2c3b4a59",
        "region": "EU",
        "existingSecret": "worker",
    },
    "clients": {"existingSecret": "clients"},
}
MOST = LEAST | {
    "settings": {"SCIMBRIDGE_SCAN_LIMIT": 1_000_000, "SCIMBRIDGE_STRICT": True, "SCIMBRIDGE_PINGONE_RATE": 12.5},
    "secretSettings": {"SCIMBRIDGE_AUDIT_DATABASE": {"name": "audit", "key": "url"}},
    "tables": {"users.toml": 'extends = "shipped"\n'},
    "tls": {"existingSecret": "own", "clientCa": True},
    "ingress": {"enabled": True, "className": "nginx", "host": "scim.example.com", "tlsSecret": "outer"},
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "prometheusRule": {"enabled": True},
    "dashboard": {"enabled": True},
    "autoscaling": {"enabled": True},
    "imagePullSecrets": [{"name": "registry"}],
    "nodeSelector": {"disk": "fast"},
    "tolerations": [{"key": "scim", "operator": "Exists"}],
    "priorityClassName": "high",
    "podLabels": {"team": "identity"},
    "podAnnotations": {"note": "kept"},
    "serviceAccount": {"annotations": {"role": "none"}},
    "service": {"annotations": {"zone": "inner"}},
    "extraVolumes": [{"name": "more", "emptyDir": {}}],
    "extraVolumeMounts": [{"name": "more", "mountPath": "/more"}],
    "networkPolicy": {"egress": [{"ports": [{"port": 5432}]}]},
    "reconcile": {
        "enabled": True,
        "rules": '[source]\ncsv = "people.csv"\n',
        "envFrom": [{"secretRef": {"name": "hr"}}],
    },
}
OUTER = LEAST | {"redis": {"enabled": False, "existingSecret": "redis"}, "tablesFromConfigMap": "tables"}
ALONE = LEAST | {"redis": {"enabled": False}, "replicas": 1, "networkPolicy": {"enabled": False}}
ALL = {"least": LEAST, "most": MOST, "outer": OUTER, "alone": ALONE}


def load_module(path):
    """Import a file of this folder: the tests are no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


charts = load_module(Path(__file__).with_name("charts.py"))


def read_all(text):
    """Read YAML documents with the parser in C, since the dashboard is long."""
    return yaml.load_all(text, yaml.CSafeLoader)


@pytest.fixture(scope="module")
def chart():
    return charts.Chart(FOLDER)


@pytest.fixture(scope="module")
def made(chart):
    """What the chart makes of each set of values, by kind and name."""
    found = {}
    for name, values in ALL.items():
        texts = chart.render(values)
        documents = [
            each for file, text in texts.items() if file.endswith(".yaml") for each in yaml.safe_load_all(text)
        ]
        found[name] = {(each["kind"], each["metadata"]["name"]): each for each in documents if each}
    return found


def pod(documents):
    return documents["Deployment", "scimbridge"]["spec"]["template"]["spec"]


def settings(documents):
    return documents["ConfigMap", "scimbridge"]["data"]


@pytest.mark.parametrize("values", ALL)
def test_what_is_made_keeps_to_the_api(made, values):
    """Each document has the form that Kubernetes' own schemas ask for, with no word that they do not know."""
    for (kind, name), document in made[values].items():
        assert document["metadata"]["namespace"] == "scim"
        same = values != "least" and made["least"].get((kind, name)) == document
        if kind not in FOREIGN and not same:  # a schema is read in a tenth of a second
            kubernetes_validate.validate(document, "1.33", strict=True)


@pytest.mark.parametrize("values", ALL)
def test_values_keep_to_the_schema(values):
    """What the chart has of its own, with what an operator gives, is what its schema says."""
    own = yaml.safe_load((FOLDER / "values.yaml").read_text("utf-8"))
    jsonschema.validate(charts.lay_over(own, ALL[values]), SCHEMA, cls=jsonschema.Draft7Validator)


def test_the_schema_knows_every_value():
    """No value of values.yaml is missing in the schema, and none is in the schema alone."""

    def names(value, schema):
        held = schema.get("properties")
        if held is None or not isinstance(value, dict):
            return
        assert set(value) == set(held) - {"global"}
        for name, inner in value.items():
            names(inner, held[name])

    names(yaml.safe_load((FOLDER / "values.yaml").read_text("utf-8")), SCHEMA)


@pytest.mark.parametrize(
    "wrong",
    [
        {"replica": 3},
        {"pingone": {"region": "EUROPE"}},
        {"pingone": {"environmentId": "production"}},
        {"redis": {"url": "redis://:password@redis:6379/0"}},
        {"settings": {"PINGONE_RATE": 50}},
        {"settings": {"SCIMBRIDGE_CLIENTS": "/elsewhere"}},
        {"settings": {"SCIMBRIDGE_PORT": 9090}},
        {"ingress": {"enabled": "yes"}},
        *({"settings": {each.variable: "in the open"}} for each in SETTINGS if each.secret),
    ],
    ids=str,
)
def test_a_value_that_is_wrong_is_refused(wrong):
    """A slip of the pen, and a secret that would stand in the open, are found before anything is installed."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, SCHEMA, cls=jsonschema.Draft7Validator)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "pingone.environmentId"),
        (LEAST | {"pingone": {**LEAST["pingone"], "existingSecret": ""}}, "pingone.existingSecret"),
        (LEAST | {"clients": {}}, "clients.existingSecret"),
        (LEAST | {"redis": {"enabled": False}}, "several pods need a Redis"),
        (ALONE | {"autoscaling": {"enabled": True}}, "several pods need a Redis"),
        (LEAST | {"tls": {"clientCa": True}}, "tls.existingSecret"),
        (LEAST | {"ingress": {"enabled": True}}, "ingress.host"),
        (OUTER | {"tables": {"users.toml": ""}}, "keep one"),
    ],
)
def test_what_does_not_go_together_is_said(chart, values, words):
    """The error names the value that is lacking, and nothing is made."""
    with pytest.raises(charts.Refused, match=words):
        chart.render(values)


@pytest.mark.parametrize("values", ALL)
def test_settings_exist(made, values):
    """Every variable is a setting that the bridge reads, and none of them is a secret in the open."""
    named = settings(made[values])
    assert set(named) <= VARIABLES
    assert all(isinstance(text, str) for text in named.values())
    assert not {each.variable for each in SETTINGS if each.secret} - {"SCIMBRIDGE_STATE_URL"} & set(named)


@pytest.mark.parametrize("values", ALL)
def test_files_are_mounted_where_settings_and_options_look(made, values):
    """What a setting or an option names lies in a folder that is mounted, from a volume that is there."""
    spec = pod(made[values])
    (container,) = spec["containers"]
    named = [text for text in (*settings(made[values]).values(), *container["args"]) if text.startswith("/run/")]
    mounts = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
    volumes = {each["name"]: each for each in spec["volumes"]}
    assert set(mounts.values()) == set(volumes)
    for path in named:
        (folder,) = [each for each in mounts if f"{path}/".startswith(f"{each}/")]
        volume = volumes[mounts[folder]]
        items = [item["path"] for item in volume.get("secret", {}).get("items", ())] + [
            item["path"]
            for source in volume.get("projected", {}).get("sources", ())
            for item in source["secret"]["items"]
        ]
        assert not items or path.removeprefix(f"{folder}/") in items


def test_the_bridge_can_read_what_is_set(made, tmp_path):
    """The settings of the chart, with the files that it mounts, are settings that the bridge starts with."""
    environ = dict(settings(made["most"]))
    for name, text in environ.items():
        if text.startswith("/run/"):
            path = tmp_path / text.removeprefix("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            if name == "SCIMBRIDGE_MAPPINGS":
                path.mkdir()
            else:
                path.write_text("sqlite:////audit.db" if "DATABASE" in name else "a-secret")
            environ[name] = str(path)
    read = load(environ)
    assert (read.scan_limit, read.pingone_rate, read.strict) == (1_000_000, 12.5, True)
    assert read.public_url == "https://scim.example.com"


@pytest.mark.parametrize("values", ALL)
def test_the_command_is_one_of_ours(made, values):
    """The options with which the bridge is started are options of `scimbridge serve`."""
    arguments = pod(made[values])["containers"][0]["args"]
    told = CliRunner().invoke(commands.command, ["serve", "--help"]).output
    assert arguments[:2] == ["scimbridge", "serve"]
    assert all(word in told for word in arguments if word.startswith("--"))


@pytest.mark.parametrize(("values", "scheme"), [("least", "HTTP"), ("most", "HTTPS")])
def test_probes_and_scrapers_speak_as_the_bridge_does(app, made, values, scheme):
    """With a certificate of its own, a pod is asked over TLS; each path is served without a token."""
    (container,) = pod(made[values])["containers"]
    probes = [container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")]
    assert {(probe["scheme"], probe["port"]) for probe in probes} == {(scheme, "http")}
    assert all(app.test_client().get(probe["path"]).status_code == 200 for probe in probes)
    if scheme == "HTTPS":
        (endpoint,) = made[values]["ServiceMonitor", "scimbridge"]["spec"]["endpoints"]
        assert endpoint["scheme"] == "https"


@pytest.mark.parametrize("values", ALL)
def test_nothing_runs_as_root(made, values):
    """Each container runs as somebody, writes nowhere but where it has to, and can gain no rights."""
    for (kind, _name), document in made[values].items():
        if kind != "Deployment":
            continue
        spec = document["spec"]["template"]["spec"]
        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["enableServiceLinks"] is False
        for each in spec["containers"]:
            assert each["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert each["resources"]["limits"]["memory"]


@pytest.mark.parametrize("values", ALL)
def test_selectors_mean_the_pods_of_the_bridge(made, values):
    """Service, scaling, budget, monitor and policies select what they are for: bridge, Redis or runs, and never two."""
    labels = {
        name: document["spec"]["template"]["metadata"]["labels"].items()
        for (kind, name), document in made[values].items()
        if kind == "Deployment"
    } | {
        name: document["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"].items()
        for (kind, name), document in made[values].items()
        if kind == "CronJob"
    }
    for (kind, name), document in made[values].items():
        spec = document.get("spec", {})
        selector = {
            "Service": lambda spec=spec: spec["selector"],
            "PodDisruptionBudget": lambda spec=spec: spec["selector"]["matchLabels"],
            "NetworkPolicy": lambda spec=spec: spec["podSelector"]["matchLabels"],
        }.get(kind)
        if selector is not None:
            assert [each for each in labels if selector().items() <= labels[each]] == [name]
        if kind == "HorizontalPodAutoscaler":
            assert spec["scaleTargetRef"]["name"] in labels
        if kind == "ServiceMonitor":
            service = made[values]["Service", "scimbridge"]["metadata"]["labels"].items()
            assert spec["selector"]["matchLabels"].items() <= service


def test_health_and_metrics_stay_inside(made):
    """The ingress leads to SCIM and to tokens, and to nothing else."""
    (rule,) = made["most"]["Ingress", "scimbridge"]["spec"]["rules"]
    assert [(path["path"], path["pathType"]) for path in rule["http"]["paths"]] == [
        ("/scim/v2", "Prefix"),
        ("/oauth2/token", "Exact"),
    ]


def test_alerts_and_dashboard_are_those_of_deploy(made):
    """Rules and dashboard of the chart are the files that stand beside it, not copies that grow old."""
    rules = made["most"]["PrometheusRule", "scimbridge"]["spec"]
    assert rules == yaml.safe_load((DEPLOY / "alerts.yml").read_text("utf-8"))
    board = made["most"]["ConfigMap", "scimbridge-dashboard"]
    assert json.loads(board["data"]["scimbridge.json"]) == json.loads((DEPLOY / "grafana.json").read_text("utf-8"))
    assert board["metadata"]["labels"]["grafana_dashboard"] == "1"


def test_pods_are_added_by_threads_under_way(made):
    """The autoscaler looks at requests under way, below the threads of a pod; the deployment names no number then."""
    documents = made["most"]
    metrics = documents["HorizontalPodAutoscaler", "scimbridge"]["spec"]["metrics"]
    (threads,) = [each["pods"] for each in metrics if each["type"] == "Pods"]
    arguments = pod(documents)["containers"][0]["args"]
    assert int(threads["target"]["averageValue"]) < int(arguments[arguments.index("--threads") + 1])
    assert "replicas" not in documents["Deployment", "scimbridge"]["spec"]


def test_a_changed_setting_makes_new_pods(chart):
    """Pods read settings and tables when they start, so a change of one changes what they are made from."""

    def sums(values):
        return yaml.safe_load(chart.render(values)["deployment.yaml"])["spec"]["template"]["metadata"]["annotations"]

    before, after = sums(MOST), sums(MOST | {"tables": {"users.toml": 'disable = ["photos"]\n'}})
    assert before["checksum/tables"] != after["checksum/tables"]
    assert before["checksum/settings"] == after["checksum/settings"]
    assert before["checksum/settings"] != sums(MOST | {"publicUrl": "https://other.example.com"})["checksum/settings"]


def test_requests_under_way_end_before_a_pod_is_killed(made):
    """The time to stop is longer than the pause before SIGTERM and what requests under way get."""
    spec = pod(made["least"])
    pause = int(spec["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
    assert spec["terminationGracePeriodSeconds"] >= pause + Options().graceful_seconds


def test_the_chart_is_the_version_at_hand(made):
    """Chart and image have the version of the package."""
    about = yaml.safe_load((FOLDER / "Chart.yaml").read_text("utf-8"))
    assert about["version"] == about["appVersion"] == scimbridge.__version__
    assert pod(made["least"])["containers"][0]["image"] == f"scimbridge:{scimbridge.__version__}"


def test_a_word_that_the_renderer_does_not_know_is_an_error(tmp_path):
    """A template that uses more of Go's words than are read here is not shown as if it were empty."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "values.yaml").write_text("{}")
    (tmp_path / "Chart.yaml").write_text("name: small")
    (tmp_path / "templates" / "a.yaml").write_text("{{ lookup 1 }}")
    with pytest.raises(AssertionError, match="lookup"):
        charts.Chart(tmp_path).render({})


def test_a_run_each_night_is_off_until_it_is_wanted(made):
    """And then it is a command of ours, one at a time, with what the bridge has, and a folder to keep things in."""
    assert not any(kind == "CronJob" for kind, _name in made["least"])
    job = made["most"]["CronJob", "scimbridge-reconcile"]["spec"]
    pod = job["jobTemplate"]["spec"]["template"]["spec"]
    (run,) = pod["containers"]
    (bridge,) = made["most"]["Deployment", "scimbridge"]["spec"]["template"]["spec"]["containers"]
    assert job["concurrencyPolicy"] == "Forbid"
    assert run["args"][:3] == ["scimbridge", "reconcile", "run"]
    assert run["image"] == bridge["image"]
    assert {"secretRef": {"name": "hr"}} in run["envFrom"]
    assert bridge["envFrom"][0] in run["envFrom"]
    places = {mount["mountPath"]: mount for mount in run["volumeMounts"]}
    rules = Path(run["args"][3])
    assert places[str(rules)]["subPath"] == rules.name
    assert not places[str(rules.parent)].get("readOnly")
    assert {mount["mountPath"] for mount in bridge["volumeMounts"]} - set(places) == {"/run/scimbridge/tls", "/more"}
    assert {mount["name"] for mount in run["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    assert made["most"]["ConfigMap", "scimbridge-rules"]["data"] == {rules.name: MOST["reconcile"]["rules"]}


def test_a_run_without_rules_is_refused(chart):
    """Before anything is installed."""
    with pytest.raises(Exception, match=r"reconcile\.rules"):
        chart.render(LEAST | {"reconcile": {"enabled": True}}, name="scimbridge")
