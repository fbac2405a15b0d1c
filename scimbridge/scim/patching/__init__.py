"""PATCH: paths, operations, and what they do to a resource (RFC 7644 §3.5.2). Pure."""
