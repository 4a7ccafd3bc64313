"""The verdict for each clause: held, broken, or not exercised with the reason. Nothing unseen is called held."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from covermock.openapi import LEVELS, Clause, Contract, Sentence

from ..reports.timeline import Lane
from ..vocabulary import BROKEN, HELD, UNTRIED
from .evidence import GatewayFinding
from .record.about import about_run
from .record.lanes import lanes_of
from .session import Session

_REASONS = {  # why a clause can't be put to the test, whatever is given; else what has to be given
    "G10": "it tells clients how often to poll",
    "G11": "it needs a task that fails, and an account whose credits can be read",
    "C3": "a music task that still runs is needed (--pending-music-task, or --audio and credits)",
    "C6": "credits can't be read, and no account without credits was given (COVERMOCK_POOR_API_KEY)",
    "G6": "an account without credits is needed (COVERMOCK_POOR_API_KEY, with --audio)",
    "G9": "a second account is needed (COVERMOCK_SECOND_API_KEY)",
    "U2": "audio of telling lengths is needed (--short-audio, --long-audio, --min-audio, --max-audio)",
    "U7": "a webhook needs audio, credits, and a receiver (--callback-base for a gateway elsewhere)",
    "U13": "credits can't be read",
    "U15": "uploading is no part of the contract",
}
_COVER = "a completed music task is needed (--music-task, or --audio), and credits (--max-credits)"
_UPLOAD = "audio is needed (--audio), and credits (--max-credits)"


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
    ledger = Ledger(
        budget.quote or 0,
        budget.spent,
        budget.strays,
        budget.stray_requests,
        budget.accepted,
        budget.requests,
        budget.max_credits,
        budget.max_requests,
        session.transport.now,
    )
    return Judgement(
        session.evidence.redact(session.settings.url),
        session.contract,
        tuple(
            _verdict(session, clause, findings, trouble, interrupted) for clause in session.contract.clauses.values()
        ),
        findings,
        ledger,
        session.settings.fail_on,
        session.settings.seed,
        session.evidence.redact(trouble),
        interrupted,
        warnings=_warnings(session),
        about=about_run(session),
        lanes=lanes_of(session),
    )


def _verdict(
    session: Session, clause: Clause, findings: tuple[GatewayFinding, ...], trouble: str, interrupted: bool
) -> Verdict:
    own = tuple(finding for finding in findings if finding.clause == clause.id)
    seen = {level: count for (name, level), count in session.evidence.seen.items() if name == clause.id and not trouble}
    why = trouble or session.evidence.reasons.get(clause.id) or ("the run was cut short" if interrupted else "")
    sentences = tuple(_sentence_verdict(clause, one, own, seen, why or _reason(clause.id)) for one in clause.sentences)
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


def _reason(clause: str) -> str:
    return _REASONS.get(clause, _COVER if clause.startswith("C") else _UPLOAD)


def _warnings(session: Session) -> tuple[str, ...]:
    budget = session.budget
    told = (f"the shortest story that failed: {session.evidence.redact(' | '.join(session.story))}",)
    story = told if session.story else ()
    if not budget.stray_requests:
        return story
    accepted = f"the gateway accepted {budget.stray_requests} requests that it had to refuse for free"
    return (f"{accepted}: it seems to have charged for them, up to {budget.strays} credits", *story)
