"""One rate over real processes that share a file."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PROGRAM = """
    import sys, threading, time
    from pathlib import Path
    from scimbridge.pingone.errors import Throttled
    from scimbridge.pingone.sending.pace import Pace
    from scimbridge.pingone.sending.rate import WithRate
    from scimbridge.pingone.send import Call, Request, Response
    from scimbridge.pingone.sending.rate_share import Share
    from scimbridge.state.sqlite import SqliteState

    name, path, rate, starts, ends = sys.argv[1], Path(sys.argv[2]), *map(float, sys.argv[3:])
    share = Share(SqliteState(path), rate, name="a", member=name, clock=time.monotonic, wall=time.time)
    gone = []

    def sender(request, call):
        gone.append(time.monotonic())
        return Response(200)

    send = WithRate(sender, Pace(rate), clock=time.monotonic, share=share)

    def work():
        while True:
            try:
                send(Request("GET", "/users"), Call(deadline=ends))
            except Throttled:
                return

    time.sleep(max(0.0, starts - time.monotonic()))
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(*gone)
"""


def test_processes_keep_to_one_rate(tmp_path):
    """Three processes of one node make together what the rate allows, and each has its part of it."""
    rate, now = 60.0, time.monotonic()
    begins = (now + 1.5, now + 1.5, now + 3.0)
    program = textwrap.dedent(PROGRAM)
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(number), str(tmp_path / "state"), str(rate), str(begin), str(now + 8)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for number, begin in enumerate(begins)
    ]
    each = [[float(moment) for moment in process.communicate(timeout=60)[0].split()] for process in running]
    assert all(process.returncode == 0 for process in running)
    gone = sorted(moment for process in each for moment in process)
    # When a call went is noted a moment after it was let go, and this machine may be busy.
    most = int(rate * 1.1)
    assert all(gone[place + most] - gone[place] >= 1.0 for place in range(len(gone) - most))
    late = [[moment for moment in process if now + 5.5 <= moment < now + 7.5] for process in each]
    assert sum(map(len, late)) >= 0.75 * rate * 2
    assert min(map(len, late)) >= 0.2 * rate * 2
