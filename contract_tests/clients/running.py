"""Runs of a client, one after the other or side by side, until all are judged. Who starts the client is given."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from ..vocabulary import UNTRIED
from .scenarios import ONCE, SCENARIOS, Scenario
from .verdicts import Mutation, RunVerdict

Stopping = Callable[[], bool]


def judge_runs(
    run: Callable[[Scenario], RunVerdict], scenarios: Sequence[Scenario], jobs: int, stopping: Stopping
) -> tuple[list[RunVerdict], str]:
    """Return the verdicts in the order of the scenarios, and why more runs would tell no more.

    The first runs alone: its pace is undisturbed, and it shows if the client makes no request at all.
    """
    first, rest = scenarios[0], sorted(scenarios[1:], key=lambda one: not one.long)
    verdicts = [run(first)]
    hopeless = not verdicts[0].requests and first.name in {ONCE.name, next(iter(SCENARIOS))}
    if not hopeless and not stopping():

        def one(scenario: Scenario) -> RunVerdict:
            return RunVerdict(scenario.name, UNTRIED, reason="interrupted") if stopping() else run(scenario)

        with ThreadPoolExecutor(jobs) as pool:
            verdicts += pool.map(one, rest)
    order = [scenario.name for scenario in scenarios]
    return sorted(verdicts, key=lambda verdict: order.index(verdict.name)), verdicts[0].reason if hopeless else ""


def judge_suite(
    run: Callable[[str], RunVerdict], defects: Iterable[Mutation], jobs: int, stopping: Stopping
) -> tuple[Mutation, ...]:
    """Return which defects a test-suite notices: it passes without one, and fails with it."""

    def mutation(defect: Mutation) -> Mutation:
        ending = None if stopping() else run(defect.name).ending
        return replace(defect, noticed=ending is not None and ending.code != 0)

    with ThreadPoolExecutor(jobs) as pool:
        return tuple(pool.map(mutation, defects))
