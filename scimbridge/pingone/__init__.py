"""The target: PingOne's management API as one function, `send(request, call) -> response`, in layers.

Knows PingOne: its names, its errors, its limits. Knows nothing of SCIM or of the mapping tables, and reads
no settings: everything it needs is handed to `connect`.
"""
