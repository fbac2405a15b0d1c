"""Everything of one PingOne environment in one place, as the resources and the operator's checks use it.

Joins the collections over one `send`. Knows no settings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

from scimbridge.pingone.collections import Collection, UserCollection, quote_id
from scimbridge.pingone.errors import NoPermission, NotThere
from scimbridge.pingone.kinds import GROUPS, KINDS, POPULATIONS, USERS
from scimbridge.pingone.memberships import Memberships
from scimbridge.pingone.not_yet import WithNotYet
from scimbridge.pingone.paging import Page, Pass, read_page
from scimbridge.pingone.password_changes import WithPasswordChanges
from scimbridge.pingone.send import Call, Json, Request, Send

_PAGE = 100


class Target:
    """The collections of all kinds, memberships, and what is known of the environment."""

    def __init__(self, send: Send, *, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self.send = send = WithPasswordChanges(WithNotYet(send, clock=clock, sleep=sleep), clock=clock)
        self.users = UserCollection(send, USERS.collection, send)
        self._collections = {
            kind.collection: self.users if kind is USERS else Collection(send, kind.collection) for kind in KINDS
        }
        self.groups = self.of(GROUPS.collection)
        self.populations = self.of(POPULATIONS.collection)
        self.memberships = Memberships(send, clock=clock, sleep=sleep)

    def of(self, collection: str) -> Collection:
        """Return the collection of a name in PingOne. Raises KeyError where no kind is kept in one of that name."""
        return self._collections[collection]

    def environment(self, call: Call) -> Json:
        """Return the environment's own record: name, type, region (docs/pingone.md §10)."""
        return self.send(Request("GET", ""), call).body

    def roles(self, call: Call) -> list[Json]:
        """Return the roles that there are, with id, name and permissions: PingOne's own, and those of the environment.

        Who may not see the latter is shown the former (docs/pingone.md §1.3).
        """
        found = [
            each for page in self.pages(call, Request("GET", "/roles", root=True), "roles") for each in page.records
        ]
        with suppress(NoPermission, NotThere):  # not every environment has any
            found += [each for page in self.pages(call, Request("GET", "/roles"), "roles") for each in page.records]
        return [*found]

    def role(self, call: Call, key: str) -> Json:
        """Return one of PingOne's own roles, with its permissions."""
        return self.send(Request("GET", f"/roles/{quote_id(key)}", root=True), call).body

    def role_assignments(self, call: Call, application: str) -> list[Json]:
        """Return which role an application has, and where (docs/pingone.md §1.3)."""
        path = f"{Collection(self.send, 'applications').path(application)}/roleAssignments"
        return self._all(Collection(self.send, "roleAssignments", path=path), call)

    def schema_attributes(self, call: Call) -> list[Json]:
        """Return every attribute of the user schema, built-in and custom (docs/pingone.md §3).

        Raises NotThere when the environment shows no schema.
        """
        schemas = self._all(Collection(self.send, "schemas"), call)
        user = next((each for each in schemas if each.get("name") == USERS.schema), None)
        if user is None or not isinstance(user.get("id"), str):
            raise NotThere(f"PingOne shows no schema named {USERS.schema}", status=404)
        path = f"{Collection(self.send, 'schemas').path(user['id'])}/attributes"
        return self._all(Collection(self.send, "attributes", path=path), call)

    def pages(self, call: Call, request: Request, member: str) -> Iterator[Page]:
        """Yield the pages of a list that hangs on a record, or on none.

        Only what the request says is asked: not every list knows a limit. Raises as `Pass` does.
        """
        limit = next((int(value) for name, value in request.query if name == "limit"), _PAGE)
        passed = Pass()
        page = passed.take(read_page(self.send(request, call), member, limit))
        yield page
        while page.next is not None:
            answer = self.send(replace(request, href=page.next), call)
            page = passed.take(read_page(answer, member, limit, continued=True))
            yield page

    def _all(self, collection: Collection, call: Call) -> list[Json]:
        return list(self._records(collection, call))

    def _records(self, collection: Collection, call: Call) -> Iterator[Json]:
        for page in collection.pages(call, limit=_PAGE):
            yield from page.records
