"""Runs of a client, one after the other or side by side, until all are judged or somebody interrupts."""

import shlex
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from types import FrameType
from typing import Any

import click
from covermock.contract_tests.clients.running import judge_runs, judge_suite
from covermock.contract_tests.clients.scenarios import KEY, ONCE, Scenario, UnknownScenarioError, find_scenarios
from covermock.contract_tests.clients.verdicts import ClientJudgement, Mutation, RunVerdict, client_judgement
from covermock.fixtures.running_clients import Client, Run, UnstartableError, printable
from covermock.mock_server.defects import DEFECTS, Defect, find_defect

from .exits import CannotError
from .flags import contract_of


def judge_command(command: tuple[str, ...], variables: dict[str, str], flags: dict[str, Any]) -> ClientJudgement:
    """Return the judgement on a command. Raises `click.ClickException` for a name that is no scenario's."""
    names, jobs = flags["scenarios"], flags["jobs"]
    defects = _defects(flags["defects"])
    try:
        scenarios = find_scenarios(names) if names else [ONCE]
    except UnknownScenarioError as error:
        raise click.BadParameter(str(error), param_hint="--scenarios") from None
    contract = contract_of(flags["spec"])
    settings = (flags["timeout"], flags["world"], variables, flags["allow_callback"], flags["fail_on"])
    with _interruptible() as stopping:
        show = None if names else _show
        client = Client(command, *settings, show, stopping, spec=flags["spec"] or "")
        verdicts, trouble = _verdicts(client, scenarios, jobs)
        mutations = () if trouble or not defects else _mutations(client, defects, verdicts, jobs)
    judgement = client_judgement(contract, shlex.join(command), verdicts, flags["fail_on"], flags["cover_min"], trouble)
    return replace(judgement, mutations=mutations)


def _defects(names: str) -> list[Defect]:
    """Return the defects that a list of names (or `all`) means."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    return list(DEFECTS.values()) if "all" in wanted else [find_defect(name) for name in wanted]


def _verdicts(client: Client, scenarios: list[Scenario], jobs: int) -> tuple[list[RunVerdict], str]:
    try:
        found, trouble = judge_runs(lambda one: Run(client, one).verdict(), scenarios, jobs, client.stopping)
    except UnstartableError as error:
        return [], str(error)
    for verdict in found if client.show is None else ():
        _print_output(verdict)
    return found, trouble


def _mutations(client: Client, defects: list[Defect], verdicts: list[RunVerdict], jobs: int) -> tuple[Mutation, ...]:
    ending = verdicts[0].ending
    if ending is None or ending.code != 0:
        expected = "a command that exits with 0 without a defect"
        raise click.UsageError(f"--defects: expected {expected}, received another code")

    def run(defect: str) -> RunVerdict:
        return Run(replace(client, defect=defect, show=None), ONCE).verdict()

    return judge_suite(run, defects, jobs, client.stopping)


def _show(data: bytes) -> None:
    _print(printable(data, [KEY]))


def _print_output(verdict: RunVerdict) -> None:
    if verdict.output.strip():
        _print(f"--- {verdict.name}\n{verdict.output.rstrip()}\n")


def _print(text: str) -> None:
    """Print what a command says, while that is possible: a full disk is told with the verdict, and stops no run."""
    with suppress(CannotError):
        click.echo(text, nl=False)


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Let signals end the command first, then this process with the exit code of the signal."""
    received: list[int] = []
    event = threading.Event()

    def end(number: int, _: FrameType | None) -> None:
        received.append(number)
        event.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield event.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if received:
        raise click.exceptions.Exit(128 + received[0])
