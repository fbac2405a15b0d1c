"""What `scimbridge serve` may be told on the command line: the options, as words that win over settings.

Knows how options are spelled; what they mean, and what holds without them, is said by the settings of the same names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from scimbridge.settings.declared import SETTINGS

_SHAPES: dict[str, click.ParamType[Any]] = {
    "host": click.STRING,
    "port": click.IntRange(1, 65535),
    "workers": click.IntRange(1, 64),
    "threads": click.IntRange(1, 1024),
    # Whether a file is there and good is told together with all else that is wrong.
    "certfile": click.Path(),
    "keyfile": click.Path(),
    "client_ca": click.Path(),
}
_BY_NAME = {setting.name: setting for setting in SETTINGS}


def serve_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of `serve`; each is None where it is not written."""
    for name, shape in reversed(_SHAPES.items()):
        setting = _BY_NAME[name]
        usual = "" if setting.default is None else f", else {setting.default}"
        text = f"{setting.description.replace('`', '')} Without it: {setting.variable}{usual}."
        command = click.option(f"--{name.replace('_', '-')}", name, type=shape, default=None, help=text)(command)
    return command


def written(given: dict[str, object]) -> dict[str, str]:
    """Return the options that were written, as text that settings are read from."""
    return {name: str(value) for name, value in given.items() if value is not None}
