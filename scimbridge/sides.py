"""Which side of the bridge a dict is on, so that the type check tells one from the other.

At run time all three are plain dicts. Knows nothing of what is in them.
"""

from __future__ import annotations

from typing import Any, NewType

Native = NewType("Native", dict[str, Any])
"""A record as PingOne answers it, in PingOne's words."""

Resource = NewType("Resource", dict[str, Any])
"""A SCIM resource in its standard form: read from a request, or translated from a record."""

Body = NewType("Body", dict[str, Any])
"""The JSON object that a client sent, with names as it spells them; nothing of it is checked yet."""
