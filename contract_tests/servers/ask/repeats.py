"""Free requests once more: a fault that comes by chance shows itself to those who ask again."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from covermock.openapi import LEVELS

from ...exchange import Sent
from ..expect.expectations import Expectation
from ..session import Session
from .polling import has_ended

_BODY = 4000  # bytes of a request that is worth a repetition
_RESERVE = 12  # requests kept for the last look at the tasks
_CHECKERS = 3  # requests that are asked again side by side
_TIMES = 40  # rounds at most, in one go
_USUALLY = 40  # requests that ask again in a usual run
_CRASHED = 20  # repetitions of what crashed once
_LESS = 2  # how much rarer a refusal is asked for again that no documented sentence is about
_WORDS = "asks again: by chance it may go wrong"


def repeats(session: Session) -> list[Sent]:
    """Return a free request for each refusal that was due, but for what was asked most; and polls of what has ended.

    Of the requests that get a refusal it is the one that was sent least.
    """
    ordered = sorted(_free_refusals(session).values(), key=lambda one: one.sent.total() * one.weight)
    rare = ordered[: (len(ordered) + 1) // 2]
    return [*(min(one.sent, key=lambda sent: one.sent[sent]) for one in rare), *_polls(session)]


@dataclass
class _Refusal:
    """What was sent to get one refusal, how often, and what a time weighs."""

    fact: str
    weight: int
    sent: Counter[Sent] = field(default_factory=Counter)


def _free_refusals(session: Session) -> dict[tuple[str, str], _Refusal]:
    """Return what is due, and free, if it is sent again: by operation and fact."""
    found: dict[tuple[str, str], _Refusal] = {}
    refused = (one.sent for one in list(session.transport.history) if not (one.answer.ok or one.answer.problem))
    for sent, count in Counter(replace(one, story=_WORDS) for one in refused).items():
        expected = session.expectations.of(sent) if len(sent.body or b"") <= _BODY else None
        if expected and expected.due and expected.operation and _is_free(session, expected):
            due = expected.due
            told = any(level == LEVELS[0] for _, level in (*due.accepted, *due.other))
            kind = found.setdefault((expected.operation.id, due.fact), _Refusal(due.fact, 1 if told else _LESS))
            kind.sent[sent] += count
    return found


def _is_free(session: Session, expected: Expectation) -> bool:
    """Return True if a refusal that is due is free, or its acceptance can be paid for, and nobody saw one."""
    payable = expected.risk <= min(session.budget.probes, session.budget.left)
    strayed = expected.due is not None and expected.due.fact in session.strays
    return payable and not expected.open and not strayed


def ask_where_it_crashed(session: Session) -> None:
    """Ask many times more for a refusal that was a crash once: it may be no accident."""
    crashed = [one for one in _free_refusals(session).values() if one.fact in session.crashes]
    for kind in crashed:
        for _ in range(_CRASHED):
            if session.budget.requests_left <= _RESERVE or session.is_slow or session.is_over:
                return
            session.ask(next(iter(kind.sent)))


def _polls(session: Session) -> Iterator[Sent]:
    """Yield a poll of one ended task of each kind and account."""
    tasks = [
        one for one in list(session.knowledge.tasks.values()) if has_ended(session, one) and session.has(one.owner)
    ]
    first = {(task.started_by, task.owner): task for task in reversed(tasks)}
    yield from (session.poll(task, _WORDS) for task in tasks if first[task.started_by, task.owner] is task)


def ask_again(session: Session, share: float, keep: int = 0) -> None:
    """Send free requests once more, in turns, with a share of the requests that are left; `keep` is for others."""
    left = session.budget.requests_left - keep
    until = keep + max(left * (1 - share) + _RESERVE, 0 if session.settings.spends else left - _USUALLY)
    with ThreadPoolExecutor(_CHECKERS, "covermock-check") as pool:
        for _ in range(_TIMES):
            room = int(session.budget.requests_left - until)
            if room <= 0 or session.is_slow or session.is_over:
                return
            for done in [pool.submit(session.ask, sent) for sent in repeats(session)[:room]]:
                done.result()
