"""How much the bridge costs beside PingOne: the same work with and without it, measured in one run.

Not part of the package and not part of the tests: what is claimed here depends on the machine, so it is measured there.
"""
