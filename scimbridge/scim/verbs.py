"""What can be asked of a resource type, each verb with all its words in one place (RFC 7644 §3.2).

The method is HTTP's, also of the operations of a bulk request; `name` stands in the audit log and in the API's
description, `allow` in a table, `scope` in a client's rights. Pure data: how a verb is carried out is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass

READ, WRITE = "read", "write"


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb. `success` is the status of an answer with a body, or of the only one there is.

    `whole`: the request's body is a whole resource. `shows`: the answer may have a resource. `urgent`: it takes rights
    away, and goes before what others wait for. `allow` is "" where no table forbids it.
    """

    name: str
    method: str
    scope: str
    allow: str = ""
    success: int = 200
    on_one: bool = True
    whole: bool = False
    shows: bool = True
    urgent: bool = False


GET = Verb("read", "GET", READ)
SEARCH = Verb("search", "GET", READ, on_one=False)
CREATE = Verb("create", "POST", WRITE, "create", 201, on_one=False, whole=True)
REPLACE = Verb("replace", "PUT", WRITE, "change", whole=True)
PATCH = Verb("patch", "PATCH", WRITE, "change")
DELETE = Verb("delete", "DELETE", WRITE, "delete", 204, shows=False, urgent=True)
BULK = Verb("bulk", "POST", WRITE, on_one=False)  # the request as a whole

CHANGES = (CREATE, REPLACE, PATCH, DELETE)
BY_METHOD = {verb.method: verb for verb in CHANGES}
ALLOWED = tuple(dict.fromkeys(verb.allow for verb in CHANGES))
AUDITED = tuple(verb.name for verb in (*CHANGES, BULK, GET, SEARCH))
