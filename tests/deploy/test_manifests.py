"""The manifests under deploy/: what can be said of them without a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from click.testing import CliRunner

import scimbridge
from scimbridge.cli import commands
from scimbridge.cli.reconcile.outcomes import FAULTY, GUARDED, PARTLY, REFUSED
from scimbridge.observe.metrics import Metrics
from scimbridge.serve.server import Options
from scimbridge.settings.declared import SETTINGS
from scimbridge.sync.rules.reading import read_rules
from tests.conftest import shipped_tables

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
FOLDER = DEPLOY / "kubernetes"
MANIFESTS = sorted(path.name for path in FOLDER.glob("*.yaml") if path.name != "kustomization.yaml")
VARIABLES = {name for setting in SETTINGS for name in (setting.variable, f"{setting.variable}_FILE" * setting.secret)}


def read(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((FOLDER / name).read_text("utf-8")))


def only(name: str) -> dict[str, Any]:
    (found,) = read(name)
    return found


def container() -> dict[str, Any]:
    (found,) = only("deployment.yaml")["spec"]["template"]["spec"]["containers"]
    return found


@pytest.mark.parametrize("name", MANIFESTS)
def test_every_manifest_keeps_to_the_api(name):
    """Each document has the form that Kubernetes' own schemas ask for, with no word that they do not know."""
    for document in read(name):
        kubernetes_validate.validate(document, "1.33", strict=True)
        assert document["metadata"].get("namespace", document["metadata"]["name"]) == "scimbridge"


def test_all_manifests_are_applied_together():
    """The kustomization names each file but the secrets, which it would empty each time that it is applied."""
    applied = [name for name in MANIFESTS if name != "secret.yaml"]
    assert sorted(only("kustomization.yaml")["resources"]) == applied
    assert not any(each["kind"] == "Secret" for name in applied for each in read(name))


def test_settings_exist():
    """Every variable in a manifest, in the compose file or its example is a setting that the bridge reads."""
    compose = yaml.safe_load((DEPLOY / "compose.yml").read_text("utf-8"))
    lines = (DEPLOY / "bridge.env.example").read_text("utf-8").splitlines()
    named = {line.partition("=")[0] for line in lines if line.startswith("SCIMBRIDGE_")}
    named |= set(only("config.yaml")["data"]) | set(compose["services"]["bridge"]["environment"])
    assert named <= VARIABLES
    assert not {name for name in named if name.endswith(("_SECRET", "_TOKEN"))}, "a secret stands in the open"


def test_files_of_secrets_are_mounted_where_the_settings_look():
    """What a setting names is the key of a secret, under the folder where that secret is mounted."""
    spec = only("deployment.yaml")["spec"]["template"]["spec"]
    secrets = {each["metadata"]["name"]: set(each["stringData"]) for each in read("secret.yaml")}
    volumes = {each["name"]: each["secret"]["secretName"] for each in spec["volumes"] if "secret" in each}
    mounted = {
        f"{mount['mountPath']}/{key}"
        for mount in container()["volumeMounts"]
        for key in secrets.get(volumes.get(mount["name"], ""), ())
    }
    data = only("config.yaml")["data"]
    assert {data["SCIMBRIDGE_CLIENTS"], data["SCIMBRIDGE_PINGONE_CLIENT_SECRET_FILE"]} == mounted


def test_probes_lead_to_what_is_served(app):
    """Every probe and the scraper ask for a path that exists without a token, at the port that is served."""
    described = only("deployment.yaml")["spec"]["template"]
    ports = {port["name"]: port["containerPort"] for port in container()["ports"]}
    assert ports["http"] == int(only("config.yaml")["data"]["SCIMBRIDGE_PORT"])
    probes = [container()[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")]
    assert {probe["port"] for probe in probes} == {"http"}
    for path in {probe["path"] for probe in probes} | {described["metadata"]["annotations"]["prometheus.io/path"]}:
        assert app.test_client().get(path).status_code == 200
    assert int(described["metadata"]["annotations"]["prometheus.io/port"]) == ports["http"]


@pytest.mark.parametrize("arguments", [container()["args"], None])
def test_the_command_is_one_of_ours(arguments):
    """The options with which the bridge is started are options of `scimbridge serve`."""
    if arguments is None:
        arguments = yaml.safe_load((DEPLOY / "compose.yml").read_text("utf-8"))["services"]["bridge"]["command"]
    assert arguments[:2] == ["scimbridge", "serve"]
    told = CliRunner().invoke(commands.command, ["serve", "--help"]).output
    assert all(word in told for word in arguments if word.startswith("--"))


@pytest.mark.parametrize("arguments", [container()["args"], None])
def test_no_option_wins_over_a_setting(arguments):
    """What settings say of address, processes and threads holds: an option beside them would win unseen."""
    if arguments is None:
        arguments = yaml.safe_load((DEPLOY / "compose.yml").read_text("utf-8"))["services"]["bridge"]["command"]
    assert arguments == ["scimbridge", "serve"]


def test_requests_under_way_end_before_a_pod_is_killed():
    """The time to stop is longer than the pause before SIGTERM and what requests under way get."""
    spec = only("deployment.yaml")["spec"]["template"]["spec"]
    pause = int(container()["lifecycle"]["preStop"]["exec"]["command"][1])
    assert spec["terminationGracePeriodSeconds"] >= pause + Options().graceful_seconds
    compose = yaml.safe_load((DEPLOY / "compose.yml").read_text("utf-8"))
    assert int(compose["services"]["bridge"]["stop_grace_period"].rstrip("s")) > Options().graceful_seconds


def test_labels_and_names_fit_together():
    """Service, scaling and disruption budget mean the pods of the deployment, and Redis is where the setting says."""
    labels = only("deployment.yaml")["spec"]["template"]["metadata"]["labels"].items()
    assert only("service.yaml")["spec"]["selector"].items() <= labels
    assert only("disruption.yaml")["spec"]["selector"]["matchLabels"].items() <= labels
    assert only("scaling.yaml")["spec"]["scaleTargetRef"]["name"] == only("deployment.yaml")["metadata"]["name"]
    service = next(each for each in read("redis.yaml") if each["kind"] == "Service")
    port = service["spec"]["ports"][0]["port"]
    assert only("config.yaml")["data"]["SCIMBRIDGE_STATE_URL"] == f"redis://{service['metadata']['name']}:{port}/0"


@pytest.mark.parametrize("name", ["deployment.yaml", "redis.yaml"])
def test_nothing_runs_as_root(name):
    """Each container runs as somebody, writes nowhere but where it has to, and can gain no rights."""
    deployment = next(each for each in read(name) if each["kind"] == "Deployment")
    spec = deployment["spec"]["template"]["spec"]
    assert spec["securityContext"]["runAsNonRoot"]
    for each in spec["containers"]:
        assert each["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert each["resources"]["limits"]["memory"]


def test_the_image_is_the_version_at_hand():
    """The image of the manifests and of the compose file is that of this version."""
    image = f"scimbridge:{scimbridge.__version__}"
    assert container()["image"] == image
    assert yaml.safe_load((DEPLOY / "compose.yml").read_text("utf-8"))["services"]["bridge"]["image"] == image


def test_health_and_metrics_stay_inside():
    """The ingress leads to SCIM and to tokens, and to nothing else."""
    (rule,) = only("ingress.yaml")["spec"]["rules"]
    assert [path["path"] for path in rule["http"]["paths"]] == ["/scim/v2", "/oauth2/token"]
    assert f"https://{rule['host']}" == only("config.yaml")["data"]["SCIMBRIDGE_PUBLIC_URL"]


def test_the_bridge_speaks_with_whom_it_has_to():
    """Its policy lets in the ingress and Prometheus, and lets it out to names, to PingOne and to Redis."""
    policy = next(each["spec"] for each in read("network.yaml") if each["metadata"]["name"] == "scimbridge")
    labels = only("deployment.yaml")["spec"]["template"]["metadata"]["labels"].items()
    assert policy["podSelector"]["matchLabels"].items() <= labels
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    (coming,) = policy["ingress"]
    assert len(coming["from"]) == 2
    anywhere, redis = policy["egress"]
    assert {(port["port"], port["protocol"]) for port in anywhere["ports"]} == {(53, "UDP"), (53, "TCP"), (443, "TCP")}
    other = next(each for each in read("redis.yaml") if each["kind"] == "Deployment")["spec"]["template"]["metadata"]
    assert redis["to"][0]["podSelector"]["matchLabels"].items() <= other["labels"].items()


def test_pods_are_added_by_threads_under_way():
    """The autoscaler looks at a metric that the bridge has and the adapter gives, below the threads of a pod."""
    (threads,) = [each["pods"] for each in only("scaling.yaml")["spec"]["metrics"] if each["type"] == "Pods"]
    name = threads["metric"]["name"]
    assert f"# TYPE {name} gauge" in Metrics("1").expose().decode()
    (rule,) = yaml.safe_load((DEPLOY / "prometheus-adapter.yml").read_text("utf-8"))["rules"]["custom"]
    assert rule["name"]["as"] == name
    assert rule["seriesQuery"].startswith(f"{name}{{")
    assert int(threads["target"]["averageValue"]) < int(only("config.yaml")["data"]["SCIMBRIDGE_THREADS"])


def test_a_service_brings_no_variables():
    """A service called scimbridge would else put SCIMBRIDGE_PORT=tcp://... into its pods."""
    assert only("deployment.yaml")["spec"]["template"]["spec"]["enableServiceLinks"] is False


# -- runs of rules, beside the bridge ----------------------------------------------------------------------------------

RECONCILE = FOLDER / "reconcile"


def job():
    return yaml.safe_load((RECONCILE / "cronjob.yaml").read_text("utf-8"))


def test_a_run_each_night_keeps_to_the_api():
    """Each document has the form that Kubernetes' own schemas ask for, and all are applied together."""
    files = {path.name for path in RECONCILE.glob("*.yaml")} - {"kustomization.yaml"}
    for name in files:
        for document in yaml.safe_load_all((RECONCILE / name).read_text("utf-8")):
            kubernetes_validate.validate(document, "1.33", strict=True)
            assert document["metadata"]["namespace"] == "scimbridge"
    kustomization = yaml.safe_load((RECONCILE / "kustomization.yaml").read_text("utf-8"))
    assert set(kustomization["resources"]) == files


def test_a_run_is_one_at_a_time_and_not_repeated_in_vain():
    """Exit codes that no second try makes right end the job; a failure that passes is tried again."""
    spec = job()["spec"]
    assert spec["concurrencyPolicy"] == "Forbid"
    (rule,) = spec["jobTemplate"]["spec"]["podFailurePolicy"]["rules"]
    assert rule["onExitCodes"]["values"] == [FAULTY, GUARDED, PARTLY, REFUSED]


def test_a_run_has_what_the_bridge_has_and_gets_no_requests():
    """The same image, settings and secrets, and labels that no service selects."""
    template = job()["spec"]["jobTemplate"]["spec"]["template"]
    (run,) = template["spec"]["containers"]
    assert (run["image"], run["envFrom"]) == (container()["image"], container()["envFrom"])
    places = {mount["mountPath"]: mount for mount in run["volumeMounts"]}
    assert {mount["mountPath"] for mount in container()["volumeMounts"]} <= set(places)
    assert not only("service.yaml")["spec"]["selector"].items() <= template["metadata"]["labels"].items()
    rules = Path(run["args"][3])
    assert run["args"][:3] == ["scimbridge", "reconcile", "run"]
    assert places[str(rules)]["subPath"] == rules.name
    kept = places[str(rules.parent)]["name"]
    assert next(each for each in template["spec"]["volumes"] if each["name"] == kept)["persistentVolumeClaim"]


def test_the_rules_of_a_run_are_right():
    """As an example that somebody begins with has to be."""
    assert read_rules(RECONCILE / "people.toml", shipped_tables().whole["User"]).key_attribute.column == "employee_id"
