"""`python -m benchmarks`: one run over all pieces of work, with a report at the end."""

from __future__ import annotations

from pathlib import Path

import click

from benchmarks import measures, report
from benchmarks.measures import Figure
from benchmarks.stand import build


@click.command()
@click.option("--users", default=100_000, show_default=True, help="Size of the company that is walked through.")
@click.option("--times", default=500, show_default=True, help="Requests of each kind.")
@click.option("--workers", default=1, show_default=True, help="Worker processes of bridge and pass-through.")
@click.option("--threads", default=32, show_default=True, help="Threads of each worker.")
@click.option(
    "--folder", default="build/bench", show_default=True, type=click.Path(path_type=Path), help="For the report."
)
def main(users: int, times: int, workers: int, threads: int, folder: Path) -> None:
    """Measure the bridge beside direct calls to the sandbox."""
    figures: list[Figure] = []

    def note(found: list[Figure]) -> None:
        figures.extend(found)
        for each in found:
            click.echo(f"{each.work:<55} {each.way:<13} p50 {each.p50:10.2f} ms  {each.per_second:10.1f}/s", err=True)

    with build(users, workers=workers, threads=threads) as stand:
        ids = measures.some_users(stand, measures.MEMBERS)
        note(measures.get_one(stand, ids, times, 0.0))
        note(measures.get_one(stand, ids, times // 5, 0.05))
        note(measures.list_pages(stand, min(users, 10_000), 5, 4))
        note(measures.create(stand, times))
        note(measures.patch_active(stand, ids, times))
        note(measures.add_members(stand, ids, 0.02))
        note(measures.walk_all(stand, users, 0.02))
    served = f"bridge and pass-through with {workers} worker(s) of {threads} threads, sandbox and clients beside them"
    click.echo(report.write(figures, folder, [f"Measured on {report.describe_machine()}; {served}."]))


if __name__ == "__main__":
    main()
