"""What must hold over all that was seen: order of states, constancy, identity. Reads the history, sends nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import comb
from typing import Any

from covermock.openapi import Operation, marks

from ..exchange import Exchange
from ..statuses import LATER, NOT_ALLOWED, NOT_FOUND, NOT_THERE
from .ask.polling import DONE_WORDS
from .expect.knowledge import KnownTask
from .record.suspects import asked_late, judge_suspects
from .session import Session

_USUAL = 0.01  # the least share of requests that any gateway may fail at, whatever they ask
_MEANWHILE = 10  # other requests that tell whether a gateway crashes over one fact alone, or for a while
_CHANCE = 1e-4  # crashes over one fact that come about by chance more rarely are no accident


@dataclass(frozen=True, slots=True)
class Poll:
    """A successful poll of a known task: what it said of it."""

    exchange: Exchange
    operation: Operation
    id: Any
    status: str
    results: Any


def judge_history(session: Session) -> None:
    polls = polls_by_task(session)
    for task_id, seen in polls.items():
        task = session.knowledge.tasks[task_id]
        ids_are_echoed(session, task, seen)
        constant_values_never_change(session, seen)
        unique_values_differ(session, seen)
        status_only_moves_forward(session, task, seen)
        success_has_its_name(session, task, seen)
    refusals_never_crash(session)
    judge_suspects(session)
    task_ids_are_unique(session)
    every_task_can_be_polled(session, polls)
    operations_are_where_they_belong(session)


def polls_by_task(session: Session) -> dict[str, list[Poll]]:
    """Return the successful polls of every known task, in the order in which they were sent."""
    found: dict[str, list[Poll]] = {}
    for exchange, operation in sorted(_acceptances(session), key=lambda pair: pair[0].began):
        task = session.knowledge.tasks.get((*session.expectations.ids(exchange.sent), "")[0])
        if task and operation is session.polled(task) and exchange.sent.who == task.owner:
            found.setdefault(task.id, []).append(_poll(session, exchange, operation))
    return found


def _poll(session: Session, exchange: Exchange, operation: Operation) -> Poll:
    task_id, status, results = (
        session.fact(operation, exchange.answer, f"task.{name}") for name in ("id", "status", "results")
    )
    return Poll(exchange, operation, task_id, status if isinstance(status, str) else "", results)


def _acceptances(session: Session) -> Iterator[tuple[Exchange, Operation]]:
    for exchange in session.transport.history:
        operation = session.expectations.operation(exchange.sent)
        if operation and exchange.answer.ok:
            yield exchange, operation


def ids_are_echoed(session: Session, task: KnownTask, seen: list[Poll]) -> None:
    rule = session.judge.rule("identity")
    session.evidence.note_tried(rule)
    for poll in seen:
        if isinstance(poll.id, str) and poll.id and poll.id != task.id:
            title = "the answer to a poll carries the id that was asked for"
            session.evidence.note_broken(rule, title, repr(task.id), repr(poll.id), poll.exchange)


def constant_values_never_change(session: Session, seen: list[Poll]) -> None:
    """What is marked so is the same in every poll; lists are compared within a state, once something is in them."""
    for first, then in pairwise(seen):
        before = _marks(session, first, "x-constant")
        for (name, pointer), values in _marks(session, then, "x-constant").items():
            known = before.get((name, pointer), values)
            session.evidence.note_tried(session.judge.named(pointer))
            several = isinstance(values[0], list) or len(values) > 1
            if len(known) != len(values) or [] in (*known, *values) or (several and first.status != then.status):
                continue
            if _comparable(known) != _comparable(values):
                title = f"{name} never changes"
                expected, received = (str(one[0] if len(one) == 1 else one) for one in (known, values))
                session.evidence.note_broken(session.judge.named(pointer), title, expected, received, then.exchange)


def unique_values_differ(session: Session, seen: list[Poll]) -> None:
    """What is marked so differs within a task."""
    for poll in seen:
        for (name, pointer), values in _marks(session, poll, "x-unique").items():
            several = [str(value) for value in values]
            if len(set(several)) < len(several):
                title = f"each {name} of a task's results differs"
                blamed = session.judge.named(pointer)
                session.evidence.note_broken(blamed, title, "values that differ", str(several), poll.exchange)


def _marks(session: Session, poll: Poll, word: str) -> dict[tuple[str, str], list[Any]]:
    """Return what an answer has of the values with a mark, by (name, sentence): of each result's one."""
    schema = poll.operation.schema(poll.operation.success)
    found: dict[tuple[str, str], list[Any]] = {}
    for name, pointer, value in marks(session.contract.root, schema, poll.exchange.answer.json, word):
        found.setdefault((name, pointer), []).append(value)
    return found


def _comparable(values: list[Any]) -> Any:
    """Return the values of one name so that their order, as results, doesn't matter."""
    return sorted(str(sorted(map(str, one)) if isinstance(one, list) else one) for one in values)


def status_only_moves_forward(session: Session, task: KnownTask, seen: list[Poll]) -> None:
    """The states come in their order, and a terminal one stays."""
    lifecycle = session.knowledge.lifecycles[task.kind]
    rank = {state.name: number for number, state in enumerate(lifecycle.states)}
    session.evidence.note_tried(session.judge.rule("forward") if len(seen) > 1 else ())
    for first, then in pairwise(seen):
        if first.exchange.ended > then.exchange.began or first.status not in rank or not then.status:
            continue
        stays = first.status in lifecycle.terminal
        if stays and then.status != first.status:
            title, expected = "a terminal status stays", f"still {first.status!r}"
        elif then.status in rank and rank[then.status] < rank[first.status]:
            title, expected = "a status only moves forward", f"{first.status!r} or a later one"
        else:
            continue
        session.evidence.note_broken(session.judge.rule("forward"), title, expected, repr(then.status), then.exchange)


def success_has_its_name(session: Session, task: KnownTask, seen: list[Poll]) -> None:
    lifecycle = session.knowledge.lifecycles[task.kind]
    known = {state.name for state in lifecycle.states}
    last = any(poll.status == lifecycle.stages[-1].name for poll in seen)  # else it may be that one's other name
    for poll in seen:
        stays = last and poll.results and task.endless and poll.status == task.status
        done = poll.status.lower() in DONE_WORDS or stays
        if poll.status and poll.status not in known and done:
            title, expected = f"the completed status is {lifecycle.success.name}", repr(lifecycle.success.name)
            blamed = session.judge.named(lifecycle.success.clause)
            session.evidence.note_broken(blamed, title, expected, repr(poll.status), poll.exchange)


def refusals_never_crash(session: Session) -> None:
    """What has to be refused with a status gets it each time: a crash now and then over that alone breaks it, too."""
    for fact, found in session.crashes.items():
        tries = max(session.tries[fact], len(found))
        exchange, due = found[0]
        if _chance(len(found), tries, _rate_meanwhile(session, [crash for crash, _ in found])) < _CHANCE:
            received = f"{exchange.answer.status} in {len(found)} of {tries} times"
            session.evidence.note_broken(due.other, f"{fact} each time", f"{due.status}", received, exchange)


def _rate_meanwhile(session: Session, crashes: list[Exchange]) -> float:
    """Return how many of the other requests crashed from the first of these crashes to the last, as a share."""
    first, last, same = crashes[0].number, crashes[-1].number, {one.sent for one in crashes}
    others = [one for one in session.transport.history if first < one.number < last and one.sent not in same]
    failed = sum(one.answer.is_failure for one in others)
    return max(failed / len(others), _USUAL) if len(others) >= _MEANWHILE else 1.0


def _chance(found: int, tries: int, rate: float) -> float:
    """Return how likely so many or more of these tries fail, where each does at this rate."""
    return sum(comb(tries, n) * rate**n * (1 - rate) ** (tries - n) for n in range(found, tries + 1))


def task_ids_are_unique(session: Session) -> None:
    seen = set[str]()
    for exchange, operation in _acceptances(session):
        task_id = session.fact(operation, exchange.answer, "task.id") if operation.starts else None
        if isinstance(task_id, str) and task_id in seen:
            title, expected = "task ids are unique", "an id that no other task has"
            rule = session.judge.rule("identity")
            session.evidence.note_broken(rule, title, expected, f"{task_id!r} again", exchange)
        seen |= {task_id} if isinstance(task_id, str) else set()


def every_task_can_be_polled(session: Session, polls: dict[str, list[Poll]]) -> None:
    for start, operation in session.contract.polled_by.items():
        tasks = [task for task in session.knowledge.tasks.values() if task.started_by == start and task.owner == "main"]
        sent = [one for one in session.sent_to(operation) if one.sent.who]
        lost = [task.id for task in tasks if task.lost and not asked_late(session, task.id, task.owner)]
        asked = [one for one in sent if lost and lost[0] in session.expectations.ids(one.sent)]
        asked = [one for one in asked if not one.answer.is_failure and one.answer.status not in LATER]
        asked = [one for one in asked if not session.judge.poverty.wants_credits(operation, one)]
        if asked and not any(task.id in polls for task in tasks):
            title, expected = (
                f"{operation.id} shows the tasks that {start} has accepted",
                f"{operation.success} and its data",
            )
            blamed = session.judge.named(operation.clause)
            session.evidence.note_broken(blamed, title, expected, str(asked[0].answer), asked[0])


def operations_are_where_they_belong(session: Session) -> None:
    for operation in session.contract.operations:
        sent = session.sent_to(operation)
        keyed = [one for one in sent if one.sent.who == "main"]
        gone = all(one.answer.status in NOT_THERE for one in keyed)
        there = _refuses_others(session, keyed) and not all(one.answer.status in NOT_THERE for one in sent)
        if len(keyed) > 2 and gone and _needs_more(session, keyed) and not there:
            title, rule = f"{operation.method} {operation.path} exists", session.judge.rule("operations")
            session.evidence.note_broken(rule, title, "an operation", str(keyed[0].answer), keyed[0])


def _refuses_others(session: Session, keyed: list[Exchange]) -> bool:
    """Return True if a path may be there after all: nothing is found there, but other methods are not allowed."""
    paths = {one.sent.path for one in keyed if one.answer.status == NOT_FOUND}
    others = (one for one in session.transport.history if one.sent.path in paths)
    return any(one.answer.status == NOT_ALLOWED for one in others)


def _needs_more(session: Session, keyed: list[Exchange]) -> bool:
    """Return True if any of the requests had to get something else than that nothing is there."""
    due = [session.expectations.of(exchange.sent).due for exchange in keyed]
    return any(reason is None or reason.status != NOT_FOUND for reason in due)
