"""What is asked about a task in each state that it shows: by strangers, by other operations, and again and again."""

from collections.abc import Iterator
from dataclasses import replace

from covermock.openapi import Operation
from covermock.openapi.needs import Row, rows_of

from ....exchange import Sent
from ...expect.knowledge import KnownTask
from ...session import Session
from ..ids import near_ids
from ..polling import has_ended, poll

_CLOSE, _ONCE_MORE = 3, 1  # polls in a row in each state: of the first task of its kind, and of others
_OTHERS = 2  # further tasks of an operation that strangers ask about, once each
_TELLING = 4  # wrong keys that say most
_FAST = 1.0  # seconds between polls below which a few in a row trouble nobody


def look_at_state(session: Session, task: KnownTask) -> None:
    """Ask whatever may be asked in the state that the task was seen in, each once for its kind of task."""
    if session.is_slow or not task.status:
        return
    if session.first_time("state", task.started_by, task.status):
        strangers(session, task)
        mistaken_polls(session, task)
        if session.has_plenty or session.first_time("encoded", task.started_by):
            session.ask(encoded(session.poll(task, "polls with a percent-encoded id"), task.id))
        watch_closely(session, task, _CLOSE if session.has_plenty else 0)
    elif session.has_plenty and session.first_time("state", task.id, task.status):
        watch_closely(session, task, _ONCE_MORE)
        if session.first_time("strangers", task.id) and session.turns_taken(f"others of {task.started_by}") < _OTHERS:
            strangers(session, task)


def watch_closely(session: Session, task: KnownTask, times: int) -> None:
    for _ in range(times if session.settings.poll_interval < _FAST else 0):
        poll(session, task, "polls a task again in the same state")


def encoded(sent: Sent, name: str) -> Sent:
    """Return the request with the first letter of an id percent-encoded, which changes nothing of what it says."""
    spelled = f"%{ord(name[0]):02X}{name[1:]}" if name[:1].isalnum() and name.isascii() else name
    return replace(sent, path=sent.path.replace(f"/{name}", f"/{spelled}"), query=sent.query.replace(name, spelled))


def strangers(session: Session, task: KnownTask) -> None:
    """Poll the task without a key, with wrong ones, and with another account's.

    All of them about the first task of an operation; in other states, where requests are plenty, the next in turn.
    """
    kinds = session.wrong_keys[:_TELLING]
    others = [who for who in ("main", "second", "poor", "last") if session.has(who) and who != task.owner]
    if not session.first_time("strangers", task.started_by):
        if not session.has_plenty:
            return
        turn = session.turns_taken("strangers")
        kinds = [*kinds[:1], *(kinds[1 + turn % (_TELLING - 1) :][:1])]
        others = others[turn % max(len(others), 1) :][:1]
    for _, headers in kinds:
        session.ask(session.poll(task, "polls a task without its key", "").with_headers(headers))
    for who in others:
        poll(session, task, "polls another account's task", who)


def mistaken_polls(session: Session, task: KnownTask) -> None:
    """Poll the task where tasks of another kind are shown."""
    for operation in _elsewhere(session, task):
        if operation.polls:
            story = f"takes the id of a {task.kind} task for another one"
            session.ask(session.about(operation, task.id, story=story, who=task.owner))


def mistaken_starts(session: Session, task: KnownTask) -> None:
    """Start something from the task that needs another kind of id."""
    first = session.first_time("mistaken", task.started_by)
    for operation in _elsewhere(session, task) if first else ():
        if operation.starts:
            story = f"takes the id of a {task.kind} task for another"
            session.ask(session.valid(operation, task.id, story=story, who=task.owner))


def _elsewhere(session: Session, task: KnownTask) -> Iterator[Operation]:
    """Yield the operations that are about tasks, and not about those of this kind, or not started so."""
    for operation in session.operations.values():
        row: Row = next((row for row in rows_of(operation) if "id" in row), {})
        of, by = row.get("lifecycle", task.kind), row.get("started_by", task.started_by)
        if (of, by) != (task.kind, task.started_by):
            yield operation


def nearly_its_id(session: Session, task: KnownTask) -> None:
    """Poll by ids that are nearly the task's: nobody has them."""
    once = task.started_by if session.has_plenty else ""
    if not has_ended(session, task) or not session.first_time("near", once):
        return
    for words, name in near_ids(task.id):
        if name not in session.knowledge.ids:
            story = f"polls by the id of a task {words}"
            session.ask(session.about(session.polled(task), name, story=story, who=task.owner))


def keys_nearly_right(session: Session, task: KnownTask) -> None:
    """Poll a task with the keys that say less, once: what nobody has shows of a key only that others look first."""
    if has_ended(session, task) and not session.is_slow and session.first_time("keys nearly right"):
        for words, headers in session.wrong_keys[_TELLING:]:
            session.ask(session.poll(task, f"polls a task with {words}", "").with_headers(headers))
