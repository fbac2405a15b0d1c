"""An outside judge, scim2-tester, over everything that the default tables publish."""

from __future__ import annotations

from collections import Counter

from flask import Flask
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from scimbridge.resources.tables import read_tables
from scimbridge.settings.declared import default_mappings

TOKEN = "conformance-token-0123456789"
CHECKS = 138
PINGONE_USER = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
RIGHT_ALL_THE_SAME = {
    # The checker removes whole extensions that are not required. A user is always in a population, so that the answer
    # is 400 `mutability`, as it is for that attribute alone (docs/decisions/0011).
    ("check_remove_attribute", "User"): f"'{PINGONE_USER}': population.id cannot be removed",
}


def test_every_check_passes_on_all_resource_types(served: Flask):
    """No check fails but one whose answer is right, none is skipped or lost, and all types are looked at."""
    scim = WSGISCIMClient(served, base_url="http://localhost/scim/v2", headers={"Authorization": f"Bearer {TOKEN}"})
    results = check_server(scim, raise_exceptions=False)
    failed = [(result.title, result.resource_type, result.reason) for result in results if not _passed(result.status)]
    assert len(failed) == len(RIGHT_ALL_THE_SAME)
    assert all(RIGHT_ALL_THE_SAME[title, kind] in reason for title, kind, reason in failed), failed
    assert len(results) >= CHECKS
    published = {kind.name for kind in scim.provider.resource_types}
    assert published == set(read_tables(default_mappings())) >= {"User", "Group", "Population"}
    assert Counter(result.status for result in results)[Status.SKIPPED] == 0


def _passed(status: Status) -> bool:
    return status in {Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE}
