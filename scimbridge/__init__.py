"""scimbridge: a SCIM 2.0 server that provisions users, groups and populations into PingOne.

who may import whom:   cli > app > web > ops > resources > access | pingone | mapping > scim | state | observe
"""

from __future__ import annotations

__version__ = "0.1.0"
