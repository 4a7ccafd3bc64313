"""`covermock client`: run a client against the mock and judge how it keeps the contract."""

from pathlib import Path
from typing import Any

import click

from .delivery import deliver, refuse_unwritable
from .flags import SPEC, contract_of, flag
from .look import printed, printing
from .numbers import YEAR, Number, Whole

_LEVELS = ["documented", "corroborated", "inferred", "assumed"]


@click.command(context_settings={"ignore_unknown_options": False, "allow_interspersed_args": False})
@flag("--world", default="empty", metavar="NAME|FILE", help="World to serve, or (with scenarios) to start from.")
@flag(
    "--scenarios", default="", metavar="NAMES|all", help="Run the command once in each, as a job: start, wait, finish."
)
@flag("--defects", default="", metavar="NAMES|all", help="Then run the command, a test-suite, against each defect.")
@flag(
    "--timeout",
    default=60.0,
    type=Number(0, YEAR, min_open=True),
    help="Seconds to finish or give up in, for each run.",
)
@flag("--fail-on", default="assumed", type=click.Choice(_LEVELS), help="Weakest level of a clause that fails the run.")
@flag("--allow", multiple=True, metavar="RULE", help="Rule that the client may break.")
@flag("--baseline", metavar="FILE", help="Known findings, which don't fail the run.")
@flag("--report", multiple=True, metavar="FILE", help="Report by suffix: .json .xml .html .sarif .md .txt; repeatable.")
@flag("--cover-min", default=0.0, type=Number(0, 100), help="Percent of what can happen that has to be met.")
@flag("--env", multiple=True, metavar="VALUE=NAME", help="Other names, e.g. base_url=API_URL for GATEWAY_BASE_URL.")
@flag("--allow-callback", multiple=True, metavar="HOST", help="Host besides loopback that webhooks may go to.")
@printing
@SPEC
@flag("--jobs", default=12, type=Whole(1, 1000), help="How many scenarios run at a time.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def client(command: tuple[str, ...], report: tuple[str, ...], **flags: Any) -> int:
    """Run COMMAND against a mock of its own and judge it.

    Its arguments may hold {base_url}, {api_key}, {music_task}, {audio} and {callback_base}; its environment has them
    as GATEWAY_BASE_URL and so on. Without --scenarios it is run once in a happy world (a test-suite, a demo).
    """
    from covermock.contract_tests.clients.telling import report_of
    from covermock.contract_tests.reports import FORMS, problem_with
    from covermock.openapi import nearest

    for name in report:
        if problem := problem_with(Path(name)):
            raise click.BadParameter(problem, param_hint="--report")
    names = dict(_read_rename(pair) for pair in flags.pop("env"))
    from covermock.fixtures.running_clients import names_of

    valid = names_of(contract_of(flags["spec"]))
    for name in names:
        if name not in valid:
            raise click.UsageError(f"--env: expected one of the values, received {name!r} ({nearest(name, valid)})")
    from .judging import accepted_by, judge_command

    flags["accepted"] = accepted_by(flags.pop("allow"), flags.pop("baseline"))
    paths = [Path(name) for name in report]
    refuse_unwritable(paths)
    judgement = judge_command(command, names, flags)
    told = report_of(judgement)
    text = printed(told, quiet=flags["quiet"], json=flags["json"])
    deliver(text, {path: FORMS[path.suffix](told) for path in paths}, told.headline.text)
    return judgement.exit_code


def _read_rename(pair: str) -> tuple[str, str]:
    name, equals, variable = pair.partition("=")
    if not equals or not variable:
        raise click.UsageError(f"--env: expected VALUE=NAME such as base_url=API_URL, received {pair!r}")
    return name, variable
