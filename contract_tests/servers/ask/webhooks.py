"""A receiver of webhooks, and what its deliveries say about U7: presence, time, form, agreement, repetition."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Condition
from typing import Any
from urllib.parse import urlsplit

from covermock.openapi import Operation, Validator, facts

from ...exchange import Exchange
from ...listener import Listener
from ..evidence import Blame
from ..expect.knowledge import KnownTask
from ..expect.reasons import blames
from ..session import Session
from .polling import has_ended, poll

TUNNEL_PORT = 8090  # where the receiver listens when --callback-base names no port
_DOCUMENTED, _INFERRED, _ASSUMED = blames("U7"), blames("U7:inferred"), blames("U7:assumed")


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


@dataclass
class Hook:
    """A webhook of its own for one task: the URL, what it answers to each delivery in turn (then 200), what came."""

    url: str
    answers: tuple[int, ...]
    changed: Condition
    deliveries: list[Delivery] = field(default_factory=list)

    def wait(self, count: int, seconds: float) -> bool:
        """Wait until so many deliveries have come; tell whether they have."""
        with self.changed:
            return self.changed.wait_for(lambda: len(self.deliveries) >= count, seconds)


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

    def hook(self, answers: tuple[int, ...]) -> Hook:
        path = f"/hook/{self._session.unknown_id('')}"
        self._hooks[path] = Hook(f"{self._base}{path}", answers, self._changed)
        return self._hooks[path]

    def take(self, path: str, method: str, headers: Mapping[str, str], body: bytes) -> int:
        """Keep a delivery and return the status that answers it."""
        hook = next((hook for end, hook in self._hooks.items() if path.partition("?")[0].endswith(end)), None)
        if hook is None:
            return 404
        with self._changed:
            hook.deliveries.append(Delivery(self._session.transport.now, method, headers, body))
            number = len(hook.deliveries)
            self._changed.notify_all()
        status = hook.answers[number - 1] if number <= len(hook.answers) else 200
        self._session.deliveries.append((hook.url, hook.deliveries[number - 1].at, status))
        return status


def note_early(session: Session, task: KnownTask, hook: Hook, polled: Exchange) -> None:
    """Note a delivery that came while a later poll still showed the task running."""
    early = [one for one in list(hook.deliveries) if one.at < polled.began]
    if early and polled.answer.ok and not has_ended(session, task):
        title, expected = "a callback comes when the task has ended, not before", "no callback before the end"
        received = f"one while the task was {task.status!r}"
        session.evidence.note_broken(_ASSUMED, title, expected, received, polled)


def judge_hook(session: Session, task: KnownTask, hook: Hook) -> None:
    local = session.settings.loopback
    session.evidence.note_tried(_DOCUMENTED)
    if not hook.wait(1, 5.0 if local else 60.0):
        _broke(session, _DOCUMENTED, "callback_url gets the result", "a POST to callback_url", "none", task)
        return
    _judge_count(session, task, hook, local=local)
    shown = poll(session, task, "asks what the callback has to say, too")
    for delivery in list(hook.deliveries):
        _judge_delivery(session, task, delivery, shown)


def _judge_count(session: Session, task: KnownTask, hook: Hook, *, local: bool) -> None:
    session.evidence.note_tried(_ASSUMED)
    refused = len(hook.answers)
    least, most = (1, 1) if not refused else (2, min(refused + 1, 3))
    if not hook.wait(least, 10.0 if local else 120.0):
        title = "a callback that got no 2xx is repeated soon after"
        _broke(session, _ASSUMED, title, "another POST after a 5xx", f"{len(hook.deliveries)} in all", task)
        return
    while len(hook.deliveries) <= most and hook.wait(len(hook.deliveries) + 1, _quiet(hook)):
        pass
    if len(hook.deliveries) > most:
        title = "a callback is not repeated after a 2xx" if refused < 3 else "a callback is repeated at most twice"
        _broke(session, _ASSUMED, title, f"at most {most} deliveries", f"{len(hook.deliveries)}", task)


def _quiet(hook: Hook) -> float:
    """Return for how many seconds of quiet the deliveries count as all."""
    times = [one.at for one in hook.deliveries]
    gap = times[-1] - times[-2] if len(times) > 1 else 0.5
    return min(max(2.5 * gap, 1.2), 6.0)


def _judge_delivery(session: Session, task: KnownTask, delivery: Delivery, shown: Exchange) -> None:
    if delivery.method != "POST":
        _broke(session, _ASSUMED, "a callback is a POST", "POST", delivery.method, task)
    content = " ".join([str(dict(delivery.headers)), delivery.body.decode("utf-8", "replace")])
    if any(key in content for key in session.settings.keys.values()):
        _broke(session, _ASSUMED, "no key is in a callback", "no key", "a key in its headers or body", task)
    value = delivery.json
    if not isinstance(value, dict):
        _broke(session, _ASSUMED, "a callback is JSON", "a JSON object", delivery.body[:200].decode("latin-1"), task)
        return
    validator = Validator(_poll_operation(session, task).schema(200), session.contract.root)
    for violation in validator.violations(value, "body"):
        _broke(
            session,
            _ASSUMED,
            f"a callback's {violation.where} is {violation.expected}",
            str(violation),
            str(value),
            task,
        )
    _judge_agreement(session, task, value, shown)


def _judge_agreement(session: Session, task: KnownTask, value: dict[str, Any], shown: Exchange) -> None:
    said, known = (_facts(session, task, one) for one in (value, shown.answer.json))
    for name in said if shown.answer.ok and isinstance(shown.answer.json, dict) else ():
        if said[name] != known[name]:
            title = f"a callback's {name.removeprefix('task.')} is what status answers"
            _broke(session, _ASSUMED, title, f"{name} {known[name]!r}", repr(said[name]), task)


def _facts(session: Session, task: KnownTask, value: Any) -> dict[str, list[Any]]:
    """Return what a callback and a poll have to agree on."""
    schema = _poll_operation(session, task).schema(200)
    names = ("task.id", "task.status", "task.created_at", "result.id")
    return {name: list(facts(session.contract.root, schema, value, name)) for name in names}


def _poll_operation(session: Session, task: KnownTask) -> Operation:
    return session.contract.polls[task.kind]


def _broke(
    session: Session, blamed: tuple[Blame, ...], title: str, expected: str, received: str, task: KnownTask
) -> None:
    started = (one for one in session.transport.history if one.answer.ok and task.id in str(one.answer))
    session.evidence.note_broken(blamed, title, expected, received, next(started, None))
