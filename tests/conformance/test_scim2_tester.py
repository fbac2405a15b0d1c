"""An outside judge, scim2-tester, over everything that the default tables publish."""

from __future__ import annotations

from collections import Counter

from flask import Flask
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

TOKEN = "conformance-token-0123456789"
CHECKS = 138


def test_every_check_passes_on_all_three_resource_types(served: Flask):
    """No check fails or is skipped, none is lost, and User, Group and Population are all looked at."""
    scim = WSGISCIMClient(served, base_url="http://localhost/scim/v2", headers={"Authorization": f"Bearer {TOKEN}"})
    results = check_server(scim, raise_exceptions=False)
    failed = [(result.title, result.resource_type, result.reason) for result in results if not _passed(result.status)]
    assert not failed
    assert len(results) >= CHECKS
    published = {kind.name for kind in scim.provider.resource_types}
    assert published == {"User", "Group", "Population"}
    assert Counter(result.status for result in results)[Status.SKIPPED] == 0


def _passed(status: Status) -> bool:
    return status in {Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE}
