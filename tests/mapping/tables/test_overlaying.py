"""Tables over the shipped ones: what an operator's table may leave out, what it changes, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scimbridge.mapping.tables.compiling import compile_tables, read_origins
from scimbridge.mapping.tables.table import Table, TableFaults
from scimbridge.pingone.kinds import KINDS
from scimbridge.scim.filtering.trees import AttrPath

CORE = '["urn:ietf:params:scim:schemas:core:2.0:User"]\n'
PINGONE = '["urn:pingidentity:schemas:extension:2.0:PingOneUser"]\n'
USERS = 'resource = "User"\nextends = "shipped"\n'
WHERE = "[urn:ietf:params:scim:schemas:core:2.0:User]"

Lay = Callable[..., dict[str, Table]]


@pytest.fixture
def lay(shipped) -> Lay:
    """Compile texts by file name over the shipped tables."""
    return lambda **texts: compile_tables({f"{n}.toml": text for n, text in texts.items()}, KINDS, shipped=shipped)


@pytest.fixture
def faults(lay) -> Callable[..., list[str]]:
    """Return what is wrong with texts over the shipped tables."""

    def find(**texts: str) -> list[str]:
        with pytest.raises(TableFaults) as caught:
            lay(**texts)
        return caught.value.faults

    return find


@pytest.mark.parametrize(
    "section", [f'{CORE}title = {{ to = "title", required = true }}\n', f'{PINGONE}department = "department"\n']
)
def test_a_section_that_is_shipped_too_stays_one(lay, section):
    """A type has each of its schemas once, and names with and without their URN mean what they meant."""
    laid, shipped = lay(users=f"{USERS}{section}")["User"], lay(users=USERS)["User"]
    assert laid.type.urns == shipped.type.urns
    assert laid.published.urns == shipped.published.urns
    for path in (AttrPath(None, "mfaEnabled"), AttrPath(None, "population", "id"), AttrPath(CORE[2:-3], "userName")):
        found = [table.type.find(path) for table in (laid, shipped)]
        assert [(each.urn, each.in_extension) for each in found] == [(found[1].urn, found[1].in_extension)] * 2


def rows_of(table: Table) -> dict[tuple[str, str], str]:
    """Return what each row of a table leads to."""
    return {(row.urn, row.spelled): row.native or row.template.text for row in table.rows}


def test_a_table_that_changes_nothing_is_the_shipped_one(lay, tables):
    """The head alone is a table: all rows and words are the shipped ones."""
    laid = lay(mine=USERS)["User"]
    assert laid.rows == tables["User"].rows
    assert (laid.type, laid.published, laid.allow) == (
        tables["User"].type,
        tables["User"].published,
        tables["User"].allow,
    )


def test_a_row_replaces_the_row_of_its_path(lay, tables):
    """The other rows stay, and the order of the attributes too."""
    laid, whole = rows_of(lay(users=USERS + CORE + 'title = "jobTitle"')["User"]), rows_of(tables["User"])
    assert laid == {**whole, (CORE[2:-3], "title"): "jobTitle"}
    assert list(laid) == list(whole)


def test_a_row_replaces_as_a_whole(lay):
    """The words of the shipped row do not shine through: what stands in the file is the row."""
    row = next(row for row in lay(users=USERS + CORE + 'locale = "locale"')["User"].rows if row.spelled == "locale")
    assert row.codec.name == "string"


def test_names_have_no_case(lay, tables):
    """A path or URN in other letters is the same row, under the shipped URN."""
    laid = lay(users=USERS + CORE.upper().replace("URN:IETF", "urn:IETF") + 'TITLE = "jobTitle"')["User"]
    assert len(laid.rows) == len(tables["User"].rows)
    assert "jobTitle" in {row.native for row in laid.rows if row.attr == "title"}


def test_rows_and_sections_are_added(lay, tables):
    """A row of one's own goes into a shipped section or into a new one."""
    laid = rows_of(lay(users=USERS + PINGONE + 'badge = "badge"\n["urn:example:own"]\ndesk.code = "desk"')["User"])
    more = {(PINGONE[2:-3], "badge"): "badge", ("urn:example:own", "desk.code"): "desk"}
    assert laid == {**rows_of(tables["User"]), **more}


def test_false_takes_a_row_away(lay, tables):
    """As if the line were not there: in no schema, and the other rows stay."""
    table = lay(users=USERS + CORE + "name.middleName = false\n'phoneNumbers[type eq \"mobile\"].value' = false")[
        "User"
    ]
    gone = set(rows_of(tables["User"])) - set(rows_of(table))
    assert {spelled for _urn, spelled in gone} == {"name.middleName", 'phoneNumbers[type eq "mobile"].value'}
    assert "middleName" not in {part.name for part in table.published.schema.find("name").sub}


def test_a_section_whose_rows_are_all_taken_away_is_gone(lay, tables):
    """Its schema is published no more."""
    urn = PINGONE[2:-3]
    away = "".join(f"{row.spelled} = false\n" for row in tables["User"].rows if row.urn == urn)
    assert urn in tables["User"].published.urns
    assert urn not in lay(users=USERS + PINGONE + away)["User"].published.urns


@pytest.mark.parametrize(
    ("head", "read", "value"),
    [
        ('endpoint = "/People"', lambda table: table.type.endpoint, "/People"),
        ('description = "Staff"', lambda table: table.type.description, "Staff"),
        ('allow = ["change"]', lambda table: table.allow, {"change"}),
        ("allow = []", lambda table: table.allow, set()),
        ('disable = ["photos"]', lambda table: table.published.schema.find("photos"), None),
    ],
)
def test_a_word_of_the_head_replaces_the_shipped_word(lay, head, read, value):
    """What is not said is as shipped."""
    assert read(lay(users=USERS + head)["User"]) == value


def test_population_rules_replace_as_a_whole(shipped):
    """The shipped rules are gone where the table has some, and stay where it has none."""
    rule = '\n[[population]]\nwhen = \'userType eq "{}"\'\nuse = "{}"\n'
    below = {**shipped, "users.toml": shipped["users.toml"] + rule.format("a", "A") + rule.format("b", "B")}
    uses = [
        [each.use for each in compile_tables({"users.toml": text}, KINDS, shipped=below)["User"].populations]
        for text in (USERS, USERS + rule.format("c", "C"), USERS + "population = []")
    ]
    assert uses == [["A", "B"], ["C"], []]


def test_a_whole_table_still_replaces(lay):
    """Without `extends` nothing of the shipped table is left."""
    whole = 'resource = "User"\nendpoint = "/Users"\n[common]\nid = "id"\n' + CORE + 'userName = "username"\n'
    assert [row.spelled for row in lay(users=whole)["User"].rows] == ["id", "userName"]


def test_a_type_without_a_table_has_the_shipped_one(lay, tables):
    """A file that is not there takes nothing away."""
    laid = lay(users=USERS)
    assert set(laid) == set(tables)
    assert all(laid[name].rows == tables[name].rows for name in tables)


def test_serve_takes_a_type_away(lay, tables):
    """`serve = false` is how an operator does without a resource type, by a table that extends or a whole one."""
    away = 'resource = "Population"\nextends = "shipped"\nserve = false'
    assert set(lay(populations=away)) == set(tables) - {"Population"}
    assert set(lay(populations=away.replace("false", "true"))) == set(tables)


def test_a_whole_table_can_be_kept_and_not_served(lay, shipped, tables):
    """The word works in every head."""
    assert set(lay(groups="serve = false\n" + shipped["groups.toml"])) == set(tables) - {"Group"}


def test_without_any_type_there_is_no_bridge(faults, tables):
    """All taken away is a fault, as is a directory without a table: it is mounted at the wrong place."""
    all_away = {name: f'resource = "{name}"\nextends = "shipped"\nserve = false' for name in tables}
    assert faults(**all_away) == ["mappings: no resource type is served; every table says serve = false"]
    assert "no table at all" in faults()[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (USERS + CORE + "nikName = false", f"mine.toml: {WHERE} nikName: is no row of shipped users.toml"),
        (USERS + CORE + "nikName = false", "did you mean 'nickName'?"),
        (USERS + CORE + "photos = false", 'its rows are photos[type eq "photo"].value, and `disable` takes'),
        (USERS + CORE + "title = true", f"mine.toml: {WHERE} title: the right side is a PingOne field"),
        (USERS + CORE + 'bonus = "bonus"', f"mine.toml: {WHERE} bonus: 'bonus' is no attribute of that schema"),
        (
            USERS + CORE + 'title = "nickname"',
            f"mine.toml: {WHERE} title: writes nickname, and shipped users.toml {WHERE} nickName",
        ),
        (
            USERS + CORE + 'emails.value = "mails"',
            f"mine.toml: {WHERE} emails.value: some rows of emails have a selector",
        ),
        (USERS + CORE + "userName = false", "mine.toml: no row writes 'username', which PingOne needs"),
        (USERS + "[common]\nid = false", "mine.toml: [common]: id is missing"),
        (USERS + 'disable = ["titel"]', "mine.toml: disable: 'titel' is no attribute of this table"),
        (USERS.replace("shipped", "shiped"), "mine.toml: extends = 'shiped': a table can extend \"shipped\""),
        (USERS + 'serve = "no"', "mine.toml: serve is true or false, not 'no'"),
        ('resource = "Usr"\nextends = "shipped"', "no table of 'Usr' is shipped; did you mean 'User'?"),
        ('extends = "shipped"', "mine.toml: resource is missing"),
    ],
)
def test_a_fault_names_file_section_and_row(faults, text, told):
    """The operator's own file and row, also where a shipped row is what it does not go with."""
    assert any(told in fault for fault in faults(mine=text))


def test_all_faults_are_told_at_once(faults):
    """Of every file and row."""
    found = faults(users=USERS + CORE + "nikName = false\ntitel = 'x'", groups='resource = "Group"\nextends = 5')
    assert len(found) == 3


def test_two_tables_of_one_type_are_one_too_many(faults):
    """Which of the two would lie on top is not left to the names of files."""
    assert any("each has one table" in fault for fault in faults(a=USERS, b=USERS))


def test_false_needs_something_beneath(faults, shipped):
    """In a whole table there is nothing to take away."""
    (fault,) = faults(users=shipped["users.toml"].replace('title                = "title"', "title = false"))
    assert fault.startswith(f"users.toml: {WHERE} title: false takes a shipped row away")


def test_the_shipped_tables_lie_over_nothing(shipped):
    """Without shipped tables `extends` has no meaning."""
    with pytest.raises(TableFaults, match="no table of 'User' is shipped"):
        compile_tables({"users.toml": USERS}, KINDS)


# -- what is told ------------------------------------------------------------------------------------------------------


def test_the_origin_says_what_lies_over_what(shipped):
    """Words, rows replaced, added and taken away, each by section and row; and where the shipped table serves."""
    users = USERS + "allow = []\n" + CORE + 'title = "jobTitle"\nnickName = false\n' + PINGONE + 'badge = "badge"'
    texts = {"mine.toml": users, "groups.toml": shipped["groups.toml"]}
    told = {origin.resource: origin for origin in read_origins(texts, KINDS, shipped)}
    assert told["User"].describe() == (
        f"lies over shipped users.toml: its head sets allow; it replaces {WHERE} title;"
        f" it adds [urn:pingidentity:schemas:extension:2.0:PingOneUser] badge; it takes away {WHERE} nickName"
    )
    assert told["Group"].describe() == "a whole table of Group, the same as the shipped one"
    assert told["Population"].describe() == "the directory has no table of Population, so the shipped one serves"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (USERS, "lies over shipped users.toml: it changes nothing"),
        (
            USERS + "serve = false",
            "lies over shipped users.toml: its head sets serve; User is not served (serve = false)",
        ),
    ],
)
def test_the_origin_of_a_table_that_says_little(shipped, text, told):
    """A sentence for each."""
    assert read_origins({"users.toml": text}, KINDS, shipped)[-1].describe().startswith(told)


def test_the_origin_of_a_whole_table(shipped):
    """It is told that the shipped one is not used."""
    (origin,) = (each for each in read_origins({"u.toml": shipped["users.toml"] + "\n"}, KINDS, shipped) if each.own)
    assert origin.describe() == "a whole table of User, in place of the shipped one"


def test_each_row_knows_its_file(lay):
    """Rows of a table that extends stand in two files."""
    origin = lay(mine=USERS + CORE + 'title = "jobTitle"')["User"].origin
    assert origin.file_of(f"{WHERE} title") == "mine.toml"
    assert origin.file_of(f"{WHERE} nickName") == "shipped users.toml"
