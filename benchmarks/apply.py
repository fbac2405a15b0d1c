"""`python -m benchmarks.apply`: a plan applied beside a bridge that serves, and what the bridge's clients notice of it.

Starts a sandbox with PingOne's latency and a bridge, measures reads of users alone and beside the apply, in processes
that share one rate, and prints calls a line, lines a second and the reads' times.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import click

from benchmarks.stand import HOST, _await_port, _free_port, _read_settings, _run
from scimbridge.bridge import Surroundings
from scimbridge.cli.node import find_file_beside
from scimbridge.settings.declared import load
from scimbridge.state.node_file import node_files
from scimbridge.sync.applying.apply import apply_plan
from scimbridge.sync.applying.values import Applied, ApplyOptions
from scimbridge.sync.desk import SyncDesk, open_sync_desk
from scimbridge.sync.plans.lines import UPDATE, PlanHead, PlanLine
from scimbridge.sync.plans.managed_paths import ManagedPaths


@dataclass(frozen=True, slots=True)
class Updates:
    """A plan that gives every user another title."""

    head: PlanHead
    people: tuple[PlanLine, ...]

    def lines(self, *kinds: str) -> Iterator[PlanLine]:
        """Yield the lines."""
        return (line for line in self.people if not kinds or line.do in kinds)


def _plan(desk: SyncDesk, environment: str, most: int) -> Updates:
    endpoint = desk.endpoint("User")
    view, lines = endpoint.lists.view, list[PlanLine]()
    paths = ManagedPaths(view.table.type)
    for reached in endpoint.records.pages(desk.context(), limit=100):
        for record in reached.page.records[: most - len(lines)]:
            before = {"title": paths.value(view.answer(record, ""), "title")}
            lines.append(
                PlanLine(
                    do=UPDATE, key=record["username"], id=record["id"], user_name=record["username"],
                    why="measured", before=before, after={"title": "Measured"},
                )
            )  # fmt: skip
    head = PlanHead(
        format=1, id=secrets.token_hex(8), made=time.time(), version="", environment=environment, tables="", rules="",
        scope="", rules_file="measured.toml", source={}, directory={}, people=len(lines), counts={UPDATE: len(lines)},
        guards={},
    )  # fmt: skip
    return Updates(head, tuple(lines))


def _read(port: int, token: str, ids: list[str], until: threading.Event, every: float) -> list[float]:
    """Read one user after the other at a steady pace; return how long each read took, in seconds."""
    times: list[float] = []
    with contextlib.closing(HTTPConnection(HOST, port, timeout=120)) as connection:
        while not until.wait(every):
            began = time.perf_counter()
            connection.request(
                "GET", f"/scim/v2/Users/{ids[len(times) % len(ids)]}", headers={"Authorization": f"Bearer {token}"}
            )
            connection.getresponse().read()
            times.append(time.perf_counter() - began)
    return times


def _measure(port: int, token: str, ids: list[str], work: threading.Event, every: float) -> threading.Thread:
    def run() -> None:
        times = _read(port, token, ids, work, every)
        p95 = statistics.quantiles(times, n=20)[18] if len(times) > 1 else float("nan")
        click.echo(f"reads of a user: {len(times)}, median {statistics.median(times):.3f} s, p95 {p95:.3f} s")

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def _apply(environ: Mapping[str, str], port: int, lines: int, rate: float, every: float) -> Applied:
    settings = load(environ, {"host": HOST, "port": str(port)})
    with contextlib.ExitStack() as stack:
        files = stack.enter_context(node_files(environ))
        around = Surroundings(node_file=find_file_beside(files, settings))
        desk = stack.enter_context(open_sync_desk(settings, "reconcile", around))
        plan = _plan(desk, settings.pingone_environment_id, lines)
        token, ids = environ["SCIMBRIDGE_BEARER_TOKEN"], [line.id for line in plan.people[:50] if line.id]
        for label, alone in (("alone", True), ("beside", False)):
            click.echo(label, nl=False)
            click.echo(": ", nl=False)
            ended = threading.Event()
            thread = _measure(port, token, ids, ended, every)
            if alone:
                time.sleep(8)
            else:
                folder = stack.enter_context(tempfile.TemporaryDirectory())
                applied = apply_plan(desk, plan, Path(folder) / "journal", ApplyOptions(rate=rate))
            ended.set()
            thread.join()
    return applied


@click.command()
@click.option("--lines", default=2000, show_default=True, help="Updates.")
@click.option("--rate", default=100.0, show_default=True, help="SCIMBRIDGE_PINGONE_RATE.")
@click.option("--share", default=0.6, show_default=True, help="Of it, for the apply.")
@click.option("--latency", default=0.2, show_default=True, help="Seconds that PingOne takes.")
@click.option("--every", default=0.1, show_default=True, help="Seconds between two reads of a client.")
def main(lines: int, rate: float, share: float, latency: float, every: float) -> None:
    """Apply a plan of updates beside a bridge that serves."""
    with contextlib.ExitStack() as stack:
        port, bridge_port = _free_port(), _free_port()
        words = ["-m", "scimbridge.cli", "sandbox", "--port", str(port), "--users", str(lines)]
        words += ["--fault", f"latency={latency}"]
        sandbox = stack.enter_context(_run(words, {}, stdout=True))
        environ = {
            **_read_settings(sandbox), "SCIMBRIDGE_BEARER_TOKEN": secrets.token_urlsafe(24),
            "SCIMBRIDGE_PINGONE_RATE": str(rate), "SCIMBRIDGE_LOG_LEVEL": "warning",
            "STATE_DIRECTORY": stack.enter_context(tempfile.TemporaryDirectory(prefix="scimbridge-bench-")),
        }  # fmt: skip
        os.environ.update(environ)
        serve = ["-m", "scimbridge.cli", "serve", "--host", HOST, "--workers", "1", "--port", str(bridge_port)]
        stack.enter_context(_run(serve, environ))
        _await_port(bridge_port)
        applied = _apply(environ, bridge_port, lines, rate * share, every)
        speed = applied.calls / applied.seconds
        click.echo(
            f"{lines} lines: {applied.counts}, {applied.calls} calls ({applied.calls / lines:.3f} a line), "
            f"{applied.seconds:.1f} s, {speed:.1f} calls a second of {rate * share:.1f}"
        )


if __name__ == "__main__":
    main()
