"""The protocol, pure: RFC 7643, RFC 7644 and RFC 9865 as data and functions.

Knows no target, no HTTP library and no framework; it does no I/O.
"""
