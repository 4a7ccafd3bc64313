"""`covermock check URL`: judge a server."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from .delivery import complaint, deliver, refuse_unwritable
from .exits import BROKEN, CANNOT, HOLDS, INTERRUPTED, TERMINATED, Terminated
from .flags import SPEC, contract_of, flag
from .look import is_clever, printed, printing
from .numbers import OF_CHECK, SEED

if TYPE_CHECKING:
    from covermock.contract_tests import Judgement, Progress

_VERDICTS = {HOLDS: "the contract holds", BROKEN: "the contract is broken", CANNOT: "could not test"}
_LEVELS = ("documented", "corroborated", "inferred", "assumed")


@click.command()
@click.argument("url", envvar="COVERMOCK_URL")
@flag("--given", multiple=True, metavar="KIND=ID", help="A source: music=ID, pending_music=ID, audio=ID=SECONDS.")
@flag("--audio", multiple=True, metavar="ID=SECONDS", help="Uploaded audio and its length; repeatable.")
@flag("--failing-audio", multiple=True, metavar="ID", help="Uploaded audio whose tasks fail: --given failing_audio=ID.")
@flag("--music-task", multiple=True, metavar="ID", help="A completed music task without a cover: --given music=ID.")
@flag("--pending-music-task", multiple=True, metavar="ID", help="One that is not completed: --given pending_music=ID.")
@flag("--short-audio", multiple=True, metavar="ID", help="Deprecated: --audio ID=SECONDS.")
@flag("--long-audio", multiple=True, metavar="ID", help="Deprecated: --audio ID=SECONDS.")
@flag("--min-audio", multiple=True, metavar="ID", help="Deprecated: --audio ID=6.")
@flag("--max-audio", multiple=True, metavar="ID", help="Deprecated: --audio ID=60.")
@flag("--max-credits", type=OF_CHECK["max_credits"], help="Credits to spend at most; default: 0, on this machine 100.")
@flag("--max-requests", type=OF_CHECK["max_requests"], help="Requests to send at most; default: 400.")
@flag("--thorough", is_flag=True, default=None, help="Spend all the credits that are allowed, not just the usual ones.")
@flag(
    "--seconds", type=OF_CHECK["seconds"], help="Go on with that, and with more requests, for so many seconds in all."
)
@flag("--patience", type=OF_CHECK["patience"], help="Seconds to wait for a task; default: 600, on this machine 40.")
@flag("--poll-interval", type=OF_CHECK["poll_interval"], help="Seconds between polls; default: 5, on this machine 0.1.")
@flag("--rate", type=OF_CHECK["rate"], help="Requests a second, 0 for no limit; default: 5, on this machine 0.")
@flag("--callback-base", metavar="URL", help="Public base URL that leads to this machine, for webhooks.")
@flag("--fail-on", type=click.Choice(_LEVELS), help="Least known level that fails the run; default: documented.")
@flag("--seed", type=SEED, help="What made-up ids and generated requests come from; default: 0.")
@flag("--report", multiple=True, metavar="FILE", help="Report by suffix: .json .xml .html .sarif .md .txt; repeatable.")
@flag("--baseline", metavar="FILE", help="Known deviations, which don't fail the run.")
@printing
@SPEC
@flag("--config", metavar="FILE", help="YAML file with any of these settings, and the file that holds the keys.")
def check(  # noqa: PLR0913 - a flag each
    url: str,
    report: tuple[str, ...],
    baseline: str | None,
    config: str | None,
    spec: str | None,
    *,
    quiet: bool,
    json: bool,
    **given: Any,
) -> int:
    """Judge the gateway at URL, sentence by sentence.

    Keys come from COVERMOCK_API_KEY, COVERMOCK_SECOND_API_KEY (another account), COVERMOCK_POOR_API_KEY (an account
    without credits) and COVERMOCK_LAST_API_KEY (one with the credits of exactly one task) only. Exit codes: 0 holds, 1
    broken, 2 usage, 3 could not test.
    """
    from covermock.contract_tests import judge

    from .checking import settle

    contract = contract_of(spec)
    settings, reports, accepted = settle(url, given, (report, baseline, config), contract)
    refuse_unwritable(reports)
    signal.signal(signal.SIGTERM, _terminate)
    _say_what_is_left_out()
    judgement = judge(settings, _progress(quiet=quiet), contract)
    return _report(judgement, reports, accepted, quiet=quiet, json=json)


def _say_what_is_left_out() -> None:
    """Say that nothing is generated where the extra for it is not installed."""
    from importlib.util import find_spec

    from covermock.contract_tests.servers.generating import GENERATING

    missing = [name for name in ("hypothesis", "schemathesis") if find_spec(name) is None]
    if missing:
        click.echo(f"covermock: expected {' and '.join(missing)}, not installed: {GENERATING}", err=True)


_terminated: list[int] = []


def _terminate(number: int, _: FrameType | None) -> None:
    _terminated.append(number)
    raise Terminated


def _progress(*, quiet: bool) -> "Progress":
    from covermock.contract_tests import Progress

    live = _is_live() and not quiet

    def step(words: str, done: int, of: int) -> None:
        if live:
            bar = "#" * round(30 * done / max(of, 1))
            click.echo(f"\r{words:<10} [{bar:<30}] {done} of {of} requests", err=True, nl=False)

    return Progress(lambda quote: click.echo(f"quote: {quote}", err=True), step)


def _is_live() -> bool:
    """Return True if standard error is a terminal on which a line can be written anew."""
    return sys.stderr.isatty() and is_clever()


def _report(
    judgement: "Judgement", reports: list[Path], accepted: list[dict[str, Any]], *, quiet: bool, json: bool
) -> int:
    from covermock.contract_tests.reports import FORMS, annotations
    from covermock.contract_tests.servers.baseline import with_baseline
    from covermock.contract_tests.servers.telling import report_of

    judgement = with_baseline(judgement, accepted) if accepted else judgement
    if _is_live() and not quiet:
        click.echo("\r\x1b[K", err=True, nl=False)
    told = report_of(judgement)
    text = printed(told, quiet=quiet, json=json)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        marks = "\n".join([*annotations(told), ""])
        text += "" if json else marks
        click.echo(marks if json else "", err=True, nl=False)
    files = {path: FORMS[path.suffix](told) for path in reports}
    if not judgement.interrupted:
        deliver(text, files, _VERDICTS[judgement.exit_code])
        return judgement.exit_code
    with complaint():  # the same Ctrl-C may have ended who reads
        deliver(text, files, "none, since the run was interrupted")
    return TERMINATED if _terminated else INTERRUPTED
