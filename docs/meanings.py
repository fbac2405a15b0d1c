"""What each word of a table means, in one sentence: the one thing that pages about tables need and the code cannot say.

Words and their values come from the code. `generate` refuses to go on where a word has no sentence here, and where a
sentence is about a word that is no more. Knows no code.
"""

from __future__ import annotations

from collections.abc import Mapping

HEAD: Mapping[str, str] = {
    "resource": "The resource type, such as `User`, `Group` or `Population`.",
    "endpoint": "Where it is served, as `/Users`.",
    "description": "What `/ResourceTypes` says of it.",
    "extends": '`"shipped"`: the table holds only what differs from the shipped one. Without it, a table replaces it.',
    "serve": "`false` takes the resource type away: it has no endpoint.",
    "disable": "Attributes that are taken out of schemas, requests, answers and filters.",
    "allow": "What clients may do beside reading. Everything, where it is left out. `allow = []` makes it read-only.",
    "on_deactivate": 'What follows where a client makes a user inactive: `["endSessions"]` ends the sessions. Nothing, '
    "where it is left out.",
    "common": "The section `[common]`, with the attributes that every resource has.",
    "population": "The population rules, each headed `[[population]]`.",
}
ROW: Mapping[str, str] = {
    "to": "The PingOne field, with dots for nested ones: `name.given`. A row of `to` alone is written as plain text.",
    "from": "Instead of `to`: a value composed of PingOne fields in braces. Read-only.",
    "else": "Beside `from`: the PingOne field for a value of its own. Where the fields have no values (a shared "
    "mailbox), and where a PUT or PATCH changes the composed value alone, to one that has nothing of the fields in it, "
    "it is kept there and shown.",
    "via": "The field has a call of its own at PingOne.",
    "include": "PingOne sends the field only when its `include` parameter names it, and only in answers about one "
    "resource.",
    "read": "PingOne gives the field by a read of its own, for one resource at a time: who asks for it by name in "
    "`attributes` costs a call, and in a list one for each resource. No filter can name it.",
    "codec": "How a value is written on each side.",
    "filter": "The operators that PingOne answers for this field. The built-in fields have theirs; a custom attribute "
    "has `eq` and `sw`.",
    "type": "The type of the value (RFC 7643 §2.3).",
    "mutability": "Who may write it, and when (RFC 7643 §7).",
    "returned": "When it is in answers (RFC 7643 §7).",
    "uniqueness": "Whether two may have the same value (RFC 7643 §7).",
    "required": "`true` where the attribute has to have a value.",
    "caseExact": "`true` where case matters in comparisons.",
    "multiValued": "`true` for several values; PingOne then keeps an array.",
    "canonicalValues": "A list of values that `/Schemas` suggests.",
    "referenceTypes": 'What a reference leads to, as `["Group"]`.',
    "description": "What `/Schemas` says of it.",
}
VIA: Mapping[str, str] = {
    "enabled": "Whether a user may sign on; `active` in SCIM.",
    "population": "Where a user is. A move ends memberships in groups of the old population.",
    "identityProvider": "Who checks a user's password. Removed, PingOne is the authority again.",
    "mfaEnabled": "Whether a user has to show a second factor.",
    "password": "The password. It is written and never read.",
    "verifyStatus": "Whether a user's identity is proofed. Shown to who asks for it by name.",
    "account": "Whether an account is locked: `LOCKED` or `OK`, each by a call of its own. Shown to who asks for it by "
    "name.",
    "unlockAt": "When a lock ends. It goes with a lock.",
    "lifecycle": "How a user's life begins. Given at creation, and not changed.",
    "memberships": "The members of a group: one call for each.",
}
CODEC: Mapping[str, str] = {
    "semicolons": 'Several texts, written as one: `"[abcd;; efgh]"`. A JSON array of strings is taken as well.',
    "list": "Several texts, as an array on both sides.",
    "marked": "One text that is kept in an array of PingOne's as `externalId=...`, beside other texts.",
    "others": "The other texts of that array.",
    "json": "JSON on PingOne's side, written as a string on the SCIM side.",
    "object": "JSON on PingOne's side, an object on the SCIM side.",
    "country": "ISO alpha-2 is kept; alpha-3 codes and English country names are taken too, but not in strict mode.",
    "language": "`en_US` is taken as `en-US`.",
    "derived": "A value that PingOne would refuse is left out and logged instead of refused, as for `name.formatted`.",
}
OPERATION: Mapping[str, str] = {
    "does": "One sentence of what it does, for descriptions and help.",
    "on": 'The collection, as `"users"`: the operation stands on all of them and has no id.',
    "call": 'PingOne\'s method and path below the environment, as `"POST users/{id}"`. `{id}` is the resource, '
    "`{item}` the part that is named behind the operation; a leading slash is a path beside the environments.",
    "media": "PingOne's media type of the body, without `application/vnd.pingidentity.` and `+json`. JSON without it.",
    "in": "What a client may send: a row for each input.",
    "query": "Parameters that the call always has.",
    "out": 'The answer: a section `[answer.NAME]`, `"User"`, `"Group"` or `"Population"` as always, or `""`.',
    "list": "The member of PingOne's `_embedded` that holds the records: the answer is a ListResponse.",
    "item": "The part that is named behind the operation, and what can be done with it.",
    "searches": "`true`: it reads, and what it looks for stands in a body, so that it is asked by POST.",
    "scope": "The right that a client needs, one of [those that there are](access.md#rights).",
    "write": "The right to delete a part.",
    "tells": 'What it tells of a resource, as type and PingOne field: `"Group.members"`. Where the table of that type '
    "has no such attribute, or hides it from a client, the operation is not offered to that client, and 403.",
    "changes": "The same of what it changes, or deleting a part does. The attribute has to be one that can be changed, "
    "and `allow` of its table has to hold `change`.",
    "role": "The role that the worker application needs in PingOne, for refusals and `scimbridge check`.",
    "again": 'What a lost answer means. `"yes"`: the call is sent again. `"no"`: it is told as 504. A name: a function '
    "looks whether it was done.",
    "limit": 'How often for one resource, over all nodes: `"20 a minute"`, `"50 a day"`.',
    "code": "A named function, where one call is not enough.",
    "undone": "States in PingOne's answer by which it was not done, though the call was taken: 409. A "
    'field with one state or a list, as `{ "account.status" = "LOCKED" }`; an answer without the field says nothing.',
    "urgent": "`true`: it takes rights away, and its calls go before what others wait for. Deleting a part always is.",
    "refuse": "Why it cannot be: the client is told so with 501. Such a row has `does` besides, and nothing else.",
}
INPUT: Mapping[str, str] = {
    "to": "The PingOne field, with dots for nested ones; a row of `to` alone is written as plain text. Without it, the "
    "name of the input.",
    "type": 'The type: `"string"` without it.',
    "required": "`true` where it has to be sent.",
    "secret": "`true`: it reaches no log, record, error or example, and no argument of a command.",
    "minLength": "Characters at least.",
    "maxLength": "Characters at most.",
    "minItems": "Values at least.",
    "maxItems": "Values at most.",
    "minimum": "The least number.",
    "maximum": "The greatest number.",
    "values": "All values that there are.",
    "default": "What is taken where nothing is sent.",
    "now": '`"after"`: a moment that is still to come.',
    "header": "The request header that says it where the body does not.",
    "example": "What descriptions show; never of a secret.",
}
ITEM: Mapping[str, str] = {
    "name": "What the part is called, as `sessionId`.",
    "get": "`true` where one can be read.",
    "delete": "`true` where one can be deleted.",
    "maxLength": "Characters of its id at most, 100 without it.",
    "code": "A named function that deletes it.",
}
ANSWER: Mapping[str, str] = {
    "to": "The PingOne field; a row of `to` alone is written as plain text. What no row names never leaves.",
    "type": 'The type: `"string"` without it.',
    "optional": "`true`: for readers of the table; every member may be missing.",
    "code": "A named function that finds the value.",
    "codec": '`"lower"`: in small letters.',
}
