"""Writes what the pages say of the code: settings, commands, errors, words of tables, rooms, decisions.

A page has marks, `<!-- generated: NAME -->` and `<!-- end -->`; what stands between them is made here. `make reference`
writes it, and `--check` names the pages that are not up to date. Knows the code by what it offers to others; nothing of
the code knows this.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import click
from meanings import ANSWER, CODEC, HEAD, INPUT, ITEM, OPERATION, ROW, VIA
from rule_meanings import GROUPS, GUARD, KIND, LEAVER, MATCH, OPTION, RULE_CODEC, RULE_ROW, SCOPE, SOURCE

from scimbridge.access.scopes import ALL_SCOPES, NAMED_ONLY, OF_ENVIRONMENTS, OPERATION_SCOPES
from scimbridge.cli.commands import command
from scimbridge.mapping.codecs import NAMED
from scimbridge.mapping.tables.drafts import HEAD_WORDS
from scimbridge.mapping.tables.rows import MEMBERSHIPS, PUSHABLE, RFC_WORDS, WORDS
from scimbridge.operations.describing import ways_of, words_of
from scimbridge.operations.drafts import ANSWER_WORDS, INPUT_WORDS, ITEM_WORDS
from scimbridge.operations.drafts import WORDS as OPERATION_WORDS
from scimbridge.operations.offering import Offer
from scimbridge.operations.reading import RESOURCES
from scimbridge.operations.rooms import open_catalogue
from scimbridge.operations.rows import NEVER, REPEAT, Operation
from scimbridge.pingone.kinds import KINDS
from scimbridge.scim import dialects, errors, key_dialects
from scimbridge.scim.filtering import filter_dialects
from scimbridge.scim.verbs import ALLOWED
from scimbridge.settings.declared import SETTINGS, Secret, Setting
from scimbridge.sync.rules import attributes as rule_rows
from scimbridge.sync.rules import places, sections
from scimbridge.sync.rules.codecs import CODECS
from scimbridge.sync.rules.values import GUARDED, Limit

ROOT = Path(__file__).parent.parent
READS = tuple(dict.fromkeys(part.name for kind in KINDS for part in kind.parts))
VIAS = (*dict.fromkeys(facet.name for kind in KINDS for facet in kind.facets), MEMBERSHIPS)
MARKS = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


# -- tables of Markdown ------------------------------------------------------------------------------------------------


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table; `|` in a cell is escaped and lines are joined."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(_cell(cell) for cell in line) + " |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def code(values: Iterable[str]) -> str:
    """Return values as code, parted by commas."""
    return ", ".join(f"`{value}`" for value in values)


def meanings(words: Iterable[str], sentences: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Return each word with its sentence. Raises ValueError where they are not the same words."""
    if unlike := set(words) ^ set(sentences):
        raise ValueError(f"docs/meanings.py and the code do not have the same words: {sorted(unlike)}")
    return iter(sentences.items())


def first_paragraph(thing: object) -> str:
    """Return the first paragraph of a docstring in one line."""
    return " ".join((inspect.getdoc(thing) or "").partition("\n\n")[0].split())


# -- settings and commands ---------------------------------------------------------------------------------------------


def spelled(setting: Setting) -> str:
    """Return the default as an operator would write it."""
    default = setting.default.reveal() if isinstance(setting.default, Secret) else setting.default
    if setting.required:
        return "required"
    if default is None or default == ():
        return "none"
    if isinstance(default, timedelta):
        return "`Z`" if not default else f"`{default}`"
    text = f"{default:g}" if isinstance(default, float) else str(default)
    return f"`{text.lower() if isinstance(default, bool) else text}`"


def settings() -> str:
    """Return each variable with its default and its sentence."""
    rows = (
        (code([item.variable, *([f"{item.variable}_FILE"] if item.secret else [])]), spelled(item), item.description)
        for item in SETTINGS
    )
    return table(("variable", "default", "meaning"), rows)


def commands() -> str:
    """Return each command with its options; a command of commands is followed by these."""
    return "\n".join(_commands(command, "scimbridge"))


def _commands(group: click.Group, name: str) -> Iterator[str]:
    for word, below in sorted(group.commands.items()):
        whole = f"{name} {word}"
        arguments = [item for item in below.params if isinstance(item, click.Argument)]
        usage = " ".join([whole, *(str(item.make_metavar(click.Context(below))) for item in arguments)])
        yield f"## {usage}\n\n{first_paragraph(below.callback)}\n"
        if isinstance(below, click.Group):
            yield from _commands(below, whole)
        elif options := [item for item in below.params if isinstance(item, click.Option)]:
            yield table(("option", "default", "meaning"), (_option(item) for item in options))


def _option(option: click.Option) -> tuple[str, str, str]:
    if option.is_flag or option.multiple or option.default is None or not isinstance(option.default, str | int | float):
        default = ""
    else:
        default = f"`{option.default}`"
    choices = f" One of {code(option.type.choices)}." if isinstance(option.type, click.Choice) else ""
    return code(option.opts), default, (option.help or "") + choices


def make() -> str:
    """Return the targets of make, from the head of the Makefile."""
    told = re.findall(r"^# (make [\w-]+) +(.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    return table(("command", "meaning"), ((f"`{target}`", meaning) for target, meaning in told))


# -- tables ------------------------------------------------------------------------------------------------------------


def head_words() -> str:
    """Return the words of a table's head."""
    values = {"allow": code(ALLOWED)}
    rows = ((f"`{word}`", values.get(word, ""), meaning) for word, meaning in meanings(HEAD_WORDS, HEAD))
    return table(("word", "values", "meaning"), rows)


def row_words() -> str:
    """Return the words of a row with the values that they may have."""
    values = {word: code(choices) for word, choices in RFC_WORDS.items()}
    values |= {"via": code(VIAS), "read": code(READS), "codec": code(NAMED), "filter": code(PUSHABLE)}
    rows = ((f"`{word}`", values.get(word, ""), meaning) for word, meaning in meanings(WORDS, ROW))
    return table(("word", "values", "meaning"), rows)


def codecs() -> str:
    """Return the codecs with the type that each gives an attribute."""
    rows = ((f"`{name}`", f"`{NAMED[name].type}`", meaning) for name, meaning in meanings(NAMED, CODEC))
    return table(("codec", "type", "meaning"), rows)


def vias() -> str:
    """Return the words of `via`."""
    return table(("word", "meaning"), ((f"`{word}`", meaning) for word, meaning in meanings(VIAS, VIA)))


# -- rules of reconciliation -------------------------------------------------------------------------------------------


def rule_words() -> str:
    """Return every word of a rule file, section by section."""
    parts = (
        ("[source]", sections.SOURCE_WORDS, SOURCE),
        ("[scope]", sections.SCOPE_WORDS, SCOPE),
        ("[match]", sections.MATCH_WORDS, MATCH),
        ('["URN of a schema"], a row in braces', rule_rows.WORDS, RULE_ROW),
        ("[leaver]", sections.LEAVER_WORDS, LEAVER),
        ("[groups]", sections.GROUP_WORDS, GROUPS),
    )
    return "\n".join(
        f"**`{heading}`**\n\n"
        + table(("word", "meaning"), ((f"`{word}`", text) for word, text in meanings(words, told)))
        for heading, words, told in parts
    )


def guards() -> str:
    """Return the guards with what holds where a rule file says nothing."""
    default = {name: _limit(limit) for name, limit in GUARDED.items()} | {sections.FULL_EVERY: '`"7d"`'}
    rows = ((f"`{word}`", default[word], meaning) for word, meaning in meanings(sections.GUARD_WORDS, GUARD))
    return table(("guard", "default", "what it counts"), rows)


def _limit(limit: Limit) -> str:
    share = f'"{100 * (limit.share or 0):g}%"'
    return f"`{share}`" if limit.number is None else f"`[{limit.number}, {share}]`"


def source_words() -> str:
    """Return the kinds of sources, and the words that each takes."""
    kinds = table(
        ("word", "takes", "meaning"),
        ((f"`{kind}`", code(places.KINDS[kind]), meaning) for kind, meaning in meanings(places.KINDS, KIND)),
    )
    words = dict.fromkeys(word for held in places.KINDS.values() for word in held)
    options = table(("word", "meaning"), ((f"`{word}`", meaning) for word, meaning in meanings(words, OPTION)))
    return f"{kinds}\n{options}"


def rule_codecs() -> str:
    """Return the codecs of rules with the type that each makes."""
    rows = ((f"`{name}`", f"`{CODECS[name].type}`", meaning) for name, meaning in meanings(CODECS, RULE_CODEC))
    return table(("codec", "type", "meaning"), rows)


# -- operations --------------------------------------------------------------------------------------------------------


def operations() -> str:
    """Return every operation of the shipped table by what it is about, and what cannot be."""
    catalogue = open_catalogue(None)
    parts = []
    for resource in RESOURCES:
        rows = [_operation(each) for each in catalogue.of(resource) if not each.refuse]
        heading = "The environment" if resource == "Service" else f"{resource}s"
        parts.append(f"### {heading}\n\n" + table(("operation", "how it is asked", "given", "answer", "right"), rows))
    refused = ((f"`{each.name}`", each.does, each.refuse) for each in catalogue if each.refuse)
    return "\n".join([*parts, "### What cannot be\n", table(("operation", "what it would do", "why not"), refused)])


def _operation(each: Operation) -> tuple[str, str, str, str, str]:
    way, *parts = ways_of(Offer(each, matches=False))
    asked = [f"`{way.method} {way.path}`"]
    if parts and each.item is not None:
        asked.append(f"`{', '.join(part.method for part in parts)} .../{{{each.item.name}}}`")
    told = each.does + (f". At most {each.limit.text}" if each.limit else "")
    told += {REPEAT: "", NEVER: ". A lost answer is 504"}.get(each.again, "")
    given = "; ".join(f"`{one.name}`: {', '.join(words_of(one))}" for one in each.inputs)
    answer = each.shows or (each.answer.name if each.answer else "none")
    rights = code(filter(None, (each.scope, each.write)))
    return f"`{each.name}`: {told}", "; ".join(asked), given, f"list of {answer}" if each.listed else answer, rights


def operation_words() -> str:
    """Return the words of the table of operations, of inputs, of parts and of answers."""
    told = (
        ("A row", OPERATION_WORDS, OPERATION), ("An input", INPUT_WORDS, INPUT), ("A part", ITEM_WORDS, ITEM),
        ("A member of an answer", ANSWER_WORDS, ANSWER),
    )  # fmt: skip
    return "\n".join(
        f"### {heading}\n\n"
        + table(("word", "meaning"), ((f"`{word}`", meaning) for word, meaning in meanings(words, sentences)))
        for heading, words, sentences in told
    )


def rights() -> str:
    """Return the rights that operations need, and what each opens."""
    catalogue = open_catalogue(None)
    rows = []
    for scope in sorted(ALL_SCOPES):
        opened = [each.name for each in catalogue if scope == each.scope]
        opened += [f"deleting a part of {each.name}" for each in catalogue if scope == each.write]
        notes = [
            *(["only by name, never by `--all-scopes`"] if scope in NAMED_ONLY else []),
            *(["never of a client with `populations`"] if scope in OF_ENVIRONMENTS else []),
            *([] if scope in OPERATION_SCOPES else ["beside what SCIM's verbs need it for"]),
        ]
        if opened:
            rows.append((f"`{scope}`", ", ".join(dict.fromkeys(opened)), "; ".join(notes)))
    return table(("right", "opens", "note"), rows)


# -- the protocol ------------------------------------------------------------------------------------------------------


def refusals() -> str:
    """Return every refusal with its status, its scimType and its sentence."""
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.ScimError)]
    kinds = sorted((kind for kind in kinds if kind is not errors.ScimError), key=_order)
    rows = ((str(kind.status), code(filter(None, [kind.scim_type])), first_paragraph(kind)) for kind in kinds)
    return table(("status", "scimType", "when"), rows)


def _order(kind: type[errors.ScimError]) -> tuple[int, str]:
    return kind.status, kind.scim_type or ""


def ways() -> str:
    """Return the ways of clients: whose they are, and what they say of themselves."""
    rows = []
    for module in (dialects, filter_dialects, key_dialects):
        for name, function in inspect.getmembers(module, inspect.isfunction):
            whose, parted, what = first_paragraph(function).partition(": ")
            if function.__module__ == module.__name__ and not name.startswith("_") and parted:
                rows.append((whose, what, f"`{name}`"))
    return table(("client", "what it sends, and what that means", "function"), sorted(rows))


# -- the house ---------------------------------------------------------------------------------------------------------


def rooms() -> str:
    """Return the packages with the first line of each."""
    package = ROOT / "scimbridge"
    rows = []
    for path in sorted(package.rglob("__init__.py")):
        room = ".".join(path.parent.relative_to(package).parts)
        told = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").partition("\n\n")[0]
        if room:
            rows.append((f"`{room}`", told))
    return table(("room", "what it is for"), rows)


def decisions() -> str:
    """Return the decisions with their titles."""
    lines = []
    for path in sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md")):
        number, title = path.read_text("utf-8").partition("\n")[0].removeprefix("# ").split(" ", 1)
        lines.append(f"- {number} [{title}]({path.name})\n")
    return "".join(lines)


MAKERS: Mapping[str, Callable[[], str]] = {
    "codecs": codecs,
    "commands": commands,
    "decisions": decisions,
    "dialects": ways,
    "errors": refusals,
    "guards": guards,
    "head-words": head_words,
    "make": make,
    "operation-words": operation_words,
    "operations": operations,
    "rights": rights,
    "rooms": rooms,
    "row-words": row_words,
    "rule-codecs": rule_codecs,
    "rule-words": rule_words,
    "settings": settings,
    "source-words": source_words,
    "vias": vias,
}


def filled(text: str) -> str:
    """Return a page with everything between its marks made anew. Raises KeyError for a mark that nothing makes."""
    return MARKS.sub(lambda mark: f"{mark[1]}\n{MAKERS[mark[2]]()}\n{mark[3]}", text)


def run(pages: Iterable[Path], *, check: bool) -> list[Path]:
    """Write the pages that are not up to date, or only find them. Returns them."""
    stale = []
    for page in pages:
        text = page.read_text("utf-8")
        if (new := filled(text)) != text:
            stale.append(page)
            if not check:
                page.write_text(new, "utf-8")
    return stale


if __name__ == "__main__":
    changed = run(sorted((ROOT / "docs").rglob("*.md")), check="--check" in sys.argv)
    for page in changed:
        print(page.relative_to(ROOT))  # noqa: T201 - it is a program
    sys.exit(bool(changed) and "--check" in sys.argv)
