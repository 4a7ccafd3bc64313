"""What became of each task of a run over time, for the picture in a report. Reads the history, judges nothing."""

from collections import defaultdict
from collections.abc import Iterator

from covermock.openapi import Operation

from ...exchange import Exchange
from ...reports.timeline import Lane, Mark, lane
from ...statuses import is_success
from ..expect.knowledge import KnownTask
from ..session import Session


def lanes_of(session: Session) -> tuple[Lane, ...]:
    """Return a lane for each task that the gateway accepted, in the order of their starts."""
    marks: dict[str, list[Mark]] = defaultdict(list)
    hooks: dict[str, str] = {}
    for task, operation, exchange in _about_tasks(session):
        marks[task].append(_mark(session, operation, exchange))
        body = exchange.sent.body or b""
        hooks |= {url: task for url, _, _ in session.deliveries if operation.starts and url.encode() in body}
    for url, at, status in session.deliveries:
        if url in hooks:
            marks[hooks[url]].append(Mark(at, "webhook", "", f"webhook, answered with {status}", is_success(status)))
    lanes = (_lane(session, session.knowledge.tasks[task], marks[task]) for task in marks)
    return tuple(sorted(lanes, key=lambda one: one.marks[0].at))


def _about_tasks(session: Session) -> Iterator[tuple[str, Operation, Exchange]]:
    """Yield (task id, operation, exchange) of each start that was accepted and each poll with its owner's key."""
    for exchange in list(session.transport.history):
        operation = session.expectations.operation(exchange.sent)
        if operation and operation.starts:
            task = session.started(operation, exchange)
        else:
            task = session.knowledge.tasks.get((*session.expectations.ids(exchange.sent), "")[0])
        if operation and task and task.kind == operation.task_kind and exchange.sent.who == task.owner:
            yield task.id, operation, exchange


def _mark(session: Session, operation: Operation, exchange: Exchange) -> Mark:
    state = session.fact(operation, exchange.answer, "task.status") if operation.polls else None
    shown = session.evidence.redact(state) if isinstance(state, str) else ""
    status = exchange.answer.problem or f"{exchange.answer.status}"
    text = f"no. {exchange.number} {exchange.sent.method} {session.evidence.redact(status)}"
    return Mark(exchange.began, "start" if operation.starts else "poll", shown, text, exchange.answer.ok)


def _lane(session: Session, task: KnownTask, marks: list[Mark]) -> Lane:
    return lane(session.evidence.redact(task.id), session.contract.lifecycles[task.kind], marks)
