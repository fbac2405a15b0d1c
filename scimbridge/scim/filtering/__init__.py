"""Filters: text to tree, tree to text, and what a tree says of a resource (RFC 7644 §3.4.2.2). Pure."""
