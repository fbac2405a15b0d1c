"""What /ResourceTypes says of extensions."""

from __future__ import annotations

import pytest

from scimbridge.mapping.schemas import describe_resource_types

URN = "urn:example:params:scim:schemas:extension:2.0:Badge"


@pytest.mark.parametrize(("words", "required"), [("", False), (", required = true", True)])
def test_an_extension_is_required_where_a_request_needs_one_of_its_attributes(compile_rows, words, required):
    """What a request may not leave out makes its extension required; what PingOne always has does not."""
    always = 'population.id = { to = "population.id", via = "population" }'
    rows = f'["{URN}"]\nbadge = {{ to = "badge"{words} }}\n{always}\n'
    (kind,) = describe_resource_types([compile_rows(rows)], "https://scim.example/scim/v2")
    assert kind["schemaExtensions"] == [{"schema": URN, "required": required}]


def test_a_resource_type_without_extensions_says_so(compile_rows):
    """Clients with closed models need the member."""
    (kind,) = describe_resource_types([compile_rows("")], "https://scim.example/scim/v2")
    assert kind["schemaExtensions"] == []
