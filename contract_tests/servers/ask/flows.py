"""The tasks that have to be waited for: each flow is the story of one task, told in a thread of its own.

A story follows from the contract: start, poll to the end, go on too early to where its links lead, go on when it has
ended, once more where that is not allowed, and see what its webhook says.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import cycle, islice

from covermock.openapi import SOURCE_UNUSED, TASK_SUCCEEDED, Operation
from covermock.openapi.needs import Row, links_from, mentions, row_with, rows_of

from ...exchange import Exchange
from ...statuses import CRASHED, UNAVAILABLE
from ..expect.bodies import Example
from ..expect.expectations import Expectation
from ..expect.keys import wrong_keys
from ..expect.knowledge import KnownTask
from ..session import Session
from .polling import follow, has_ended, has_succeeded, is_running, poll
from .webhooks import Hook, Receiver, judge_hook, note_early

_FAILING = (CRASHED,) * 6
_ANSWERS: tuple[tuple[int, ...] | None, ...] = (
    (),
    _FAILING,
    (UNAVAILABLE,),
    None,
)  # what the webhooks of the stories answer
_FEW = 2  # stories of an operation without a webhook, and of one whose sources can be used once
Flow = Callable[[Session], None]


@dataclass(frozen=True)
class PaidFlow:
    """A flow with what it costs at most, and what it shows."""

    flow: Flow
    credits: int
    shows: tuple[str, ...]
    title: str


@dataclass(frozen=True)
class Story:
    """One task: who starts it, from what, with which body, and what its webhook answers (None: it has none).

    `further` are the operations that it goes on to, with the place where its id stands there; with `probing`, they are
    asked in each state before the last, too.
    """

    operation: Operation
    source: str | None
    example: Example
    answers: tuple[int, ...] | None = None
    place: tuple[str, str] | None = None
    further: tuple[tuple[Operation, tuple[str, str]], ...] = ()
    probing: bool = False

    @property
    def credits(self) -> int:
        return self.operation.top_price + sum(operation.top_price for operation, _ in self.further)


def plan_flows(session: Session, receiver: Receiver | None) -> list[PaidFlow]:
    """Return the paid flows, most telling first, whether or not the budget allows them."""
    first: list[Story] = []
    main: list[Story] = []
    last: list[Story] = []
    for operation in session.starts:
        need = session.bodies(operation).need
        stories = _stories(session, operation)
        if need and need.once:
            first, last = [*first, *stories[:1]], [*last, *stories[1:]]
        else:
            main += stories
    return [_paid(session, story, receiver) for story in (*first, *main, *last)]


def _stories(session: Session, operation: Operation) -> list[Story]:
    bodies = session.bodies(operation)
    need = bodies.need
    sources: list[str | None] = [one.id for one in session.usable(operation)] if need else [None]
    if not sources:
        return []
    if need and need.once:
        return [Story(operation, name, bodies.examples[0]) for name in sources[:_FEW]]
    examples = list({str(one.body): one for one in bodies.examples}.values())
    ways = list(_ANSWERS if operation.callback else (None,) * _FEW)
    names = (
        sources
        if len(sources) < len(ways) - 1
        else [sources[0], *islice(cycle(sources[1:]), len(ways) - 2), sources[0]]
    )
    stories = zip(cycle(names), cycle(examples), ways, strict=False)
    return [
        Story(operation, name, example, answers, None, _further(session, operation, number), probing=number < _FEW)
        for number, (name, example, answers) in enumerate(stories)
    ]


def _further(session: Session, operation: Operation, number: int) -> tuple[tuple[Operation, tuple[str, str]], ...]:
    """Return where the links of a task lead to, with the place of its id there: another one in each story."""
    found = []
    for to, _ in links_from(session.contract, operation):
        places = session.bodies(to).places
        if number < max(len(places), 1):
            found.append((to, places[number]))
    return tuple(found)


def _paid(session: Session, story: Story, receiver: Receiver | None) -> PaidFlow:
    operations = [story.operation, *(operation for operation, _ in story.further)]
    shown = [part for one in operations for part in (one.raw, session.contract.polled_by[one.id].raw)]
    clauses = {clause for part in shown for clause in mentions(session.contract, part)}
    title = f"{story.operation.id} of {story.source}" if story.source else story.operation.id
    more = "".join(f", then {operation.id}" for operation, _ in story.further)
    return PaidFlow(_telling(story, receiver, clauses), story.credits, tuple(sorted(clauses)), f"{title}{more}")


def _telling(story: Story, receiver: Receiver | None, clauses: Iterable[str]) -> Flow:
    def story_of_a_task(session: Session) -> None:
        hook = receiver.hook(story.answers) if receiver and story.answers is not None else None
        with session.attempt(*clauses):
            tell(session, story, hook)

    return story_of_a_task


def tell(session: Session, story: Story, hook: Hook | None = None) -> None:
    """Start a task and see it through, with all that belongs to it."""
    task = _start(session, story, hook)
    if task is None:
        return
    once = session.bodies(story.operation).need
    again = once is not None and once.once and story.source is not None
    first = poll(session, task, "polls as soon as the id is known")
    _look(session, task, story, hook, first)
    if again:
        _again(session, story, "while the first one runs")
    if follow(session, task, lambda polled: _look(session, task, story, hook, polled)):
        linger(session, task)
        if again:
            _again(session, story, "after the first one has ended")
    strangers(session, task)
    mistaken_kinds(session, task)
    if has_succeeded(session, task):
        _go_on(session, story, task)
    if hook and has_ended(session, task):
        judge_hook(session, task, hook)


def _start(session: Session, story: Story, hook: Hook | None) -> KnownTask | None:
    operation = story.operation
    body = {**story.example.body, **({session.bodies(operation).hook: hook.url} if hook else {})}
    place = story.place or story.example.place
    sent = session.about(operation, story.source, body, story=f"starts a task: {operation.id}", place=place)
    exchange = session.ask(sent)
    task_id = session.fact(operation, exchange.answer, "task.id")
    task = session.knowledge.tasks.get(task_id) if isinstance(task_id, str) else None
    row = row_with(operation, SOURCE_UNUSED)
    if task is None and row and exchange.answer.status == session.expectations.broken(operation, row).status:
        reason = f"{story.source} got {exchange.answer.status}: it may have been used before"
        session.evidence.note_untried(mentions(session.contract, operation.raw), reason)
    return task


def _again(session: Session, story: Story, when: str) -> None:
    """Start a second task from a source that gives one only; judged only if the first one hasn't failed."""
    operation, source, row = story.operation, story.source, row_with(story.operation, SOURCE_UNUSED)
    if source is None or row is None or not session.knowledge.is_used(operation, source):
        return
    place = session.bodies(operation).places[0]
    sent = session.about(operation, source, story.example.body, story=f"starts a second one {when}", place=place)
    due = session.expectations.broken(operation, row)
    expected = Expectation(operation, replace(due, fact=f"{due.fact} {when}"))
    exchange = session.send(sent, expected)
    latest = session.knowledge.used(operation, source)[0]
    poll(session, latest, "looks whether the first one failed meanwhile: then another one is open")
    if session.knowledge.is_used(operation, source):
        session.judge.judge(exchange, expected)


def _look(session: Session, task: KnownTask, story: Story, hook: Hook | None, polled: Exchange) -> None:
    """Do what belongs to each poll: see whether the webhook came too early, and go on too early."""
    if hook:
        note_early(session, task, hook, polled)
    if not story.probing or session.is_slow or not polled.answer.ok or not is_running(session, task):
        return
    for operation, place in story.further:
        asked = f"{operation.id}:{task.started_by}:{task.status}"
        if asked not in session.asked and _too_early(session, task, operation, place):
            session.asked.add(asked)


def _too_early(session: Session, task: KnownTask, operation: Operation, place: tuple[str, str]) -> bool:
    """Go on from a task that runs; judged only if it still ran afterwards. Return True if it was."""
    row = row_with(operation, TASK_SUCCEEDED)
    if row is None:
        return True
    due = session.expectations.broken(operation, row)
    with session.attempt(*(clause for clause, _ in due.accepted)):
        story = f"goes on to {operation.id} while the task is {task.status!r}"
        body = session.bodies(operation).examples[0].body
        exchange = session.send(session.about(operation, task.id, body, story=story, place=place))
        poll(session, task, "looks whether the task still runs")
        if is_running(session, task):
            session.judge.judge(exchange, Expectation(operation, due))
            return True
    return False


def _go_on(session: Session, story: Story, task: KnownTask) -> None:
    """Go on to where the links lead, first as another account."""
    links = {to.id: link for to, link in links_from(session.contract, story.operation)}
    for operation, place in story.further:
        example = next((one for one in session.bodies(operation).examples if one.place == place), None)
        example = example or session.bodies(operation).examples[0]
        if session.has("second"):
            words = "starts something from another account's task"
            session.ask(session.about(operation, task.id, example.body, story=words, who="second", place=place))
        with session.attempt(*(clause for clause, _ in session.judge.named(links[operation.id].get("x-clause")))):
            tell(session, Story(operation, task.id, example, None, place))


def strangers(session: Session, task: KnownTask) -> None:
    """Poll the task without a key, with wrong ones, and with another account's."""
    if session.is_slow or f"strangers:{task.started_by}" in session.asked:
        return
    session.asked.add(f"strangers:{task.started_by}")
    telling = {"no key", "an unknown key", "a key under the scheme Basic", "a key that lacks its last character"}
    for words, headers in wrong_keys(session.contract):
        if words in telling:
            session.ask(session.poll(task, "polls a task without its key", "").with_headers(headers))
    for who in ("second", "poor"):
        if session.has(who):
            poll(session, task, "polls another account's task", who)


def mistaken_kinds(session: Session, task: KnownTask) -> None:
    """Use the id of a task where other kinds of ids belong."""
    if f"mistaken:{task.started_by}" in session.asked:
        return
    session.asked.add(f"mistaken:{task.started_by}")
    for operation in _elsewhere(session, task):
        story = f"takes the id of a {task.kind} task for another one"
        body = session.bodies(operation).examples[0].body if operation.starts else None
        session.ask(session.about(operation, task.id, body, story=story))


def _elsewhere(session: Session, task: KnownTask) -> Iterator[Operation]:
    """Yield the operations that are about tasks, and not about those of this kind, or not started so."""
    for operation in session.operations.values():
        row: Row = next((row for row in rows_of(operation) if "id" in row), {})
        of, by = row.get("lifecycle", task.kind), row.get("started_by", task.started_by)
        if (of, by) != (task.kind, task.started_by):
            yield operation


def linger(session: Session, task: KnownTask, times: int = 2) -> None:
    """Poll a task that has ended some more: it has to stay as it is."""
    for _ in range(1 if session.is_slow else times):
        poll(session, task, "polls a task that has ended: nothing may change")
    session.evidence.note_tried(session.judge.rule("forward"))
