"""What an export costs beside a direct walk: `python -m benchmarks.export` prints it.

A sandbox in a process of its own answers after so much latency and so often a second. It is walked page by page by a
plain client, and exported by the command; both have to give the same ids. The ceiling is what the rate admits while one
page is on its way, or what this machine does without any latency, whichever is less. Knows the command line alone.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import click

from benchmarks.passthrough import fetch_token
from benchmarks.stand import HOST, _free_port, _read_settings, _run

PAGE = 100
RATE = 100.0
LATENCY = 0.2
_SAID = re.compile(r"(?P<calls>[\d,]+) calls in (?P<seconds>[\d.]+) s")


@dataclass(frozen=True, slots=True)
class Walked:
    """One way of reading: the ids that came, seconds, calls, and megabytes at the most; `whole` has the start in it."""

    ids: frozenset[str]
    seconds: float
    calls: int
    whole: float = 0.0
    megabytes: float = 0.0


@click.command()
@click.option("--users", default=100_000, show_default=True, help="Size of the company.")
@click.option("--latency", default=LATENCY, show_default=True, help="Seconds that PingOne takes for a call.")
@click.option("--rate", default=RATE, show_default=True, help="Calls a second that PingOne takes.")
@click.option("--direct-pages", type=int, help="Walk directly through so many pages only, and reckon the rest.")
@click.option("--parallel", type=int, help="Pages read at a time; as `export` chooses.")
def main(users: int, latency: float, rate: float, direct_pages: int | None, parallel: int | None) -> None:
    """Export a company beside a direct walk through it."""
    port = _free_port()
    command = ["-m", "scimbridge.cli", "sandbox", "--port", str(port), "--users", str(users)]
    with _run(command, {}, stdout=True) as sandbox, tempfile.TemporaryDirectory() as folder:
        settings = _read_settings(sandbox)
        steer(port, latency=0.0)
        free = export(settings, Path(folder), 10_000.0, parallel)
        steer(port, latency=latency, rate=rate)
        direct = walk(settings, direct_pages)
        exported = export(settings, Path(folder), rate, parallel)
    show(users, direct, free, exported, rate)
    if len(exported.ids) != users or not direct.ids <= exported.ids:
        sys.exit("the export is not complete")


def steer(port: int, **faults: float) -> None:
    """Set what the sandbox does to its callers."""
    connection = HTTPConnection(HOST, port, timeout=60)
    connection.request("PUT", "/_sandbox/faults", json.dumps(faults), {"Content-Type": "application/json"})
    connection.getresponse().read()
    connection.close()


def walk(settings: Mapping[str, str], most: int | None) -> Walked:
    """Follow the links of a list, one page after the other."""
    base = settings["SCIMBRIDGE_PINGONE_API_URL"]
    headers = {"Authorization": f"Bearer {fetch_token(settings)}"}
    connection = HTTPConnection(urlsplit(base).netloc, timeout=60)
    link = f"{base}/v1/environments/{settings['SCIMBRIDGE_PINGONE_ENVIRONMENT_ID']}/users?limit={PAGE}"
    ids: set[str] = set()
    began, calls = time.monotonic(), 0
    while link and (most is None or calls < most):
        connection.request("GET", link.removeprefix(base), headers=headers)
        body = json.loads(connection.getresponse().read())
        ids.update(each["id"] for each in body["_embedded"]["users"])
        link = body["_links"].get("next", {}).get("href", "")
        calls += 1
    seconds = time.monotonic() - began
    connection.close()
    return Walked(frozenset(ids), seconds, calls)


def export(settings: Mapping[str, str], folder: Path, rate: float, parallel: int | None) -> Walked:
    """Run the command."""
    file = folder / "users.jsonl"
    others = {name: value for name, value in os.environ.items() if not name.startswith("SCIMBRIDGE_")}
    own = {"SCIMBRIDGE_BEARER_TOKEN": "unused", "SCIMBRIDGE_PINGONE_RATE": str(rate)}
    words = ["export", "users", "-o", str(file), *(() if parallel is None else ("--parallel", str(parallel)))]
    began = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - the command is ours
        [sys.executable, "-m", "scimbridge.cli", *words],
        env=others | dict(settings) | own, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    said = process.stderr.read() if process.stderr else ""
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    whole = time.monotonic() - began
    click.echo(said.strip(), err=True)
    found = _SAID.search(said)
    if process.returncode or found is None:
        sys.exit("the export failed")
    ids = frozenset(json.loads(line)["id"] for line in file.open("rb"))
    calls = int(found["calls"].replace(",", ""))
    return Walked(ids, float(found["seconds"]), calls, whole, usage.ru_maxrss / 1000)


def show(users: int, direct: Walked, free: Walked, exported: Walked, rate: float) -> None:
    """Print what was measured."""
    page_time = direct.seconds / direct.calls
    direct_seconds = page_time * -(-users // PAGE)
    machine = direct_seconds / free.seconds
    ceiling = min(rate * page_time, machine)
    faster = direct_seconds / exported.seconds
    start = f"{exported.whole:.1f} s with the start of the command"
    click.echo(f"direct walk: {direct.calls} pages, {1000 * page_time:.0f} ms each, {direct_seconds:.1f} s for all")
    click.echo(f"export without latency: {free.calls} calls, {free.seconds:.1f} s: this machine can {machine:.1f} x")
    click.echo(f"export: {exported.calls} calls, {exported.seconds:.1f} s ({start}), {exported.megabytes:.0f} MB")
    click.echo(f"{len(exported.ids)} ids of {users}, {faster:.1f} x the direct walk")
    click.echo(f"rate x page time {rate * page_time:.1f}, ceiling {ceiling:.1f}, {faster / ceiling:.2f} of it")


if __name__ == "__main__":
    main()
