"""What tools of a machine say of files by themselves: Prometheus, kubectl, systemd. Nothing is served here."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml
from outcome import DEPLOY, expect, need, run

from scimbridge.observe.metrics import Metrics

EXPOSURE = 2.0
"""The most that `systemd-analyze security` may say; "OK" ends at 5, and a service without any word has 9.6."""


def check_rules(folder: Path) -> str:
    """Have promtool read the alert rules, and each expression of the dashboard as a rule."""
    promtool = need("promtool")
    alerts = run([promtool, "check", "rules", "--lint-fatal", DEPLOY / "alerts.yml"])
    panels = json.loads((DEPLOY / "grafana.json").read_text("utf-8"))["panels"]
    asked = [
        target["expr"].replace("$__rate_interval", "5m") for panel in panels for target in panel.get("targets", ())
    ]
    rules = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(asked)]
    written = folder / "panels.yml"
    written.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), "utf-8")
    run([promtool, "check", "rules", written])
    count = re.findall(r"(\d+) rules found", alerts)
    return f"{count[0]} alert rules and {len(asked)} expressions of panels"


def check_metrics(folder: Path) -> str:
    """Have promtool read what /metrics says."""
    promtool = need("promtool")
    written = folder / "metrics"
    written.write_bytes(Metrics("1").expose())
    run(["/bin/sh", "-c", 'exec "$0" check metrics < "$1"', promtool, written])
    return f"{len(written.read_text('utf-8').splitlines())} lines"


def build_kustomization(_folder: Path) -> str:
    """Have kubectl put the manifests together, those of runs of rules too."""
    folders = (DEPLOY / "kubernetes", DEPLOY / "kubernetes" / "reconcile")
    made = [run([need("kubectl"), "kustomize", folder]) for folder in folders]
    kinds = [document["kind"] for each in made for document in yaml.safe_load_all(each)]
    expect(holds="Secret" not in kinds, otherwise="an empty secret would be applied over the real one")
    return f"{len(kinds)} documents"


def verify_unit(folder: Path) -> str:
    """Have systemd read the units, with a program that is here in place of ours, and the users' file."""
    analyze = need("systemd-analyze")
    services = {
        "scimbridge.service": "scimbridge.service",
        "scimbridge-reconcile@.service": "scimbridge-reconcile@people.service",
    }
    for name, instance in (services | {"scimbridge-reconcile@.timer": "scimbridge-reconcile@people.timer"}).items():
        text = (DEPLOY / "systemd" / name).read_text("utf-8")
        (folder / instance).write_text(text.replace("/opt/scimbridge/bin/scimbridge", "/bin/true"), "utf-8")
    said = run([analyze, "verify", *sorted(folder.iterdir())]).strip()
    expect(holds=not said, otherwise=said)
    levels = []
    for instance in services.values():
        limit = f"--threshold={EXPOSURE * 10:.0f}"
        found = run([analyze, "security", "--offline=yes", limit, folder / instance])
        levels += re.findall(r"exposure level for \S+: ([\d.]+)", found)
    users = run([need("systemd-sysusers"), "--dry-run", DEPLOY / "systemd" / "scimbridge.sysusers"])
    expect(holds="scimbridge" in users, otherwise=f"no user would be made: {users}")
    return f"exposure {' and '.join(levels)} of at most {EXPOSURE}"
