"""Entry point: commands, exit codes, one clear line for whatever was wrong."""

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from .check import check
from .client import client
from .defects import defects
from .explain import explain
from .flags import refuse_unknown_twins
from .ready import ready
from .scenarios import scenarios
from .serve import serve
from .spec import spec

HOLDS, BROKEN, USAGE, UNTESTED = 0, 1, 2, 3


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="covermock", message="%(version)s")
def cli() -> None:
    """A local stand-in for the API in One gateway's cover routes, and a contract kit."""


for command in (serve, ready, check, client, scenarios, explain, defects, spec):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line. Exit codes: 0 holds, 1 broken, 2 usage or configuration, 3 could not test, 130/143."""
    try:
        refuse_unknown_twins(cli.commands.values())
        code = cli.main(arguments, prog_name="covermock", standalone_mode=False)
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.Abort:
        code = 130
    except (click.ClickException, ValueError) as error:
        code = _refuse(error)
    sys.exit(code or 0)


def _refuse(error: Exception) -> int:
    """Print one line for bad usage or configuration; any other error is a defect of ours and is raised."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return USAGE
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        see = f" (see '{context.command_path} --help')" if context else ""
        click.echo(f"covermock: {error.format_message()}{see}", err=True)
        return USAGE
    from covermock.openapi.source import InvalidSourceError

    if not isinstance(error, InvalidSourceError):
        raise error
    click.echo(f"covermock: {error}", err=True)
    return USAGE


__all__ = ["cli", "main"]
