"""A plan is applied: its guards, its journal and its lease, then stage by stage, the lines of each side by side.

While the lines of one block are carried out, the records of the next are read already. Nothing is begun any more where
a signal, a lost lease or too many failures say so; what is under way is brought to its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import ExitStack
from pathlib import Path

from scimbridge.observe.threads import InContext
from scimbridge.state.leases import Lease
from scimbridge.sync.applying.allowing import check_plan
from scimbridge.sync.applying.crew import Crew, Task, Tasks
from scimbridge.sync.applying.figures import note_applied
from scimbridge.sync.applying.journal import ApplyJournal, open_journal
from scimbridge.sync.applying.lease import alone
from scimbridge.sync.applying.order import STAGES, ApplyStage, Placed, blocks
from scimbridge.sync.applying.patience import Halted
from scimbridge.sync.applying.tally import EVERY, ApplyTally, TellProgress
from scimbridge.sync.applying.values import (
    FAILED,
    SKIPPED,
    Applied,
    ApplyOptions,
    ApplyProgress,
    LineResult,
    Plan,
)  # fmt: skip
from scimbridge.sync.desk import SyncDesk
from scimbridge.sync.plans.lines import CONFLICT, CREATE

SHARE = 0.6  # of the bridge's rate, where nobody says how much
IN_FLIGHT = 0.4  # seconds of calls that are under way at a time
FEWEST, MOST = 4, 32  # lines at a time


def _untold(_progress: ApplyProgress) -> None:
    pass


def apply_plan(
    desk: SyncDesk,
    plan: Plan,
    journal_path: Path,
    options: ApplyOptions | None = None,
    tell: TellProgress = _untold,
    stop: Callable[[], bool] = lambda: False,
    lease: Lease | None = None,
) -> Applied:
    """Carry out what is left of a plan; `stop` says whether nothing more is to be begun.

    `lease` is that of the rule file, where the caller holds it already. Raises `ApplyRefused` where nothing was
    changed, OSError where the journal cannot be kept.
    """
    options, head, parts = options or ApplyOptions(), plan.head, desk.bridge.parts
    rate = options.rate or SHARE * desk.bridge.settings.pingone_rate
    parallel = options.parallel or max(FEWEST, min(MOST, round(rate * IN_FLIGHT)))
    with ExitStack() as stack:
        journal = stack.enter_context(open_journal(journal_path, head.id))
        allow = {**journal.past.allow, **options.allow}
        check_plan(head, desk.bridge.settings.pingone_environment_id, allow)
        held = lease or stack.enter_context(alone(desk, head.rules_file))
        desk.hold_back(rate)
        stack.callback(desk.hold_back, None)
        pool = stack.enter_context(InContext(parallel, thread_name_prefix="apply"))
        tally = ApplyTally(head, desk.bridge.connection.rate, rate, parts.clock, tell)
        halts = _Halts(tally, options.stop_after, stop, held)
        crew = Crew(desk, head.id, halts.from_outside, tally.waits, pool, held)
        journal.open(user=options.user, allow=allow, at=parts.wall())
        flights = _Flights(pool, parallel, journal, tally, crew)
        reader = stack.enter_context(InContext(1, thread_name_prefix="apply-reads"))
        applied = _ApplyRun(plan, journal, crew, tally, halts, flights, reader).all_stages()
        journal.close(at=parts.wall(), stopped=applied.stopped)
        note_applied(desk, head.rules_file, applied)
        return applied


class _Halts:
    """What may end an apply before its time."""

    def __init__(self, tally: ApplyTally, stop_after: int | None, stop: Callable[[], bool], lease: Lease) -> None:
        self._tally = tally
        self._stop_after = stop_after
        self._stop = stop
        self._lease = lease

    def from_outside(self) -> str:
        """Return why nothing more is to be begun, "" where it may be; any thread may ask."""
        if self._stop():
            return "it was asked to stop"
        return "the lease of the rule file was lost: another run may be under way" if self._lease.is_lost() else ""

    def has_come(self) -> bool:
        """Whether nothing more is to be begun."""
        failed = self._tally.count(FAILED)
        if self._stop_after is not None and failed >= self._stop_after:
            self._tally.stop(f"{failed} lines failed, and --stop-after is {self._stop_after}")
        self._tally.stop(self.from_outside())
        return bool(self._tally.stopped)


class _Flights:
    """The tasks that are under way, no two of them about one id; what became of a line is written down at once."""

    def __init__(self, pool: Executor, most: int, journal: ApplyJournal, tally: ApplyTally, crew: Crew) -> None:
        self._pool = pool
        self._most = most
        self._journal = journal
        self._tally = tally
        self._crew = crew
        self._under_way: dict[Future[list[LineResult]], tuple[str, ...]] = {}

    def make_room(self, keys: tuple[str, ...]) -> None:
        """Wait until a thread is free, and nothing is under way about any of these ids."""
        self.land(self._most - 1)
        while any(key in held for held in self._under_way.values() for key in keys):
            self.land(len(self._under_way) - 1)

    def begin(self, keys: tuple[str, ...], task: Task) -> None:
        """Begin a task, for which there is room."""
        self._under_way[self._pool.submit(self._do, task)] = keys

    def land(self, most: int = 0) -> None:
        """Wait until no more tasks than this are under way."""
        while len(self._under_way) > most:
            for future in wait(self._under_way, timeout=EVERY, return_when=FIRST_COMPLETED).done:
                del self._under_way[future]
                try:
                    for result in future.result():
                        self.note(result)
                except Halted as halt:
                    self._tally.stop(str(halt))
            self._tally.say()

    def end(self) -> None:
        """Bring to its end what is under way, and begin nothing that has no thread yet."""
        self._under_way = {future: keys for future, keys in self._under_way.items() if not future.cancel()}
        self.land()

    def note(self, result: LineResult) -> None:
        """Take in what became of a line."""
        self._tally.note(result)
        self._crew.note(result)

    def _do(self, task: Task) -> list[LineResult]:
        results = task()
        for each in results:
            self._journal.settle(each.line.do, each.place, each.result, made=each.id, why=each.why)
        return results


class _ApplyRun:
    """One apply on its way."""

    def __init__(
        self,
        plan: Plan,
        journal: ApplyJournal,
        crew: Crew,
        tally: ApplyTally,
        halts: _Halts,
        flights: _Flights,
        reader: Executor,
    ) -> None:
        self._reader = reader
        self._plan = plan
        self._journal = journal
        self._crew = crew
        self._tally = tally
        self._halts = halts
        self._flights = flights

    def all_stages(self) -> Applied:
        """Carry out all stages, as far as it comes."""
        past = self._journal.past
        self._tally.start_from(past.settled)
        if CREATE in past.made:
            self._crew.remember(enumerate(self._plan.lines(CREATE)), past.made[CREATE])
        try:
            for stage in STAGES:
                if self._plan.head.counts.get(stage.do):
                    self._carry_out(stage)
        finally:
            self._flights.end()
        self._tally.say(now=True)
        return self._tally.result()

    def _carry_out(self, stage: ApplyStage) -> None:
        self._tally.stage = stage.do
        for block, coming in self._read_ahead(stage):
            if self._halts.has_come():
                return
            self._journal.begin(stage.do, (place for place, _line in block))
            for keys, task in self._tasks(coming):
                self._flights.make_room(keys)
                if self._halts.has_come():
                    return
                self._flights.begin(keys, task)
        self._flights.land()

    def _read_ahead(self, stage: ApplyStage) -> Iterator[tuple[list[Placed], Future[Tasks]]]:
        """Yield the blocks of a stage; the records of the next one are read meanwhile."""
        past, before = self._journal.past, None
        begun = past.begun.get(stage.do, set())
        for block in blocks(self._plan.lines(stage.do), stage, past.settled.get(stage.do, ())):
            ready = [placed for placed in block if not self._skips(stage, placed)]
            if not ready:
                continue
            coming = ready, self._reader.submit(self._crew.tasks, stage, ready, begun)
            if before is not None:
                yield before
            before = coming
        if before is not None:
            yield before

    def _skips(self, stage: ApplyStage, placed: Placed) -> bool:
        """Note a line that nobody carries out: a conflict, or one that is only reported."""
        place, line = placed
        if stage.do != CONFLICT and not line.faults:
            return False
        self._flights.note(LineResult(line, place, SKIPPED, line.reason or "it is only reported"))
        return True

    def _tasks(self, coming: Future[Tasks]) -> Tasks:
        """Return what is to be done for a block, once it is read; nothing where that ends before it begins."""
        while not coming.done():
            wait([coming], timeout=EVERY)
            self._tally.say()
        try:
            return coming.result()
        except Halted as halt:
            self._tally.stop(str(halt))
            return iter(())
