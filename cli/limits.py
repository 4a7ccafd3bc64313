"""`--limit NAME=VALUE`: the bounds of a server, read from and shown by the one table in `mock_server/limits.py`."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from covermock.mock_server.limits import Limits


class NamedValues(click.types.StringParamType):
    """A `NAME=VALUE`; in the environment several, with commas between."""

    name = "NAME=VALUE"
    envvar_list_splitter = ","


class CommandWithLimits(click.Command):
    """A command whose help ends with the table of limits. It is read then and not before, since that takes time."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click calls it so
        from covermock.mock_server.limits import table

        with formatter.section("Limits (--limit NAME=VALUE), with their defaults"):
            formatter.write_dl(table())


def limits(context: click.Context, parameter: click.Parameter, pairs: tuple[str, ...]) -> "Limits":
    """Return the limits that a flag names, the others at their defaults. Raises `click.BadParameter`."""
    from covermock.mock_server.limits import parse_limits

    try:
        return parse_limits(pairs)
    except ValueError as error:
        raise click.BadParameter(str(error), context, parameter) from None
