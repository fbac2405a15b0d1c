"""A PingOne of our own: the management API in memory, with its rules, its limits and its bad days.

Imports nothing from the rest of scimbridge, so that a mistake there cannot hide here; where the documents
leave a choice it takes the stricter one, and `Switches` has the others.
"""

from __future__ import annotations

from scimbridge.sandbox.http.app import create_app
from scimbridge.sandbox.http.tokens import WorkerCredentials
from scimbridge.sandbox.journal import Journal
from scimbridge.sandbox.server import Running, Sandbox, describe, run, start
from scimbridge.sandbox.store.directory import Directory
from scimbridge.sandbox.store.seed import seed_company
from scimbridge.sandbox.trouble.faults import Faults, FaultSettings
from scimbridge.sandbox.trouble.switches import Switches

__all__ = [
    "Directory",
    "FaultSettings",
    "Faults",
    "Journal",
    "Running",
    "Sandbox",
    "Switches",
    "WorkerCredentials",
    "create_app",
    "describe",
    "run",
    "seed_company",
    "start",
]
