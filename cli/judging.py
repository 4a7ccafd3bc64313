"""Runs of a client, one after the other or side by side, until all are judged or somebody interrupts."""

import shlex
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Any

import click
from covermock.contract_tests.clients.scenarios import KEY, SCENARIOS, Scenario, UnknownScenarioError, chosen
from covermock.contract_tests.clients.verdicts import UNTRIED, Mutation, Report, Verdict, report
from covermock.fixtures.commands import adopt_orphans
from covermock.fixtures.running_clients import Client, Run, UnstartableError, shown_output
from covermock.mock_server.defects import DEFECTS, Defect, known
from covermock.openapi import load

_ONCE = Scenario("run", "A happy world.", sources=(), job=False)


def judged(command: tuple[str, ...], variables: dict[str, str], flags: dict[str, Any]) -> Report:
    """Return the report on a command. Raises `click.ClickException` for a name that is no scenario's."""
    names, jobs = flags["scenarios"], flags["jobs"]
    defects = _defects(flags["defects"])
    try:
        scenarios = chosen(names) if names else [_ONCE]
    except UnknownScenarioError as error:
        raise click.BadParameter(str(error), param_hint="--scenarios") from None
    fail_on, cover_min = flags["fail_on"], flags["cover_min"]
    with _interruptible() as stopping:
        made = Client(
            command,
            flags["timeout"],
            flags["world"],
            variables,
            flags["allow_callback"],
            fail_on,
            None if names else _show,
            stopping,
        )
        verdicts, trouble = _all(made, scenarios, jobs, stopping)
        mutations = () if trouble or not defects else _mutated(made, defects, verdicts, jobs)
    return replace(report(load(), shlex.join(command), verdicts, fail_on, cover_min, trouble), mutations=mutations)


def _defects(names: str) -> list[Defect]:
    """Return the defects that a list of names (or `all`) means."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    return list(DEFECTS.values()) if "all" in wanted else [known(name) for name in wanted]


def _mutated(made: Client, defects: list[Defect], verdicts: list[Verdict], jobs: int) -> tuple[Mutation, ...]:
    """Run the command against each defect: a test-suite that passes without it and fails with it has noticed it."""
    ending = verdicts[0].ending
    if ending is None or ending.code != 0:
        raise click.UsageError(
            "--defects: expected a command that exits with 0 without a defect, received another code"
        )

    def noticed(defect: Defect) -> Mutation:
        quiet = replace(made, defect=defect.name, show=None)
        ended = None if made.stopping() else Run(quiet, _ONCE).verdict().ending
        return Mutation(defect.name, defect.clause, defect.sentence, ended is not None and ended.code != 0)

    with ThreadPoolExecutor(jobs) as pool:
        return tuple(pool.map(noticed, defects))


def _all(made: Client, scenarios: list[Scenario], jobs: int, stopping: Callable[[], bool]) -> tuple[list[Verdict], str]:
    """Run the first scenario alone: it tells whether the command can be started, and its pace is undisturbed."""
    adopt_orphans()
    first, rest = scenarios[0], sorted(scenarios[1:], key=lambda one: not one.long)
    try:
        verdicts = [Run(made, first).verdict()]
    except UnstartableError as error:
        return [], str(error)
    if not stopping() and not _hopeless(verdicts[0], first):
        with ThreadPoolExecutor(jobs) as pool:
            verdicts += pool.map(lambda scenario: _one(made, scenario, stopping), rest)
    order = [scenario.name for scenario in scenarios]
    ranked = sorted(verdicts, key=lambda verdict: order.index(verdict.name))
    for verdict in ranked if made.show is None else ():
        _print_output(verdict)
    return ranked, verdicts[0].reason if _hopeless(verdicts[0], first) else ""


def _one(made: Client, scenario: Scenario, stopping: Callable[[], bool]) -> Verdict:
    if stopping():
        return Verdict(scenario.name, UNTRIED, reason="interrupted")
    return Run(made, scenario).verdict()


def _hopeless(verdict: Verdict, scenario: Scenario) -> bool:
    """Tell whether a command did nothing at all where everything went well: more runs would tell no more."""
    return not verdict.requests and scenario.name in {"run", next(iter(SCENARIOS))}


def _show(data: bytes) -> None:
    click.echo(shown_output(data, [KEY]), nl=False)


def _print_output(verdict: Verdict) -> None:
    if verdict.output.strip():
        click.echo(f"--- {verdict.name}\n{verdict.output.rstrip()}")


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
