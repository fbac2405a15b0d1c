"""Rule files: what they say becomes values, and everything that is wrong is said at once, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from scimbridge.sync.rules.faults import RuleFaults
from scimbridge.sync.rules.reading import compile_rules, read_rules
from scimbridge.sync.rules.values import GUARDED, Limit, SecretPlace

CORE = '["urn:ietf:params:scim:schemas:core:2.0:User"]'
PINGONE = '["urn:pingidentity:schemas:extension:2.0:PingOneUser"]'
ROWS = f'{CORE}\nexternalId = "id"\nuserName = "mail"\n'
SOURCE = '[source]\ncsv = "people.csv"\nkey = "id"\n'
MATCH = '[match]\nby = ["externalId"]\n'
WHOLE = f"""
[source]
csv      = "people-*.csv"
key      = "employee_id"
complete = true
made     = "mtime"

[scope]
populations = ["Employees"]
where       = 'userType eq "employee"'
protect     = ['userName sw "svc-"', 'groups.value eq "5b0d6c9e"']

[match]
by    = ["externalId", "userName", 'emails[type eq "work"].value']
adopt = false

{CORE}
externalId        = "employee_id"
userName          = {{ from = "mail", codec = "lower" }}
name.givenName    = "first"
title             = {{ from = "job", empty = "clear" }}
preferredLanguage = {{ from = "lang", on = "create" }}
'emails[type eq "work"].value' = "mail"
active            = {{ from = "status", values = {{ A = true, L = true, T = false }} }}

{PINGONE}
mfaEnabled = "mfa"

[leaver]
missing = "disable"
delete_after = "90d"
groups  = "managed"

[groups]
from   = {{ csv = "memberships.csv", group = "group", member = "employee_id" }}
manage = ["HR-*"]
extra  = "remove"
create = true

[guards]
create  = "20%"
disable = [25, "2%"]
delete  = ["0.5%", 10]
full_every = "7d"
"""


def test_a_whole_file(compiled):
    """Every section becomes its value, and paths are absolute."""
    rules = compiled(WHOLE)
    assert rules.people.source.place == "/data/people-*.csv"
    assert rules.key_attribute.name == "externalId"
    assert rules.columns == ("employee_id", "mail", "first", "job", "lang", "status", "mfa")
    assert [each.name for each in rules.attributes][-2:] == [
        "active",
        "urn:pingidentity:schemas:extension:2.0:PingOneUser:mfaEnabled",
    ]
    assert rules.managed("title").empty == "clear"
    assert rules.managed("preferredLanguage").only_at_creation
    assert rules.attributes[-1].codec == "boolean"
    assert rules.leaver.delete_after == 90 * 86_400
    assert rules.groups.source.place == "/data/memberships.csv"
    assert rules.guards.limits["delete"] == Limit(10, 0.005)
    assert rules.guards.limits["move"] == GUARDED["move"]


def test_the_digest_is_of_what_is_said(compiled):
    """A comment changes no digest, a word does."""
    digest = compiled(WHOLE).digest
    assert compiled("# a comment\n", WHOLE).digest == digest
    assert compiled(WHOLE.replace('"90d"', '"91d"')).digest != digest


def test_all_faults_at_once_with_their_lines(faults):
    """Each fault names file, line, section and word, in the order of the lines, and the nearest name for a slip."""
    found = faults(
        '[source]\ncsv = "people.csv"\nkey = "id"\nencodng = "utf-8"\n',  # 4
        '[scop]\nwhere = "x"\n',  # 5
        '[match]\nby = ["externalId", "userNam"]\n',  # 8
        f'{CORE}\nexternalId = "id"\nuserNam = "mail"\n',  # 11
        "[guards]\ndlete = 3\n",  # 13
    )
    assert [each.partition(": ")[0] for each in found] == [f"people.toml:{line}" for line in (4, 5, 8, 9, 11, 13)]
    assert "[source] encodng: is not a word that stands here; did you mean 'encoding'?" in found[0]
    assert "did you mean 'scope'?" in found[1]
    assert "did you mean 'userName'?" in found[4]
    assert "did you mean 'delete'?" in found[5]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ('password = "pw"', "secret"),
        ('displayName = "dn"', "composed of name.family and name.given"),
        ('id = "id"', "readOnly"),
        ('groups.value = "g"', "readOnly"),
        ('emails = "mail"', 'its rows there are emails[type eq "work"].value'),
        ('titel = "job"', "did you mean 'title'?"),
        ("title = 3", "takes a column"),
        ('title = { codec = "lower" }', "from is missing"),
        ('title = { from = "job", codec = "lowr" }', "did you mean 'lower'?"),
        ('title = { from = "job", codec = "boolean" }', "makes a boolean, and this is a string"),
        ('title = { from = "job", codec = ["boolean", "lower"] }', "only the last"),
        ('title = { from = "job", codec = "split", separator = ";" }', "makes several values"),
        ('title = { from = "job", format = "%d" }', "goes with codec"),
        ('title = { from = "job", empty = "clera" }', "did you mean 'clear'?"),
        ('title = { from = "job", on = "always", what = 1 }', "is not a word"),
        ('active = { from = "s", values = { A = "yes" } }', "'A' maps to 'yes', and this is a boolean"),
        ('active = { from = "s", codec = "boolean", values = { A = true } }', "takes texts"),
        ('active = { from = "s", empty = "clear" }', "always has a value"),
        ('title = " job"', "blanks at its edges"),
    ],
)  # fmt: skip
def test_rows_that_cannot_be(faults, row, told):
    """A row that writes what rules may not, or that cannot be read, is a fault of its line."""
    found = faults(SOURCE, MATCH, ROWS, row)
    assert len(found) == 1, found
    assert found[0].startswith("people.toml:9: ")
    assert told in found[0]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ('population.id = "p"', "[[population]] rules"),
        ('lifecycle.status = "s"', 'on = "create"'),
        ('account.lockedAt = "s"', "readOnly"),
    ],
)
def test_rows_of_the_extension(faults, row, told):
    """Populations follow their rules, and what is given at creation says so."""
    (found,) = faults(SOURCE, MATCH, ROWS, f"{PINGONE}\n{row}")
    assert told in found


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ('[leaver]\nmissing = "delete"', "needs delete_after"),
        ('[leaver]\nmissing = "keep"\ndelete_after = "9d"', "and not with"),
        ('[leaver]\ndelete_after = "90"', "takes a duration"),
        ("[leaver]\ndelete_after = 90", "takes a duration"),
        ('[guards]\ndelete = "-1%"', "takes a number, a percentage or both"),
        ("[guards]\ndelete = true", "takes a number, a percentage or both"),
        ('[guards]\ndelete = ["1%", "2%"]', "takes a number, a percentage or both"),
        ('[guards]\ndelete = [[1, "2%"], 3]', "takes a number, a percentage or both"),
        ('[guards]\nleave = "101%"', "100% at most"),
        ('[guards]\nfull_every = "7 days"', "takes a duration"),
        ('[scope]\nwhere = "userName eq"', "no SCIM filter"),
        ('[scope]\nwhere = \'password eq "x"\'', "no SCIM filter"),
        ('[scope]\nwhere = \'profileUrl eq "x"\'', "is no attribute of users.toml"),
        ('[scope]\nprotect = "userName pr"', "takes a list of texts"),
        ("[scope]\npopulations = []", "takes a list of texts"),
        ('[groups]\nmanage = ["*"]', "from is missing"),
        ('[groups]\nfrom = { column = "g" }', "manage is missing"),
        ('[groups]\nfrom = { csv = "m.csv", group = "g" }\nmanage = ["*"]', "member is missing"),
        ('[groups]\nfrom = "groups"\nmanage = ["*"]', "takes words in braces"),
        ('[groups]\nfrom = { column = "g", seperator = ";" }\nmanage = ["*"]', "did you mean 'separator'?"),
        ('[groups]\nfrom = { column = "g" }\nmanage = ["*"]\nextra = "drop"', "takes 'keep' or 'remove'"),
    ],
)  # fmt: skip
def test_sections_that_cannot_be(faults, section, told):
    """What a section says is held to what it can say."""
    found = faults(SOURCE, MATCH, ROWS, section)
    assert len(found) == 1, found
    assert told in found[0]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ('csv = "a"\njsonl = "b"', "not csv and jsonl"),
        ("", "names one source by one of"),
        ('csv = "a"\ndelimiter = ";;"', "takes one character"),
        ('csv = "a"\nencoding = "utf8-x"', "takes an encoding"),
        ('csv = "a"\nencoding = "hex"', "takes an encoding"),
        ('csv = "a"\ndelimiter = ";"\nquote = ";"', "is the delimiter too"),
        ('csv = "a\\u0000"', "takes a text"),
        ('csv = "a"\nurl = "x://y"', "is not a word that stands here"),
        ('csv = "a"\nmade = "yesterday"', 'or "name:people-%Y-%m-%d.csv"'),
        ('csv = "a"\nkey_pattern = "["', "is no regular expression"),
        ('csv = "a"\ncomplete = "yes"', "takes true or false"),
        ('sql = "SELECT 1"', "url is missing beside sql"),
        ('sql = "SELECT 1"\nurl = "postgresql://hr:pw@db/hr"', "has a password in it"),
        ('sql = "SELECT 1"\nurl = "postgresql://hr@db/hr?password=hunter2"', "has a password in it"),
        ('sql = "SELECT 1"\nurl = "mssql+pyodbc:///?odbc_connect=UID%3Dhr%3BPWD%3Dhunter2"', "has a password in it"),
        ('sql = "SELECT 1"\nurl = "postgresql://hr@db/hr"\npassword = "hunter2"', "is a secret, and rules hold none"),
        ('sql = "SELECT 1"\nurl = "sqlite:///x"\nmade = "mtime"', 'takes "column:exported_at"'),
        ('ldap = "ldaps://dc.example.org"', "base is missing beside ldap"),
        ('scim = "https://idp.example.org/v2"\ntoken = "abc"', "is a secret, and rules hold none"),
        ('duckdb = "s3://x/y.parquet"\ns3 = { key = "abc" }', "which is not one of key_id, secret"),
        ('duckdb = "s3://x/y.parquet"\ns3 = { key_id = "hunter2" }', "is a secret, and rules hold none"),
        ('duckdb = "s3://x/y.parquet"\ns3 = { url_style = "paht" }', "did you mean 'path'?"),
    ],
)  # fmt: skip
def test_sources_that_cannot_be(faults, source, told):
    """A source has one place, the words of its kind, and no secret; no fault repeats one."""
    found = faults(f'[source]\nkey = "id"\n{source}\n', MATCH, ROWS)
    assert len(found) == 1, found
    assert told in found[0]
    assert "hunter2" not in found[0]


def test_secrets_have_a_place(compiled):
    """A secret stands in a variable or a file, which is found beside the rules."""
    source = '[source]\nsql = "q.sql"\nurl = { env = "HR_URL" }\npassword = { file = "hr.secret" }\nkey = "id"\n'
    options = compiled(source, MATCH, ROWS).people.source.options
    assert options == {"url": SecretPlace(env="HR_URL"), "password": SecretPlace(file="/data/hr.secret")}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (SOURCE + MATCH + f'{CORE}\nuserName = "mail"\n', "'id' is kept nowhere"),
        (SOURCE + '[match]\nby = ["userName"]\n' + ROWS, "'externalId' keeps the key and is not named"),
        (SOURCE + '[match]\nby = ["externalId", "title"]\n' + ROWS, "'title' has no row here"),
        (SOURCE + MATCH + f'{CORE}\nexternalId = "id"\n', "userName has no row"),
        (SOURCE + MATCH + f'{CORE}\nexternalId = {{ from = "id", on = "create" }}\nuserName = "m"\n', "keeps the key"),
        (SOURCE + ROWS, "by is missing"),
        (SOURCE + MATCH, "no attribute is managed"),
        (SOURCE + MATCH + ROWS + '["urn:x:y:User"]\na = "b"\n', "has no schema of this URN"),
        (SOURCE + MATCH + ROWS + 'username = "other"\n', "has two rows"),
    ],
)
def test_sections_that_do_not_fit_each_other(faults, text, told):
    """The key is kept and matched by, who is found is managed, and people can be made."""
    assert any(told in each for each in faults(text)), faults(text)


@pytest.mark.parametrize(("name", "place"), [("p.csv", "/data[1]/p.csv"), ("p-*.csv", "/data[[]1]/p-*.csv")])
def test_a_folder_that_looks_like_a_pattern(users, name, place):
    """The folder of the rules is no pattern, whatever it is called."""
    text = SOURCE.replace("people.csv", name) + MATCH + ROWS
    assert compile_rules(text, "people.toml", Path("/data[1]"), users).people.source.place == place


def test_nobody_is_made(compiled):
    """Where nobody may be created, userName needs no row."""
    rules = compiled(SOURCE, MATCH, f'{CORE}\nexternalId = "id"\n', "[guards]\ncreate = 0\n")
    assert rules.guards.limits["create"] == Limit(number=0)


def test_a_source_that_is_not_complete(compiled, faults):
    """Nobody is missing then, and rules that say what becomes of them are at fault."""
    assert compiled(SOURCE, "complete = false\n", MATCH, ROWS).leaver.missing == "keep"
    assert "complete = false" in faults(SOURCE, "complete = false\n", MATCH, ROWS, '[leaver]\nmissing = "disable"\n')[0]


def test_files_that_are_no_rules(users, tmp_path):
    """What cannot be read, is no UTF-8 or no TOML is one sentence that names the file."""
    path = tmp_path / "rules.toml"
    for text, told in (
        (None, "cannot be read"),
        (b"a = '\xe9'", "UTF-8"),
        (b"[source\n", "is not TOML"),
        (b"", "key is"),
    ):
        if text is not None:
            path.write_bytes(text)
        with pytest.raises(RuleFaults, match=told):
            read_rules(path, users)
    path.write_text("\ufeff" + WHOLE, encoding="utf-8")
    assert read_rules(path, users).people.source.folder == str(tmp_path)
