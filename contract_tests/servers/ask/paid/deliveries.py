"""What a single delivery to a webhook shows: method, form, keys in it, and whether it says what a poll says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from covermock.openapi import Validator, facts
from covermock.openapi.rendering import RESULT_FACTS, TASK_FACTS

from ....exchange import UNREADABLE, Answer, Exchange
from ...evidence import Blame
from ...expect.knowledge import KnownTask
from ...session import Session

FACTS = (*sorted(TASK_FACTS - {"task.results"}), *sorted(RESULT_FACTS))  # what a webhook says, beside its form
_FIXED = frozenset({"task.id", "task.status"})  # what no gateway may say otherwise, however late


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request that came to a webhook. `at` is on the run's own clock."""

    at: float
    method: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Webhooks:
    """What the contract says of the webhooks of one operation. `gets` is broken where none comes, `how` by the rest."""

    gets: tuple[Blame, ...]
    how: tuple[Blame, ...]
    repeats: int
    schema: Mapping[str, Any]


def webhooks_of(session: Session, task: KnownTask) -> Webhooks:
    """Return what the contract says of the webhook of a task, which was started by an operation that has one."""
    callback = session.operations[task.started_by].callback
    assert callback is not None
    told = callback[1]
    delivery = told.get("x-delivery", {})
    content: Mapping[str, Any] = next(iter(told.get("requestBody", {}).get("content", {}).values()), {})
    gets = session.judge.named(told.get("x-clause"))
    how = session.judge.named(delivery.get("clause")) or gets
    return Webhooks(gets, how, len(delivery.get("repeat_after", ())), content.get("schema", {}))


def judge_delivery(session: Session, task: KnownTask, delivery: Delivery, shown: Exchange) -> None:
    rules = webhooks_of(session, task)
    if delivery.method != "POST":
        broke(session, rules.how, "a callback is a POST", "POST", delivery.method, task)
    content = " ".join([str(dict(delivery.headers)), delivery.body.decode("utf-8", "replace")])
    if any(key in content for key in session.settings.keys.values()):
        broke(session, rules.how, "no key is in a callback", "no key", "a key in its headers or body", task)
    said = Answer(body=delivery.body)
    value = said.json
    if not isinstance(value, dict):
        broke(session, rules.how, "a callback is JSON", "a JSON object", delivery.body[:200].decode("latin-1"), task)
        return
    if said.flaw:
        broke(
            session, rules.how, "a callback is JSON in UTF-8, without a mark before it", "JSON alone", said.flaw, task
        )
    known = _known_from_polls(session, task)
    violations = Validator(rules.schema, session.contract.root).violations(value, "body")
    for violation in (one for one in violations if (one.where, one.expected) not in known):
        title = f"a callback's {violation.where} is {violation.expected}"
        broke(session, rules.how, title, str(violation), str(value), task)
    _judge_agreement(session, task, value, shown, delivery.at)


def _known_from_polls(session: Session, task: KnownTask) -> set[tuple[str, str]]:
    """Return what was wrong with polls of such tasks: to say the same is no fault of a webhook."""
    poll_ = session.polled(task)
    schema = Validator(poll_.schema(poll_.success), session.contract.root)
    asked = session.sent_to(poll_)
    shown = {one.answer.body: one.answer.json for one in asked if one.answer.ok and one.answer.json is not UNREADABLE}
    return {(one.where, one.expected) for value in shown.values() for one in schema.violations(value, "body")}


def _judge_agreement(session: Session, task: KnownTask, value: dict[str, Any], shown: Exchange, at: float) -> None:
    """What it says of id, state, time and results is what a poll says."""
    rules, poll_ = webhooks_of(session, task), session.polled(task)
    told, known = ((rules.schema, value), (poll_.schema(poll_.success), shown.answer.json))
    if not shown.answer.ok or not isinstance(shown.answer.json, dict):
        return
    for name in FACTS:
        said, shows = (list(facts(session.contract.root, schema, one, name)) for schema, one in (told, known))
        if sorted(map(str, said)) != sorted(map(str, shows)) and not _varies(session, task, name, said, at):
            title = f"a callback's {name.removeprefix('task.').replace('.', ' ')} is what status answers"
            broke(session, rules.how, title, f"{name} {shows!r}", repr(said), task)


def _varies(session: Session, task: KnownTask, name: str, said: list[Any], at: float) -> bool:
    """Return True if a poll of the ended task says the same of a fact, or polls differ in it among themselves.

    What came after the last of them may tell of results that no poll has seen.
    """
    poll_ = session.polled(task)
    asked = (one for one in session.sent_to(poll_) if one.answer.ok and task.id in session.expectations.ids(one.sent))
    ends = {task.status, *session.knowledge.lifecycles[task.kind].terminal}
    ended = [one for one in asked if session.fact(poll_, one.answer, "task.status") in ends]
    schema, root = poll_.schema(poll_.success), session.contract.root
    shown = [sorted(map(str, facts(root, schema, one.answer.json, name))) for one in ended]
    if name not in _FIXED and all(one.began < at for one in ended):
        return bool(said)
    return sorted(map(str, said)) in shown or len({*map(str, shown)}) > len({*map(len, shown)})


def broke(
    session: Session, blamed: tuple[Blame, ...], title: str, expected: str, received: str, task: KnownTask
) -> None:
    started = (one for one in session.transport.history if one.answer.ok and task.id in str(one.answer))
    session.evidence.note_broken(blamed, title, expected, received, next(started, None))
