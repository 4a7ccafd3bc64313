"""Writes docs/reference.md from what it describes: commands, variables, fixtures, settings, operations, clauses."""

import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import pytest
from covermock.cli.command_line import cli
from covermock.cli.flags import SECRETS, TRACEBACK
from covermock.fixtures import pytest_plugin
from covermock.fixtures.running_clients import names_of
from covermock.mock_server.limits import table as limits
from covermock.openapi import ADMIN, load

import covermock

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference.md"
SECRET_USES = {
    "COVERMOCK_TOKEN": "token of the control API, needed where the server listens on a foreign address",
    "COVERMOCK_API_KEY": "key of the gateway under check",
    "COVERMOCK_SECOND_API_KEY": "key of another account, for checks of ownership",
    "COVERMOCK_POOR_API_KEY": "key of an account without credits",
    "COVERMOCK_LAST_API_KEY": "key of an account with the credits of exactly one task",
    TRACEBACK: "1 shows where a crash was",
}
OTHERS = {  # variables whose names are not ours
    "NO_COLOR": "anything: no colours; TERM=dumb and CI do the same",
    "CI": "anything: no colours",
    "TERM": "dumb: no colours",
    "NO_PROXY": "a client that is judged gets it with 127.0.0.1 and localhost; no_proxy likewise",
    "GITHUB_ACTIONS": "true: each finding is printed as an annotation, too",
}
GIVEN = {
    "base_url": "where the gateway is",
    "api_key": "the key",
    "music_task": "a completed music task",
    "audio": "uploaded audio",
    "callback_base": "a free address to receive webhooks at",
}
ARGUMENTS = {
    ("check", "url"): "The gateway to judge, such as https://apiin.one.",
    ("client", "command"): "What to run, behind a --.",
    ("completion", "shell"): "The shell that reads it.",
    ("doctor", "url"): "A mock that should be ready; may be left out.",
    ("explain", "clause"): "The clause's id, such as C5; may be left out.",
    ("init", "folder"): "Where to write.",
    ("ready", "url"): "The mock to wait for, such as http://127.0.0.1:8080.",
}
WORLD = ("World", "Settings of a world")
PARTS = (WORLD, ("Yields", "What becomes of tasks (`yields`)"), ("Plan", "What is to come of a task"))
INTRO = """# Reference

Written by `make reference` from the command, the plugin and the two API descriptions; a test compares.
"""


def cell(text: object) -> str:
    """Return a text as it may stand in a table."""
    return " ".join(str(text).split()).replace("|", "\\\\|")


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table in Markdown."""
    lines = [list(head), ["---"] * len(list(head)), *rows]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in lines)


def code(text: object) -> str:
    """Return a text as code."""
    return f"`{text}`"


def commands() -> Iterator[str]:
    """Yield a section for each command, with its arguments and flags."""
    for name, command in sorted(cli.commands.items()):
        yield f"### covermock {name}\n\n{inspect.cleandoc(command.help or '')}\n"
        rows = [
            [code(one.opts[0]), code(one.envvar) if one.envvar else "", said_of(name, one)] for one in command.params
        ]
        yield table(("flag", "variable", "is"), rows) + "\n" if rows else ""
        if name == "serve":
            yield "A limit, as `--limit NAME=VALUE`:\n"
            pairs = [(words.partition("="), says) for words, says in limits()]
            yield table(("limit", "default", "is"), [(code(of[0]), of[2], says) for of, says in pairs]) + "\n"


def said_of(command: str, one: click.Parameter) -> str:
    """Return what a flag or an argument is, with the values that it may have and its default."""
    says = one.help if isinstance(one, click.Option) else ARGUMENTS[command, str(one.name)]
    values = f" One of {', '.join(map(code, one.type.choices))}." if isinstance(one.type, click.Choice) else ""
    shown = isinstance(one.default, str | int | float) and one.default not in {"", False}
    return f"{says}{values}" + (f" Default: {code(one.default)}." if shown else "")


def fixtures() -> list[list[str]]:
    """Return (name, what it is) of each fixture."""
    found = []
    for name, value in vars(pytest_plugin).items():
        function = getattr(value, "_fixture_function", None) or getattr(value, "__wrapped__", None)
        if (
            function is not None
            and isinstance(value, pytest.FixtureDef | object)
            and hasattr(value, "_fixture_function")
        ):
            found.append([code(name), (inspect.getdoc(function) or "").partition("\n")[0]])
    return found


def settings_of_pytest() -> list[list[str]]:
    """Return (name, what it is) of each option and ini setting of the plugin."""
    parser = _Noted()
    pytest_plugin.pytest_addoption(parser)  # type: ignore[arg-type]
    return parser.rows


class _Noted:
    """Takes down what a plugin adds."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []

    def getgroup(self, *_: str) -> "_Noted":
        return self

    def addoption(self, name: str, **settings: Any) -> None:
        self.rows.append([code(name), settings["help"]])

    def addini(self, name: str, text: str, **_: Any) -> None:
        self.rows.append([code(name), text])


def fields(schema: Mapping[str, Any]) -> list[list[object]]:
    """Return (name, what it is) of each property of a schema."""
    root = load(ADMIN).root
    rows: list[list[object]] = []
    for name, part in schema["properties"].items():
        target = part.get("$ref", "").rpartition("/")[2]
        known = root["components"]["schemas"].get(target, {})
        said = part.get("description") or known.get("description", "")
        values = part.get("enum") or known.get("enum")
        said += f" One of {', '.join(map(code, values))}." if values else ""
        inner = ", ".join(own_settings(root, {**known, **part}))
        rows.append([code(name), f"{said} Settings: {inner}." if inner else said])
    return rows


def own_settings(root: Mapping[str, Any], part: Mapping[str, Any]) -> Iterator[str]:
    """Yield the settings that a setting has itself, or each entry of it, with the words that they may be."""
    schemas = root["components"]["schemas"]
    while "properties" not in part and isinstance(part.get("additionalProperties"), dict):
        part = part["additionalProperties"]
        part = schemas.get(part.get("$ref", "").rpartition("/")[2], part)
    for name, inner in part.get("properties", {}).items():
        values = inner.get("enum") or schemas.get(inner.get("$ref", "").rpartition("/")[2], {}).get("enum")
        yield code(name) + (f" ({', '.join(map(code, values))})" if values else "")


def sections() -> Iterator[str]:
    """Yield the page piece by piece."""
    gateway, admin = load(), load(ADMIN)
    schemas = admin.root["components"]["schemas"]
    yield INTRO
    yield "## Commands\n"
    yield from commands()
    yield "## Variables that have no flag\n"
    yield table(("variable", "is"), [[code(name), SECRET_USES[name]] for name in (*SECRETS, TRACEBACK)]) + "\n"
    yield "## Variables that others have named\n"
    yield table(("variable", "is"), [[code(name), says] for name, says in OTHERS.items()]) + "\n"
    yield "## Variables that a client is given\n"
    rows = [[code(f"GATEWAY_{name.upper()}"), code(f"{{{name}}}"), GIVEN[name]] for name in names_of(gateway)]
    yield table(("variable", "in arguments", "is"), rows) + "\n"
    yield "## Fixtures of pytest\n"
    yield table(("fixture", "is"), fixtures()) + "\n"
    yield "## Settings of pytest\n"
    yield table(("option, or line of the ini file", "is"), settings_of_pytest()) + "\n"
    yield "## Names to import from `covermock`\n"
    yield ", ".join(code(name) for name in covermock.__all__) + "\n"
    for name, title in PARTS:
        yield f"## {title}\n"
        yield table(("setting", "is"), fields(schemas[name])) + "\n"
    yield "## Words of a fault\n"
    yield table(("word", "is"), fields(schemas["Fault"])) + "\n"
    for title, contract in (("Operations of the gateway", gateway), ("Operations of the control API", admin)):
        yield f"## {title}\n"
        rows = [[code(o.id), code(f"{o.method} {o.path}"), o.raw.get("summary", "")] for o in contract.operations]
        yield table(("operation", "method and path", "does"), rows) + "\n"
    yield "## Clauses\n"
    yield table(("clause", "level", "says"), [[one.id, one.level, one.text] for one in gateway.clauses.values()]) + "\n"


def text() -> str:
    """Return the page as it has to be."""
    return "\n".join(sections())


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
    sys.stdout.write("docs/reference.md: written\n")
