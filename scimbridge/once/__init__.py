"""Exactly once: creates that are found again, names just given, one change of a resource at a time. Knows no verb."""
