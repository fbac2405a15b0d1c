"""Bulk: many operations in one request, each carried out by the verbs (RFC 7644 §3.7)."""
