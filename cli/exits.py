"""Exit codes, and what ends a command that can't go on."""

from typing import Final

import click

HOLDS: Final = 0
BROKEN: Final = 1  # the contract, and nothing else
USAGE: Final = 2
CANNOT: Final = 3
INTERRUPTED: Final = 130
TERMINATED: Final = 143


class CannotError(click.ClickException):
    """Something outside is in the way: a full disk, a closed pipe, workers that don't stay alive."""

    exit_code = CANNOT


class Terminated(KeyboardInterrupt):
    """SIGTERM, which ends a run as an interrupt does, with an exit code of its own."""

    code = TERMINATED
