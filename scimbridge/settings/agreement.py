"""What is wrong between settings that are right each by itself.

Knows which settings go together, and nothing of how they are written or where they come from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scimbridge.pingone.regions import REGIONS
from scimbridge.settings import pem, text
from scimbridge.settings.sources import PREFIX, SettingText


def disagreements(values: Mapping[str, Any], entries: Mapping[str, SettingText]) -> list[str]:
    """Return a sentence for each disagreement; `values` are those that could be read, `entries` all that are set."""
    faults = []
    urls = {"pingone_api_url": f"{PREFIX}PINGONE_API_URL", "pingone_auth_url": f"{PREFIX}PINGONE_AUTH_URL"}
    lacking = [variable for name, variable in urls.items() if name not in entries]
    if len(lacking) == 1:
        faults.append(f"{lacking[0]} is not set; {' and '.join(urls.values())} go together")
    if len(lacking) == len(urls) and "pingone_region" not in entries:
        faults.append(
            f"{PREFIX}PINGONE_REGION is not set. It has to be one of {', '.join(REGIONS)};"
            f" else set {' and '.join(urls.values())}"
        )
    faults += [
        f"{entries[name].label} and {entries['pingone_region'].label} are both set,"
        " and say where PingOne is in two ways; keep the region, or both URLs"
        for name in urls
        if name in entries and "pingone_region" in entries
    ][:1]
    if values.get("verify_tls", True):
        faults += [
            f"{entries[name].label}: http is taken for loopback addresses only, since the client secret would"
            f" travel in clear; write https, or set {PREFIX}VERIFY_TLS=false in a laboratory"
            for name in urls
            if text.is_plain_and_far(values.get(name))
        ]
    if not {"bearer_token", "clients"} & entries.keys():
        faults.append(
            f"{PREFIX}BEARER_TOKEN (or {PREFIX}BEARER_TOKEN_FILE) and {PREFIX}CLIENTS are both not set;"
            " one of them is needed, since the bridge is never open to everybody"
        )
    if values.get("audit_required") and not {"audit", "audit_database"} & entries.keys():
        faults.append(
            f"{PREFIX}AUDIT_REQUIRED is true, but nothing is recorded; set {PREFIX}AUDIT or {PREFIX}AUDIT_DATABASE"
        )
    if "client_certificate_header" in entries and not values.get("trusted_proxies"):
        faults.append(
            f"{PREFIX}CLIENT_CERTIFICATE_HEADER is set, but nobody is trusted to write it;"
            f" name the proxies in {PREFIX}TRUSTED_PROXIES"
        )
    if "ca_bundle" in entries and values.get("verify_tls") is False:
        faults.append(
            f"{entries['ca_bundle'].label} says whom to trust, and {entries['verify_tls'].label} that nobody looks;"
            " take VERIFY_TLS away, or the bundle"
        )
    return faults


def tls_disagreements(values: Mapping[str, Any], entries: Mapping[str, SettingText]) -> list[str]:
    """Return what is wrong between the files of the bridge's own TLS."""
    if "certfile" not in entries:
        return [
            f"{entries[name].label} needs the bridge's own certificate; set {PREFIX}CERTFILE (or --certfile)"
            for name in ("keyfile", "client_ca")
            if name in entries
        ]
    certificate, key = values.get("certfile"), values.get("keyfile")
    if certificate is None or (key is None and "keyfile" in entries):
        return []  # which is a fault already told
    wrong = pem.unfitting(certificate, key)
    label = entries["keyfile" if key else "certfile"].label
    return [] if wrong is None else [f"{label}: {wrong}"]
