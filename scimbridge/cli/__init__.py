"""The command `scimbridge`: words and options in, one call of what carries the word out."""

from scimbridge.cli.commands import main

__all__ = ["main"]
