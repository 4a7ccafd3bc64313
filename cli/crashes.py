"""A crash in one line: what happened, where, and what to do with it. A traceback only where it is asked for."""

import os
import traceback
from pathlib import Path
from typing import Final

import click

from .flags import SECRETS, TRACEBACK

_OURS: Final = Path(__file__).parents[1]
_LONGEST: Final = 300
_REMEDY: Final = f"please report it to covermock's issue tracker, with what {TRACEBACK}=1 shows"


def tell(crash: BaseException) -> None:
    """Print what has crashed, and where, without keys."""
    if os.environ.get(TRACEBACK, "") not in {"", "0"}:
        click.echo(_redact("".join(traceback.format_exception(crash)).rstrip()), err=True)
    what = " ".join(_redact(f"{type(crash).__name__}: {crash}").split())[:_LONGEST].rstrip(": ")
    click.echo(f"covermock: crashed: {what} ({_place(crash)}); nothing was repeated; {_REMEDY}", err=True)


def _place(crash: BaseException) -> str:
    """Return where it happened: in our own code, as far as it was there."""
    frames = traceback.extract_tb(crash.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_OURS)]
    last = next(reversed(ours or frames), None)
    return f"{Path(last.filename).name}, line {last.lineno}" if last else "nowhere"


def _redact(text: str) -> str:
    """Return the text without the keys that were given."""
    try:
        from covermock.contract_tests.reports.redaction import redactor
    except Exception as broken:  # noqa: BLE001 - what crashed may be what this needs, and no request was sent without it
        return text if _keyless(text) else f"(left out, since keys can't be taken out of it: {type(broken).__name__})"
    return redactor(os.environ.get(name, "") for name in SECRETS)(text)


def _keyless(text: str) -> bool:
    return not any(os.environ.get(name) and os.environ[name] in text for name in SECRETS)
