"""What stops a plan: numbers and signs that no healthy source has. Pure functions, each with its own message.

All of them are looked at before the first call that writes, and one that stops is enough. Knows no line and no source,
only what was counted of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from scimbridge.sync.planning.last_applied import AppliedSource, LastApplied
from scimbridge.sync.plans.lines import WALKED, StoppedGuard
from scimbridge.sync.rules.values import Limit

FEW = 50
"""Below this a share says nothing: only the number of a limit counts."""
CONFLICTS = 0.5
EMPTIED = 0.1
_DAY = 86_400.0
_SOME = 10  # people, all of whom lose a value


@dataclass(frozen=True, slots=True)
class GuardCount:
    """One guard: how many there are, how many may be (None: any number), of how many, and what is said of it."""

    name: str
    number: int
    most: int | None
    of: int | None
    text: str

    @property
    def stops(self) -> bool:
        """Whether there are more than may be."""
        return self.most is not None and self.number > self.most

    def stopped(self) -> StoppedGuard:
        """Return it as a plan's head has it."""
        return StoppedGuard(self.name, self.number, self.most or 0, self.text)


def most_of(limit: Limit, of: int) -> int | None:
    """Return how many may be, of so many: the smaller of number and share; of fewer than 50, the number alone."""
    share = None if limit.share is None or of < FEW else int(limit.share * of + 1e-9)
    known = [each for each in (limit.number, share) if each is not None]
    return min(known) if known else None


_DOES = {
    "create": "would be created", "adopt": "would be adopted", "update": "would be changed",
    "enable": "would be enabled", "disable": "would be disabled", "delete": "would be deleted",
    "move": "would be moved",
}  # fmt: skip


def count_kinds(counts: Mapping[str, int], limits: Mapping[str, Limit], people: int) -> Iterator[GuardCount]:
    """Yield a guard for each kind of line about people that has a limit; adoptions have that of updates."""
    known = {"adopt": limits.get("update", Limit()), **limits}
    for kind, does in _DOES.items():
        if kind not in known:
            continue
        number, most = counts.get(kind, 0), most_of(known[kind], people)
        yield GuardCount(kind, number, most, people, (
            f"{number:,} people {does}, and at most {most or 0:,} may be, of {people:,} in scope. Look at these lines;"
            f" where they are right, apply with --allow {kind}={number}"
        ))  # fmt: skip


def count_leaves(groups: Iterable[tuple[str, int, int]], limits: Mapping[str, Limit]) -> Iterator[GuardCount]:
    """Yield the guards on memberships that end; each group is its name, how many leave it, and how many are in it.

    Of one group's guard the worst group tells.
    """
    each = list(groups)
    leaving, members = sum(leave for _name, leave, _of in each), sum(of for _name, _leave, of in each)
    most = most_of(limits.get("leave", Limit()), members)
    yield GuardCount("leave", leaving, most, members, (
        f"{leaving:,} memberships would end, and at most {most or 0:,} may, of {members:,} in managed groups. Where"
        f" that is right, apply with --allow leave={leaving}"
    ))  # fmt: skip
    limit = limits.get("leave_one_group", Limit())
    counted = [(leave, most_of(limit, of), of, name) for name, leave, of in each]
    over = sorted((one for one in counted if one[1] is not None and one[0] > one[1]), key=lambda one: (-one[0], one[3]))
    worst = over[0] if over else max(counted, key=lambda one: (one[0], one[3]), default=(0, None, 0, ""))
    more = f" (and {len(over) - 1:,} more groups)" if len(over) > 1 else ""
    yield GuardCount("leave_one_group", worst[0], worst[1], worst[2], (
        f"{worst[0]:,} of {worst[2]:,} members would leave the group {worst[3]!r}{more}, and at most {worst[1] or 0:,}"
        f" may. Where that is right, apply with --allow leave_one_group={worst[0]}"
    ))  # fmt: skip


def compare_rows(now: AppliedSource, last: AppliedSource | None, limits: Mapping[str, Limit]) -> Iterator[GuardCount]:
    """Yield the guards on how many rows a source has against the last applied one."""
    if last is None:
        return
    for name, number, word in (("shrink", last.rows - now.rows, "fewer"), ("grow", now.rows - last.rows, "more")):
        most = most_of(limits.get(name, Limit()), last.rows)
        yield GuardCount(name, max(0, number), most, last.rows, (
            f"the source has {now.rows:,} rows, {number:,} {word} than the {last.rows:,} that were applied last, and at"
            f" most {most or 0:,} {word} may be. Was it written whole, and of the same people? Where it is right, apply"
            f" with --allow {name}={number}"
        ))  # fmt: skip


def compare_header(now: AppliedSource, last: AppliedSource | None) -> GuardCount | None:
    """Return the guard on a header that changed; in another order it is the same."""
    if last is None or not last.columns or not now.columns:
        return None
    gone = [name for name in last.columns if name not in now.columns]
    new = [name for name in now.columns if name not in last.columns]
    said = [f"{word} {', '.join(map(repr, names))}" for word, names in (("without", gone), ("with", new)) if names]
    number = len(gone) + len(new)
    return GuardCount("header", number, 0, len(last.columns), (
        f"the header of the source changed: it now comes {' and '.join(said)}. Where its columns still mean the same,"
        f" apply with --allow header={number}"
    ))  # fmt: skip


def compare_digest(now: AppliedSource, last: AppliedSource | None, at: float, full_every: float) -> GuardCount | None:
    """Return the guard on a source that stays the same for too long: whoever writes it may have stopped."""
    if last is None or last.digest != now.digest:
        return None
    days, most = int((at - last.since) // _DAY), int(full_every // _DAY)
    is_old = at - last.since >= full_every
    return GuardCount("same_file", days if is_old else min(days, most), days - 1 if is_old else most, None, (
        f"the source is the same, byte for byte, for {days:,} days, and full_every is {full_every / _DAY:g} days. Is it"
        f" still written? Where nothing has changed in it, apply with --allow same_file={days}"
    ))  # fmt: skip


def compare_keys(types: Mapping[str, int], last: LastApplied) -> GuardCount | None:
    """Return the guard on keys that no longer look like those of the last applied source."""
    if not last.key_type or last.key_type == TEXT or not types:
        return None
    rows = sum(types.values())
    number = rows - types.get(last.key_type, 0)
    return GuardCount("key_type", number, rows // 2, rows, (
        f"the keys of {number:,} of {rows:,} rows are no {last.key_type}, as most of those were that were applied last."
        f" Is `key` still the same column? Where it is, apply with --allow key_type={number}"
    ))  # fmt: skip


def count_emptied(
    cleared: Mapping[str, int], people: int, rows: int, filled: Mapping[str, int], last: LastApplied
) -> GuardCount:
    """Return the guard on attributes that become empty for more than 10 % of people; it tells of the worst one.

    `cleared` are people whose value would be taken away, by attribute; `filled` are rows that have a value, which are
    held against those of the last applied source. Of fewer than 50, it is only seen that all of them lose theirs.
    """
    counted = [(number, people, name) for name, number in cleared.items()]
    if last.people is not None and last.people.rows:
        share = rows / last.people.rows
        counted += [
            (int(last.filled[name] * share) - now, rows, name) for name, now in filled.items() if name in last.filled
        ]
    limits = [(number, _most_emptied(of), of, name) for number, of, name in counted]
    number, most, of, name = max(
        limits, key=lambda one: (one[0] - (one[0] if one[1] is None else one[1]), one[3]), default=(0, None, people, "")
    )
    return GuardCount("emptied", max(0, number), most, of, (
        f"{name} has no value any more for {number:,} of {of:,} people, and at most {most or 0:,} may lose theirs at"
        f" once. Is its column still written? Where it is, apply with --allow emptied={number}"
    ))  # fmt: skip


def _most_emptied(of: int) -> int | None:
    if of < FEW:
        return of - 1 if of >= _SOME else None
    return int(EMPTIED * of + 1e-9)


def count_conflicts(conflicts: int, rows: int) -> GuardCount:
    """Return the guard on rows that are in conflict: where most are, it is not the rows that are wrong."""
    most = max(1, int(CONFLICTS * rows))
    return GuardCount("conflicts", conflicts, most, rows, (
        f"{conflicts:,} of {rows:,} rows are in conflict, which is more than half: the rules do not fit this source or"
        f" this directory. `reconcile show` counts the reasons. Where they are right, apply with --allow"
        f" conflicts={conflicts}"
    ))  # fmt: skip


def compare_directory(walked: int, before: int | None, after: int | None) -> GuardCount:
    """Return the guard on a walk that has another number of people than PingOne says before and after it."""
    told = [each for each in (before, after) if each is not None]
    low, high = min(told, default=walked), max(told, default=walked)
    number = low - walked if walked < low else max(0, walked - high)
    return GuardCount(WALKED, number, 0, walked, (
        f"the walk over the directory has {walked:,} people, and PingOne counts {low:,}"
        f"{f' to {high:,}' if high > low else ''}: it was not read whole, or changed while it was. Make the plan again"
    ))  # fmt: skip


TEXT = "text"


def key_type(key: str) -> str:
    """Return what a key looks like, in a word."""
    if key.isascii() and key.isdigit():
        return "number"
    if "@" in key[1:-1]:
        return "e-mail address"
    parts = key.split("-")
    if [len(part) for part in parts] == [8, 4, 4, 4, 12] and all(c in "0123456789abcdefABCDEF" for c in "".join(parts)):
        return "UUID"
    return TEXT
