"""What is wrong between settings that are right each by itself.

Knows which settings go together, and nothing of how they are written or where they come from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scimbridge.pingone.regions import REGIONS
from scimbridge.settings import text
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
    return faults
