"""The words of `operations.toml`: what each can hold, and what is wrong where it does not.

Takes the content of one section apart into values of `rows`; every fault names the section, the row and the cure. What
the functions are that a row can name is handed in. Knows no file and no call.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from scimbridge.access.scopes import ALL_SCOPES
from scimbridge.mapping.tables.rows import nearest
from scimbridge.operations import fitting
from scimbridge.operations.inputs import fault_of
from scimbridge.operations.rows import (
    KIND_OF,
    LOCATED,
    NEVER,
    REPEAT,
    SERVICE,
    AnswerField,
    AnswerTable,
    Input,
    Item,
    Often,
    Operation,
    PingOneCall,
)

VENDOR = "application/vnd.pingidentity."
PLAIN_MEDIA = ("password.forceChange",)
"""Media types of PingOne's without `+json` (docs/pingone.md §15.1)."""
NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")
FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
CALL = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (/?[A-Za-z]+(?:/(?:[A-Za-z]+|\{id\}|\{item\}))*)")
MEDIA = re.compile(r"[A-Za-z]+(?:\.[A-Za-z]+)*")
LIMIT = re.compile(r"([1-9][0-9]{0,4}) an? (second|minute|hour|day)(?: for a user)?")
SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86_400.0}
TYPES = ("string", "strings", "boolean", "integer", "dateTime", "object", "objects")
WORDS: Mapping[str, type] = {
    "does": str, "on": str, "call": str, "media": str, "in": dict, "query": dict, "out": str, "list": str, "item": dict,
    "searches": bool, "scope": str, "write": str, "tells": str, "changes": str, "role": str, "again": str, "limit": str,
    "code": str, "refuse": str,
}  # fmt: skip
INPUT_WORDS: Mapping[str, type] = {
    "to": str, "type": str, "required": bool, "secret": bool, "minLength": int, "maxLength": int, "minItems": int,
    "maxItems": int, "minimum": int, "maximum": int, "values": list, "default": object, "now": str, "codec": str,
    "header": str, "example": object,
}  # fmt: skip
ITEM_WORDS: Mapping[str, type] = {"name": str, "get": bool, "delete": bool, "maxLength": int, "code": str}
ANSWER_WORDS: Mapping[str, type] = {"to": str, "type": str, "optional": bool, "code": str, "codec": str}
BOUNDS = (("minLength", "maxLength"), ("minItems", "maxItems"), ("minimum", "maximum"))
BEGINNING = 0.0
"""A time before any that a table may give as an example."""
NEEDED = ("does", "call", "out", "scope", "again")
_KINDS = {str: "a text", bool: "true or false", int: "a whole number", dict: "a table", list: "a list of texts"}

Fault = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Functions:
    """The names that rows can use: of `code`, of `again`, and of `code` in answers.

    `needs` are the inputs that those of rows read, by name.
    """

    carry: Collection[str]
    settle: Collection[str]
    answer: Collection[str]
    needs: Mapping[str, Collection[str]] = field(default_factory=dict)


def read_operation(
    resource: str,
    name: str,
    right: Mapping[str, Any],
    answers: Mapping[str, AnswerTable],
    functions: Functions,
    file: str,
    fault: Fault,
) -> Operation | None:
    """Read one section. Each fault is told to `fault`; None where the row cannot be used."""
    if not NAME.fullmatch(name):
        fault("the name of an operation has letters and digits only, such as unlock")
        return None
    fitting.check_name(resource, name, fault)
    if not _check_words(right, WORDS, fault):
        return None
    if "refuse" in right:
        if extra := sorted(set(right) - {"does", "refuse"}):
            fault(f"an operation that is refused has no {', '.join(extra)}; it has does and refuse")
        return Operation(resource=resource, name=name, does=right.get("does", ""), file=file, refuse=right["refuse"])
    if missing := [word for word in NEEDED if word not in right]:
        fault(f"{', '.join(missing)} missing; a row says {', '.join(NEEDED)}")
        return None
    call = _read_call(right, fault)
    _check_place(resource, right, fault)
    _check_names(right, answers, functions, fault)
    item = _read_item(right["item"], functions, fault) if "item" in right else None
    if item is not None and item.delete and "write" not in right:
        fault("parts can be deleted, so write names the right for that, such as sessions:write")
    inputs = tuple(
        each for key, words in right.get("in", {}).items() if (each := _read_input(key, words, fault)) is not None
    )
    found = Operation(
        resource=resource, name=name, does=right["does"], file=file,
        on_all=right.get("on") is not None, call=call, inputs=inputs, item=item, listed=right.get("list", ""),
        shows=right["out"] if right["out"] in LOCATED else "", answer=answers.get(right["out"]),
        searches=right.get("searches", False), scope=right["scope"], write=right.get("write", ""),
        tells=right.get("tells", ""), changes=right.get("changes", ""),
        role=right.get("role", ""), again=right["again"], limit=_read_limit(right.get("limit"), fault),
        code=right.get("code", ""),
    )  # fmt: skip
    fitting.check_row(found, functions.needs, fault)
    return found


def _check_names(
    right: Mapping[str, Any], answers: Mapping[str, AnswerTable], functions: Functions, fault: Fault
) -> None:
    """Hold what a row names to what there is of that name."""
    known = {
        "out": ("", *answers, *LOCATED),
        "code": tuple(functions.carry),
        "again": (*functions.settle, REPEAT, NEVER),
        "scope": tuple(ALL_SCOPES),
        "write": tuple(ALL_SCOPES),
    }
    for word, names in known.items():
        if (named := right.get(word)) is not None and named not in names:
            told = ", ".join(sorted(filter(None, names)))
            fault(f"{word} = {named!r} is not one of {told}{nearest(named, names)}")


def read_answer(name: str, right: Mapping[str, Any], functions: Functions, fault: Fault) -> AnswerTable:
    """Read one kind of answer: SCIM-like path -> PingOne's field."""
    fields = [_read_field(path, said, functions, fault) for path, said in right.items()]
    found = AnswerTable(name, tuple(each for each in fields if each is not None))
    fitting.check_paths(((".".join(each.path), each.path) for each in found.fields), fault)
    return found


def _read_field(path: str, said: Any, functions: Functions, tell: Fault) -> AnswerField | None:
    def fault(text: str) -> None:
        tell(f"{path}: {text}")

    words = {"to": said} if isinstance(said, str) else said
    if not FIELD.fullmatch(path) or not isinstance(words, dict):
        fault("a member is a path such as scope.id, with a PingOne field or a row in braces")
        return None
    if not _check_words(words, ANSWER_WORDS, fault):
        return None
    code = words.get("code", "")
    if code and code not in functions.answer:
        fault(f"code = {code!r} is not one of {', '.join(sorted(functions.answer))}{nearest(code, functions.answer)}")
    if words.get("codec", "lower") != "lower":
        fault(f'codec = {words["codec"]!r}: an answer knows "lower"')
    _check_type(words, fault)
    to = words.get("to", "" if code else path)
    return AnswerField(
        path=tuple(path.split(".")), to=tuple(to.split(".")) if to else (), type=words.get("type", "string"),
        code=code, lower="codec" in words,
    )  # fmt: skip


def _read_call(right: Mapping[str, Any], fault: Fault) -> PingOneCall:
    match = CALL.fullmatch(right["call"])
    if match is None:
        fault(f'call = {right["call"]!r} is not a method and a path below the environment, as "POST users/{{id}}"')
        return PingOneCall("GET", "")
    if "{item}" in match[2] and "item" not in right and "code" not in right:
        fault("its call names {item}, so item says what is named behind the operation")
    query = right.get("query", {})
    if not all(isinstance(value, str) for value in query.values()):
        fault("query holds texts")
    media = right.get("media")
    if media is not None and not MEDIA.fullmatch(media):
        fault(f'media = {media!r} is no type without "{VENDOR}" and "+json", as "account.unlock"')
    elif media is not None:
        media = VENDOR + media + ("" if media in PLAIN_MEDIA else "+json")
    return PingOneCall(match[1], match[2], media, tuple((key, str(value)) for key, value in query.items()))


def _check_place(resource: str, right: Mapping[str, Any], fault: Fault) -> None:
    on = right.get("on")
    if on is not None and (resource not in KIND_OF or on != KIND_OF[resource].collection):
        whole = ", ".join(f"{kind.collection!r} for a {kind.name}" for kind in KIND_OF.values())
        fault(f"on = {on!r}: an operation without an id stands on {whole}")
    if (resource == SERVICE or on is not None) and "{id}" in right["call"]:
        fault("its call names {id}, and it stands on no single resource")
    if right.get("limit") and (resource == SERVICE or on is not None):
        fault("a limit holds for each resource, and it stands on none")


def _read_item(words: Mapping[str, Any], functions: Functions, fault: Fault) -> Item | None:
    if not _check_words(words, ITEM_WORDS, lambda text: fault(f"item: {text}")):
        return None
    if not NAME.fullmatch(words.get("name", "")):
        fault("item: name is what the part is called, such as sessionId")
        return None
    if (code := words.get("code")) is not None and code not in functions.carry:
        fault(
            f"item: code = {code!r} is not one of {', '.join(sorted(functions.carry))}{nearest(code, functions.carry)}"
        )
    return Item(
        name=words["name"], get=words.get("get", False), delete=words.get("delete", False),
        max_length=words.get("maxLength", 100), code=words.get("code", ""),
    )  # fmt: skip


def _read_input(name: str, said: Any, tell: Fault) -> Input | None:
    def fault(text: str) -> None:
        tell(f"in.{name}: {text}")

    words = {"to": said} if isinstance(said, str) else said
    if not NAME.fullmatch(name) or not isinstance(words, dict):
        fault("an input is a name and a row in braces, such as in.reason = { maxLength = 100 }, or a PingOne field")
        return None
    if not _check_words(words, INPUT_WORDS, fault):
        return None
    _check_type(words, fault)
    if not FIELD.fullmatch(words.get("to", name)):
        fault(f"to = {words['to']!r} is not the name of a PingOne field")
    if words.get("now", "after") != "after":
        fault(f'now = {words["now"]!r}: a moment can be "after" now')
    if words.get("codec", "milliseconds") != "milliseconds":
        fault(f'codec = {words["codec"]!r}: an input knows "milliseconds"')
    values = words.get("values", [])
    if not all(isinstance(value, str) for value in values):
        fault("values is a list of texts")
    found = Input(
        name=name, type=words.get("type", "string"), to=tuple(words.get("to", name).split(".")),
        required=words.get("required", False), secret=words.get("secret", False),
        min_length=words.get("minLength", 0), max_length=words.get("maxLength"),
        min_items=words.get("minItems", 0), max_items=words.get("maxItems"),
        minimum=words.get("minimum"), maximum=words.get("maximum"), values=tuple(map(str, values)),
        default=words.get("default"), after_now=words.get("now") == "after",
        milliseconds=words.get("codec") == "milliseconds",
        header=words.get("header", ""), example=words.get("example"),
    )  # fmt: skip
    _check_samples(found, words, fault)
    fitting.check_input(found, fault)
    return found


def _check_samples(found: Input, words: Mapping[str, Any], fault: Fault) -> None:
    """Hold bounds to each other, and what stands for a value to what a client's would be held to."""
    for least, most in BOUNDS:
        if words.get(least, 0) > words.get(most, math.inf):
            fault(f"{least} = {words[least]} is above {most} = {words[most]}, so that nothing fits")
    if found.secret and "example" in words:
        fault("a secret has no example")
    for word in ("default", "example"):
        if word in words and found.type in TYPES and (wrong := fault_of(found, words[word], BEGINNING)) is not None:
            fault(f"{word} {wrong}")


def _read_limit(text: str | None, fault: Fault) -> Often | None:
    if text is None:
        return None
    match = LIMIT.fullmatch(text)
    if match is None:
        fault(f'limit = {text!r} is not a number and a time, as "20 a minute"')
        return None
    return Often(int(match[1]), SECONDS[match[2]], f"{match[1]} a {match[2]}")


def _check_type(words: Mapping[str, Any], fault: Fault) -> None:
    if (kind := words.get("type", "string")) not in TYPES:
        fault(f"type = {kind!r} is not one of {', '.join(TYPES)}{nearest(kind, TYPES)}")


def _check_words(words: Mapping[str, Any], known: Mapping[str, type], fault: Fault) -> bool:
    """Hold words to those that there are and to their types; return whether all fit."""
    fits = True
    for word, value in words.items():
        kind = known.get(word)
        if kind is None:
            fault(f"{word!r} is not one of {', '.join(known)}{nearest(word, known)}")
            fits = False
        elif kind is not object and type(value) is not kind:  # a boolean is a number in Python
            fault(f"{word} is {_KINDS[kind]}, not {value!r}")
            fits = False
    return fits
