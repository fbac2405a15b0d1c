"""Renders the chart where no helm is: the part of Go's templates that the chart uses, and nothing more.

A word that is not here is an error, so that the chart does not outgrow this unseen. `make try` compares what this makes
with what Helm itself makes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from math import floor
from pathlib import Path
from typing import Any

import yaml

_TAG = re.compile(r"\{\{(-?)\s*(/\*.*?\*/|.*?)\s*(-?)\}\}", re.DOTALL)
_WORD = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[()|,]|:=|[^\s()|,]+)')


class Refused(Exception):
    """What `required` and `fail` of a template say."""


class _Dumper(yaml.SafeDumper):
    """Writes lists as Helm does; only their meaning counts here."""


def _required(text: str, value: Any) -> Any:
    if value in (None, ""):
        raise Refused(text)
    return value


def _fail(text: str) -> str:
    raise Refused(text)


def _string(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _indent(count: int, text: str) -> str:
    return "\n".join(" " * count + line for line in text.split("\n"))


def _print(form: str, *values: Any) -> str:
    return form % tuple(_string(value) for value in values)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "and": lambda *given: next((one for one in given if not one), given[-1]),
    "or": lambda *given: next((one for one in given if one), given[-1]),
    "not": lambda one: not one,
    "eq": lambda left, right: left == right,
    "gt": lambda left, right: left > right,
    "int": int,
    "int64": int,
    "floor": floor,
    "kindIs": lambda kind, one: kind == ("float64" if type(one) in {int, float} else type(one).__name__),
    "ternary": lambda yes, no, holds: yes if holds else no,
    "default": lambda fallback, given=None: given or fallback,
    "required": _required,
    "fail": _fail,
    "quote": lambda one: json.dumps(_string(one)),
    "toString": _string,
    "toYaml": lambda one: yaml.dump(one, Dumper=_Dumper, sort_keys=True, width=10_000).rstrip("\n"),
    "nindent": lambda count, text: "\n" + _indent(count, text),
    "trunc": lambda count, text: text[:count],
    "trimSuffix": lambda end, text: text.removesuffix(end),
    "contains": lambda part, text: part in text,
    "printf": _print,
    "print": lambda *parts: "".join(_string(part) for part in parts),
    "sha256sum": lambda text: hashlib.sha256(text.encode()).hexdigest(),
}


def _tokens(text: str) -> list[tuple[str, str]]:
    """Part a template into text and tags; `-` takes the blanks beside a tag away."""
    found, at, trim = [], 0, False
    for tag in _TAG.finditer(text):
        plain = text[at : tag.start()]
        plain = plain.lstrip() if trim else plain
        found.append(("text", plain.rstrip() if tag[1] else plain))
        if not tag[2].startswith("/*"):
            found.append(("tag", tag[2]))
        at, trim = tag.end(), bool(tag[3])
    found.append(("text", text[at:].lstrip() if trim else text[at:]))
    return found


def _tree(tokens: Iterator[tuple[str, str]]) -> tuple[list[Any], str]:
    """Read until `end` or `else`; return what is there and the tag that ended it."""
    nodes: list[Any] = []
    for kind, text in tokens:
        if kind == "text":
            nodes.append(text)
            continue
        word, _, rest = text.partition(" ")
        if word in {"end", "else"}:
            return nodes, text
        nodes.append(_block(word, rest, tokens) if word in {"if", "with", "range", "define"} else ("show", text))
    return nodes, ""


def _block(word: str, rest: str, tokens: Iterator[tuple[str, str]]) -> Any:
    inner, ended = _tree(tokens)
    other: list[Any] = []
    if ended.startswith("else if "):
        other = [_block("if", ended.removeprefix("else if "), tokens)]
    elif ended == "else":
        other, _ = _tree(tokens)
    return (word, rest, inner, other)


class Chart:
    """A chart in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.values = yaml.safe_load((folder / "values.yaml").read_text("utf-8"))
        self.about = yaml.safe_load((folder / "Chart.yaml").read_text("utf-8"))
        self._sources = {path.name: path.read_text("utf-8") for path in sorted((folder / "templates").iterdir())}
        self._named: dict[str, list[Any]] = {}
        self._files = {name: _tree(iter(_tokens(text)))[0] for name, text in self._sources.items()}
        for nodes in self._files.values():
            self._named |= {
                json.loads(node[1]): node[2] for node in nodes if isinstance(node, tuple) and node[0] == "define"
            }

    def render(self, given: dict[str, Any], name: str = "scimbridge", namespace: str = "scim") -> dict[str, str]:
        """Return what each template becomes. Raises `Refused`."""
        root = {
            "Values": lay_over(self.values, given),
            "Release": {"Name": name, "Namespace": namespace, "Service": "Helm"},
            "Chart": {key[0].upper() + key[1:]: value for key, value in self.about.items()},
            "Template": {"BasePath": f"{self.about['name']}/templates"},
            "Files": self.folder,
        }
        made = {file: _Run(self, root).show(self._files[file], root) for file in self._files}
        return {file: text for file, text in made.items() if not file.startswith("_")}

    def include(self, name: str, root: Any, dot: Any) -> str:
        """Return what a named template, or a whole file, becomes."""
        nodes = self._named[name] if name in self._named else self._files[name.rpartition("/")[2]]
        return _Run(self, root).show(nodes, dot)


def lay_over(base: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Lay values over others, map by map, as Helm does; a null takes one away."""
    made = dict(base)
    for key, value in given.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict)
        made[key] = lay_over(base[key], value) if both else value
    return {key: value for key, value in made.items() if value is not None}


class _Run:
    """One template being carried out, with its variables."""

    def __init__(self, chart: Chart, root: Any) -> None:
        self._chart, self._root = chart, root
        self._variables: dict[str, Any] = {"$": root}

    def show(self, nodes: list[Any], dot: Any) -> str:
        return "".join(node if isinstance(node, str) else self._node(node, dot) for node in nodes)

    def _node(self, node: Any, dot: Any) -> str:
        if node[0] == "define":
            return ""
        if node[0] == "show":
            return _string(self._evaluate(node[1], dot))
        word, text, inner, other = node
        if word == "range":
            return self._range(text, inner, dot)
        value = self._evaluate(text, dot)
        if not value:
            return self.show(other, dot)
        return self.show(inner, value if word == "with" else dot)

    def _range(self, text: str, inner: list[Any], dot: Any) -> str:
        names, _, source = text.partition(" := ")
        key, value = names.split(", ")
        made = []
        for each, held in sorted(self._evaluate(source, dot).items()):
            self._variables |= {key: each, value: held}
            made.append(self.show(inner, held))
        return "".join(made)

    def _evaluate(self, text: str, dot: Any) -> Any:
        words = _WORD.findall(text)
        value = self._pipeline(words, dot)
        assert not words, f"{text!r} could not be read to its end"
        return value

    def _pipeline(self, words: list[str], dot: Any) -> Any:
        value, last = None, ()
        while words and words[0] != ")":
            value = self._command(words, dot, last)
            last = (value,)
            if words and words[0] == "|":
                words.pop(0)
        return value

    def _command(self, words: list[str], dot: Any, last: tuple[Any, ...]) -> Any:
        first = words[0]
        if first in FUNCTIONS or first in {"include", ".Files.Get"}:
            words.pop(0)
            given = []
            while words and words[0] not in {"|", ")"}:
                given.append(self._operand(words, dot))
            return self._call(first, [*given, *last])
        return self._operand(words, dot)

    def _call(self, name: str, given: list[Any]) -> Any:
        if name == "include":
            return self._chart.include(given[0], self._root, given[1])
        if name == ".Files.Get":
            return (self._chart.folder / given[0]).read_text("utf-8")
        return FUNCTIONS[name](*given)

    def _operand(self, words: list[str], dot: Any) -> Any:
        word = words.pop(0)
        if word == "(":
            value = self._pipeline(words, dot)
            assert words.pop(0) == ")"
            return value
        if word.startswith('"') or re.fullmatch(r"-?\d+", word):
            return json.loads(word)
        start, *path = word.split(".")
        assert start == "" or start in self._variables, f"{word!r} is no word that is known here"
        value = self._variables[start] if start else dot
        for name in filter(None, path):
            value = value.get(name) if isinstance(value, dict) else None
        return value
