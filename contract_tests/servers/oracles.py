"""What must hold over all that was seen: order of states, constancy, identity. Reads the history, sends nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs

from ..exchange import Exchange, json_object
from .ask.polling import DONE_WORDS
from .expect.knowledge import COVER, KnownTask
from .expect.reasons import KEY, blames
from .session import ID_NAMES, Session, task_id_of


@dataclass(frozen=True, slots=True)
class Poll:
    """A successful poll of a known task: what it said of it."""

    exchange: Exchange
    data: dict[str, Any]

    @property
    def status(self) -> str:
        """Return the status, or an empty text."""
        status = self.data.get("status")
        return status if isinstance(status, str) else ""


def judge_history(session: Session) -> None:
    """Judge the whole history of a run."""
    polls = polls_by_task(session)
    for task_id, seen in polls.items():
        task = session.knowledge.tasks[task_id]
        ids_are_echoed(session, task, seen)
        created_at_never_changes(session, seen)
        status_only_moves_forward(session, task, seen)
        success_has_its_name(session, task, seen)
        clip_ids_differ(session, seen)
        if task.kind == COVER:
            image_urls_never_change(session, seen)
    keys_are_looked_at_first(session)
    requests_are_looked_at_before_ids(session)
    task_ids_are_unique(session)
    every_task_can_be_polled(session, polls)
    operations_are_where_they_belong(session)


def polls_by_task(session: Session) -> dict[str, list[Poll]]:
    """Return the successful polls of every known task, in the order in which they were sent."""
    found: dict[str, list[Poll]] = {}
    starts = {operation.path: operation for operation in session.contract.operations}
    for exchange in sorted(session.transport.history, key=lambda exchange: exchange.began):
        operation = starts.get(exchange.sent.path)
        task_id = parse_qs(exchange.sent.query).get("task_id", [""])[0]
        task = session.knowledge.tasks.get(task_id)
        data = _data(exchange)
        if (
            operation
            and task
            and data is not None
            and operation.raw.get("x-task") == task.kind
            and exchange.sent.who == task.owner
        ):
            found.setdefault(task_id, []).append(Poll(exchange, data))
    return found


def _data(exchange: Exchange) -> dict[str, Any] | None:
    value = exchange.answer.json if exchange.answer.ok else None
    data = value.get("data") if isinstance(value, dict) else None
    return data if isinstance(data, dict) else None


def ids_are_echoed(session: Session, task: KnownTask, seen: list[Poll]) -> None:
    """The answer to a poll carries the id that was asked for (G14)."""
    session.evidence.note_tried(blames("G14:inferred"))
    for poll in seen:
        given = task_id_of(poll.data)
        if given and given != task.id:
            title = "the answer to a poll carries the id that was asked for"
            session.evidence.note_broken(blames("G14:inferred"), title, repr(task.id), repr(given), poll.exchange)


def created_at_never_changes(session: Session, seen: list[Poll]) -> None:
    """A task's created_at is the same in every poll (C13)."""
    if len(seen) > 1:
        session.evidence.note_tried(blames("C13:assumed"))
    for first, then in pairwise(seen):
        if (
            "created_at" in then.data
            and first.data.get("created_at", then.data["created_at"]) != then.data["created_at"]
        ):
            expected, received = repr(first.data.get("created_at")), repr(then.data["created_at"])
            session.evidence.note_broken(
                blames("C13:assumed"), "created_at never changes", expected, received, then.exchange
            )


def image_urls_never_change(session: Session, seen: list[Poll]) -> None:
    """The image URLs of a completed cover stay the same (C13)."""
    done = [poll for poll in seen if isinstance(poll.data.get("images"), list) and poll.data["images"]]
    for first, then in pairwise(done):
        if first.status == then.status and sorted(map(str, first.data["images"])) != sorted(
            map(str, then.data["images"])
        ):
            expected, received = str(first.data["images"]), str(then.data["images"])
            session.evidence.note_broken(
                blames("C13:assumed"), "image URLs never change", expected, received, then.exchange
            )


def _changed(session: Session, title: str, expected: str, received: str, at: Poll) -> None:
    session.evidence.note_broken(blames("C13:assumed"), title, expected, received, at.exchange)


def status_only_moves_forward(session: Session, task: KnownTask, seen: list[Poll]) -> None:
    """The states come in their order, and a terminal one stays (G13)."""
    lifecycle = session.knowledge.lifecycles[task.kind]
    rank = {state.name: number for number, state in enumerate(lifecycle.states)}
    session.evidence.note_tried(blames("G13:inferred") if len(seen) > 1 else ())
    for first, then in pairwise(seen):
        if first.exchange.ended > then.exchange.began or first.status not in rank:
            continue
        stays = first.status in lifecycle.terminal
        if stays and then.status != first.status:
            title, expected = "a terminal status stays", f"still {first.status!r}"
        elif then.status in rank and rank[then.status] < rank[first.status]:
            title, expected = "a status only moves forward", f"{first.status!r} or a later one"
        else:
            continue
        session.evidence.note_broken(blames("G13:inferred"), title, expected, repr(then.status), then.exchange)


def success_has_its_name(session: Session, task: KnownTask, seen: list[Poll]) -> None:
    """The completed status is called as documented (C9, U9)."""
    lifecycle = session.knowledge.lifecycles[task.kind]
    known = {state.name for state in lifecycle.states}
    for poll in seen:
        results = poll.data.get("images" if task.kind == COVER else "clips")
        if poll.status in known or not poll.status:
            continue
        if poll.status.lower() in DONE_WORDS or (results and poll.status == task.status):
            title = f"the completed status is {lifecycle.success.name}"
            blamed = blames("C9" if task.kind == COVER else "U9")
            session.evidence.note_broken(blamed, title, repr(lifecycle.success.name), repr(poll.status), poll.exchange)


def clip_ids_differ(session: Session, seen: list[Poll]) -> None:
    """The ids of a task's clips differ (U11)."""
    for poll in seen:
        clips = poll.data.get("clips")
        ids = (
            [str(clip["id"]) for clip in clips if isinstance(clip, dict) and "id" in clip]
            if isinstance(clips, list)
            else []
        )
        if len(set(ids)) < len(ids):
            title = "clip ids within a task differ"
            session.evidence.note_broken(blames("U11:assumed"), title, "ids that differ", str(ids), poll.exchange)


def keys_are_looked_at_first(session: Session) -> None:
    """A wrong key that got an answer to something else was looked at too late (G8), or not at all (G2, G3)."""
    suspects = [(exchange, due) for exchange, due in session.evidence.suspects if due.rank == KEY]
    keyless = [
        exchange for exchange in session.transport.history if not exchange.sent.who and not _authorization(exchange)
    ]
    late = {(m.sent.method, m.sent.path) for m, _ in suspects if not _authorization(m)} & {
        (m.sent.method, m.sent.path) for m in keyless if m.answer.status == 401
    }
    for exchange, due in suspects:
        order = (exchange.sent.method, exchange.sent.path) in late
        title = "the key is looked at first" if order else due.fact
        session.evidence.note_broken(
            blames("G8:assumed") if order else due.accepted, title, "401", str(exchange.answer), exchange
        )


def requests_are_looked_at_before_ids(session: Session) -> None:
    """What a request itself shows is said before what its id names (G8).

    A 404 for an id that nobody has doesn't tell whether the rest was looked at; the same with a real id does.
    """
    kept = {_without_ids(exchange) for exchange in session.transport.history if exchange.answer.status == 400}
    for exchange, due in session.evidence.suspects:
        if due.rank != KEY and _without_ids(exchange) in kept:
            title, expected = "what the request itself shows is said before 404", str(due.status)
            session.evidence.note_broken(blames("G8:assumed"), title, expected, str(exchange.answer), exchange)


def _without_ids(exchange: Exchange) -> str:
    body = {name: value for name, value in json_object(exchange.sent.body).items() if name not in ID_NAMES}
    return (
        f"{exchange.sent.who} {exchange.sent.path} {json.dumps(body, sort_keys=True) if body else exchange.sent.body!r}"
    )


def _authorization(exchange: Exchange) -> str:
    return next((value for name, value in exchange.sent.headers if name in {"Authorization", "X-API-Key"}), "")


def task_ids_are_unique(session: Session) -> None:
    """No two accepted requests get the same task id (G14)."""
    seen: dict[str, Exchange] = {}
    for exchange in _accepted_starts(session):
        task_id = task_id_of(_data(exchange) or {})
        if task_id in seen:
            title, expected = "task ids are unique", "an id that no other task has"
            session.evidence.note_broken(blames("G14:inferred"), title, expected, f"{task_id!r} again", exchange)
        if task_id:
            seen[task_id] = exchange


def _accepted_starts(session: Session) -> Iterator[Exchange]:
    paths = {operation.path for operation in session.contract.operations if operation.handler == "start"}
    return (exchange for exchange in session.transport.history if exchange.sent.path in paths and exchange.answer.ok)


def every_task_can_be_polled(session: Session, polls: dict[str, list[Poll]]) -> None:
    """Of the tasks of each kind, at least one can be polled (C8, U9)."""
    for kind, clause in (("cover", "C8"), ("music", "U9")):
        tasks = [task for task in session.knowledge.tasks.values() if task.kind == kind and task.owner == "main"]
        asked = [
            exchange
            for exchange in session.transport.history
            if tasks and f"task_id={tasks[0].id}" in exchange.sent.query
        ]
        if asked and not any(task.id in polls for task in tasks):
            title = f"status shows the {kind} tasks that were accepted"
            session.evidence.note_broken(blames(clause), title, "200 and its data", str(asked[0].answer), asked[0])


def operations_are_where_they_belong(session: Session) -> None:
    """Each operation exists at its method and path (G1)."""
    for operation in session.contract.operations:
        sent = [
            m for m in session.transport.history if (m.sent.method, m.sent.path) == (operation.method, operation.path)
        ]
        keyed = [exchange for exchange in sent if exchange.sent.who == "main"]
        if len(keyed) > 2 and all(one.answer.status in {404, 405} for one in keyed) and _needs_more(session, keyed):
            title = f"{operation.method} {operation.path} exists"
            session.evidence.note_broken(blames("G1"), title, "an operation", str(keyed[0].answer), keyed[0])


def _needs_more(session: Session, keyed: list[Exchange]) -> bool:
    """Tell whether any of the requests had to get something else than 404."""
    due = [session.expectations.of(exchange.sent).due for exchange in keyed]
    return any(rule is None or rule.status != 404 for rule in due)
