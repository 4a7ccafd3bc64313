"""The verdict for each clause: held, broken, or not exercised with the reason. Nothing unseen is called held."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from covermock.openapi import AFFORDABLE, LEVELS, Clause, Contract, Operation, Sentence, clause_pointer
from covermock.openapi.needs import Need, rows_of

from ..reports.timeline import Lane
from ..vocabulary import BROKEN, HELD, KEY_VARIABLES, UNTRIED
from .evidence import GatewayFinding
from .record.about import about_run
from .record.lanes import lanes_of
from .session import Session


@dataclass(frozen=True, slots=True)
class SentenceVerdict:
    """What became of one sentence. `reason` says why it was not exercised, or what of it nobody can see."""

    sentence: Sentence
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one clause: broken where a sentence is, held where all of its sentences are.

    `times` says how often they were put to the test.
    """

    clause: Clause
    state: str
    reason: str = ""
    times: int = 0
    findings: tuple[GatewayFinding, ...] = ()
    sentences: tuple[SentenceVerdict, ...] = ()

    @property
    def unseen(self) -> tuple[str, ...]:
        """Return the levels of the sentences that were not exercised."""
        return tuple(dict.fromkeys(one.sentence.level for one in self.sentences if one.state == UNTRIED))

    @property
    def level(self) -> str:
        """Return the strongest level that is broken, else the clause's own."""
        broken = [finding.level for finding in self.findings]
        return min(broken, key=LEVELS.index) if broken else self.clause.level


@dataclass(frozen=True)
class Ledger:
    """What a run used, at the highest price that the contract allows."""

    quoted: int
    spent: int
    strays: int
    stray_requests: int
    accepted: int
    requests: int
    max_credits: int
    max_requests: int
    seconds: float


@dataclass(frozen=True)
class Judgement:
    """The outcome of a run. `trouble` says why the gateway could not be tested at all; `about` what the run was."""

    url: str
    contract: Contract
    verdicts: tuple[Verdict, ...]
    findings: tuple[GatewayFinding, ...]
    ledger: Ledger
    fail_on: str = "documented"
    seed: int = 0
    trouble: str = ""
    interrupted: bool = False
    accepted: tuple[GatewayFinding, ...] = ()
    warnings: tuple[str, ...] = field(default=())
    about: tuple[tuple[str, str], ...] = ()
    lanes: tuple[Lane, ...] = ()

    @property
    def failing(self) -> list[GatewayFinding]:
        """Return the findings that fail the run: at or above the line, and not accepted by a baseline."""
        return [one for one in self.findings if one.counts(self.fail_on) and one not in self.accepted]

    @property
    def exit_code(self) -> int:
        """Return 3 when nothing could be tested, 1 when the contract is broken, else 0."""
        if self.trouble:
            return 3
        if self.failing:
            return 1
        return 0 if any(verdict.times for verdict in self.verdicts) else 3


def judgement(session: Session, *, trouble: str, interrupted: bool) -> Judgement:
    findings = () if trouble else tuple(session.evidence.findings)
    budget = session.budget
    used = (budget.spent, budget.strays, budget.stray_requests, budget.accepted, budget.requests)
    ledger = Ledger(budget.quote or 0, *used, budget.max_credits, budget.max_requests, session.transport.now)
    clauses = session.contract.clauses.values()
    return Judgement(
        session.evidence.redact(session.settings.url),
        session.contract,
        tuple(_verdict(session, clause, findings, trouble, interrupted) for clause in clauses),
        findings,
        ledger,
        session.settings.fail_on,
        session.settings.seed,
        session.evidence.redact(trouble),
        interrupted,
        warnings=tuple(_warnings(session)),
        about=about_run(session),
        lanes=lanes_of(session),
    )


def _verdict(
    session: Session, clause: Clause, findings: tuple[GatewayFinding, ...], trouble: str, interrupted: bool
) -> Verdict:
    own = tuple(finding for finding in findings if finding.clause == clause.id)
    seen = {level: count for (name, level), count in session.evidence.seen.items() if name == clause.id and not trouble}
    why = trouble or session.evidence.reasons.get(clause.id) or ("the run was cut short" if interrupted else "")
    sentences = tuple(
        _sentence_verdict(clause, one, own, seen, why or _reason(session, clause.id)) for one in clause.sentences
    )
    states = [one.state for one in sentences]
    state = BROKEN if own else UNTRIED if UNTRIED in states else HELD
    reason = next((one.reason for one in sentences if one.state == UNTRIED), "") if state == UNTRIED else ""
    return Verdict(clause, state, reason, sum(seen.values()), own, sentences)


def _sentence_verdict(
    clause: Clause, one: Sentence, own: tuple[GatewayFinding, ...], seen: Mapping[str, int], why: str
) -> SentenceVerdict:
    levels = {sentence.level for sentence in clause.sentences}
    broken = {finding.level for finding in own}
    if one.level in broken or (one is clause.sentences[-1] and broken - levels):
        return SentenceVerdict(one, BROKEN)
    if one.level in seen or (one is clause.sentences[-1] and seen.keys() - levels):
        return SentenceVerdict(one, HELD, f"nobody can see {one.unseen}" if one.unseen else "")
    return SentenceVerdict(one, UNTRIED, f"nobody can see {one.unseen}" if one.unseen else why)


def clauses_of_key(contract: Contract, who: str) -> list[str]:
    """Return the clauses that can't be seen without another account, or without one that has no credits."""
    rows = (row for one in contract.operations for row in rows_of(one) if row["check"] == AFFORDABLE)
    paid = [contract.errors[row["error"]].clause for row in rows]
    named = [contract.rules.get("ownership")] if who == "second" else paid
    return [clause_pointer(one)[0] for one in named if one]


def _reason(session: Session, clause: str) -> str:
    """Return why a clause was not put to the test: a key, or a source of an operation that mentions it, is missing."""
    contract = session.contract
    for who in ("second", "poor"):
        if clause in clauses_of_key(contract, who) and not session.has(who):
            return f"another account is needed, by its key ({KEY_VARIABLES[who]})"
    if untold := _untold_failure(session, clause):
        return untold
    about = [one for one in session.starts if clause in session.mentions[one.id]]
    lacking = [_lack(session, one) for one in about]
    return next(filter(None, lacking), "no request showed it")


def _untold_failure(session: Session, clause: str) -> str:
    """Return what it takes to see a task fail, where that is what the clause is about and no source does it."""
    given = {one.kind for one in session.knowledge.given if one.fails}
    for one in session.starts:
        pointer, need = session.contract.lifecycles[one.task_kind].failure.clause, session.bodies(one).need
        missing = need and not need.is_task and need.kind not in given
        if need and missing and clause == clause_pointer(pointer)[0]:
            return f"{need.kind} whose tasks fail is needed (--given failing_{need.kind}=ID)"
    return ""


def _lack(session: Session, operation: Operation) -> str:
    """Return what the operation would need to show more of itself."""
    need = session.bodies(operation).need
    credits_ = f", and {operation.top_price} credits for it (--max-credits)" if operation.top_price else ""
    if need is None:
        return f"credits are needed (--max-credits){credits_}" if credits_ else ""
    what = f"a {need.kind} task that has ended" if need.is_task else f"{need.kind}{_range(need)}"
    if not session.usable(operation):
        flag = f"--given {need.kind}=ID" + ("=NUMBER" if need.measured else "")
        return f"{what} is needed ({flag}){credits_}"
    if need.measured and not session.knowledge.outside(need):
        return f"{need.kind} of telling lengths is needed (--given {need.kind}=ID=NUMBER)"
    return f"it takes a run to its end{credits_}" if credits_ else ""


def _range(need: Need) -> str:
    least, most = (f"{one:g}" if one is not None else "" for one in (need.least, need.most))
    return f" of {least} to {most}" if least and most else ""


def _warnings(session: Session) -> Iterator[str]:
    budget, pace = session.budget, session.transport.pace
    if budget.stray_requests:
        accepted = f"the gateway accepted {budget.stray_requests} requests that it had to refuse for free"
        yield f"{accepted}: it seems to have charged for them, up to {budget.strays} credits"
    yield from session.evidence.warnings
    if pace.limited:
        yield f"the gateway limits the rate: {pace.limited} answers were 429, and the run went slower"
    if session.story:
        yield f"the shortest story that failed: {session.evidence.redact(' | '.join(session.story))}"
