"""scimbridge: a SCIM 2.0 server that provisions users, groups and populations into PingOne.

who may import whom:   cli > app > web > ops > resources > access | pingone | mapping > scim | state | observe
"""
