"""What the nodes of one bridge share: small values with a time to live, counters and locks.

Knows bytes under keys. Knows nothing of what they mean.
"""
