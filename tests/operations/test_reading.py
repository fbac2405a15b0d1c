"""The table of operations and what an operator lays over it: each word wrong once, and what is told of it."""

from __future__ import annotations

import pytest

from scimbridge.mapping.tables.shipped import default_mappings
from scimbridge.mapping.tables.table import TableFaults
from scimbridge.operations.drafts import ANSWER_WORDS, INPUT_WORDS, ITEM_WORDS, WORDS
from scimbridge.operations.reading import compile_operations
from scimbridge.operations.steps import FUNCTIONS

SHIPPED = default_mappings().joinpath("operations.toml").read_text(encoding="utf-8")
GOOD = {
    "does": '"Mark the user"',
    "call": '"POST users/{id}/marks"',
    "out": '""',
    "scope": '"accounts:write"',
    "again": '"yes"',
}


def read(own):
    """Compile the shipped table with a text over it."""
    return compile_operations(SHIPPED, own, FUNCTIONS, "mine.toml")


def faults_of(own):
    """Return what is told of a text."""
    with pytest.raises(TableFaults) as told:
        read(own)
    return told.value.faults


def row(resource="User", without=(), **words):
    """Return a section with one more word, or another one."""
    lines = {name: text for name, text in {**GOOD, **words}.items() if name not in without}
    return f"[{resource}.mark]\n" + "".join(f"{name} = {text}\n" for name, text in lines.items())


def test_the_row_of_these_tests_is_good():
    """Without a word that is wrong it is taken, so that each fault below is that word's."""
    operation = read(row()).operations["User", "mark"]
    assert (operation.name, operation.call.path, operation.scope) == ("mark", "users/{id}/marks", "accounts:write")


# word -> (what stands there, what is told: what is wrong, and what would be right)
WRONG = {
    "does": ("7", ["does is a text, not 7"]),
    "on": ('"groups"', ["on = 'groups': an operation without an id stands on", "'users' for a User"]),
    "call": ('"users/{id}/marks"', ['is not a method and a path below the environment, as "POST users/{id}"']),
    "media": ("true", ["media is a text, not True"]),
    "in": ('"reason"', ["in is a table, not 'reason'"]),
    "query": ("{ limit = 100 }", ["query = {'limit': 100} is not a table of texts"]),
    "out": ('"Sesion"', ["out = 'Sesion' is not one of", "did you mean 'Session'"]),
    "list": ("[]", ["list is a text, not []"]),
    "item": ("{ get = true }", ["item: name is what the part is called, such as sessionId"]),
    "searches": ('"yes"', ["searches is true or false, not 'yes'"]),
    "scope": ('"account:write"', ["scope = 'account:write' is not one of", "did you mean 'accounts:write'"]),
    "write": ('"sessions:delete"', ["write = 'sessions:delete' is not one of"]),
    "tells": ('"User.memberOfGroupIDs"', ["tells is of what reads"]),
    "changes": ('"members"', ["changes = 'members' is not a resource type and a PingOne field, as 'Group.members'"]),
    "role": ("1", ["role is a text, not 1"]),
    "again": ('"verifyed"', ["again = 'verifyed' is not one of", "yes", "no", "did you mean 'verified'"]),
    "limit": ('"often"', ["limit = 'often' is not a number and a time, as \"20 a minute\""]),
    "code": ('"lnik"', ["code = 'lnik' is not one of", "did you mean 'link'"]),
    "undone": ('{ "account.status" = 7 }', ["is not a PingOne field with one state or a list of them"]),
    "urgent": ("1", ["urgent is true or false, not 1"]),
    "refuse": ('"It cannot be."', ["an operation that is refused has no again, call, out, scope", "does and refuse"]),
}
INPUTS = {
    "to": ('"a b"', ["to = 'a b' is not the name of a PingOne field"]),
    "type": ('"number"', ["type = 'number' is not one of string, strings"]),
    "required": ('"yes"', ["required is true or false, not 'yes'"]),
    "secret": ("1", ["secret is true or false, not 1"]),
    "minLength": ("true", ["minLength is a whole number, not True"]),
    "maxLength": ('"9"', ["maxLength is a whole number, not '9'"]),
    "minItems": ("1.5", ["minItems is a whole number, not 1.5"]),
    "maxItems": ("[]", ["maxItems is a whole number, not []"]),
    "minimum": ('"0"', ["minimum is a whole number, not '0'"]),
    "maximum": ('"9"', ["maximum is a whole number, not '9'"]),
    "values": ('"a"', ["values is a list of texts, not 'a'"]),
    "default": ("7", ["default has to be a text"]),
    "now": ('"before"', ["now = 'before' is not one of after"]),
    "header": ("1", ["header is a text, not 1"]),
    "example": ("true", ["example has to be a text"]),
}
ITEMS = {
    "name": ('"session id"', ["item: name is what the part is called, such as sessionId"]),
    "get": ("1", ["item: get is true or false, not 1"]),
    "delete": ('"yes"', ["item: delete is true or false, not 'yes'"]),
    "maxLength": ('"9"', ["item: maxLength is a whole number, not '9'"]),
    "code": ('"take_rol"', ["item: code = 'take_rol' is not one of", "did you mean 'take_role'"]),
}
ANSWERS = {
    "to": ("1", ["to is a text, not 1"]),
    "type": ('"date"', ["type = 'date' is not one of string", "dateTime"]),
    "optional": ('"yes"', ["optional is true or false, not 'yes'"]),
    "code": ('"rolename"', ["code = 'rolename' is not one of role_name, seal"]),
    "codec": ('"upper"', ["codec = 'upper' is not one of lower"]),
}


def test_every_word_is_wrong_once():
    """A word that is added to the language is added here."""
    assert (set(WRONG), set(INPUTS), set(ITEMS), set(ANSWERS)) == (
        set(WORDS), set(INPUT_WORDS), set(ITEM_WORDS), set(ANSWER_WORDS),
    )  # fmt: skip


@pytest.mark.parametrize(("word", "text", "told"), [(word, *rest) for word, rest in WRONG.items()], ids=WRONG)
def test_a_word_of_a_row(word, text, told):
    """The one fault names file, section and word, and what would be right."""
    call = '"POST users"' if word == "on" else GOOD["call"]  # what stands on no single resource names none
    (fault,) = faults_of(row(**{"call": call, word: text}))
    assert fault.startswith("mine.toml: [User.mark]: ")
    assert [part for part in told if part not in fault] == [], fault


@pytest.mark.parametrize(("word", "text", "told"), [(word, *rest) for word, rest in INPUTS.items()], ids=INPUTS)
def test_a_word_of_an_input(word, text, told):
    """The same, and the input is named."""
    (fault,) = faults_of(row(**{"in.reason": f"{{ {word} = {text} }}"}))
    assert fault.startswith("mine.toml: [User.mark]: in.reason: ")
    assert [part for part in told if part not in fault] == [], fault


@pytest.mark.parametrize(("word", "text", "told"), [(word, *rest) for word, rest in ITEMS.items()], ids=ITEMS)
def test_a_word_of_a_part(word, text, told):
    """The same of what is named behind an operation."""
    words = {"name": '"markId"', word: text}
    (fault,) = faults_of(row(item="{ " + ", ".join(f"{name} = {value}" for name, value in words.items()) + " }"))
    assert fault.startswith("mine.toml: [User.mark]: ")
    assert [part for part in told if part not in fault] == [], fault


@pytest.mark.parametrize(("word", "text", "told"), [(word, *rest) for word, rest in ANSWERS.items()], ids=ANSWERS)
def test_a_word_of_an_answer(word, text, told):
    """The same of a member of an answer."""
    (fault,) = faults_of(f"[answer.Mark]\nplace = {{ {word} = {text} }}\n")
    assert fault.startswith("mine.toml: [answer.Mark]: place: ")
    assert [part for part in told if part not in fault] == [], fault


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ("[User", "mine.toml: not valid TOML"),
        ('extends = "other"\n', "mine.toml: extends = 'other': a table can extend \"shipped\""),
        ("disable = 1\n", 'mine.toml: disable is a list of operations, as ["checkPassword"], not 1'),
        ('disable = ["chekPassword"]\n', "mine.toml: disable has 'chekPassword', which is no operation; did you"),
        ('[Users.mark]\ndoes = "x"\n', "mine.toml: [Users]: a section is headed by User, Group, Population, Service"),
        ("[User]\nmark = false\n", "mine.toml: [User] mark: an operation is a section, as [User.mark]"),
        ('[User."set-mark"]\ndoes = "x"\n', "the name of an operation has letters and digits only, such as unlock"),
        ('[answer.User]\nid = "id"\n', "mine.toml: [answer.User]: User is a resource type, and answered as always"),
        ('[answer.Mark]\n"a b" = "c"\n', "a b: a member is a path such as scope.id,"),
        (row(dose='"x"'), "[User.mark]: 'dose' is not one of does"),
        (row(without=("out", "again")), "[User.mark]: out, again missing; a row says does, call, out, scope, again"),
        (row("Service"), "[Service.mark]: its call names {id}, and it stands on no single resource"),
        (row("Service", call='"POST marks"', limit='"1 a day"'), "a limit holds for each resource"),
        (row(call='"POST users/{id}/marks/{item}"'), "its call names {item}, so item says what is named behind"),
        (row(item='{ name = "x", delete = true }'), "parts can be deleted, so write names the right for that"),
        (row(**{"in.a": "1"}), "in.a: an input is a name and a row in braces, such as in.reason"),
        (row(**{"in.a": '{ values = ["x"], default = "y" }'}), "in.a: default has to be one of x"),
        (row(**{"in.a": "{ minLength = 9, maxLength = 3 }"}), "in.a: minLength = 9 is above maxLength = 3"),
        (row(**{"in.a": '{ secret = true, example = "x" }'}), "in.a: a secret has no example"),
        (row(**{"in.a": '{ secret = true, default = "x" }'}), "in.a: a secret has no default"),
        (row(**{"in.a": '{ type = "integer", values = ["1"] }'}), "in.a: values are texts, and the type is integer"),
        (row(**{"in.a": '{ now = "after" }'}), 'in.a: now is of a moment, so type is "dateTime"'),
        (row(**{"in.match": "{}"}), "in.match: match means something in every operation"),
        (row(**{"in.a": '"b"', "in.c": '"b.d"'}), "in.a and in.c both fill b, which can hold one of them"),
        (row(code='"assign"'), "code = 'assign' reads the input role, so in.role is required or has a default"),
        (row(again='"linked"'), "again = 'linked' reads the input identityProvider"),
        (row(media='"application/vnd.pingidentity.a+json"'), "is not a type without"),
        (row(call='"POST users/id/marks"'), "its call names no {id}, and it stands on one User"),
        (row(list='"marks"'), "list is of what reads, and its call is POST"),
        (row(call='"GET users/{id}/marks/{item}"', list='"marks"', item='{ name = "x" }'), "a list has no {item}"),
        (row(write='"sessions:write"'), "write is the right to delete a part, and no part can be deleted"),
        (row(call='"GET users/{id}/a"', write='"sessions:write"', list='"a"', item='{ name = "x", get = true }'),
         "write is the right to delete a part"),
        (row(call='"GET users/{id}/a"', list='"a"', item='{ name = "x" }'), "item: nothing can be done with x"),
        (row(call='"GET users/{id}/a"', list='"a"', item='{ name = "x", get = true }', searches="true"),
         "item: parts hang on a list that is asked by GET"),
        (row(tells='"members"'), "tells = 'members' is not a resource type and a PingOne field, as 'Group.members'"),
        (row(call='"GET users/{id}/a"', changes='"Group.members"'), "changes is of what changes something or deletes"),
        (row(item='{ name = "markId" }'), "item names markId, and its call has no {item}"),
        (row(call='"GET users/{id}/a/{item}"', item='{ name = "x", get = true }'), "item: get and delete are of"),
        (row(call='"GET users/{id}/a"', **{"in.a": "{ secret = true }"}), "a: a secret of what reads would stand in"),
        (row().replace(".mark]", ".search]"), "[User.search]: the bridge answers .search itself"),
        (row("Service", call='"POST marks"').replace(".mark]", ".operations]"), "answers .operations itself"),
        ('[answer.Mark]\nscope = "a"\n"scope.id" = "b"\n', "scope and scope.id both fill scope"),
    ],
)  # fmt: skip
def test_what_is_no_row(own, told):
    """What is wrong around the words is told with its place as well."""
    assert told in faults_of(own)[0]


def test_an_input_may_be_a_field_alone():
    """A text is the PingOne field, as it is of a member of an answer."""
    (found,) = read(row(**{"in.reason": '"why.text"'})).operations["User", "mark"].inputs
    assert (found.name, found.to, found.type) == ("reason", ("why", "text"), "string")


def test_all_faults_are_told_at_once():
    """Who has several mends them in one go."""
    text = row(scope='"x"', out='"y"') + '[User.two]\ndose = "x"\n'
    assert [fault.split(": ")[1] for fault in faults_of(text)] == ["[User.mark]", "[User.mark]", "[User.two]"]


# -- an operator's own -------------------------------------------------------------------------------------------------


def test_a_row_replaces_the_shipped_one():
    """What stands in the file holds, and nothing of the shipped row shines through."""
    text = row().replace("[User.mark]", "[User.sendRecoveryCode]")
    operation = read(text).operations["User", "sendRecoveryCode"]
    assert (operation.does, operation.limit, operation.file) == ("Mark the user", None, "mine.toml")
    assert len(read(text).operations) == len(read(None).operations)


@pytest.mark.parametrize("name", ["roleAssignments", "Group.roleAssignments"])
def test_disable(name):
    """An operation is taken out by its name, everywhere or of one resource."""
    left = read(f'disable = ["{name}"]\n').operations
    gone = set(read(None).operations) - set(left)
    assert gone == {("Group", "roleAssignments"), *([] if "." in name else [("User", "roleAssignments")])}
