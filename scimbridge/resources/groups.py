"""Groups: their own fields by PUT of what PingOne holds, their members by one call each.

A population-level group carries its population in every update and an environment-level one never does; both follow
from what PingOne holds, whatever the client sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from scimbridge.mapping.links import Links, plan_links
from scimbridge.mapping.plan import Changes, keep_unmentioned, plan_change, plan_create
from scimbridge.mapping.rows import read_field
from scimbridge.pingone import bodies
from scimbridge.pingone.collections import MERGE, Collection
from scimbridge.pingone.errors import Refused
from scimbridge.resources.ask import Ask, Progress, Reply
from scimbridge.resources.confinement import Confinement
from scimbridge.resources.creation import Creation
from scimbridge.resources.exclusive import Turns
from scimbridge.resources.members import Made, Members, check_ids, leave_foreign, only_needed, settled
from scimbridge.resources.refusals import refusing
from scimbridge.resources.rights import check_selection
from scimbridge.resources.view import View
from scimbridge.scim.errors import PreconditionFailed, ScimError, Unavailable
from scimbridge.scim.messages import read_patch
from scimbridge.scim.operations import read_operations
from scimbridge.scim.patch import apply_operations
from scimbridge.scim.reading import read_resource
from scimbridge.scim.versions import matches

Record = dict[str, Any]
NOTHING_MADE = Made(0, 0, certain=True, kinds={})
MANY = 10  # membership changes from which on it may be cheaper to read the members first


class Groups:
    """The resource type Group."""

    def __init__(self, groups: Collection, view: View, members: Members, creation: Creation, turns: Turns) -> None:
        self.view = view
        self._groups = groups
        self._table = view.table
        self._members = members
        self._creation = creation
        self._turns = turns
        links = view.table.links
        self._attribute = "" if links is None else links.attribute.name
        self._field = "" if links is None else links.rows[0].native

    def get(self, ask: Ask, key: str) -> Reply:
        """Read one group, with its members unless they are not wanted."""
        with refusing(self._table, reading=True):
            record = self._read(ask, key)
            if self._wants_members(ask):
                record = self._with(record, self._members.read(ask, record))
        return self.view.show(ask, record)

    def _read(self, ask: Ask, key: str) -> Record:
        """Return PingOne's record of a group where the client may go. Raises `NotThere` for any other."""
        return Confinement.of(ask.caller, "groups").check(self._groups.read(ask.call, key))

    def _read_to_change(self, ask: Ask, key: str) -> Record:
        record = self._read(ask, key)
        self._check_match(ask, record)
        return record

    def _look(self, ask: Ask, key: str) -> Record | None:
        """Read a group before a call that needs no read, where something has to be held against it."""
        needed = ask.if_match is not None or not Confinement.of(ask.caller, "groups").is_open
        return self._read_to_change(ask, key) if needed else None

    def _turn(self, ask: Ask, key: str) -> AbstractContextManager[None]:
        """Hold a group. Raises `NotThere` where others hold one that the client may not know of."""
        may_know_all = Confinement.of(ask.caller, "groups").is_open
        return self._turns.of(ask, "group", key, lambda: may_know_all or self._read(ask, key))

    def create(self, ask: Ask, body: Mapping[str, Any]) -> Reply:
        """Make a group, then its members; where these are refused, the group is taken back."""
        resource = read_resource(body, self._table.type, ask.manner)
        changes = self._place(ask, plan_create(self._table, resource, ask.manner))
        check_ids(changes.links)
        ask.notes.planned(self._table, changes)
        progress = ask.notes.follow(Progress())
        with self._creation.intent(ask, body) as intent, refusing(self._table, progress):
            record = self._creation.create(ask, intent, changes.body, MERGE)
            members: list[Record] = []
            if changes.links:
                progress.finish(f"created as {record['id']}")
                held = self._members.read(ask, record) if intent.again else []
                record, members = self._fill(ask, record, changes.links, held, progress)
            if self._wants_members(ask):
                if record.get("userFilter") or any(member["type"] == "Group" for member in members):
                    members = self._members.read(ask, record)
                record = self._with(record, members)
        return self.view.show(ask, record, 201)

    def _place(self, ask: Ask, changes: Changes) -> Changes:
        """Put a new group where the client may go: one that it names no population for is else the environment's.

        Raises `InvalidValue`.
        """
        within = Confinement.of(ask.caller, "groups")
        spelled = self._table.scim_name("population.id") or "population"
        named = read_field(changes.body, ("population", "id"))
        population = within.choose(None, spelled) if named is None else within.check_named(named, spelled)
        if population is None:
            return changes
        return replace(changes, body=changes.body | {"population": {"id": population}})

    def _fill(
        self, ask: Ask, record: Record, links: Links, held: list[Record], progress: Progress
    ) -> tuple[Record, list[Record]]:
        """Give a new group the members that it does not hold; where PingOne refuses one, the group is taken back."""
        links = only_needed(links, held)
        try:
            made = self._members.change(ask, record["id"], links, record)
        except Unavailable:
            raise
        except (ScimError, Refused):
            self._groups.delete(ask.call, record["id"])
            progress.clear()
            raise
        members = [{"id": member.id, "type": made.kinds[member.id]} for member in links.add]
        return self._after_links(ask, record, made), held + members

    def replace(self, ask: Ask, key: str, body: Mapping[str, Any]) -> Reply:
        """Make a group what the body says. Members that the body does not mention stay as they are."""
        resource = read_resource(body, self._table.type, ask.manner)
        names_members = any(name.casefold().rpartition(":")[2] == self._attribute.casefold() for name in body)

        def make(before: Record) -> Record:
            return keep_unmentioned(self._table, body, before, resource)

        return self._change(ask, key, make, with_members=names_members, always_answered=True)

    def patch(self, ask: Ask, key: str, body: Mapping[str, Any]) -> Reply:
        """Change a group: memberships as they are named where that is enough, else by read and difference."""
        operations = read_operations(read_patch(body, strict=ask.manner.strict), self._table.type, ask.manner)
        about = [operation for operation in operations if operation.found.attribute.name == self._attribute]
        fields = [operation for operation in operations if operation not in about]
        links = plan_links(self._table, about) if about else Links()
        if links and not fields:
            return self._patch_links(ask, key, links)
        strict = ask.manner.strict
        if links is None:
            check_selection(ask.caller, "groups", about)
            return self._change(
                ask, key, lambda before: apply_operations(before, operations, strict=strict),
                with_members=True, always_answered=False,
            )  # fmt: skip
        return self._change(
            ask, key, lambda before: apply_operations(before, fields, strict=strict),
            with_members=False, always_answered=False, links=leave_foreign(links, ask.manner),
        )  # fmt: skip

    def delete(self, ask: Ask, key: str) -> Reply:
        """Delete a group: one call."""
        with refusing(self._table), self._turn(ask, key):
            self._look(ask, key)
            self._groups.delete(ask.call, key)
        return Reply(204)

    # -- membership changes alone ----------------------------------------------------------------------------------

    def _patch_links(self, ask: Ask, key: str, links: Links) -> Reply:
        members: list[Record] | None = None
        links = leave_foreign(links, ask.manner)
        check_ids(links)
        progress = ask.notes.follow(Progress(["members"]))
        with refusing(self._table), self._turn(ask, key):
            many = len(links.add) + len(links.remove) >= MANY
            record = self._read_to_change(ask, key) if many else self._look(ask, key)
            if record is not None:
                links, members = self._needed(ask, record, links)
            ask.notes.planned(self._table, Changes(links=links))
            made = self._members.change(ask, key, links, record, members)
            progress.finish("members")
            record = self._read(ask, key) if record is None else self._after_links(ask, record, made)
            if ask.minimal:
                return Reply(204)
            return self._answer(ask, record, settled(record, members, links, made))

    def _needed(self, ask: Ask, record: Record, links: Links) -> tuple[Links, list[Record] | None]:
        """Return what is still to be changed, and the members where reading them is cheaper than repeating."""
        count = len(links.add) + len(links.remove)
        if count < MANY or self._members.pages(record) * MANY > count:
            return links, None
        members = self._members.read(ask, record)
        return only_needed(links, members), members

    def _after_links(self, ask: Ask, record: Record, made: Made) -> Record:
        """Return the group's record after membership changes, read again only where the count is not certain."""
        if not made.certain:
            return self._read(ask, record["id"])
        return bodies.recount(record, users=made.users, groups=made.groups)

    # -- changes that depend on the present state ------------------------------------------------------------------

    def _change(
        self,
        ask: Ask,
        key: str,
        make: Callable[[Record], Record],
        *,
        with_members: bool,
        always_answered: bool,
        links: Links | None = None,
    ) -> Reply:
        progress = ask.notes.follow(Progress())
        with refusing(self._table, progress), self._turn(ask, key):
            record = self._read_to_change(ask, key)
            members = self._members.read(ask, record) if with_members else None
            before = self.view.resource(record if members is None else self._with(record, members), ask.base)
            after = make(before)
            changes = plan_change(self._table, record, before, after, ask.manner)
            if not with_members:
                needed, members = self._needed(ask, record, links or Links())
                changes = replace(changes, links=needed)
            ask.notes.planned(self._table, changes, record)
            dynamic = bool(record.get("userFilter"))
            record, made = self._carry_out(ask, record, members, changes, progress)
            dynamic = dynamic or bool(record.get("userFilter"))
            members = None if dynamic and changes.body else settled(record, members, changes.links, made)
        if ask.minimal:
            return Reply(204)
        if always_answered and members is None and self._wants_members(ask):
            with refusing(self._table, reading=True):
                members = self._members.read(ask, record)
        return self._answer(ask, record, members)

    def _carry_out(
        self, ask: Ask, record: Record, members: list[Record] | None, changes: Changes, progress: Progress
    ) -> tuple[Record, Made]:
        """Make the calls: the group's own fields, then the members; a refusal of these takes both back."""
        key, after = record["id"], record
        check_ids(changes.links)
        progress.plan(*(["attributes"] if changes.body else []), *(["members"] if changes.links else []))
        if changes.body:
            after = self._groups.replace(ask.call, key, bodies.replacement("groups", record, changes.body))
            progress.finish("attributes")
        if not changes.links:
            return after, NOTHING_MADE
        try:
            made = self._members.change(ask, key, changes.links, after, members)
        except Unavailable:
            raise
        except (ScimError, Refused):
            if changes.body:
                self._groups.replace(ask.call, key, bodies.replacement("groups", record, {}))
                progress.clear()
            raise
        progress.finish("members")
        return self._after_links(ask, after, made), made

    # -- lists -----------------------------------------------------------------------------------------------------

    def complete(self, ask: Ask, records: list[Record]) -> list[Record]:
        """Give the groups of a list their members, unless these are not wanted.

        Raises `TooMany` before the first call where the reads cannot end in time.
        """
        if not self._attribute or not self.view.list_projection(ask).wants(self._attribute):
            return records
        members = self._members.read_each(ask, records)
        return [self._with(record, found) for record, found in zip(records, members, strict=True)]

    # -- answers ---------------------------------------------------------------------------------------------------

    def _answer(self, ask: Ask, record: Record, members: list[Record] | None) -> Reply:
        """Answer a change: with the whole group where that costs no more than one page of members."""
        if not self._wants_members(ask):
            return self.view.show(ask, record)
        if members is None:
            with refusing(self._table, reading=True):
                if self.view.projection(ask).explicit:
                    members = self._members.read(ask, record)
                else:
                    members = self._members.read_one_page(ask, record)
        if members is None:
            return Reply(204)
        return self.view.show(ask, self._with(record, members))

    def _wants_members(self, ask: Ask) -> bool:
        return bool(self._attribute) and self.view.projection(ask).wants(self._attribute)

    def _with(self, record: Record, members: list[Record]) -> Record:
        return {**record, self._field: members}

    def _check_match(self, ask: Ask, record: Record) -> None:
        """Hold a change to the version that the client saw, which may have been one with or without members."""
        if ask.if_match is None or matches(ask.if_match, self.view.version(record)):
            return
        members = self._members.read(ask, record)
        if not matches(ask.if_match, self.view.version(self._with(record, members))):
            msg = "the group has changed since: If-Match does not fit its present version; read it again"
            raise PreconditionFailed(msg)
