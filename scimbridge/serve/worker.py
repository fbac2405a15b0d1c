"""A worker of gunicorn's that lets requests arrive without threads, and gives threads to those that are whole.

Joins `Arrivals` (how they come) and `Lanes` (who goes next) to gunicorn's way of answering a request in a thread. One
thread, the loop, decides everything; the others answer and hand the connection back through gunicorn's queue.
"""

from __future__ import annotations

import errno
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from types import FrameType
from typing import Any

from gunicorn import util
from gunicorn.http import errors
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from scimbridge.observe import logs
from scimbridge.observe.server_load import ServerLoad
from scimbridge.scim.deactivation import LARGEST, takes_access_away
from scimbridge.serve.arrivals import Arrivals, Reception
from scimbridge.serve.bounds import within_files
from scimbridge.serve.connection import ClientConnection
from scimbridge.serve.credentials import KnownCredentials
from scimbridge.serve.crowd import Places
from scimbridge.serve.lanes import Lanes, RequestLane, WaitingRequest
from scimbridge.serve.refusals import Crowded, OverShare, Stopping, refusal, render
from scimbridge.web.presence import is_present
from scimbridge.web.serving import CLAIM, WAITED

BEGUN_LATE = 3.0
"""Seconds after which a worker that was told to stop begins nothing more: what is begun then could not be finished."""
TICK = 0.25
"""Seconds between two looks at what has had its time."""
MISSED = 1.0
"""Seconds after which a request that waited is begun only if its client is still there."""
_GONE = frozenset({errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN})

_log = logs.named(__name__)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types for it
    """Answers whole requests in threads, and refuses in SCIM's words."""

    begins_until = float("inf")
    _look_at = 0.0

    def init_process(self) -> None:
        """Make everything of this process, then serve."""
        options = self.app.options
        self._lanes = Lanes(self.cfg.threads, options.client_share)
        self._known = KnownCredentials(secrets.token_bytes(32))
        self._load: ServerLoad = options.load
        self._load.threads = self.cfg.threads
        self._lock = threading.Lock()  # of the lanes: threads say whose their request is
        self._own = threading.local()
        super().init_process()

    def get_thread_pool(self) -> ThreadPoolExecutor:
        """Make the threads of all lanes; how many of each are used, the lanes say."""
        return ThreadPoolExecutor(self._lanes.threads, thread_name_prefix="request")

    def load_wsgi(self) -> None:
        """Make the application; what it is called with says how it can tell whose a request is."""
        application: Callable[..., Iterable[bytes]] = self.app.wsgi()

        def call(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            job: WaitingRequest = self._own.job
            environ[CLAIM] = partial(self._claim, job)
            environ[WAITED] = job.waited
            return application(environ, start_response)

        self.wsgi = call

    # -- the loop -----------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Serve until told to stop, and then until what has arrived is answered."""
        bounds = within_files(self.app.options.bounds)
        places = Places(self.app.options.trusted_proxies)
        reception = Reception(self._take, self._refuse)
        self._arrivals = Arrivals(self.poller, self.cfg, bounds, places, reception, self._load, time.monotonic)
        self.poller.register(self.method_queue.fileno(), 1, self.method_queue.run_callbacks)
        for listener in self.sockets:
            listener.setblocking(False)
            self.poller.register(listener, 1, self._arrivals.accept)
        while self.alive:
            self._turn()
            if not self.is_parent_alive():
                break
        for listener in self.sockets:
            self.poller.unregister(listener)
            self._arrivals.accept(listener)  # who has come already is answered; who comes now is to go elsewhere
            listener.close()
        self._arrivals.cap_idle(STOP_KEEPALIVE_LINGER)
        self.begins_until = min(self.begins_until, time.monotonic() + BEGUN_LATE)
        until = time.monotonic() + self.cfg.graceful_timeout
        while self._arrivals.count and time.monotonic() < until:
            self._turn()
        self._arrivals.close_all()
        self.tpool.shutdown(wait=False)
        self.poller.close()
        self.method_queue.close()

    def _turn(self) -> None:
        """Do what there is to do, and now and then look at what has had its time."""
        self.wait_for_and_dispatch_events(timeout=TICK)
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + TICK
        self.notify()
        self._arrivals.expire()
        if now > self.begins_until:
            self._arrivals.end_all(Stopping(), "stopping")
        self._drop_late()
        self._begin()
        self._load.arriving, self._load.connections = self._arrivals.sending, self._arrivals.count

    def _take(self, connection: ClientConnection) -> None:
        """Let a request that is whole wait for its turn."""
        try:
            job = self._judge(connection)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is about this request, and the loop is everybody's
            self._refuse(connection, error)
            self._arrivals.dismiss(connection)
            return
        with self._lock:
            surplus = self._lanes.join(job)
        if surplus is not None:
            self._drop(surplus, OverShare(), "over_share")
        self._begin()

    def _judge(self, connection: ClientConnection) -> WaitingRequest:
        """Return what has to be known of a request to give it its turn."""
        digest = self._known.digest(connection.request.headers, connection.certificate)
        client = partial(self._known.find, digest, connection.place)
        return WaitingRequest(connection, _lane_of(connection), client, time.monotonic(), digest)

    def _begin(self) -> None:
        """Give threads to those whose turn it is."""
        while True:
            with self._lock:
                job = self._lanes.begin_next()
            self._tell_load()
            if job is None:
                return
            job.waited = time.monotonic() - job.since
            if job.waited > MISSED and not is_present(job.connection.sock):
                self._load.count_refusal("gone")
                self._end(job, is_kept=False)
                continue
            answered = self.tpool.submit(self._answer, job)
            answered.add_done_callback(partial(self._hand_back, job))

    def _hand_back(self, job: WaitingRequest, answered: Future[bool]) -> None:
        is_kept = not answered.cancelled() and answered.exception() is None and answered.result()
        self.method_queue.defer(self._finish, job, is_kept)

    def _finish(self, job: WaitingRequest, is_kept: bool) -> None:
        self._end(job, is_kept=is_kept)
        self._begin()

    def _end(self, job: WaitingRequest, *, is_kept: bool) -> None:
        with self._lock:
            self._lanes.end(job)
        if is_kept:
            self._arrivals.resume(job.connection)
        else:
            self._arrivals.dismiss(job.connection)

    def _drop_late(self) -> None:
        """Refuse what has waited so long that it could not be finished any more."""
        now = time.monotonic()
        for job in self._lanes:
            if now > self.begins_until:
                self._drop(job, Stopping(), "stopping")
            elif now - job.since > self.app.options.longest_wait:
                self._drop(job, Crowded(), "over_share" if self._lanes.is_over_share(job) else "waiting")

    def _drop(self, job: WaitingRequest, error: Exception, reason: str) -> None:
        with self._lock:
            self._lanes.drop(job)
        self._load.count_refusal(reason)
        self._refuse(job.connection, error)
        self._arrivals.dismiss(job.connection)

    def _tell_load(self) -> None:
        self._load.under_way, self._load.waiting = self._lanes.under_way, self._lanes.waiting

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop: what is under way goes on, what waits for a thread is begun only while there is time."""
        self.begins_until = min(self.begins_until, time.monotonic() + BEGUN_LATE)
        super().handle_exit(sig, frame)

    # -- in a thread --------------------------------------------------------------------------------------------------

    def _claim(self, job: WaitingRequest, client: str) -> bool:
        """Note whose a request under way is; return whether that one may have one more."""
        self._known.learn(job.digest, client)
        with self._lock:
            return self._lanes.claim(job)

    def _answer(self, job: WaitingRequest) -> bool:
        """Answer a request; return whether its connection is ready for the next one."""
        connection: ClientConnection = job.connection
        self._own.job = job
        try:
            connection.sock.setblocking(True)
            connection.read_chunks()
            if self.handle_request(connection.request, connection) and connection.is_body_whole:
                return connection.begin_next()
        except (StopIteration, errors.NoMoreData) as error:
            _log.debug("connection ends", reason=type(error).__name__)
        except ssl.SSLError as error:  # what is said over a broken connection is not heard
            _log.info("TLS connection broken", reason=error.reason)
        except OSError as error:
            if error.errno not in _GONE:
                _log.warning("an answer was not taken", reason=type(error).__name__, number=error.errno)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client is answered and the thread goes on
            self._refuse(connection, error)
        return False

    def handle_request(self, req: Any, conn: ClientConnection) -> bool:
        """Carry out a request that has arrived."""
        if time.monotonic() > self.begins_until:
            raise Stopping
        return bool(super().handle_request(req, conn))

    def _refuse(self, connection: ClientConnection, error: BaseException) -> None:
        """Answer for what never reached the application, or broke out of it (RFC 7644 §3.12)."""
        status, detail = refusal(error)
        if status is HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("request failed", method=getattr(connection.request, "method", None), exc_info=error)
        else:
            _log.warning("request refused", status=status.value, reason=type(error).__name__)
        try:
            util.write_nonblock(connection.sock, render(status, detail))
        except OSError as gone:
            _log.debug("client gone before the refusal", reason=type(gone).__name__)


def _lane_of(connection: ClientConnection) -> RequestLane:
    """Return in which lane a request belongs."""
    request = connection.request
    path = f"/{request.path.lstrip('/')}"
    if request.method in ("GET", "HEAD"):
        if path.startswith("/health/"):
            return RequestLane.WATCH
        if path.rstrip("/") == "/metrics":
            return RequestLane.SCRAPE
    takes = takes_access_away(request.method, path, connection.peek_body(LARGEST))
    return RequestLane.URGENT if takes else RequestLane.WORK
