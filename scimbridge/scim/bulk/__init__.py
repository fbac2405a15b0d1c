"""Bulk requests: references, names and the order of operations (RFC 7644 §3.7). Pure."""
