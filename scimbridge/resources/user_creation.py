"""How a user comes to be: in one call, whatever comes with it, and then what PingOne left out of it.

What an earlier try made is found and not made: nothing is set on it that others may have changed since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from scimbridge.mapping.plan import Changes, plan_create
from scimbridge.once.creation import Created, Creation, FoundRecord, NewRecord
from scimbridge.once.unfinished import Unfinished
from scimbridge.pingone import bodies
from scimbridge.pingone.errors import NotThere, Refused
from scimbridge.pingone.facets import POPULATION
from scimbridge.pingone.kinds import USERS
from scimbridge.request.context import AnswerOptions, Reply, RequestContext
from scimbridge.request.progress import Progress
from scimbridge.request.refusals import refusing
from scimbridge.request.rights import check_facets
from scimbridge.request.view import View
from scimbridge.resources.placement import Placement
from scimbridge.resources.user_records import UserRecords
from scimbridge.resources.user_writer import UserWriter
from scimbridge.scim.errors import Conflict
from scimbridge.scim.verbs import CREATE
from scimbridge.sides import Body, Native, Resource

Record = dict[str, Any]


class UserCreation:
    """Creates users."""

    def __init__(
        self,
        view: View,
        records: UserRecords,
        placement: Placement,
        creation: Creation,
        writer: UserWriter,
        unfinished: Unfinished,
    ) -> None:
        self._view = view
        self._table = view.table
        self._records = records
        self._placement = placement
        self._creation = creation
        self._writer = writer
        self._unfinished = unfinished

    def create(self, context: RequestContext, options: AnswerOptions, body: Body, resource: Resource) -> Reply:
        """Make a user of a resource that was read from a body; what PingOne did not take at creation is set afterwards.

        Raises what PingOne refuses, in SCIM's words.
        """
        changes = plan_create(self._table, resource, context.manner)
        changes = self._writer.states.settle_new(changes)
        # What is usual of a state needs no right, and the rest is held to it already.
        others = [name for name in changes.facets if not USERS.facet(name).state]
        check_facets(context.caller, USERS, others, self._table)
        changes = replace(changes, body=self._writer.hold_new(context, changes.body))
        facets = dict(changes.facets)
        context.notes.planned(self._table, changes)
        progress = context.notes.follow(Progress())
        with self._creation.intent(context, body) as intent, refusing(self._table, progress):
            place = self._placement.choose(context, resource, facets.get(POPULATION.name))
            if place.key:
                facets[POPULATION.name] = place.key
                context.notes.planned(self._table, Changes(facets={POPULATION.name: place.key}))

            def make(own: Record) -> Created:
                native, media = bodies.creation(USERS, own, facets)
                with self._placement.answering_for(place):
                    made = self._creation.create(context, intent, native, media, own=own)
                if isinstance(made, NewRecord):
                    self._writer.kept.look(context, own, made.record)
                return made

            created = self._writer.create(context, changes.body, make)
            record, include = created.record, self._view.includes_named(options)
            if missed := self._open_facets(created, facets):
                record = self._complete(context, options, created, missed, progress)
            elif include:
                record = self._read_new(context, record, include)
        return self._view.show(options, record, CREATE.success)

    def _open_facets(self, created: Created, facets: Mapping[str, Any]) -> Record:
        """Return what a create has still to set: what PingOne left out, and nothing that others may have changed."""
        record = created.record
        missed = bodies.facets_left(USERS, record, facets)
        if not missed or isinstance(created, NewRecord) or created.is_untouched:
            return missed
        left = self._unfinished.fields(record["id"])
        return {
            name: value
            for name, value in missed.items()
            if name in left and left[name] == USERS.facet(name).held(record)
        }

    def _complete(
        self, context: RequestContext, options: AnswerOptions, created: Created, missed: Record, progress: Progress
    ) -> Native:
        """Set what PingOne left out at creation; where it refuses, a user that this request made is taken back."""
        key, is_new = created.record["id"], isinstance(created, NewRecord)
        progress.finish(f"created as {key}" if is_new else f"exists as {key}")
        with self._records.turn(context, key):
            if not is_new:  # another request may have changed it until this one's turn
                created = FoundRecord(self._records.read(context, key))
                missed = self._open_facets(created, missed)
            self._unfinished.note(key, {name: USERS.facet(name).held(created.record) for name in missed})
            try:
                self._writer.write(context, key, Changes(facets=missed), progress)
            except (Refused, Conflict):
                if is_new:
                    with progress.taking_back():
                        self._writer.delete(context, key)
                raise
            self._unfinished.forget(key)
        return self._read_new(
            context,
            Native({**created.record, **bodies.creation(USERS, {}, missed)[0]}),
            self._view.includes_named(options),
        )

    def _read_new(self, context: RequestContext, record: Native, include: tuple[str, ...]) -> Native:
        """Read what a creation does not return; PingOne may not show a new user at once (docs/pingone.md §13.15)."""
        try:
            return self._records.read(context, record["id"], include)
        except NotThere:
            return record
