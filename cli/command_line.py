"""The commands, and one clear line for whatever was wrong."""

import os
from collections.abc import Sequence

import click

from .check import check
from .client import client
from .completion import completion
from .defects import defects
from .doctor import doctor
from .exits import CANNOT, HOLDS, USAGE, CannotError
from .explain import explain
from .flags import refuse_unknown_twins
from .init import init
from .ready import ready
from .scenarios import scenarios
from .serve import serve
from .spec import spec


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="covermock", message="%(version)s")
def cli() -> None:
    """A local stand-in for the API in One gateway's cover routes, and a contract kit."""


for command in (serve, ready, check, client, scenarios, explain, defects, spec, init, doctor, completion):
    cli.add_command(command)


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code. Raises what is a defect of ours, and interrupts."""
    if "_COVERMOCK_COMPLETE" in os.environ:  # a shell asks click how a line goes on
        try:
            cli.main(list(arguments), prog_name="covermock")
        except SystemExit as done:
            return int(done.code or HOLDS)
    try:
        if list(arguments[:1]) != [doctor.name]:  # which tells it beside all else
            refuse_unknown_twins(cli.commands.values())
        with cli.make_context("covermock", list(arguments)) as context:  # not click's `main`: there EPIPE is exit 1
            return cli.invoke(context) or HOLDS
    except click.exceptions.Exit as done:
        return done.exit_code
    except (click.ClickException, ValueError) as error:
        return _refuse(error)


def _refuse(error: Exception) -> int:
    """Print one line for bad usage or configuration; any other error is a defect of ours and is raised."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return USAGE
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        see = f" (see '{context.command_path} --help')" if context else ""
        click.echo(f"covermock: {error.format_message()}{see}", err=True)
        return CANNOT if isinstance(error, CannotError) else USAGE
    from covermock.openapi.source import InvalidSourceError

    if not isinstance(error, InvalidSourceError):
        raise error
    click.echo(f"covermock: {error}", err=True)
    return USAGE


__all__ = ["cli", "run"]
