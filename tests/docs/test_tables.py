from __future__ import annotations

import json
import re
import tomllib

import pytest

from scimbridge.access.clients import read_clients
from scimbridge.mapping.codecs import NAMED
from scimbridge.mapping.tables.compiling import compile_tables
from scimbridge.mapping.tables.table import TableFaults
from scimbridge.operations.reading import ANSWERS, RESOURCES, compile_operations
from scimbridge.operations.steps import FUNCTIONS
from scimbridge.pingone.kinds import KINDS
from scimbridge.scim.catalogue import USER_URN
from scimbridge.settings.declared import SETTINGS
from scimbridge.sync.rules.reading import compile_rules
from scimbridge.sync.rules.sections import SECTIONS
from tests.docs.conftest import FENCE, PAGES, ROOT, columns

TABLES = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "mappings").glob("*.toml"))}
OPERATIONS = TABLES.pop("operations.toml")
TOML = [
    pytest.param(text, id=f"{page.relative_to(ROOT)}: {text.splitlines()[0][:60]}")
    for page in PAGES
    for language, text in FENCE.findall(page.read_text("utf-8"))
    if language == "toml"
]
NAMES = {setting.name for setting in SETTINGS}


def merged(text: str, fragment: str) -> str:
    """Return a table with the head words and the rows of a fragment in place of its own."""
    base, added = sections(text), sections(fragment)
    for header, lines in added.items():
        kept = [line for line in base.get(header, []) if left(line) not in {left(new) for new in lines}]
        base[header] = kept + lines
    rules = base.pop("[[population]]", [])
    whole = [line for header, lines in base.items() for line in (header, *lines)]
    return "\n".join([*whole, *rules])


def sections(text: str) -> dict[str, list[str]]:
    """Return the lines of each section by its header, "" being the head; rules keep their headers."""
    found: dict[str, list[str]] = {"": []}
    header = ""
    for line in text.splitlines():
        if line.startswith("["):
            header = line.strip()
            found.setdefault(header, [])
            if header != "[[population]]":
                continue
        found[header].append(line)
    return found


def left(line: str) -> str | None:
    """Return the left side of a row, None for what is no row."""
    found = re.match(r"""([\w.]+|'[^']*')\s*=""", line)
    return found[1].strip() if found and found[1] not in {"when", "use"} else None


def compiled(fragment: str):
    """Compile the tables that ship with the bridge with a fragment of a page in them."""
    file = "groups.toml" if "Group" in fragment else "populations.toml" if ":Population" in fragment else "users.toml"
    texts = {file: fragment if "resource" in tomllib.loads(fragment) else merged(TABLES[file], fragment)}
    return compile_tables(texts, KINDS, shipped=TABLES)


def whole_rules(text: str) -> str:
    """Return a fragment of a rule file with the sections that it leaves out."""
    content = tomllib.loads(text)
    key = content.get("source", {}).get("key", "employee_id")
    rest = {
        "source": '[source]\ncsv = "people.csv"\nkey = "employee_id"\n',
        "match": '[match]\nby = ["externalId"]\n',
        USER_URN: f'["{USER_URN}"]\nexternalId = "{key}"\nuserName = "mail"\n',
    }
    return "\n".join([text, *(section for name, section in rest.items() if name not in content)])


def test_the_tables_themselves_survive_the_merge():
    """Merging nothing into a table leaves it what it is, or the tests below would show little."""
    assert merged(TABLES["users.toml"], "").count('"username"') == 1
    whole = compile_tables({name: merged(text, "") for name, text in TABLES.items()}, KINDS)
    assert whole["User"].rows == compile_tables(TABLES, KINDS)["User"].rows


@pytest.mark.parametrize("text", TOML)
def test_every_toml_block_loads(text, tmp_path):
    """A block is settings, clients, or rules, or fits into the tables as it stands."""
    content = tomllib.loads(text)
    assert content
    if "clients" in content:
        assert read_clients(text).clients
        return
    if set(content) & set(SECTIONS):
        assert compile_rules(whole_rules(text), "rules.toml", ROOT, compile_tables(TABLES, KINDS)["User"])
        return
    if set(content) & {*RESOURCES, ANSWERS}:
        assert len(compile_operations(OPERATIONS, text, FUNCTIONS).operations) >= len(content)
        return
    if set(content) <= NAMES:
        for name, value in content.items():
            (setting,) = (setting for setting in SETTINGS if setting.name == name)
            setting.parse(str(value))
        return
    tables = compiled(text)
    sections = [section for section in content.values() if isinstance(section, dict)]
    written = {name for section in sections for name, row in section.items() if row is not False}
    known = {row.attr for whole in tables.values() for row in whole.rows}
    assert {re.split(r"[.\[]", name)[0] for name in written} <= known
    assert len(tables["User"].populations) == len(content.get("population", []))


def test_a_block_that_is_wrong_would_be_found():
    """The merge does not hide a fault: a misspelt word in a fragment is refused."""
    wrong = next(block.values[0] for block in TOML if "codec" in block.values[0]).replace("codec", "codek")
    assert "codek" in wrong
    with pytest.raises(TableFaults):
        compiled(wrong)


def test_the_codecs_do_what_their_table_says():
    """Each example turns into what PingOne keeps, and back."""
    examples = columns("docs/tables/index.md", "## A custom attribute in one line")
    assert len(examples) == 4
    for codec, scim, native in examples:
        turn = NAMED[codec.strip("`")]
        outside, inside = json.loads(scim.strip("`")), json.loads(native.strip("`"))
        assert turn.to_native(outside) == inside
        assert turn.to_scim(inside) == outside
