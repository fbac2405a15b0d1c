from __future__ import annotations

import inspect
import json
import re
import tomllib
from configparser import ConfigParser
from datetime import timedelta
from pathlib import Path

import pytest

from scimbridge.access.clients import read_clients
from scimbridge.cli import commands
from scimbridge.demo import Address
from scimbridge.mapping.codecs import NAMED
from scimbridge.mapping.tables import compiling, drafts, rows
from scimbridge.mapping.tables.compiling import compile_tables
from scimbridge.mapping.tables.table import TableFaults
from scimbridge.pingone.kinds import KINDS
from scimbridge.scim import dialects, key_dialects
from scimbridge.scim.filtering import filter_dialects
from scimbridge.scim.verbs import ALLOWED
from scimbridge.settings import declared
from scimbridge.settings.declared import SETTINGS, Secret

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
TABLES = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "mappings").glob("*.toml"))}

FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
TOML = [text for language, text in FENCE.findall(README) if language == "toml"]
NAMES = {setting.name for setting in SETTINGS}


def columns(heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading of README, without its head."""
    below = README.split(f"\n{heading}\n", 1)[1]
    lines = re.search(r"(?:^\|.*\n)+", below, re.MULTILINE)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


# -- settings and commands ---------------------------------------------------------------------------------------------


def spelled(setting: declared.Setting) -> str:
    """Return the default as an operator would write it."""
    default = setting.default.reveal() if isinstance(setting.default, Secret) else setting.default
    if setting.required:
        return "required"
    if default is None or default == ():
        return "none"
    if isinstance(default, timedelta):
        assert not default
        return "`Z`"
    text = f"{default:g}" if isinstance(default, float) else str(default)
    return f"`{text.lower() if isinstance(default, bool) else text}`"


def settings_table() -> str:
    """Return the table of all settings as README has to have it."""
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for setting in SETTINGS:
        variable = f"`{setting.variable}`" + (f", `{setting.variable}_FILE`" if setting.secret else "")
        lines.append(f"| {variable} | {spelled(setting)} | {setting.description} |")
    return "\n".join(lines)


def test_the_settings_are_those_of_the_code():
    """README's table has every variable with the default and the sentence that the code has."""
    assert settings_table() in README


def test_no_variable_is_named_that_does_not_exist():
    """Every SCIMBRIDGE_ word on any page is a variable that the bridge reads."""
    known = {"SCIMBRIDGE_CONFIG"}
    for setting in SETTINGS:
        known |= {setting.variable, f"{setting.variable}_FILE"} if setting.secret else {setting.variable}
    named = {word for page in PAGES for word in re.findall(r"SCIMBRIDGE_[A-Z_]*[A-Z]", page.read_text("utf-8"))}
    assert named <= known


def test_every_setting_is_honoured():
    """There is no setting that nothing uses: an operator who sets it relies on it."""
    readers = [
        ROOT / "wsgi.py",
        ROOT / "scimbridge/app.py",
        ROOT / "scimbridge/bridge.py",
        *(path for room in ("cli", "settings", "serve") for path in (ROOT / "scimbridge" / room).glob("*.py")),
    ]
    source = "\n".join(path.read_text("utf-8") for path in readers)
    used = set(re.findall(r"(?:(?<=settings)|(?<=self)|(?<=\)))\.(\w+)", source))
    assert {setting.name for setting in SETTINGS} <= used


def test_every_command_and_its_options_are_told():
    """README's table of commands has each with all of its options, and no other."""
    told = {cells[0]: " ".join(cells) for cells in columns("## Pointing it at a real environment")}
    assert set(told) == {f"`scimbridge {name}`" for name in commands.command.commands}
    for name, command in commands.command.commands.items():
        options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
        assert set(re.findall(r"--[a-z-]+", told[f"`scimbridge {name}`"])) == options


def test_the_make_commands_exist():
    """Every `make` word of README is a target."""
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert {"demo", "test"} <= set(re.findall(r"make (\w+)", README)) & targets
    assert set(re.findall(r"^    make (\w+)", README, re.MULTILINE)) <= targets


def test_the_curl_lines_are_those_of_the_demo():
    """What README says the demo prints is what it prints, but for the token."""
    for example in Address("http://127.0.0.1:8080/scim/v2", "TOKEN").examples():
        assert f"\n{example}\n" in README


# -- the language of the tables ----------------------------------------------------------------------------------------


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
    """Compile the tables that ship with the bridge with a fragment of README in them."""
    file = "groups.toml" if "Group" in fragment else "populations.toml" if ":Population" in fragment else "users.toml"
    texts = {file: fragment if "resource" in tomllib.loads(fragment) else merged(TABLES[file], fragment)}
    return compile_tables(texts, KINDS, shipped=TABLES)


def test_the_tables_themselves_survive_the_merge():
    """Merging nothing into a table leaves it what it is, or the tests below would show little."""
    assert merged(TABLES["users.toml"], "").count('"username"') == 1
    whole = compile_tables({name: merged(text, "") for name, text in TABLES.items()}, KINDS)
    assert whole["User"].rows == compile_tables(TABLES, KINDS)["User"].rows


@pytest.mark.parametrize("text", TOML, ids=lambda text: text.splitlines()[0][:60])
def test_every_toml_block_loads(text, tmp_path):
    """A block is settings, or clients, or fits into the tables as it stands."""
    content = tomllib.loads(text)
    assert content
    if "clients" in content:
        assert read_clients(text).clients
        return
    if set(content) <= NAMES:
        for name, value in content.items():
            (setting,) = (setting for setting in SETTINGS if setting.name == name)
            setting.parse(str(value))
        return
    tables = compiled(text)
    written = {name for section in content.values() if isinstance(section, dict) for name in section}
    known = {row.attr for whole in tables.values() for row in whole.rows}
    assert {re.split(r"[.\[]", name)[0] for name in written} <= known
    assert len(tables["User"].populations) == len(content.get("population", []))


def test_a_block_that_is_wrong_would_be_found():
    """The merge does not hide a fault: a misspelt word in a fragment is refused."""
    wrong = next(text for text in TOML if "codec" in text).replace("codec", "codek")
    assert "codek" in wrong
    with pytest.raises(TableFaults):
        compiled(wrong)


def test_every_word_of_the_table_language_is_told():
    """README's tables of words have each word of a head and of a row, and no other."""
    told = [cells[0].strip("`") for cells in columns("### The words of a row")]
    assert sorted(told) == sorted(rows.WORDS)
    told = [cells[0].strip("`") for cells in columns("### The head of a table")]
    assert sorted(told) == sorted(drafts.HEAD_WORDS)


def test_every_value_of_a_word_is_told():
    """Each value that a word can have, each codec and each population rule's word stands in README."""
    values = {value for choices in rows.RFC_WORDS.values() for value in choices}
    values |= {
        rows.MEMBERSHIPS,
        *(facet.name for kind in KINDS for facet in kind.facets),
        *rows.PUSHABLE,
        *NAMED,
        *ALLOWED,
        *compiling.COMMON_PATHS,
    }
    values |= {"when", "use", "[[population]]"}
    assert {value for value in values if f"`{value}`" not in README} == set()


def test_the_codecs_do_what_their_table_says():
    """Each example turns into what PingOne keeps, and back."""
    examples = columns("### A custom attribute in one line")
    assert len(examples) == 4
    for codec, scim, native in examples:
        turn = NAMED[codec.strip("`")]
        outside, inside = json.loads(scim.strip("`")), json.loads(native.strip("`"))
        assert turn.to_native(outside) == inside
        assert turn.to_scim(inside) == outside


# The words by which README tells of a dialect; those of ALWAYS are understood in strict mode too, or steps of others.
ALWAYS = {
    "is_json_text",
    "read_filter_text",
    "read_path_text",
    "rename_country_codes",
    "rename_in_brackets",
}
TOLD = {
    "is_foreign": "under a URN that no table has",
    "is_idle_null": "PATCH without a path with null",
    "is_reference_check": 'id eq "..." and manager eq "..."',
    "put_colons_behind_urns": "a dot behind a URN",
    "quote_bare_selection": "members[value eq 5c2d7f1e-...]",
    "quote_bare_values": "filter values without quotes",
    "read_boolean_words": '"active": "False"',
    "read_json_text": "JSON in a string",
    "read_reference": "with a `$ref`",
    "read_search_words": "`attributes` as one text",
    "read_whole_number": 'numbers as `"50"`',
    "rename_country_code": "`countryCode` for the `country`",
    "unfold_dotted_keys": "`name.givenName` as a key",
    "unwrap_array": '"active": [false]',
    "unwrap_scalar": '{"value": {"value": "x"}}',
    "wrap_operations": "PATCH in a bulk",
    "wrap_single": "a single object where a list belongs",
    "write_number": "a number for a text",
    "write_whole_number": "as `5.0` in a URL",
}


def test_every_dialect_is_told_in_the_table_of_strict_mode():
    """What the bridge understands beside the RFC, and refuses in strict mode, has its words in the table."""
    named = {
        name
        for module in (dialects, filter_dialects, key_dialects)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }
    assert named == {*TOLD, *ALWAYS}
    sent = "\n".join(cells[0] for cells in columns("## Strict mode"))
    assert {name: words for name, words in TOLD.items() if words not in sent} == {}


# -- pages -------------------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """Return the anchors that a page's headings get."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(page):
    """A link to a file finds the file, and one to a heading finds the heading."""
    for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = page.parent / path if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def test_the_changelog_has_a_heading_for_this_version():
    """The newest heading is Unreleased or the version of the package, as Keep a Changelog writes them."""
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    newest = re.search(r"^## \[(.+?)\]", CHANGELOG, re.MULTILINE)[1]
    assert newest in {"Unreleased", setup["metadata"]["version"]}
    known = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.+)$", CHANGELOG, re.MULTILINE)) <= known


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_says_context_decision_and_what_was_turned_down(page):
    """Every decision has its number as title and the three headings, each with text below, on half a page."""
    text = page.read_text(encoding="utf-8")
    number = page.stem.split("-")[0]
    assert re.fullmatch(r"\d{4}", number)
    assert text.startswith(f"# {number} ")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    assert parts[::2] == ["Context", "Decision", "Turned down"]
    assert all(part.strip() for part in parts[1::2])
    assert len(text.split()) < 650


def test_decisions_are_numbered_one_by_one():
    """Numbers go up from 0001 without gap or repetition."""
    assert [page.stem[:4] for page in DECISIONS] == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]
    assert len(DECISIONS) >= 10
