"""The verdict on a client: for each run held, broken or not exercised, and what that means for the exit code."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from covermock.openapi import Contract

from ..reports.timeline import Lane
from ..statuses import is_refusal
from ..vocabulary import UNTRIED
from .demands.behaviour import behaviour_findings
from .demands.endings import ending_findings
from .demands.requests import request_findings
from .experience import Ending, Experience
from .finding import ClientFinding, gather
from .record.coverage import Cell, possible, share
from .rules import RULES

_APART = frozenset({"valid-request", "known-names", "no-leftovers"})  # each place in a request is a finding of its own


@dataclass(frozen=True, slots=True)
class RunVerdict:
    """What became of one run. `reason` says why nothing could be judged; `output` is what the command printed.

    `pace` is the seconds that polls have to be apart in its world.
    """

    name: str
    state: str
    findings: tuple[ClientFinding, ...] = ()
    reason: str = ""
    ending: Ending | None = None
    output: str = ""
    met: frozenset[Cell] = frozenset()
    requests: int = 0
    lanes: tuple[Lane, ...] = ()
    pace: float = 0.0


@dataclass(frozen=True, slots=True)
class Mutation:
    """A defect of the gateway, and whether the client's own tests `noticed` it: they no longer passed."""

    name: str
    clause: str
    sentence: str
    noticed: bool = False


@dataclass(frozen=True)
class ClientJudgement:
    """All verdicts on one client. `trouble` says why it could not be tested at all, `about` what the runs were."""

    contract: Contract
    command: str
    verdicts: tuple[RunVerdict, ...]
    fail_on: str = "assumed"
    cover_min: float = 0.0
    trouble: str = ""
    mutations: tuple[Mutation, ...] = ()
    about: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()

    @cached_property
    def findings(self) -> list[ClientFinding]:
        """Return every finding once: the first scenario is shown, all are counted."""
        return _join(self.verdicts)

    @property
    def score(self) -> float:
        """Return how many of the defects the client's own tests notice, from 0 to 100."""
        noticed = sum(one.noticed for one in self.mutations)
        return 100 * noticed / len(self.mutations) if self.mutations else 0.0

    @property
    def met(self) -> set[Cell]:
        return {cell for verdict in self.verdicts for cell in verdict.met}

    @property
    def coverage(self) -> float:
        """Return how much it has met of what can happen to it, from 0 to 100."""
        return share(self.contract, self.met)

    @property
    def cells(self) -> list[Cell]:
        return possible(self.contract, self.met)

    @property
    def failing(self) -> list[ClientFinding]:
        return [one for one in self.findings if one.counts(self.fail_on)]

    @property
    def exit_code(self) -> int:
        """Return 1 when something is broken or too little was met, 3 when nothing could be tested, else 0."""
        if self.failing:
            return 1
        if self.trouble or all(verdict.state == UNTRIED for verdict in self.verdicts):
            return 3
        return 1 if self.coverage < self.cover_min else 0


def findings_of(run: Experience, *, met: bool = True, scenario: str = "") -> list[ClientFinding]:
    """Return everything that a client did wrong in one run; `met` as in `ending_findings`."""
    found = [*request_findings(run), *behaviour_findings(run)]
    told = found if _ends_refused(run, found) else [*found, *ending_findings(run, met=met)]
    return sorted(gather(replace(one, scenario=scenario) for one in told), key=_rank)


def _ends_refused(run: Experience, found: Iterable[ClientFinding]) -> bool:
    """Return True if the client reports, by its exit code, a refusal whose cause is found already: that is once."""
    refused = {str(one) for one in run.exchanges if is_refusal(one.status) and not one.faults}
    last = str(run.exchanges[-1]) if run.exchanges else ""
    reported = run.ending is not None and run.ending.code not in {None, 0}
    return reported and last in refused and any(one.exchange in refused and not one.warning for one in found)


def _rank(one: ClientFinding) -> tuple[bool, bool]:
    """Return what findings are sorted by: what is worst is said first, and warnings last."""
    return one.warning, not RULES[one.rule].first


def _join(verdicts: Iterable[RunVerdict]) -> list[ClientFinding]:
    found: dict[tuple[str, str, str, bool], ClientFinding] = {}
    for verdict in verdicts:
        for one in verdict.findings:
            key = (one.rule, one.clause, one.expected if one.rule in _APART else "", one.warning)
            first = found.setdefault(key, one)
            if first is not one:
                where = f"{first.scenario}, {one.scenario}"
                found[key] = replace(first, scenario=where, times=first.times + one.times)
    return sorted(found.values(), key=_rank)
