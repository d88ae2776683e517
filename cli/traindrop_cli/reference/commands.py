"""docs/reference/commands.md, out of the commands themselves."""

from collections.abc import Iterator
from inspect import cleandoc
from typing import Any

import typer

from traindrop_cli.exit_status import MEANINGS
from traindrop_cli.json_fields import FIELDS, RUN, Json
from traindrop_cli.main import app
from traindrop_cli.reference.markdown import WRITTEN, cell, page, table

_HEAD = """\
`traindrop COMMAND --help` says the same. Every command takes `--help`. Without `--stack NAME` (or `TRAINDROP_STACK`) it
is about the local AWS that runs, and where none does, about the stack `traindrop` in AWS.

Progress and advice are for a person and may change; what `--json` prints is for scripts. In a pipe there are no colours
and no bars, with `NO_COLOR` set no colours. `traindrop --install-completion` lets the shell complete commands, options,
and the names of datasets and runs."""
_VARIABLES = """\
## Environment

| variable | meaning |
| --- | --- |
| `TRAINDROP_STACK` | as `--stack` |
| `TRAINDROP_HOME` | where a running local AWS and fetched prices are noted; default `~/.traindrop` |
| `AWS_PROFILE`, `AWS_REGION`, … | as of every program that talks to AWS; not heeded for the local AWS |
| `NO_COLOR` | no colours |"""


def commands() -> str:
    statuses = table(("status", "meaning"), [(str(int(status)), text) for status, text in MEANINGS.items()])
    parts = [_section(name, command) for name, command in every_command()]
    return page("Commands", WRITTEN, _HEAD, f"## Exit status\n\n{statuses}", _VARIABLES, _json_of_a_run(), *parts)


def every_command() -> Iterator[tuple[str, Any]]:
    """`local up` and its command, and so on, in the order of the help."""
    yield from _within(typer.main.get_command(app), "")


def _within(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _within(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def _json_of_a_run() -> str:
    rows = [(f"`{name}`", text) for name, text in RUN.items()]
    return (
        "## A run as JSON\n\nWhat several commands print of a run. What is not known, or not yet, is null.\n\n"
        + table(("field", "meaning"), rows)
    )


def _section(name: str, command: Any) -> str:
    arguments = "".join(f" {_metavar(each)}" for each in command.params if each.param_type_name == "argument")
    text = "\n\n".join(" ".join(part.split()) for part in cleandoc(command.help or "").split("\n\n"))
    rows = [(_names(each), _default(each), each.help or "") for each in command.params if each.name != "help"]
    parts = [f"## traindrop {name}", f"`traindrop {name}{arguments}`", text]
    if rows:
        parts.append(table(("argument or option", "default", "meaning"), rows))
    if name in FIELDS:
        parts.append(_json(FIELDS[name]))
    return "\n\n".join(parts)


def _metavar(argument: Any) -> str:
    shown = argument.name.upper() + (" …" if argument.nargs == -1 else "")
    return shown if argument.required else f"[{shown}]"


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{parameter.name.upper()}`"
    value = "" if getattr(parameter, "is_flag", False) else f" {parameter.name.upper()}"
    return ", ".join(f"`{name}{value}`" for name in parameter.opts)


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    default = parameter.default
    return "" if default in (None, False) or callable(default) else f"`{default}`"


def _json(printed: Json) -> str:
    shapes = {"object": "an object", "list": "a list of objects", "lines": "an object on each line"}
    own = [f"`{name}`: {cell(text)}" for name, text in printed.fields.items() if name not in RUN]
    if set(RUN) <= set(printed.fields):
        fields = "; ".join(["of [a run](#a-run-as-json)", *own])
    else:
        fields = "with " + "; ".join(f"`{name}`: {cell(text)}" for name, text in printed.fields.items())
    note = f" {printed.note}" if printed.note else ""
    return f"`--json`: {shapes[printed.shape]} {fields}.{note}"
