"""Flags and their environment twins: `--stage-seconds` is `COVERMOCK_STAGE_SECONDS`; unknown twins are refused."""

import os
from collections.abc import Callable, Iterable
from typing import Any

import click

PREFIX = "COVERMOCK_"
# Read from the environment only: secrets, which have no place in argv.
SECRETS = ("COVERMOCK_TOKEN", "COVERMOCK_API_KEY", "COVERMOCK_SECOND_API_KEY", "COVERMOCK_POOR_API_KEY")


def flag(name: str, **settings: Any) -> Callable[[Any], Any]:
    """Return a click option that has its twin in the environment and shows its default."""
    twin = PREFIX + name.removeprefix("--").replace("-", "_").upper()
    return click.option(name, envvar=twin, show_envvar=True, show_default=True, **settings)


def refuse_unknown_twins(commands: Iterable[click.Command], environment: Iterable[str] = os.environ) -> None:
    """Raise `click.UsageError` for a `COVERMOCK_…` variable that no flag has."""
    twins = {str(parameter.envvar) for command in commands for parameter in command.params if parameter.envvar}
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in {*twins, *SECRETS}:
            from covermock.openapi.names import nearest

            remedy = nearest(name, {*twins, *SECRETS})
            raise click.UsageError(f"expected a known environment variable, received {name} ({remedy})")
