"""Flags and their environment twins: `--stage-seconds` is `COVERMOCK_STAGE_SECONDS`; unknown twins are refused."""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from covermock.openapi import Contract

PREFIX = "COVERMOCK_"
# Read from the environment only: secrets, which have no place in argv.
SECRETS = (
    "COVERMOCK_TOKEN",
    "COVERMOCK_API_KEY",
    "COVERMOCK_SECOND_API_KEY",
    "COVERMOCK_POOR_API_KEY",
    "COVERMOCK_LAST_API_KEY",
)
TRACEBACK = "COVERMOCK_TRACEBACK"  # 1 shows where a crash was; it has to hold before any flag is read


def flag(name: str, *names: str, **settings: Any) -> Callable[[Any], Any]:
    """Return a click option that has its twin in the environment and shows its default."""
    twin = PREFIX + name.removeprefix("--").replace("-", "_").upper()
    return click.option(name, *names, envvar=twin, show_envvar=True, show_default=True, **settings)


SPEC = flag("--spec", metavar="FILE", help="Contract instead of the built-in gateway.yaml.")


def contract_of(spec: str | None) -> "Contract":
    """Return the contract in a file, or the built-in one. Raises `InvalidSourceError`."""
    from covermock.openapi import GATEWAY, load

    return load(Path(spec) if spec else GATEWAY)


def web_address(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """Return the value of a flag that is empty or an http(s) URL. Raises `click.BadParameter`."""
    if value and not re.match(r"https?://[^/?#\s]+", value):
        problem = f"expected an http(s) URL, received {value!r}; for example http://127.0.0.1:8080"
        raise click.BadParameter(problem, context, parameter)
    return value


def origin(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """Return the value of a flag that is empty, `*` or an origin. Raises `click.BadParameter`."""
    if value not in {"", "*"} and not re.fullmatch(r"[a-z][a-z0-9+.-]*://[^/?#\s]+", value):
        problem = f"expected an origin or *, received {value!r}; for example http://localhost:3000"
        raise click.BadParameter(problem, context, parameter)
    return value


def refuse_unknown_twins(commands: Iterable[click.Command], environment: Iterable[str] = os.environ) -> None:
    """Raise `click.UsageError` for a `COVERMOCK_…` variable that no flag has."""
    twins = {str(parameter.envvar) for command in commands for parameter in command.params if parameter.envvar}
    known = {*twins, *SECRETS, TRACEBACK}
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known:
            from covermock.openapi.names import nearest

            remedy = nearest(name, known)
            raise click.UsageError(f"expected a known environment variable, received {name} ({remedy})")
