"""The tasks that have to be waited for: each flow is the story of one task, told in a thread of its own.

A story follows from the contract: start, poll to the end, go on too early to where its links lead, go on when it has
ended, once more where that is not allowed, and see what its webhook says.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from covermock.openapi import SOURCE_UNUSED, TASK_SUCCEEDED, Operation
from covermock.openapi.needs import links_from, mentions, row_with

from ....exchange import Exchange, Sent
from ...expect.bodies import Example
from ...expect.expectations import Expectation
from ...expect.knowledge import KnownTask
from ...session import Session
from ..polling import follow, has_ended, has_succeeded, is_running, poll, runs_on
from .races import at_once
from .states import keys_nearly_right, look_at_state, mistaken_starts, nearly_its_id
from .webhooks import Hook, leave, note_early, wait_unseen

_SHORT = 3  # wrong keys that a start is sent with
_LOOK, _PATIENCE = 0.1, 100  # seconds between looks, and how many of them, where a second task is kept
_TURNS = 1  # tasks of an operation after which what it has to refuse is refused again
_AGAIN = 3  # tasks of an operation while which their source is used again; later ones only after their end
_ALL_KEYS = 2  # starts of an operation that are sent with all of those keys before; later ones with one of them
Flow = Callable[[Session], None]


@dataclass(frozen=True)
class Story:
    """One task: who starts it, from what, with which body, and what its webhook answers (None: it has none).

    `further` are the operations that it goes on to, with the place where its id stands there; with `probing`, they are
    asked in each state before the last, too. `written`: its texts are such as people write. `unseen`: nobody polls
    before its webhook comes. `twice`: its start is sent twice at once. `instead` is a source to go on with.
    """

    operation: Operation
    source: str | None
    example: Example
    answers: tuple[int, ...] | None = None
    place: tuple[str, str] | None = None
    further: tuple[tuple[Operation, tuple[str, str]], ...] = ()
    probing: bool = False
    who: str = "main"
    written: bool = False
    unseen: bool = False
    twice: bool = False
    instead: str | None = None

    @property
    def credits(self) -> int:
        own = self.operation.top_price * (1 + self.twice)
        return own + sum(operation.top_price for operation, _ in self.further)


def tell(session: Session, story: Story, hook: Hook | None = None) -> None:
    """Start a task and see it through, with all that belongs to it."""
    task = _start(session, story, hook)
    if task is None:
        return
    once = session.bodies(story.operation).need
    again = once is not None and once.once and story.source is not None
    if hook and story.unseen:
        wait_unseen(session, task, hook)
    first = poll(session, task, "polls as soon as the id is known")
    if again and session.turns_taken(f"again of {story.operation.id}") < _AGAIN:
        _again(session, story, "while the first one runs")
    _look(session, task, story, hook, first)
    if follow(session, task, lambda polled: _look(session, task, story, hook, polled)):
        linger(session, task, 2 if session.has_plenty else 1)
        if again and session.turns_taken(f"ended of {story.operation.id}") < _AGAIN:
            _again(session, story, "after the first one has ended")
    if not again:
        session.first_ended.set()
    _after_the_end(session, story, task, hook)


def _after_the_end(session: Session, story: Story, task: KnownTask, hook: Hook | None) -> None:
    """Ask around once more, go on to where the task leads, and leave its webhook to be judged at the end."""
    look_at_state(session, task)
    with session.attempt():
        mistaken_starts(session, task)
    nearly_its_id(session, task)
    keys_nearly_right(session, task)
    if has_succeeded(session, task):
        _go_on(session, story, task)
    elif has_ended(session, task):
        _leads_nowhere(session, story, task)
    if hook and has_ended(session, task):
        leave(session, task, hook)


def _start(session: Session, story: Story, hook: Hook | None) -> KnownTask | None:
    """Start the task of a story; where only its texts are refused, start it with plain ones."""
    _await_turn(session, story.operation)
    with session.turn(story.operation):
        with session.attempt():
            _refused_starts(session, story)
        exchange = _written(session, _request(session, story, hook)) if story.written else None
        if exchange is None:
            story = replace(story, written=False)
            exchange = _accepted(session, _request(session, story, hook), story)
        if exchange.answer.status and not exchange.answer.ok and story.instead not in {None, story.source}:
            exchange = _accepted(session, _request(session, replace(story, source=story.instead), hook), story)
        operation = story.operation
        task = session.started(operation, exchange)
        if task and len([one for one in session.knowledge.tasks.values() if one.kind == task.kind]) <= _TURNS:
            with session.attempt():
                _refused_again(session, operation)
    row = row_with(operation, SOURCE_UNUSED)
    if task is None and row and exchange.answer.status == session.expectations.broken(operation, row).status:
        reason = f"{story.source} got {exchange.answer.status}: it may have been used before"
        session.evidence.note_untried(mentions(session.contract, operation.raw), reason)
    return task


def _await_turn(session: Session, operation: Operation) -> None:
    """Wait a bit while the second task of the operation is kept: what it has to refuse is asked after the first."""
    for _ in range(_PATIENCE):
        started = any(one.started_by == operation.id for one in list(session.knowledge.tasks.values()))
        if not started or operation.id not in session.kept or session.is_slow:
            return
        session.transport.wait(_LOOK)


def _request(session: Session, story: Story, hook: Hook | None) -> Sent:
    bodies = session.bodies(story.operation)
    told = bodies.written(story.example.body) if story.written else story.example.body
    body = {**told, **({bodies.hook: hook.url} if hook else {})}
    words = f"starts a task: {story.operation.id}"
    place = story.place or story.example.place
    return session.about(story.operation, story.source, body, story=words, who=story.who, place=place)


def _written(session: Session, sent: Sent) -> Exchange | None:
    """Send a start with texts as people write them; return None where it is refused, which is open for such texts."""
    expected = session.expectations.of(sent)
    exchange = session.send(sent, expected)
    refused = not exchange.answer.ok and not exchange.answer.is_failure
    session.judge.judge(exchange, replace(expected, open=True) if refused else expected)
    return exchange if exchange.answer.ok else None


def _accepted(session: Session, sent: Sent, story: Story) -> Exchange:
    """Send a start; where it is sent twice at once, judge both: only one may be accepted of what can be used once."""
    if not story.twice:
        return session.ask(sent)
    expected, row = session.expectations.of(sent), row_with(story.operation, SOURCE_UNUSED)
    exchanges = at_once(session, [(sent, expected), (sent, expected)])
    exchanges.sort(key=lambda one: not one.answer.ok)
    session.judge.judge(exchanges[0], expected)
    if exchanges[0].answer.ok and row and not _one_has_failed(session, story.operation, exchanges):
        due = session.expectations.broken(story.operation, row)
        fact = f"{due.fact} when it is asked for twice at once"
        session.judge.judge(exchanges[1], Expectation(story.operation, replace(due, fact=fact)))
    return exchanges[0]


def _one_has_failed(session: Session, operation: Operation, exchanges: list[Exchange]) -> bool:
    """Return True if several were accepted, and one has failed by now: then another one is open."""
    accepted = [session.started(operation, one) for one in exchanges if one.answer.ok]
    tasks = [task for task in accepted if task] if len(accepted) > 1 else []
    for task in tasks:
        poll(session, task, "looks whether one of them failed meanwhile: then another one is open")
    return any(has_ended(session, task) and not has_succeeded(session, task) for task in tasks)


def _refused_starts(session: Session, story: Story) -> None:
    """Send the start with wrong keys, and then one about nothing that anybody has, right before the real one."""
    if session.is_slow:
        return
    need, body = session.bodies(story.operation).need, story.example.body
    if need and need.once:
        kinds = session.wrong_keys[:_SHORT]
        number = session.turns_taken(f"keys of {story.operation.id}")
        for words, headers in kinds if number < _ALL_KEYS else kinds[number % _SHORT :][:1]:
            sent = session.about(story.operation, story.source, body, story=f"starts a task with {words}", who="")
            session.ask(sent.with_headers(headers))
    if need and session.has_plenty:
        name, words = session.unknown_id(story.operation), "names what nobody has, just before another start"
        session.ask(session.about(story.operation, name, body, story=words, who=story.who))


def _refused_again(session: Session, operation: Operation) -> None:
    """Send what the operation has to refuse once more, now that it has accepted something."""
    need, usable = session.bodies(operation).need, session.usable(operation)
    for one in session.knowledge.outside(need):
        for who in ("main", "second"):
            if session.has(who):
                story = f"names a source that is not within the range, again: {one.measure:g}"
                session.ask(session.valid(operation, one.id, story=story, who=who))
    if need and not need.is_task and usable:
        for words, headers in session.wrong_keys[:_SHORT]:
            sent = session.valid(operation, usable[0].id, story=f"starts another task with {words}", who="")
            session.ask(sent.with_headers(headers))
        if session.has("poor"):
            session.ask(session.valid(operation, usable[0].id, story="has no credits, still", who="poor"))


def _again(session: Session, story: Story, when: str) -> None:
    """Start a second task from a source that gives one only; judged only if the first one hasn't failed."""
    operation, source, row = story.operation, story.source, row_with(story.operation, SOURCE_UNUSED)
    if source is None or row is None or not session.knowledge.is_used(operation, source):
        return
    first = _request(session, replace(story, written=False), None)
    sent = replace(first, story=f"starts a second one {when}")
    due = session.expectations.broken(operation, row)
    expected = Expectation(operation, replace(due, fact=f"{due.fact} {when}"))
    with session.attempt():
        exchange = session.send(sent, expected)
        latest = session.knowledge.used(operation, source)[0]
        poll(session, latest, "looks whether the first one failed meanwhile: then another one is open")
        if session.knowledge.is_used(operation, source):
            session.judge.judge(exchange, expected)


def _look(session: Session, task: KnownTask, story: Story, hook: Hook | None, polled: Exchange) -> None:
    """Do what belongs to each poll: see whether the webhook came too early, ask around, and go on too early."""
    if hook:
        note_early(session, task, hook, polled)
    if not polled.answer.ok or not is_running(session, task):
        return
    for operation, place in story.further if story.probing and not session.is_slow else ():
        asked = f"{operation.id}:{task.started_by}:{task.status}:{task.owner}"
        if asked not in session.asked and _too_early(session, task, operation, place):
            session.asked.add(asked)
    look_at_state(session, task)


def _too_early(session: Session, task: KnownTask, operation: Operation, place: tuple[str, str]) -> bool:
    """Go on from a task that runs, twice at once; judged only if it still ran afterwards. Return True if it was."""
    row = row_with(operation, TASK_SUCCEEDED)
    if row is None or (operation.id, ".".join(place)) in session.expectations.misread:
        return True
    due = session.expectations.broken(operation, row)
    with session.attempt(*(clause for clause, _ in due.accepted)):
        story = f"goes on to {operation.id} while the task is {task.status!r}"
        sent = session.valid(operation, task.id, story=story, who=task.owner, place=place)
        exchanges = [session.send(sent)]
        exchanges += [session.send(sent)] if session.has_plenty and not exchanges[0].answer.ok else []
        if runs_on(session, task, surely=any(one.answer.ok for one in exchanges)):
            for exchange in exchanges:
                session.judge.judge(exchange, Expectation(operation, due))
                session.tries[due.fact] += 1
                if exchange.answer.is_failure and not exchange.answer.problem:
                    session.crashes[due.fact].append((exchange, due))
            return True
    return False


def _go_on(session: Session, story: Story, task: KnownTask) -> None:
    """Go on to where the links lead, first as another account."""
    links = {to.id: link for to, link in links_from(session.contract, story.operation)}
    for operation, place in story.further:
        example = next((one for one in session.bodies(operation).examples if one.place == place), None)
        example = example or session.bodies(operation).examples[0]
        other = "second" if story.who == "main" else "main"
        if session.has(other):
            words = "starts something from another account's task"
            with session.attempt():
                session.ask(session.about(operation, task.id, example.body, story=words, who=other, place=place))
        with session.attempt(*(clause for clause, _ in session.judge.named(links[operation.id].get("x-clause")))):
            tell(session, Story(operation, task.id, example, None, place, who=story.who))


def _leads_nowhere(session: Session, story: Story, task: KnownTask) -> None:
    """Go on from a task that has failed, which is refused."""
    for operation, place in story.further:
        words = f"goes on to {operation.id} from a task that has failed"
        with session.attempt():
            session.ask(session.valid(operation, task.id, story=words, who=story.who, place=place))


def linger(session: Session, task: KnownTask, times: int = 2) -> None:
    """Poll a task that has ended some more: it has to stay as it is."""
    for _ in range(1 if session.is_slow else times):
        poll(session, task, "polls a task that has ended: nothing may change")
    session.evidence.note_tried(session.judge.rule("forward"))
