"""A PingOne of our own: the management API in memory, with its rules, its limits and its bad days.

Imports nothing from the rest of scimbridge, so that a mistake there cannot hide here; where the documents
leave a choice it takes the stricter one, and `Switches` has the others.
"""

from __future__ import annotations

from scimbridge.sandbox.app import create_app
from scimbridge.sandbox.directory import Directory
from scimbridge.sandbox.faults import Faults, Settings
from scimbridge.sandbox.journal import Journal
from scimbridge.sandbox.seed import seed_company
from scimbridge.sandbox.server import Running, Sandbox, describe, run, start
from scimbridge.sandbox.switches import Switches
from scimbridge.sandbox.tokens import Credentials

__all__ = [
    "Credentials",
    "Directory",
    "Faults",
    "Journal",
    "Running",
    "Sandbox",
    "Settings",
    "Switches",
    "create_app",
    "describe",
    "run",
    "seed_company",
    "start",
]
