"""A receiver of webhooks, and what its deliveries show: presence, time, form, agreement, repetition.

A story leaves its webhook behind when its task has ended. All of them are waited for at once, after everything else was
asked, and judged by what was recorded.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Condition
from urllib.parse import urlsplit

from ....exchange import Exchange
from ....listener import Listener
from ....statuses import NOT_FOUND, OK
from ...expect.knowledge import KnownTask
from ...session import Session
from ..polling import has_ended, has_succeeded, poll
from .deliveries import Delivery, broke, judge_delivery, webhooks_of

_LOOK, _LATER = 0.2, 3.0  # seconds between two looks at what has come, and how much longer than others a task may take
_FIRST = {True: 5.0, False: 60.0}  # seconds after which a webhook is missing: on this machine, elsewhere
_AGAIN = {True: 10.0, False: 120.0}  # seconds after which the repetition of a refused one is missing
_UNKNOWN_GAP = 0.5  # seconds between a refusal and its repetition, where none was seen
_GAPS = 2.5  # pauses of quiet that end it: a gateway that doubles its pauses comes after two
_LEAST_QUIET, _MOST_QUIET = 1.2, 6.0  # seconds
TUNNEL_PORT = 8090  # where the receiver listens when --callback-base names no port


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
        self.hooks: dict[str, Hook] = {}  # by the end of their URL
        self._session = session
        self._listener = Listener(self.take, host, port)
        self._base = base.rstrip("/") or f"http://127.0.0.1:{self._listener.port}"
        self.close = self._listener.close

    def hook(self, answers: tuple[int, ...]) -> Hook:
        path = f"/hook/{self._session.unknown_id()}"
        self.hooks[path] = Hook(f"{self._base}{path}", answers, self._changed)
        return self.hooks[path]

    def take(self, path: str, method: str, headers: Mapping[str, str], body: bytes) -> int:
        """Keep a delivery and return the status that answers it."""
        hook = next((hook for end, hook in self.hooks.items() if path.partition("?")[0].endswith(end)), None)
        if hook is None:
            return NOT_FOUND
        with self._changed:
            hook.deliveries.append(Delivery(self._session.transport.now, method, headers, body))
            number = len(hook.deliveries)
            self._changed.notify_all()
        status = hook.answers[number - 1] if number <= len(hook.answers) else OK
        self._session.deliveries.append((hook.url, hook.deliveries[number - 1].at, status))
        return status


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
                judge_delivery(session, hook.ended.task, delivery, hook.ended.shown)


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
        broke(session, blamed, f"{name} gets {what}", f"a POST to {name}", "none", task)
        return
    session.evidence.note_tried(rules.how)
    most = 1 + min(len(hook.answers), rules.repeats)
    if count < _least(session, hook):
        title = "a callback that got no 2xx is repeated soon after"
        broke(session, rules.how, title, "another POST after a 5xx", f"{count} in all", task)
    elif count > most:
        often = f"a callback is repeated {rules.repeats} times at most"
        title = "a callback is not repeated after a 2xx" if len(hook.answers) <= rules.repeats else often
        broke(session, rules.how, title, f"at most {most} deliveries", f"{count}", task)
