"""Faulty tables: each fault is told with its file, its place and what would be right, all faults at once."""

from __future__ import annotations

import pytest

from scimbridge.mapping.tables.compiling import compile_tables
from scimbridge.mapping.tables.table import TableFaults
from scimbridge.pingone.kinds import KINDS

HEAD = 'resource = "User"\nendpoint = "/Users"\n'
COMMON = '[common]\nid = "id"\n'
URN = "urn:ietf:params:scim:schemas:core:2.0:User"
CORE = f'["{URN}"]\nuserName = {{ to = "username", required = true }}\n'
WHOLE = HEAD + COMMON + CORE
OWN = '["urn:example:own"]\n'

# (what is wrong, the rows that are added to a whole table, the place that is named, words of the sentence)
ROWS = [
    ("a misspelt word", 'title = { to = "title", mutabilty = "readOnly" }', f"[{URN}] title", "mean 'mutability'?"),
    ("a misspelt `to`", 'title = { too = "title" }', f"[{URN}] title", "mean 'to'?"),
    ("a misspelt `to` in a section of one's own", OWN + 'a = { too = "b" }', "[urn:example:own] a", "mean 'to'?"),
    ("an unknown codec", 'title = { to = "title", codec = "semicolon" }', f"[{URN}] title", "mean 'semicolons'?"),
    ("an unknown via", 'title = { to = "title", via = "passwd" }', f"[{URN}] title", "mean 'password'?"),
    ("a via that is no word", 'title = { to = "title", via = ["password"] }', f"[{URN}] title", "not one of enabled"),
    ("an unknown type", 'title = { to = "title", type = "bool" }', f"[{URN}] title", "mean 'boolean'?"),
    ("an unknown mutability", 'title = { to = "t", mutability = "readonly" }', f"[{URN}] title", "mean 'readOnly'?"),
    ("an unknown returned", 'title = { to = "title", returned = "sometimes" }', f"[{URN}] title", "always, never"),
    ("an unknown uniqueness", 'title = { to = "title", uniqueness = true }', f"[{URN}] title", "none, server"),
    ("two rows to one field", 'title = "title"\nnickName = "title"', f"[{URN}] nickName", "writes title already"),
    ("a row to a part of another's field", OWN + 'a = "x"\nb.c = "x.y"', "[urn:example:own] b.c", "writes x already"),
    ("an attribute twice", 'title = "title"\nTitle = "nickname"', f"[{URN}] Title", "the same attribute as title"),
    (
        "a selector twice",
        '\'emails[type eq "work"].value\' = "email"\n\'emails[type eq "WORK"].value\' = "mail"',
        f'[{URN}] emails[type eq "WORK"].value',
        "the same attribute",
    ),
    ("an unknown attribute", 'titel = "title"', f"[{URN}] titel", "mean 'title'?"),
    ("an unknown sub-attribute", 'name.given = "name.given"', f"[{URN}] name.given", "mean 'givenName'?"),
    ("a common attribute in a schema", 'externalId = "externalId"', f"[{URN}] externalId", "stands in [common]"),
    (
        "an unknown attribute of the enterprise schema",
        '["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]\ndepartmnt = "department"',
        "enterprise:2.0:User] departmnt",
        "mean 'department'?",
    ),
    ("a sub-attribute of a plain one", 'title.short = "title"', f"[{URN}] title.short", "no sub-attributes"),
    ("a selector on one value", '\'title[type eq "work"].value\' = "title"', "title[type", "title has one value"),
    ("a selector without sub-attribute", '\'emails[type eq "work"]\' = "email"', "emails[type", '"work"].value'),
    ("a selector and its own type", '\'emails[type eq "work"].type\' = "kind"', "].type", "made from the selector"),
    ("another operator in a selector", '\'emails[type ne "work"].value\' = "email"', "emails[type", "not a SCIM path"),
    ("a left side that is no path", '"ti tle" = "title"', f"[{URN}] ti tle", "not a SCIM path"),
    (
        "a row without target",
        'title = { mutability = "readOnly" }',
        f"[{URN}] title",
        "`to` (a PingOne field) or `from`",
    ),
    ("a row with a codec only", 'title = { codec = "json" }', f"[{URN}] title", "`to` (a PingOne field) or `from`"),
    ("an empty row", "title = {}", f"[{URN}] title", "`to` (a PingOne field) or `from`"),
    ("both targets", 'title = { to = "title", from = "{name.given}" }', f"[{URN}] title", "not both"),
    ("a number for a row", "title = 5", f"[{URN}] title", "a PingOne field or a row in braces, not 5"),
    ("a list for a row", 'title = ["title"]', f"[{URN}] title", "a PingOne field or a row in braces"),
    ("an empty field", 'title = ""', f"[{URN}] title", "'' is not the name of a PingOne field"),
    ("a field with a blank", 'title = "job title"', f"[{URN}] title", "not the name of a PingOne field"),
    ("a number for a field", "title = { to = 5 }", f"[{URN}] title", "5 is not the name of a PingOne field"),
    ("a flag as a word", 'title = { to = "title", required = "yes" }', f"[{URN}] title", "required is true or false"),
    ("a list as a word", 'title = { to = "title", canonicalValues = "a" }', f"[{URN}] title", "list of strings"),
    ("a list of numbers", 'title = { to = "title", referenceTypes = [1] }', f"[{URN}] title", "list of strings"),
    ("a description that is none", 'title = { to = "title", description = 1 }', f"[{URN}] title", "is a string, not 1"),
    ("a template without field", 'displayName = { from = "plain" }', f"[{URN}] displayName", "{name.family}"),
    ("a template that is broken", 'displayName = { from = "{name given" }', f"[{URN}] displayName", "{name.family}"),
    ("a template that is a number", "displayName = { from = 5 }", f"[{URN}] displayName", "not a composed value"),
    (
        "a composed row that is written",
        'displayName = { from = "{name.given}", required = true }',
        f"[{URN}] displayName",
        "takes no required",
    ),
    ("a bad include", 'groups.value = { to = "memberOfGroupIDs", include = 5 }', "groups.value", "`include` parameter"),
    ("operators as a word", 'title = { to = "title", filter = "eq" }', f"[{URN}] title", "a list out of eq, sw"),
    ("an operator that PingOne has not", 'title = { to = "title", filter = ["gt"] }', f"[{URN}] title", "eq, sw, ew"),
    ("a list mapped as a whole", 'emails = "email"', f"[{URN}] emails", 'as emails[type eq "work"].value'),
    ("a list to one value without selector", 'emails.value = "email"', f"[{URN}] emails.value", '[type eq "work"]'),
    (
        "a list by another member",
        'addresses.country = "home"',
        "addresses.country",
        'addresses[type eq "work"].country',
    ),
    ("rows with and without selector", '\'roles[type eq "a"].value\' = "a"\nroles.value = "b"', "roles", "have none"),
    ("a complex attribute as a whole", 'name = "name"', f"[{URN}] name", "a row for each sub-attribute"),
    ("another type than RFC 7643's", 'active = { to = "on", type = "string" }', f"[{URN}] active", "is boolean"),
    ("many where RFC 7643 says one", 'title = { to = "title", multiValued = true }', f"[{URN}] title", "says false"),
    (
        "a read-only attribute made writable",
        'groups.value = { to = "g", mutability = "readWrite" }',
        "groups",
        "readOnly",
    ),
    ("a codec that does not fit", 'active = { to = "on", codec = "json" }', f"[{URN}] active", "one boolean"),
    ("a list codec on one value", 'title = { to = "title", codec = "list" }', f"[{URN}] title", "one string"),
    ("a codec and another type", OWN + 'a = { to = "b", codec = "semicolons", type = "integer" }', "own] a", "string"),
    ("a codec and another number", OWN + 'a = { to = "b", codec = "list", multiValued = false }', "own] a", "true"),
    ("many of another type", OWN + 'a = { to = "b", type = "integer", multiValued = true }', "own] a", "string"),
    ("a complex row without codec", OWN + 'a = { to = "b", type = "complex" }', "own] a", 'codec = "object"'),
    ("a call to another field", 'active = { to = "on", via = "enabled" }', f"[{URN}] active", 'to = "enabled"'),
    ("a field that needs its call", 'active = "enabled"', f"[{URN}] active", 'via = "enabled"'),
    ("a part of a field that needs its call", OWN + 'p = "population"', "[urn:example:own] p", 'via = "population"'),
    ("memberships of users", 'title = { to = "title", via = "memberships" }', f"[{URN}] title", "members of groups"),
    ("a row outside of a section's schema", '["people"]\ntitle = "title"', "[people]", "schema URN in quotes"),
    ("a section twice", f'["{URN.upper()}"]\ntitle = "title"', f"[{URN.upper()}]", "is a section already"),
    (
        "the schema of another resource",
        '["urn:ietf:params:scim:schemas:core:2.0:Group"]\nmembers.value = "m"',
        "core:2.0:Group]",
        "is the schema of Group",
    ),
    ("a population rule without use", "[[population]]\nwhen = 'title pr'", "[[population]] 1", "needs `when`"),
    (
        "a population rule with more",
        '[[population]]\nwhen = "title pr"\nuse = "a"\nelse = "b"',
        "[[population]] 1",
        "no more",
    ),
    (
        "a population rule that is no filter",
        '[[population]]\nwhen = "title eq"\nuse = "a"',
        "[[population]] 1",
        "when =",
    ),
    ("a population rule on nothing", "[[population]]\nwhen = 'titel pr'\nuse = \"a\"", "[[population]] 1", "'titel'"),
    (
        "a population rule on what is not kept",
        "[[population]]\nwhen = 'title pr'\nuse = \"a\"",
        "[[population]] 1",
        "title",
    ),
    (
        "a population rule of another type",
        "[[population]]\nwhen = 'userName eq 5'\nuse = \"a\"",
        "[[population]] 1",
        "string",
    ),
    (
        "a population rule in single brackets",
        "[population]\nwhen = 'userName pr'\nuse = \"a\"",
        "population",
        "double brackets",
    ),
    ("no TOML", "title = ", "not valid TOML", "document"),
    ("a key twice", 'title = "title"\ntitle = "nickname"', "not valid TOML", "document"),
]

# (what is wrong, the whole text, the place that is named, words of the sentence)
WHOLES = [
    ("an empty file", "", "", 'resource = "User"'),
    ("no resource", WHOLE.replace('resource = "User"\n', ""), "", "resource is missing; the head of a table says"),
    ("no endpoint", WHOLE.replace('endpoint = "/Users"\n', ""), "", "endpoint is missing"),
    ("a resource in another case", WHOLE.replace('"User"', '"user"'), "", "mean 'User'?"),
    ("an unknown resource", WHOLE.replace('"User"', '"Device"'), "", "not one of User, Group, Population"),
    ("a resource that is no name", WHOLE.replace('"User"', "5"), "", "resource is missing"),
    ("an endpoint that is no path", WHOLE.replace('"/Users"', '"Users"'), "", "a path such as /Users"),
    ("a misspelt word of the head", "disabled = []\n" + WHOLE, "", "mean 'disable'?"),
    ("a description that is none", "description = 5\n" + WHOLE, "", "description is a string"),
    ("disable of nothing", 'disable = ["titel"]\n' + WHOLE + 'title = "title"', "disable", "mean 'title'?"),
    ("disable of what is required", 'disable = ["userName"]\n' + WHOLE, "disable", "cannot be disabled"),
    ("disable of the id", 'disable = ["id"]\n' + WHOLE, "disable", "cannot be disabled"),
    ("disable as a word", 'disable = "title"\n' + WHOLE, "", "disable is a list of strings"),
    ("allow of an unknown verb", 'allow = ["creat"]\n' + WHOLE, "", "mean 'create'?"),
    ("allow as a word", 'allow = "create"\n' + WHOLE, "", "allow is a list of strings"),
    ("no id", HEAD + CORE, "[common]", 'id = "id"'),
    (
        "an unknown common row",
        WHOLE.replace('id = "id"', 'id = "id"\nmeta.version = "v"'),
        "[common] meta.version",
        "id,",
    ),
    ("common that is no section", "common = 5\n" + HEAD + CORE, "[common]", "section of rows"),
    ("no section", HEAD + COMMON, "", "a section headed by a URN holds the rows"),
    ("no core section", HEAD + COMMON + OWN + 'a = "username"', "", f'no section ["{URN}"]'),
    (
        "no row for what PingOne needs",
        WHOLE.replace("userName", "nickName").replace("username", "nickname"),
        "",
        "username",
    ),
    (
        "a read-only row for what PingOne needs",
        WHOLE.replace("required = true", 'mutability = "readOnly"'),
        "",
        "username",
    ),
    ("rules that are no tables", 'population = ["a"]\n' + WHOLE, "[[population]] 1", "needs `when`"),
    ("rules that are a number", "population = 5\n" + WHOLE, "population", "double brackets"),
]


@pytest.mark.parametrize(("_wrong", "rows", "place", "words"), ROWS, ids=[case[0] for case in ROWS])
def test_a_faulty_row_is_refused(faults_of, _wrong, rows, place, words):
    """The fault of a row is told with file, section, row and what would be right."""
    assert any(
        fault.startswith("users.toml: ") and place in fault and words in fault
        for fault in faults_of(users=WHOLE + rows)
    )


@pytest.mark.parametrize(("_wrong", "text", "place", "words"), WHOLES, ids=[case[0] for case in WHOLES])
def test_a_faulty_table_is_refused(faults_of, _wrong, text, place, words):
    """The fault of a table's head or of the whole is told with file, place and what would be right."""
    assert any(
        fault.startswith("users.toml: ") and place in fault and words in fault for fault in faults_of(users=text)
    )


@pytest.mark.parametrize(
    ("rows", "names"), [case[1:3] for case in ROWS if "population" not in case[1] and "TOML" not in case[0]]
)
def test_a_fault_is_told_once(faults_of, rows, names):
    """One fault is one line, however many look at the row."""
    faults = faults_of(users=WHOLE + rows)
    assert len(faults) == len(set(faults))


def test_all_faults_of_all_files_are_told_at_once(faults_of):
    """Nobody mends tables one start at a time."""
    faults = faults_of(
        groups="resource = [",
        populations='resource = "Population"\nendpoint = "Populations"\n[common]\n',
        users=WHOLE + 'titel = "title"\nactive = "enabled"\n',
    )
    assert {fault.partition(":")[0] for fault in faults} == {"groups.toml", "populations.toml", "users.toml"}
    assert sum(fault.startswith("users.toml") for fault in faults) == 2
    assert sum(fault.startswith("populations.toml") for fault in faults) >= 4


def test_one_resource_has_one_table(faults_of):
    """A copy that was left in the folder is a fault, not a second truth."""
    faults = faults_of(users=WHOLE, copy=WHOLE)
    assert any("resource = 'User' is in copy.toml already" in fault for fault in faults)
    assert any("endpoint = '/Users' is in copy.toml already" in fault for fault in faults)


def test_no_table_at_all_is_refused(faults_of):
    """An empty folder serves nothing, and says so."""
    assert "no table at all" in faults_of()[0]


def test_calls_of_users_are_for_users(faults_of):
    """`via` of a user's facet in a table of groups would write nothing."""
    text = (
        'resource = "Group"\nendpoint = "/Groups"\n[common]\nid = "id"\n'
        '["urn:ietf:params:scim:schemas:core:2.0:Group"]\ndisplayName = "name"\n'
        '["urn:example:own"]\npopulation.id = { to = "population.id", via = "population" }\n'
    )
    assert "is for users" in faults_of(groups=text)[0]


def test_a_common_attribute_is_no_attribute_of_ones_own_core_schema(faults_of):
    """Two values for one member of the resource would hide each other."""
    text = (
        'resource = "Population"\nendpoint = "/Populations"\n[common]\nid = "id"\n'
        '["urn:example:Population"]\ndisplayName = "name"\nexternalId = "reference"\n'
    )
    assert any("externalId is an attribute of every resource" in fault for fault in faults_of(populations=text))


GOOD = {
    "the least that there is": "",
    "rows in dotted and in quoted keys": 'name.givenName = "name.given"\n"name"."familyName" = { to = "name.family" }',
    "several custom attributes": OWN
    + 'a = "a1"\nb = { to = "b1", codec = "semicolons" }\nc = { to = "c1", codec = "list" }',
    "words of rows as names of sub-attributes": OWN
    + 'range.to = "range.end"\nrange.from = "range.start"\nrange.type = "x.t"',
    "a sub-attribute with a row in braces": OWN
    + 'a.type = { to = "a.type", description = "Kind" }\na.required = "a.r"',
    "the enterprise extension": '["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]\n'
    'department = "department"\nmanager.value = "managerId"',
    "a schema known by RFC 7643 in another case": '["URN:IETF:params:scim:schemas:extension:Enterprise:2.0:user"]\n'
    'department = "department"',
    "a composed value of fields without rows": 'displayName = { from = "{name.given} {name.family}" }',
    "two rows to one field, one read-only": 'title = "title"\n'
    + OWN
    + 'job = { to = "title", mutability = "readOnly" }',
    "a list of plain values": 'roles.value = "roles"',
    "several values without a codec": OWN + 'a = { to = "b", multiValued = true }',
    "a row as a TOML table": OWN + '["urn:example:own".a]\nto = "b"\ntype = "boolean"',
    "a rule on a kept attribute": '[[population]]\nwhen = \'userName ew "@example.org"\'\nuse = "Staff"',
    "an extension above the core schema": "",
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_table_is_not_refused(name):
    """What the language allows compiles."""
    text = HEAD + COMMON + (OWN + 'a = "b"\n' if "above" in name else "") + CORE + GOOD[name]
    assert compile_tables({"users.toml": text}, KINDS)["User"].type.schema.urn == URN


def test_shipped_tables_are_good(shipped):
    """The tables that ship compile, alone and together."""
    assert set(compile_tables(shipped, KINDS)) >= {"User", "Group", "Population"}
    for name, text in shipped.items():
        assert compile_tables({name: text}, KINDS)


def test_faults_are_one_sentence_each():
    """Each fault is one line, so that an operator sees a list."""
    with pytest.raises(TableFaults) as caught:
        compile_tables({"users.toml": HEAD + COMMON + CORE + 'titel = "t"\nnam = "n"\n'}, KINDS)
    assert str(caught.value).splitlines() == caught.value.faults
    assert len(caught.value.faults) == 2
