"""What holds while something is served or written: the door, the unit's system calls, the rotation of records."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from outcome import DEPLOY, ROOT, Fault, expect, need, run

from scimbridge.observe.audit import Record
from scimbridge.observe.audit_lines import AuditFile, RecordLines
from scimbridge.serve import addresses, probing

SCIM, HIDDEN = "/scim/v2/Users", (
    "/health", "/health/live", "/health/ready", "//health/live", "/%68ealth/live", "/HEALTH/live", "/health%2Flive",
    "/scim/v2/../../health/live", "/./health/ready", "/metrics", "/metrics/", "/metrics?x=1", "/metric%73",
)  # fmt: skip
_Process = subprocess.Popen[bytes]
RECORDS = 4000
SERVE = """
from scimbridge.serve import server
server.run(lambda: lambda: lambda environ, start: (start("200 OK", [("Content-Length", "0")]), [b""])[1],
           server.Options(port=0, threads=2, graceful_seconds=2))
"""


class _Echo(BaseHTTPRequestHandler):
    """A server that says 200 to everything: whatever comes through the door is seen."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *given: object) -> None:  # noqa: A002 - the name of the library
        """Say nothing."""


def _free_port() -> int:
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


def _status(port: int, path: str) -> int:
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("GET", path)
        return connection.getresponse().status


@contextmanager
def _running(words: list[str | Path], said: Path, environ: dict[str, str] | None = None) -> Iterator[_Process]:
    """Keep a process and its children until the end, and end them as a supervisor would; `said` gets what they say."""
    with said.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - the words are those of this folder
            [str(word) for word in words], stdout=log, stderr=log, env=environ, start_new_session=True
        )
    try:
        yield process
    finally:
        for end in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, end)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
                break


def ask_door(folder: Path) -> str:
    """Put nginx with our file in front of a server, and ask it for what is hidden, for SCIM, and without the server."""
    nginx, port = need("nginx"), _free_port()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as behind:
        threading.Thread(target=behind.serve_forever, daemon=True).start()
        text = (DEPLOY / "nginx.conf").read_text("utf-8")
        # Docker's names are not here, and `resolve` is younger than the nginx of many systems.
        text = text.replace("server bridge:8080 resolve", f"server 127.0.0.1:{behind.server_port}")
        text = re.sub(r"resolver [^;]*;", "", text).replace("listen 8080", f"listen 127.0.0.1:{port}")
        (folder / "nginx.conf").write_text(text, "utf-8")
        words = [nginx, "-p", folder, "-c", "nginx.conf", "-e", "errors", "-g", f"daemon off; pid {folder}/pid;"]
        run([*words, "-t"])
        with _running(words, folder / "said") as process:
            _wait(process, folder / "said", lambda: _status(port, SCIM) == 200)  # noqa: PLR2004 - as HTTP says
            seen = {path: _status(port, path) for path in HIDDEN}
            behind.shutdown()
            behind.server_close()
            gone = _status(port, SCIM)
    through = [path for path, status in seen.items() if status != 404]  # noqa: PLR2004 - as HTTP says
    expect(holds=not through, otherwise=f"these come through: {', '.join(through)}")
    expect(holds=gone == 503, otherwise=f"without a node the door says {gone} and not 503")  # noqa: PLR2004 - the same
    return f"{len(HIDDEN)} spellings are hidden; 503 without a node (the line of Docker's names is left out)"


def trace_calls(folder: Path) -> str:
    """Serve one request under strace, and compare the system calls with those that the unit allows."""
    strace, analyze, found = need("strace"), need("systemd-analyze"), folder / "calls"
    environ = {**os.environ, "RUNTIME_DIRECTORY": str(folder), "PYTHONPATH": str(ROOT)}
    said = folder / "said"
    with _running([strace, "-f", "-qq", "-o", found, sys.executable, "-c", SERVE], said, environ) as process:
        _wait(process, said, lambda: bool(addresses.find({"RUNTIME_DIRECTORY": str(folder)})))
        (base,) = addresses.find({"RUNTIME_DIRECTORY": str(folder)})
        pulse = probing.probe(base, probing.LIVE, 20)
    expect(holds=pulse.is_well, otherwise=pulse.said)
    text = found.read_text("utf-8", errors="replace")
    used = set(re.findall(r"^\d+ +(\w+)\(", text, re.MULTILINE))
    writable = re.findall(r"m(?:map|protect)\([^)]*PROT_WRITE\|PROT_EXEC", text)
    expect(holds=not writable, otherwise="memory is asked for that is written to and carried out")
    unit = (DEPLOY / "systemd" / "scimbridge.service").read_text("utf-8")
    allowed: set[str] = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", unit, re.MULTILINE):
        named = {call for group in line.lstrip("~").split() for call in _calls_of(analyze, group)}
        allowed = allowed - named if line.startswith("~") else allowed | named
    expect(holds=used <= allowed, otherwise=f"the unit forbids {', '.join(sorted(used - allowed))}")
    return f"{len(used)} different calls, all allowed; no memory is both written to and carried out"


def _calls_of(analyze: str, group: str) -> set[str]:
    """Return the system calls of a group of systemd's, with those of the groups in it."""
    if not group.startswith("@"):
        return {group}
    words = [line.strip() for line in run([analyze, "syscall-filter", group]).splitlines()[1:]]
    return {call for word in words if word and word[0] != "#" for call in _calls_of(analyze, word)}


def rotate(folder: Path) -> str:
    """Write records without a pause while logrotate turns the file three times, and count them."""
    logrotate, path = need("logrotate"), folder / "changes.jsonl"
    text = (DEPLOY / "systemd" / "scimbridge.logrotate").read_text("utf-8")
    text = text.replace("/var/log/scimbridge", str(folder)).replace("    su scimbridge scimbridge\n", "")
    text = text.replace("-%Y-%m-%d", "-%s")  # a file a second, and not a day
    conf = folder / "conf"
    conf.write_text(text, "utf-8")
    conf.chmod(0o644)
    folder.chmod(0o700)
    file, turned = AuditFile(path), threading.Event()
    record = Record(id="a", time="2026-11-29T10:00:00Z", client="hr", request="r", verb="delete", result="done")
    written = 0

    def write() -> None:
        nonlocal written
        while written < RECORDS or not turned.is_set():
            file.write(record)
            written += 1

    writer = threading.Thread(target=write)
    file.write(record)
    writer.start()
    for _ in range(3):
        run([logrotate, "--force", "--state", folder / "state", conf])
        time.sleep(1.1)  # the names of the turned files differ by seconds
    turned.set()
    writer.join()
    for packed in folder.glob("*.gz"):
        run([need("gzip"), "-d", packed])
    files = sorted(folder.glob("changes.jsonl-*"))
    kept = sum(1 for each in (*files, path) if each.exists() for _ in RecordLines(each))
    expect(holds=len(files) == 3, otherwise=f"{len(files)} files were turned, and not 3")  # noqa: PLR2004 - as above
    expect(holds=kept == written + 1, otherwise=f"{written + 1} records were written, and {kept} are there")
    return f"{kept} records in {len(files) + 1} files, none lost (without the line that changes the user)"


def _wait(process: _Process, said: Path, holds: Callable[[], bool]) -> None:
    """Ask until something holds, for at most a minute, and as long as the process lives."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if process.poll() is not None:
            raise Fault(f"it ended by itself: {said.read_text('utf-8', errors='replace')[-1000:]}")
        with suppress(OSError):
            if holds():
                return
        time.sleep(0.1)
    raise Fault("it did not answer within a minute")
