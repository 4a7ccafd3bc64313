"""Runs of a client, one after the other or side by side, until all are judged or somebody interrupts."""

import os
import shlex
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import click
from covermock.contract_tests.accepted import Entry
from covermock.contract_tests.clients.allowed import UnknownRuleError, allow, read_baseline, vain
from covermock.contract_tests.clients.record.about import about_client
from covermock.contract_tests.clients.running import judge_runs, judge_suite
from covermock.contract_tests.clients.scenarios import ONCE, Scenario, UnknownScenarioError, find_scenarios
from covermock.contract_tests.clients.verdicts import ClientJudgement, Mutation, RunVerdict
from covermock.contract_tests.clients.worlds import key_of
from covermock.contract_tests.reports.redaction import redactor
from covermock.fixtures.running_clients import Client, Run, UnstartableError, printable
from covermock.mock_server.defects import Catalogue, Defect

from .exits import CannotError
from .flags import SECRETS, contract_of


def judge_command(command: tuple[str, ...], variables: dict[str, str], flags: dict[str, Any]) -> ClientJudgement:
    """Return the judgement on a command. Raises `click.ClickException` for a name that is no scenario's."""
    names, jobs = flags["scenarios"], flags["jobs"]
    defects, contract = _defects(flags["defects"], flags["spec"]), contract_of(flags["spec"])
    try:
        scenarios = find_scenarios(names, contract) if names else [ONCE]
    except UnknownScenarioError as error:
        raise click.BadParameter(str(error), param_hint="--scenarios") from None
    began = time.monotonic()
    settings = (flags["timeout"], flags["world"], variables, flags["allow_callback"], flags["fail_on"])
    with _interruptible() as stopping:
        show = None if names else _show_to(flags, key_of(contract))
        client = Client(command, *settings, show, stopping, spec=flags["spec"] or "", accepted=flags["accepted"])
        verdicts, trouble = _verdicts(client, scenarios, jobs, _print_to(flags))
        mutations = () if trouble or not defects else _mutations(client, defects, verdicts, jobs)
    told = _command(command, key_of(contract))
    judgement = ClientJudgement(contract, told, tuple(verdicts), flags["fail_on"], flags["cover_min"], trouble)
    about = about_client(contract, told, flags, verdicts, time.monotonic() - began)
    warnings = vain(flags["accepted"], judgement.findings)
    return replace(judgement, mutations=mutations, about=about, warnings=warnings)


def accepted_by(rules: tuple[str, ...], baseline: str | None) -> tuple[Entry, ...]:
    """Return what `--allow` and `--baseline` accept. Raises `click.BadParameter` or `InvalidSourceError`."""
    try:
        return (*allow(rules), *(read_baseline(Path(baseline)) if baseline else ()))
    except UnknownRuleError as error:
        raise click.BadParameter(str(error), param_hint="--allow") from None


def _command(command: tuple[str, ...], key: str) -> str:
    """Return the command as a report may show it: without keys."""
    own = redactor(os.environ.get(name, "") for name in SECRETS)
    return own(printable(shlex.join(command).encode("utf-8", "surrogateescape"), [key]))


def _defects(names: str, spec: str | None) -> list[Defect]:
    """Return the defects of a contract that a list of names means; `all` are those with a name of their own."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if not wanted:
        return []
    catalogue = Catalogue(contract_of(spec))
    return [catalogue.find(name) for name in (catalogue.named if "all" in wanted else wanted)]


def _verdicts(
    client: Client, scenarios: list[Scenario], jobs: int, tell: Callable[[str], None]
) -> tuple[list[RunVerdict], str]:
    try:
        found, trouble = judge_runs(lambda one: Run(client, one).verdict(), scenarios, jobs, client.stopping)
    except UnstartableError as error:
        return [], str(error)
    for verdict in found if client.show is None else ():
        if verdict.output.strip():
            tell(f"--- {verdict.name}\n{verdict.output.rstrip()}\n")
    return found, trouble


def _mutations(client: Client, defects: list[Defect], verdicts: list[RunVerdict], jobs: int) -> tuple[Mutation, ...]:
    ending = verdicts[0].ending
    if ending is None or ending.code != 0:
        expected = "a command that exits with 0 without a defect"
        raise click.UsageError(f"--defects: expected {expected}, received another code")

    def run(defect: str) -> RunVerdict:
        return Run(replace(client, defect=defect, show=None), ONCE).verdict()

    mutations = [Mutation(one.name, one.clause, one.sentence) for one in defects]
    return judge_suite(run, mutations, jobs, client.stopping)


def _show_to(flags: dict[str, Any], key: str) -> Callable[[bytes], None]:
    tell = _print_to(flags)
    return lambda data: tell(printable(data, [key]))


def _print_to(flags: dict[str, Any]) -> Callable[[str], None]:
    """Return what prints the output of a command: nowhere if quiet, to standard error where a result goes to the other.

    A full disk is told with the verdict, and stops no run.
    """

    def tell(text: str) -> None:
        with suppress(CannotError):
            if not flags["quiet"]:
                click.echo(text, nl=False, err=flags["json"])

    return tell


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
