"""Free requests once more: a fault that comes by chance shows itself to those who ask again."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from ...exchange import Exchange, Sent
from ..expect.expectations import Expectation
from ..expect.knowledge import KnownTask
from ..session import Session
from .polling import has_ended

_BODY = 4000  # bytes of a request that is worth a repetition
_RESERVE = 12  # requests kept for the last look at the tasks
_CHECKERS = 3  # requests that are asked again side by side
_TIMES = 20  # repetitions of each free request at most, in one go
_USUALLY = 40  # requests that ask again in a usual run
_WORDS = "asks again: by chance it may go wrong"


def repeats(session: Session) -> list[Sent]:
    """Return one free request for each refusal that was due, best known first, and polls of what has ended."""
    due: dict[tuple[str, str], tuple[int, Sent]] = {}
    for exchange in list(session.transport.history):
        expected = _expected(session, exchange)
        if expected and expected.due and expected.operation:
            documented = all(level != "documented" for _, level in (*expected.due.accepted, *expected.due.other))
            due.setdefault((expected.operation.id, expected.due.fact), (documented, exchange.sent))
    ordered = sorted(due.values(), key=lambda one: one[0])
    return [one.with_story(_WORDS) for one in (*(sent for _, sent in ordered), *_polls(session))]


def _expected(session: Session, exchange: Exchange) -> Expectation | None:
    """Return what is due for a request if it were sent again, where that is sure to be free."""
    expected, sent = session.expectations.of(exchange.sent), exchange.sent
    due = expected.due
    plain = due and not expected.open and not expected.risk and len(sent.body or b"") <= _BODY
    taken = due is None or due.fact in session.strays or exchange.answer.ok or exchange.answer.problem
    return expected if plain and not taken else None


def _polls(session: Session) -> Iterator[Sent]:
    """Yield a poll of one ended task of each kind and account."""
    seen = set[tuple[str, str]]()
    for task in list(session.knowledge.tasks.values()):
        if _is_new(session, task, seen):
            yield session.poll(task, _WORDS)


def _is_new(session: Session, task: KnownTask, seen: set[tuple[str, str]]) -> bool:
    what = (task.started_by, task.owner)
    new = what not in seen and has_ended(session, task) and session.has(task.owner)
    seen |= {what} if new else set()
    return new


def ask_again(session: Session, share: float) -> None:
    """Send free requests once more, in turns, with a share of the requests that are left."""
    left = session.budget.requests_left
    until = max(left * (1 - share) + _RESERVE, 0 if session.has_plenty else left - _USUALLY)
    with ThreadPoolExecutor(_CHECKERS, "covermock-check") as pool:
        for _ in range(_TIMES):
            room = int(session.budget.requests_left - until)
            if room <= 0 or session.is_slow or session.is_over:
                return
            for done in [pool.submit(session.ask, sent) for sent in repeats(session)[:room]]:
                done.result()
