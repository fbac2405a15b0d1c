"""Where a client may go: the populations that it is confined to, as one condition on PingOne's records.

The condition is asked of PingOne as one more conjunct and checked here again on every record, so that a record outside
never gets further than the module that read it. What is outside is what is not there: the same error, no other word.
Knows PingOne's records, and nothing of SCIM's names but the one that a refusal has to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from scimbridge.access.caller import Caller
from scimbridge.pingone import filters as native
from scimbridge.pingone.collections import Page
from scimbridge.pingone.errors import NotThere
from scimbridge.pingone.kinds import POPULATIONS, kind_of
from scimbridge.scim.errors import Forbidden, InvalidValue
from scimbridge.sides import Native

Json = dict[str, Any]


class OutOfReach(NotThere):
    """A record that is there, and for this client is not."""


EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Confinement:
    """The condition on the records of one collection; `populations` are ids, None is no condition.

    `field` is where a record says its population, None where it never does. A record that names none, as a group of the
    environment does, is in nobody's populations.
    """

    field: str | None
    populations: frozenset[str] | None

    @classmethod
    def of(cls, caller: Caller, kind: str) -> Confinement:
        """Return the condition for a client in one collection."""
        home = kind_of(kind).home
        return cls(home, caller.populations if home is not None or caller.populations is None else frozenset())

    @property
    def is_open(self) -> bool:
        """Whether the client may go everywhere."""
        return self.populations is None

    @property
    def is_closed(self) -> bool:
        """Whether the client may go nowhere at all."""
        return self.populations is not None and not self.populations

    @property
    def is_by_id(self) -> bool:
        """Whether the id of a record alone says if the client may go there."""
        return self.populations is not None and self.field in (None, POPULATIONS.home)

    @property
    def condition(self) -> native.Node | None:
        """What PingOne is asked beside everything else; None where there is nothing to ask."""
        if not self.populations or self.field is None:
            return None
        terms = tuple(native.Term(self.field, "eq", key) for key in sorted(self.populations))
        return terms[0] if len(terms) == 1 else native.Any_(terms)

    @property
    def mark(self) -> str:
        """A text that stands for the condition, so that what was begun under one is not continued under another."""
        return EVERYWHERE if self.populations is None else ",".join(sorted(self.populations))

    def keeps(self, record: Mapping[str, Any]) -> bool:
        """Whether a record is where the client may go."""
        if self.populations is None:
            return True
        if self.field is None:
            return False
        held: Any = record
        for name in self.field.split("."):
            held = held.get(name) if isinstance(held, dict) else None
        return isinstance(held, str) and held in self.populations

    def check(self, record: Native) -> Native:
        """Return a record where the client may go. Raises `OutOfReach` for any other, as PingOne does for no record."""
        if not self.keeps(record):
            raise OutOfReach("not in the client's populations", status=404)
        return record

    def cut(self, page: Page) -> Page:
        """Return a page without what is outside; where anything was, PingOne's count is not the client's."""
        if self.is_open:
            return page
        kept = [record for record in page.records if self.keeps(record)]
        return page if len(kept) == len(page.records) else replace(page, records=kept, count=None)

    def check_may_create(self) -> None:
        """Refuse to make what would be outside by itself: a new population. Raises `Forbidden`."""
        if self.populations is not None and self.field == POPULATIONS.home:
            msg = "this client is confined to populations and may make no other"
            raise Forbidden(msg)

    def check_placed(self, body: Json) -> None:
        """Refuse to make a record outside. Raises `InvalidValue`."""
        if not self.is_by_id and not self.keeps(body):
            msg = f"{self.field}: name a population that this client may use"
            raise InvalidValue(msg)

    # -- where something new goes, or something moves --------------------------------------------------------------

    def check_named(self, population: str, spelled: str) -> str:
        """Return a population that a client named as `spelled`.

        Raises `InvalidValue` where it is outside, whether or not PingOne has it.
        """
        if self.populations is not None and population not in self.populations:
            msg = f"{spelled}: there is no such population"
            raise InvalidValue(msg)
        return population

    @property
    def only(self) -> str | None:
        """The one population that is left to choose, if it is one."""
        return next(iter(self.populations)) if self.populations is not None and len(self.populations) == 1 else None

    def choose(self, proposed: str | None, spelled: str) -> str | None:
        """Return where something goes whose client named no population: as proposed, or to the only one there is.

        Raises `InvalidValue` where the client has to name one.
        """
        if self.populations is None or proposed in self.populations:
            return proposed
        if self.only is not None:
            return self.only
        msg = f"{spelled}: name a population that this client may use"
        raise InvalidValue(msg)
