"""Values of a resource by the paths that rules manage: what stands at a path, and a resource with others laid over it.

Both sides of a plan read by these: whoever makes it compares what they give, and whoever applies it holds the present
record against that. Laying is RFC 7644's PATCH, so that a path means here what it means in a request. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from scimbridge.mapping.translate import silent
from scimbridge.scim.catalogue import Found, ResourceType
from scimbridge.scim.errors import InvalidPath
from scimbridge.scim.filtering.matching import compile_element_filter
from scimbridge.scim.filtering.trees import Node
from scimbridge.scim.messages import PatchOperation
from scimbridge.scim.patching.apply import apply_operations
from scimbridge.scim.patching.operation_paths import find
from scimbridge.scim.patching.operations import read_operations
from scimbridge.scim.patching.paths import parse_path
from scimbridge.scim.reading import Manner, is_empty
from scimbridge.sides import Resource

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_EXACT = Manner(True, silent)


class ManagedPaths:
    """The paths of one resource type, each parsed once."""

    def __init__(self, resource_type: ResourceType) -> None:
        self._type = resource_type
        self._read = lru_cache(maxsize=1024)(self._parse)

    def value(self, resource: Mapping[str, Any], path: str) -> Any:
        """Return what stands at a path, None where nothing does. Raises `InvalidPath`.

        With a value filter it is the first element that it selects, or that one's part; without, of a list, the whole
        list, or the parts of its elements where there are several of them.
        """
        found, where = self._read(path)
        place = resource.get(found.urn) if found.in_extension else resource
        held = place.get(found.attribute.name) if isinstance(place, Mapping) else None
        sub = None if found.sub is None else found.sub.name
        if found.attribute.multi_valued and (where is not None or sub is not None):
            selects = None if where is None else compile_element_filter(where, found.attribute)
            parts = [each if sub is None else each.get(sub) for each in held or () if selects is None or selects(each)]
            parts = [each for each in parts if not is_empty(each)]
            held = parts if where is None and len(parts) > 1 else next(iter(parts), None)
        elif sub is not None:
            held = held.get(sub) if isinstance(held, Mapping) else None
        return None if is_empty(held) else held

    def operations(self, values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the operations of a PATCH that gives these paths these values; None takes one away."""
        for path, value in values.items():
            _found, where = self._read(path)
            if is_empty(value):
                yield {"op": "remove", "path": path}
            else:  # what a filter selects nothing for is made, with the filter's own type
                yield {"op": "replace" if where is None else "add", "path": path, "value": value}

    def message(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return a whole PATCH message (RFC 7644 §3.5.2)."""
        return {"schemas": [PATCH_OP], "Operations": list(self.operations(values))}

    def resource(self, values: Mapping[str, Any]) -> Resource:
        """Return a resource that holds these values and nothing else. Raises `ScimError` for what is no value there."""
        schemas = [self._type.schema.urn]
        read = self.lay(Resource({}), {path: value for path, value in values.items() if not is_empty(value)})
        schemas += [each.urn for each in self._type.extensions if each.urn in read]
        return Resource({"schemas": schemas, **read})

    def lay(self, resource: Resource, values: Mapping[str, Any]) -> Resource:
        """Return a resource with these values at their paths, and all else as it is. Raises as `resource`."""
        said = [
            PatchOperation(each["op"], each["path"], each.get("value"), "value" in each)
            for each in self.operations(values)
        ]
        return apply_operations(resource, read_operations(said, self._type, _EXACT), strict=False)

    def _parse(self, text: str) -> tuple[Found, Node | None]:
        path = parse_path(text, self._type.urns)
        found = find(path, self._type, _EXACT)
        if found is None:
            msg = f"{text!r} names no attribute of {self._type.name}"
            raise InvalidPath(msg)
        return found, path.where
