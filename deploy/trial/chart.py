"""Whether Helm makes of the chart what the tests make of it: the program, or its library from the registry."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import yaml
from outcome import DEPLOY, ROOT, Fault, NotTried, expect, run

sys.path.insert(0, str(ROOT / "tests" / "deploy"))
from charts import Chart

CHART = DEPLOY / "helm" / "scimbridge"
LIBRARY = "helm-python-sdk"
LOCK = ROOT / "locks" / "chart.txt"
KIT = ROOT / "build" / "helm"
# Run by the Python of `KIT`: the chart, the values and where each rendered text goes.
RENDER = """
import json, sys
import helm_python as helm
with helm.Chart.load(sys.argv[1]) as chart:
    made = [chart.render(given, name=name, namespace="scim") for name, given in json.loads(sys.argv[2])]
print("\\0" + json.dumps(made))
report = helm.lint(sys.argv[1], json.loads(sys.argv[2])[0][1])
assert not report["errors"], report
assert all(message["severity"] < 2 for message in report["messages"]), report
"""
WORKER = {
    "environmentId": "0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70",
    "clientId": "5d1f0c52-2f0e-4a57-b0c7-6f1d2c3b4a59",
    "region": "EU",
    "existingSecret": "worker",
}
LEAST: dict[str, Any] = {"pingone": WORKER, "clients": {"existingSecret": "clients"}}
ON = {"enabled": True}
MOST = LEAST | {
    "settings": {"SCIMBRIDGE_SCAN_LIMIT": 1_000_000, "SCIMBRIDGE_PINGONE_RATE": 12.5, "SCIMBRIDGE_STRICT": True},
    "secretSettings": {"SCIMBRIDGE_AUDIT_DATABASE": {"name": "audit", "key": "url"}},
    "tables": {"users.toml": 'extends = "shipped"\ndisable = ["photos"]\n'},
    "tls": {"existingSecret": "own", "clientCa": True},
    "ingress": {**ON, "host": "scim.example.com", "className": "nginx", "tlsSecret": "outer"},
    "serviceMonitor": ON, "prometheusRule": ON, "dashboard": ON, "autoscaling": ON,
    "nodeSelector": {"disk": "fast"}, "podLabels": {"team": "identity"},
    "networkPolicy": {"egress": [{"ports": [{"port": 5432}]}]},
    "reconcile": {**ON, "rules": '[source]\ncsv = "people.csv"\n', "existingClaim": "kept"},
}  # fmt: skip
OUTER = LEAST | {"redis": {"enabled": False, "existingSecret": "redis"}, "tablesFromConfigMap": "tables"}
ALONE = LEAST | {"redis": {"enabled": False}, "replicas": 1, "networkPolicy": {"enabled": False}}
CASES = [(name, given) for given in (LEAST, MOST, OUTER, ALONE) for name in ("scimbridge", "production")]


def render_by_helm(folder: Path) -> str:
    """Render each case by Helm and by the tests' reading of the templates, and compare what comes out."""
    helm = shutil.which("helm")
    made = _by_program(helm, folder) if helm else _by_library()
    own = Chart(CHART)
    for (name, given), documents in zip(CASES, made, strict=True):
        texts = [text for file, text in own.render(given, name).items() if file.endswith(".yaml")]
        ours = _by_name(texts)
        theirs = _by_name(documents)
        unlike = [key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)]
        expect(holds=not unlike, otherwise=f"Helm and the tests differ about {unlike} of {name}")
    return f"{len(CASES)} sets of values by {'the program' if helm else LIBRARY}, and linted"


def _by_program(helm: str, folder: Path) -> list[list[str]]:
    values = folder / "values.json"
    made = []
    for name, given in CASES:
        values.write_text(json.dumps(given), "utf-8")
        run([helm, "lint", CHART, "--values", values])
        made.append([run([helm, "template", name, CHART, "--namespace", "scim", "--values", values])])
    return made


def _by_library() -> list[list[str]]:
    python, stamp = KIT / "bin" / "python", KIT / ".installed"
    if not stamp.exists():
        try:
            run([sys.executable, "-m", "venv", KIT])
            words = ["--quiet", "--only-binary=:all:", "--require-hashes", "--requirement", LOCK]
            run([python, "-m", "pip", "install", *words])
            stamp.touch()
        except Fault as fault:
            shutil.rmtree(KIT, ignore_errors=True)
            raise NotTried(f"helm is not on this machine, and {LIBRARY} cannot be had: {fault}") from fault
    _, _, said = run([python, "-c", RENDER, CHART, json.dumps(CASES)]).partition("\0")
    rendered = json.loads(said.splitlines()[0])
    return [[text for file, text in each.items() if file.endswith(".yaml")] for each in rendered]


def _by_name(texts: list[str]) -> dict[tuple[str, str], Any]:
    """Return the documents by kind and name, without the sums: they are of texts, which are written in other ways."""
    found = {}
    for text in texts:
        for document in filter(None, yaml.load_all(text, yaml.CSafeLoader)):
            if document["kind"] == "Deployment":
                annotations = document["spec"]["template"]["metadata"].get("annotations", {})
                for name in [name for name in annotations if name.startswith("checksum/")]:
                    annotations[name] = "sum"
            found[document["kind"], document["metadata"]["name"]] = document
    return found
