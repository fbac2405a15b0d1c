"""What systemd is told of the bridge, in the words of sd_notify(3): ready, reloading, stopping.

Knows one datagram socket; nothing of gunicorn and of what is served.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, MutableMapping

from scimbridge.observe import logs

SOCKET = "NOTIFY_SOCKET"

_log = logs.named(__name__)


class ServiceManager:
    """Whoever started the bridge and waits for its word; nobody, where `address` is empty.

    `clock` gives nanoseconds of CLOCK_MONOTONIC: systemd orders a reload and the hang-up that asked for it by them.
    """

    def __init__(self, address: str, clock: Callable[[], int]) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._clock = clock

    @classmethod
    def of(cls, environ: MutableMapping[str, str], clock: Callable[[], int]) -> ServiceManager:
        """Take the address out of `environ`: gunicorn would say "ready" too early, and no child has anything to say."""
        return cls(environ.pop(SOCKET, ""), clock)

    def ready(self, status: str) -> None:
        """Say that requests are answered; `status` is shown by `systemctl status`."""
        self._tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """Say that the configuration is read anew; `ready` has to follow."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={self._clock() // 1000}", "STATUS=reads the configuration anew")

    def stopping(self) -> None:
        """Say that nothing new is begun."""
        self._tell("STOPPING=1", "STATUS=finishes the requests under way")

    def _tell(self, *lines: str) -> None:
        """Send one datagram. A manager that does not hear it is logged: it may end the service for its silence."""
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.connect(self._address)
                sender.sendall("\n".join(lines).encode())
        except OSError as error:
            _log.warning("service manager not reached", said=lines[0], reason=error.strerror or type(error).__name__)
