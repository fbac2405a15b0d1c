"""One rate over real processes that share a file."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
RATE, THREADS = 60.0, 4
PROGRAM = """
    import sys, threading, time
    from pathlib import Path
    from scimbridge.pingone.sending.pace import Pace
    from scimbridge.pingone.sending.rate import WithRate
    from scimbridge.pingone.send import Call, Request, Response
    from scimbridge.pingone.sending.rate_share import Share
    from scimbridge.state.sqlite import SqliteState

    name, path, rate, number = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    share = Share(SqliteState(path), rate, name="a", member=name, clock=time.monotonic, wall=time.time)
    telling, stopped = threading.Lock(), threading.Event()

    def sender(request, call):
        moment = time.monotonic()
        with telling:
            print(moment, flush=True)
        return Response(200)

    send = WithRate(sender, Pace(rate), clock=time.monotonic, share=share)

    def work():
        while not stopped.is_set():
            send(Request("GET", "/users"), Call())

    print("ready", flush=True)
    sys.stdin.readline()
    threads = [threading.Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    sys.stdin.read()  # to its end, which is the sign to stop
    stopped.set()
    for thread in threads:
        thread.join()
"""


class Process:
    """A process that calls from `start` to `stop`; `gone` is when each call went."""

    def __init__(self, number: int, state: Path) -> None:
        command = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(number), str(state), str(RATE), str(THREADS)]
        self._process = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.gone: list[float] = []
        self._reader = threading.Thread(target=self._read)

    def start(self) -> None:
        """Let it begin."""
        assert self._process.stdout.readline() == "ready\n"
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        self._reader.start()

    def stop(self) -> int:
        """Let it end, and return its exit code."""
        self._process.stdin.close()
        self._reader.join()
        return self._process.wait()

    def kill(self) -> None:
        """End it, if it has not ended."""
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def _read(self) -> None:
        for line in self._process.stdout:
            self.gone.append(float(line))


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_processes_keep_to_one_rate(tmp_path):
    """Three processes of one node make together no more than the rate allows, and each has its part of it."""
    running = [Process(number, tmp_path / "state") for number in range(3)]
    try:
        for process in running[:2]:
            process.start()
        wait_until(lambda: all(len(process.gone) >= 30 for process in running[:2]))
        running[2].start()
        wait_until(lambda: running[2].gone)
        begun = [len(process.gone) for process in running]

        def since():
            return [len(process.gone) - before for process, before in zip(running, begun, strict=True)]

        wait_until(lambda: min(since()) >= 60 or sum(since()) >= 900)
        parts = since()
        assert [process.stop() for process in running] == [0, 0, 0]
    finally:
        for process in running:
            process.kill()
    # Each would have 60 when all have made 180; how fast is left to the machine, who may have stopped one of them.
    assert min(parts) >= 60, parts
    gone = sorted(moment for process in running for moment in process.gone)
    # When a call went is noted a moment after it was let go. Where the machine stands still in between, what was let go
    # comes at once: one call of each thread. Processes that do not share make 180 in a second.
    most = int(RATE * 1.1) + len(running) * THREADS
    assert all(gone[place + most] - gone[place] >= 1.0 for place in range(len(gone) - most))
