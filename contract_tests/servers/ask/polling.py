"""Following a task from its id to its end, politely: what a patient client would see."""

import re
from collections.abc import Callable

from ...exchange import Exchange
from ...statuses import HIDDEN
from ..expect.knowledge import KnownTask
from ..send.budget import OutOfBudgetError
from ..session import Session

DONE_WORDS = frozenset({"success", "succeeded", "complete", "completed", "done", "finished", "ready"})
_FAILED_WORDS = re.compile("fail|error|cancel|expired|rejected", re.IGNORECASE)
_GROWTH = 1.15
_LONGEST = 10.0  # seconds between two polls, at most
_FAILURES = 6  # polls in a row without a status, after which the task is given up
_UNSEEN = 8.0  # seconds after which a task that is not found is not just late
_FAIR_WAIT = 10.0  # seconds after which a task that still runs is worth a word, if requests ran out before patience
_LOOKS = 3  # polls that have to show the last stage before it is held against a gateway that it went on from it
_LONG = 1.0  # seconds in which an earlier one has to go on to the next, or to stay
OnPoll = Callable[[Exchange], None]


def poll(session: Session, task: KnownTask, story: str, who: str | None = None) -> Exchange:
    return session.ask(session.poll(task, story, who))


def follow(session: Session, task: KnownTask, on_poll: OnPoll = lambda _: None, pause: float = 0.0) -> bool:
    """Poll the task until it has ended; return True if it has. One that doesn't in time breaks the rule of it.

    `pause` are the seconds before the first poll, if they aren't the usual ones; they grow.
    """
    began, pause, failures = session.transport.now, pause or session.settings.poll_interval, 0
    while not has_ended(session, task):
        waited = session.transport.now - began
        if waited > session.settings.patience:
            _note_endless(session, task, waited)
            return False
        session.transport.wait(min(pause, max(session.settings.patience - waited, 0.01)))
        try:
            exchange = poll(session, task, "polls the task until it has ended")
        except OutOfBudgetError as error:
            return _stop_early(session, task, waited, str(error))
        on_poll(exchange)
        failures = 0 if exchange.answer.ok else failures + 1
        hidden = exchange.answer.status in HIDDEN and waited < _UNSEEN
        if failures >= _FAILURES and not hidden:
            task.lost = True
            _note_untried(session, f"its status could not be read: {exchange.answer}")
            return False
        pause = min(pause * _GROWTH, max(_LONGEST, session.settings.poll_interval))
    session.evidence.note_tried(session.judge.rule("ends"))
    return True


def has_ended(session: Session, task: KnownTask) -> bool:
    """Return True if the task is at its end, under whatever name the gateway gives it."""
    cycle = session.knowledge.lifecycles[task.kind]
    if task.status in {state.name for state in cycle.states}:
        return task.status in cycle.terminal
    return task.status.lower() in DONE_WORDS or bool(_FAILED_WORDS.search(task.status))


def is_running(session: Session, task: KnownTask) -> bool:
    """Return True if the task was seen in a stage before its end."""
    return task.status in {stage.name for stage in session.knowledge.lifecycles[task.kind].stages}


def runs_on(session: Session, task: KnownTask, *, surely: bool) -> bool:
    """Return True if the task still runs; `surely`: it goes on to another stage, or runs for long.

    What status shows may be a bit old. The last stage has nothing to go on to, so it is looked at some times.
    """
    state, since, looks = task.status, session.transport.now, _LOOKS if surely else 1
    last = state == session.knowledge.lifecycles[task.kind].stages[-1].name or not surely
    while looks > 0 if last else task.status == state and session.transport.now < since + _LONG:
        session.transport.wait(0 if last else session.settings.poll_interval)
        poll(session, task, "looks whether the task still runs")
        looks -= 1
        if not is_running(session, task):
            return False
    return True


def has_succeeded(session: Session, task: KnownTask) -> bool:
    """Return True if the task was seen as completed, under its documented name."""
    return task.status == session.knowledge.lifecycles[task.kind].success.name


def _note_untried(session: Session, reason: str) -> None:
    session.evidence.note_untried([clause for clause, _ in session.judge.rule("ends")], reason)


def _note_endless(session: Session, task: KnownTask, waited: float) -> None:
    task.endless = True
    exchange = poll(session, task, "polls the task a last time")
    title, expected = f"{task.kind} tasks end", f"an end within {waited:.0f} s (--patience)"
    received = f"{task.status!r} after {waited:.0f} s"
    session.evidence.note_broken(session.judge.rule("ends"), title, expected, received, exchange)


def _stop_early(session: Session, task: KnownTask, waited: float, reason: str) -> bool:
    if waited >= _FAIR_WAIT:
        received = f"{task.status!r} after {waited:.0f} s, when {reason}"
        session.evidence.note_broken(session.judge.rule("ends"), "tasks end", "an end", received, None)
    else:
        _note_untried(session, reason)
    return False
