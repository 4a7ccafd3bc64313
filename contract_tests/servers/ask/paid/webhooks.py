"""A receiver of webhooks, and what its deliveries show: presence, time, form, agreement, repetition.

A story leaves its webhook behind when its task has ended. All of them are waited for at once, after everything else was
asked, and judged by what was recorded.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Condition
from typing import Any
from urllib.parse import urlsplit

from covermock.openapi import Operation, Validator, facts

from ....exchange import Answer, Exchange
from ....listener import Listener
from ....statuses import NOT_FOUND, OK
from ...evidence import Blame
from ...expect.knowledge import KnownTask
from ...session import Session
from ..polling import has_ended, has_succeeded, poll

FACTS = (
    "task.id",
    "task.status",
    "task.created_at",
    "result.id",
    "result.image_url",
    "result.audio_url",
    "result.text",
    "result.number",
)  # what a webhook says of a task, beside its form
_LOOK, _LATER = 0.2, 3.0  # seconds between two looks at what has come, and how much longer than others a task may take
_FIRST = {True: 5.0, False: 60.0}  # seconds after which a webhook is missing: on this machine, elsewhere
_AGAIN = {True: 10.0, False: 120.0}  # seconds after which the repetition of a refused one is missing
_UNKNOWN_GAP = 0.5  # seconds between a refusal and its repetition, where none was seen
_GAPS = 2.5  # pauses of quiet that end it: a gateway that doubles its pauses comes after two
_LEAST_QUIET, _MOST_QUIET = 1.2, 6.0  # seconds
TUNNEL_PORT = 8090  # where the receiver listens when --callback-base names no port


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request that came to a webhook. `at` is on the run's own clock."""

    at: float
    method: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True)
class Ended:
    """The end of a webhook's task: what a poll showed then, and since when the webhook is waited for."""

    task: KnownTask
    shown: Exchange
    since: float


@dataclass
class Hook:
    """A webhook of its own for one task: the URL, what it answers to each delivery in turn (then 200), what came."""

    url: str
    answers: tuple[int, ...]
    changed: Condition
    deliveries: list[Delivery] = field(default_factory=list)
    ended: Ended | None = None

    def wait(self, count: int, seconds: float) -> bool:
        """Wait until so many deliveries have come; tell whether they have."""
        with self.changed:
            return self.changed.wait_for(lambda: len(self.deliveries) >= count, max(seconds, 0))


class Receiver:
    """Takes the webhooks of one run, on this machine."""

    def __init__(self, session: Session) -> None:
        base = session.settings.callback_base
        host, port = ("0.0.0.0", urlsplit(base).port or TUNNEL_PORT) if base else ("127.0.0.1", 0)  # noqa: S104 - asked for by flag
        self._changed = Condition()
        self._hooks: dict[str, Hook] = {}
        self._session = session
        self._listener = Listener(self.take, host, port)
        self._base = base.rstrip("/") or f"http://127.0.0.1:{self._listener.port}"
        self.close = self._listener.close

    @property
    def hooks(self) -> list[Hook]:
        return list(self._hooks.values())

    def hook(self, answers: tuple[int, ...]) -> Hook:
        path = f"/hook/{self._session.unknown_id()}"
        self._hooks[path] = Hook(f"{self._base}{path}", answers, self._changed)
        return self._hooks[path]

    def take(self, path: str, method: str, headers: Mapping[str, str], body: bytes) -> int:
        """Keep a delivery and return the status that answers it."""
        hook = next((hook for end, hook in self._hooks.items() if path.partition("?")[0].endswith(end)), None)
        if hook is None:
            return NOT_FOUND
        with self._changed:
            hook.deliveries.append(Delivery(self._session.transport.now, method, headers, body))
            number = len(hook.deliveries)
            self._changed.notify_all()
        status = hook.answers[number - 1] if number <= len(hook.answers) else OK
        self._session.deliveries.append((hook.url, hook.deliveries[number - 1].at, status))
        return status


@dataclass(frozen=True)
class Webhooks:
    """What the contract says of the webhooks of one operation. `gets` is broken where none comes, `how` by the rest."""

    gets: tuple[Blame, ...]
    how: tuple[Blame, ...]
    repeats: int
    schema: Mapping[str, Any]

    @classmethod
    def of(cls, session: Session, operation: Operation) -> "Webhooks":
        """Return it, for an operation that has a callback."""
        assert operation.callback is not None
        told = operation.callback[1]
        delivery = told.get("x-delivery", {})
        content: Mapping[str, Any] = next(iter(told.get("requestBody", {}).get("content", {}).values()), {})
        gets = session.judge.named(told.get("x-clause"))
        how = session.judge.named(delivery.get("clause")) or gets
        return cls(gets, how, len(delivery.get("repeat_after", ())), content.get("schema", {}))


def webhooks_of(session: Session, task: KnownTask) -> Webhooks:
    return Webhooks.of(session, session.operations[task.started_by])


def wait_unseen(session: Session, task: KnownTask, hook: Hook) -> None:
    """Wait for the first delivery without a poll, but no longer than other tasks of the operation take, and a bit."""
    began, other_ended = session.transport.now, 0.0
    while not hook.wait(1, _LOOK):
        session.transport.wait(0)
        now = session.transport.now
        tasks = [one for one in list(session.knowledge.tasks.values()) if one.started_by == task.started_by]
        if not other_ended and any(has_ended(session, one) for one in tasks):
            other_ended = now
        late = other_ended and now - other_ended > max(_LATER, (other_ended - began) / 2)
        if late or now - began > session.settings.patience / 2:
            return


def note_early(session: Session, task: KnownTask, hook: Hook, polled: Exchange) -> None:
    """Note a delivery that came while a later poll still showed the task running."""
    early = [one for one in list(hook.deliveries) if one.at < polled.began]
    if early and polled.answer.ok and not has_ended(session, task):
        title, expected = "a callback comes when the task has ended, not before", "no callback before the end"
        received = f"one while the task was {task.status!r}"
        session.evidence.note_broken(webhooks_of(session, task).how, title, expected, received, polled)


def leave(session: Session, task: KnownTask, hook: Hook) -> None:
    """Leave the webhook of a task that has ended to be judged when all else was asked."""
    shown = poll(session, task, "asks what the callback has to say, too")
    hook.ended = Ended(task, shown, session.transport.now)


def wait_for_quiet(session: Session, hooks: Iterable[Hook]) -> None:
    """Wait until every webhook has come that has to, and none any more. Time counts from what was seen last."""
    hooks = [hook for hook in hooks if hook.ended]
    local, clock = session.settings.loopback, session.transport
    for hook in hooks:
        assert hook.ended
        if hook.wait(1, hook.ended.since + _FIRST[local] - clock.now):
            started = max(hook.ended.since, hook.deliveries[0].at)
            hook.wait(_least(session, hook), started + _AGAIN[local] - clock.now)
    gap = usual_gap(hooks)
    for hook in hooks:
        while hook.deliveries and (left := quiet_at([one.at for one in hook.deliveries], gap) - clock.now) > 0:
            hook.wait(len(hook.deliveries) + 1, left)


def usual_gap(hooks: Iterable[Hook]) -> float:
    """Return the shortest time that passed between a webhook that was refused and its first repetition."""
    pairs = [hook.deliveries[:2] for hook in hooks if hook.answers and len(hook.deliveries) > 1]
    return min((second.at - first.at for first, second in pairs), default=_UNKNOWN_GAP)


def quiet_at(times: Sequence[float], gap: float) -> float:
    """Return when deliveries that came at these times count as all. `gap` is the pause after the first, if it is alone.

    One that came later than that is counted, but nobody waits for more like it.
    """
    until = times[0]
    for number, at in enumerate(times):
        if number and at > until:
            break
        pause = at - times[number - 1] if number else gap
        until = at + min(max(_GAPS * pause, _LEAST_QUIET), _MOST_QUIET)
    return until


def judge_webhooks(session: Session, hooks: Iterable[Hook], *, complete: bool) -> None:
    """Judge what has come; what is missing or too much only after a `complete` wait."""
    for hook in hooks:
        if hook.ended:
            if complete:
                _judge_count(session, hook.ended.task, hook)
            for delivery in hook.deliveries:
                _judge_delivery(session, hook.ended.task, delivery, hook.ended.shown)


def _least(session: Session, hook: Hook) -> int:
    """Return how many deliveries have to come: one, and another one where the first is refused."""
    assert hook.ended
    return 1 + bool(hook.answers and webhooks_of(session, hook.ended.task).repeats)


def _judge_count(session: Session, task: KnownTask, hook: Hook) -> None:
    rules, count = webhooks_of(session, task), len(hook.deliveries)
    succeeded = has_succeeded(session, task)  # that a failure is told, too, is known no better than when and how
    session.evidence.note_tried(rules.gets if succeeded else rules.how)
    if not count:
        name = (session.operations[task.started_by].callback or ("",))[0]
        blamed, what = (rules.gets, "the result") if succeeded else (rules.how, "the end of a task that fails")
        _broke(session, blamed, f"{name} gets {what}", f"a POST to {name}", "none", task)
        return
    session.evidence.note_tried(rules.how)
    most = 1 + min(len(hook.answers), rules.repeats)
    if count < _least(session, hook):
        title = "a callback that got no 2xx is repeated soon after"
        _broke(session, rules.how, title, "another POST after a 5xx", f"{count} in all", task)
    elif count > most:
        often = f"a callback is repeated {rules.repeats} times at most"
        title = "a callback is not repeated after a 2xx" if len(hook.answers) <= rules.repeats else often
        _broke(session, rules.how, title, f"at most {most} deliveries", f"{count}", task)


def _judge_delivery(session: Session, task: KnownTask, delivery: Delivery, shown: Exchange) -> None:
    rules = webhooks_of(session, task)
    if delivery.method != "POST":
        _broke(session, rules.how, "a callback is a POST", "POST", delivery.method, task)
    content = " ".join([str(dict(delivery.headers)), delivery.body.decode("utf-8", "replace")])
    if any(key in content for key in session.settings.keys.values()):
        _broke(session, rules.how, "no key is in a callback", "no key", "a key in its headers or body", task)
    value = delivery.json
    if not isinstance(value, dict):
        _broke(session, rules.how, "a callback is JSON", "a JSON object", delivery.body[:200].decode("latin-1"), task)
        return
    if flaw := Answer(body=delivery.body).flaw:
        _broke(session, rules.how, "a callback is JSON in UTF-8, without a mark before it", "JSON alone", flaw, task)
    known = _known_from_polls(session, task)
    violations = Validator(rules.schema, session.contract.root).violations(value, "body")
    for violation in (one for one in violations if (one.where, one.expected) not in known):
        title = f"a callback's {violation.where} is {violation.expected}"
        _broke(session, rules.how, title, str(violation), str(value), task)
    _judge_agreement(session, task, value, shown)


def _known_from_polls(session: Session, task: KnownTask) -> set[tuple[str, str]]:
    """Return what was wrong with polls of such tasks: to say the same is no fault of a webhook."""
    poll_ = session.polled(task)
    schema = Validator(poll_.schema(poll_.success), session.contract.root)
    asked = [one for one in list(session.transport.history) if session.expectations.route(one.sent)[0] is poll_]
    shown = {one.answer.body: one.answer.json for one in asked if one.answer.ok}
    return {(one.where, one.expected) for value in shown.values() for one in schema.violations(value, "body")}


def _judge_agreement(session: Session, task: KnownTask, value: dict[str, Any], shown: Exchange) -> None:
    """What it says of id, state, time and results is what a poll says."""
    rules, poll_ = webhooks_of(session, task), session.polled(task)
    told, known = ((rules.schema, value), (poll_.schema(poll_.success), shown.answer.json))
    if not shown.answer.ok or not isinstance(shown.answer.json, dict):
        return
    for name in FACTS:
        said, shows = (list(facts(session.contract.root, schema, one, name)) for schema, one in (told, known))
        if sorted(map(str, said)) != sorted(map(str, shows)) and not _varies(session, task, name, len(shows)):
            title = f"a callback's {name.removeprefix('task.').replace('.', ' ')} is what status answers"
            _broke(session, rules.how, title, f"{name} {shows!r}", repr(said), task)


def _varies(session: Session, task: KnownTask, name: str, count: int) -> bool:
    """Return True if polls of the ended task differ among themselves in this fact: another matter than a webhook."""
    poll_, history = session.polled(task), list(session.transport.history)
    asked = (one for one in history if one.answer.ok and task.id in session.expectations.ids_of(one.sent, poll_))
    schema, root = poll_.schema(poll_.success), session.contract.root
    shown = (sorted(map(str, facts(root, schema, one.answer.json, name))) for one in asked)
    return name != "task.status" and len({str(one) for one in shown if len(one) == count}) > 1


def _broke(
    session: Session, blamed: tuple[Blame, ...], title: str, expected: str, received: str, task: KnownTask
) -> None:
    started = (one for one in session.transport.history if one.answer.ok and task.id in str(one.answer))
    session.evidence.note_broken(blamed, title, expected, received, next(started, None))
