from __future__ import annotations

import inspect
import re
import shlex

import click
import pytest
from click.testing import CliRunner

from scimbridge.cli.commands import command as scimbridge
from scimbridge.demo import Address
from scimbridge.scim import dialects, key_dialects
from scimbridge.scim.filtering import filter_dialects
from scimbridge.settings.declared import SETTINGS
from tests.docs.conftest import FENCE, PAGES, ROOT, SITE, columns, read

# -- what is made from code --------------------------------------------------------------------------------------------


def test_what_is_made_from_code_is_up_to_date(generate):
    """Settings, commands, errors, words, rooms and decisions stand on the pages as the code has them."""
    assert generate.run(SITE, check=True) == [], "run: make reference"


def test_a_page_that_is_not_up_to_date_is_found_and_mended(generate, tmp_path):
    """One changed cell makes a page stale; writing it makes it what it was."""
    page = tmp_path / "page"
    page.write_text(read("docs/reference/settings.md").replace("| `50` |", "| `51` |"), "utf-8")
    assert generate.run([page], check=True) == [page]
    assert generate.run([page], check=False) == [page]
    assert page.read_text("utf-8") == read("docs/reference/settings.md")


def test_all_that_is_made_is_shown(generate):
    """Each maker has a mark on some page, and each mark a maker."""
    marks = {name for page in SITE for _, name, _ in generate.MARKS.findall(page.read_text("utf-8"))}
    assert marks == set(generate.MAKERS)


def test_a_word_without_a_sentence_is_refused(generate):
    """A new word of tables cannot be left out of the pages, and one that is gone cannot stay."""
    with pytest.raises(ValueError, match="new"):
        generate.meanings(("to", "new"), {"to": "..."})
    with pytest.raises(ValueError, match="old"):
        generate.meanings(("to",), {"to": "...", "old": "..."})


# -- settings ----------------------------------------------------------------------------------------------------------


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
        *(ROOT / "scimbridge" / f"{name}.py" for name in ("app", "bridge", "wsgi")),
        *(path for room in ("cli", "settings", "serve") for path in (ROOT / "scimbridge" / room).glob("*.py")),
    ]
    source = "\n".join(path.read_text("utf-8") for path in readers)
    used = set(re.findall(r"(?:(?<=settings)|(?<=self)|(?<=\)))\.(\w+)", source))
    assert {setting.name for setting in SETTINGS} <= used


# -- commands ----------------------------------------------------------------------------------------------------------

SHOWN = re.compile(r"(?:^ {4}|^|`)scimbridge ([a-z][^`\n]*)", re.MULTILINE)
ABOUT = re.compile(r"COMMAND|[a-z]+\.")  # prose, not a command


def shown() -> set[str]:
    """Return every command line that a page shows."""
    found = {line for page in PAGES for line in SHOWN.findall(page.read_text("utf-8"))}
    return {line for line in found if line.split()[0] in scimbridge.commands}


@pytest.mark.parametrize("line", sorted(shown()))
def test_a_command_that_is_shown_has_its_options(line):
    """Words and options of a command line on a page are those of the command."""
    words = shlex.split(line)
    command: click.Command = scimbridge
    while words and isinstance(command, click.Group):
        if words[0] not in command.commands:
            break
        command = command.commands[words.pop(0)]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options | {"--help"}
    assert not isinstance(command, click.Group) or not words or words[0].startswith("-") or words[0].isupper()


def test_commands_are_shown():
    """The test above has something to look at: most commands stand on pages."""
    assert len({line.split()[0] for line in shown()}) >= 6


def test_what_explain_says_in_readme_is_what_it_says(monkeypatch):
    """Each line of the example is a line of the command's answer, in the same order."""
    example = next(text for language, text in FENCE.findall(read("README.md")) if "PingOne field" in text)
    said = CliRunner().invoke(scimbridge, ["explain", 'emails[type eq "work"].value']).output.splitlines()
    places = [said.index(line) for line in example.splitlines()]
    assert places == sorted(places)


def test_the_make_commands_exist():
    """Every `make` word of a page is a target, and the head of the Makefile has them all."""
    makefile = read("Makefile")
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    shown = re.compile(r"(?:`|^    )make ([\w-]+)", re.MULTILINE)
    named = {word for page in PAGES for word in shown.findall(page.read_text("utf-8"))}
    assert {"demo", "test"} <= named <= targets
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[1].split()
    assert set(re.findall(r"^# make ([\w-]+)", makefile, re.MULTILINE)) == set(phony)


def test_the_curl_lines_are_those_of_the_demo():
    """What the page says the demo prints is what it prints, but for the token."""
    for example in Address("http://127.0.0.1:8080/scim/v2", "TOKEN", "SECRET").examples():
        assert f"\n{example}\n" in read("docs/start/demo.md")


# -- strict mode -------------------------------------------------------------------------------------------------------

# The words by which the page tells of a dialect; those of ALWAYS are understood in strict mode too, or steps of others.
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
    sent = "\n".join(cells[0] for cells in columns("docs/reference/strict.md", "# What strict mode refuses"))
    assert {name: words for name, words in TOLD.items() if words not in sent} == {}
