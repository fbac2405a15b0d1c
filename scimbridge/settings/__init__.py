"""What the operator has decided: settings from the environment and one optional file.

Only app, serve, demo and cli read them.
"""
