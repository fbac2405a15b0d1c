"""Connections whose wait for an answer can be given up before its time, when PingOne hangs for everybody.

A read blocks its thread until the socket's timeout, which has to be long: some answers take many seconds. So the wait
is made in short pieces, and between them somebody is asked whether it makes sense to go on. Knows sockets and urllib3;
what is hopeless is told by the circuit.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any, ClassVar

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.wait import wait_for_read

_LOOK = 0.25  # seconds
Hopeless = Callable[[float], bool]
"""Whether a call that has waited for so many seconds shall wait no longer."""


class _InterruptibleConnection:
    """What both kinds of connection do before they read an answer."""

    hopeless: ClassVar[Hopeless]
    sock: Any
    timeout: Any

    def getresponse(self) -> Any:
        """Wait for the first byte, then read. Raises TimeoutError."""
        waited = 0.0
        while not self._has_come(look := min(_LOOK, self.timeout - waited)):
            waited += look
            if waited >= self.timeout or type(self).hopeless(waited):
                raise TimeoutError("no answer has come")
        return super().getresponse()  # type: ignore[misc]

    def _has_come(self, seconds: float) -> bool:
        held = getattr(self.sock, "pending", None)
        return bool(held and held()) or wait_for_read(self.sock, seconds)


class WatchedAdapter(HTTPAdapter):
    """The adapter of a session, with connections that ask `hopeless` while they wait.

    `trust` is the TLS context of all connections, to proxies too; None: each has one of its own.
    """

    def __init__(self, hopeless: Hopeless, trust: ssl.SSLContext | None = None, **options: Any) -> None:
        self._trust = trust
        watched = {"hopeless": staticmethod(hopeless)}
        plain = type("_Plain", (_InterruptibleConnection, HTTPConnection), watched)
        secure = type("_Secure", (_InterruptibleConnection, HTTPSConnection), watched)
        self._pools = {
            "http": type("_PlainPool", (urllib3.HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("_SecurePool", (urllib3.HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }
        super().__init__(**options)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make the pools of direct connections."""
        super().init_poolmanager(*arguments, **(options | self._contexts("ssl_context")))
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
        """Make the pools of connections through a proxy."""
        contexts = self._contexts("ssl_context", "proxy_ssl_context")
        manager = super().proxy_manager_for(*arguments, **(options | contexts))
        manager.pool_classes_by_scheme = self._pools
        return manager

    def _contexts(self, *names: str) -> dict[str, Any]:
        return {} if self._trust is None else dict.fromkeys(names, self._trust)
