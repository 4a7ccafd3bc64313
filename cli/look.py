"""How a report is printed: colours on terminals that have them, the width of the terminal, in short, or as JSON."""

import os
import shutil
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from .flags import flag

if TYPE_CHECKING:
    from covermock.contract_tests.reports import Look, Report

_ELSEWHERE: Final = 100  # columns of a file, a pipe or a log
_NO: Final = {"", "0", "false"}


def printing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flags `--quiet` and `--json`."""
    quiet = flag("--quiet", is_flag=True, help="Print the verdict, and a line for each finding that fails the run.")
    as_json = flag("--json", is_flag=True, help="Print the report as JSON.")
    return quiet(as_json(command))  # type: ignore[no-any-return]


def printed(report: "Report", *, quiet: bool, json: bool) -> str:
    """Return what goes to standard output."""
    from covermock.contract_tests.reports import as_json, as_short_text, as_text

    if json:
        return as_json(report)
    return as_short_text(report, look()) if quiet else as_text(report, look())


def look() -> "Look":
    """Return how standard output can be written to."""
    from covermock.contract_tests.reports import Look

    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size((_ELSEWHERE, 24)).columns if terminal else _ELSEWHERE
    return Look(width, colours=terminal and has_colours())


def has_colours() -> bool:
    """Return True unless the environment says that colours are not wanted, or not shown."""
    unwanted = os.environ.get("NO_COLOR") or os.environ.get("CI", "").lower() not in _NO
    return not unwanted and is_clever()


def is_clever() -> bool:
    """Return True if a terminal knows how to go back and to erase."""
    return os.environ.get("TERM", "") not in {"", "dumb"}
