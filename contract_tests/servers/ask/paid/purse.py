"""The account with the credits of exactly one task: what a start costs, and whether a failed task gives it back.

The gateway shows no balance, so prices are seen by what is accepted and what is refused for want of credits. A source
whose tasks fail tells whether the whole price is there, and takes nothing away. All of it costs the price of one task
at most, as the account has no more; what is accepted without credits counts as charged for by mistake.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from covermock.openapi import AFFORDABLE, Operation
from covermock.openapi.needs import row_with

from ....exchange import Exchange
from ...evidence import Blame
from ...expect.expectations import Expectation
from ...expect.knowledge import KnownTask
from ...session import Session
from ..polling import follow, has_ended, has_succeeded, poll
from .account import WHO, Purse, cheap_starts, dearest, has_its_price, sources_of
from .races import at_once
from .states import look_at_state

_LOOK, _PATIENCE, _ANOTHER = 0.05, 40, 8  # seconds between looks, how many of them, and for a second task
_LOOKS = 3.0  # usual pauses between two polls of a task that shows nothing but its end


def empty_the_purse(session: Session) -> None:
    """Learn what can be learnt of prices with the credits of one task."""
    operation = dearest(session)
    if operation is None or session.is_slow:
        return
    purse = Purse(session, operation)
    if session.settings.spends and sources_of(session, operation, fails=True):
        for cheap, _ in cheap_starts(purse):
            session.kept.add(cheap.id)
    try:
        with session.attempt():
            _spend(purse)
    finally:
        session.kept.clear()


def _spend(purse: Purse) -> None:
    session, operation = purse.session, purse.operation
    _ = purse.poor_are_refused
    failing, plain = sources_of(session, operation, fails=True), sources_of(session, operation)
    if not failing or not _fails(purse, failing[0]):
        if not failing and (task := _last_twice(purse, plain[0])):
            _sees_it_through(purse, task)
    elif session.settings.spends:
        _spends_all(purse, failing[0])
    elif plain:
        _gets_it_back(purse, plain[0])


def _fails(purse: Purse, name: str | None) -> bool:
    """Start the first task of the account, which fails; return True if it did."""
    with _after_another(purse):
        exchange = purse.start(purse.operation, name, "spends the last credits on a task that fails", first=True)
    task = purse.session.started(purse.operation, exchange)
    if task is None:
        _unusable(purse, exchange)
        if purse.session.settings.spends and purse.is_unpaid(exchange):
            has_its_price(purse, exchange)
        return False
    ended = follow(purse.session, task, lambda _: look_at_state(purse.session, task))
    return ended and task.status == purse.session.knowledge.lifecycles[task.kind].failure.name


@contextmanager
def _after_another(purse: Purse) -> Iterator[None]:
    """Take a turn, once another account's task was started so that what follows its first one can be seen.

    The second one is better left to a task that succeeds, if there is any.
    """
    _wait_for_another(purse.session, purse.operation)
    with purse.session.turn(purse.operation):
        yield


def _wait_for_another(session: Session, operation: Operation) -> None:
    """Wait a bit until two tasks of the operation were started, or one and no other is to come."""
    for waited in range(_PATIENCE):
        started = [one for one in list(session.knowledge.tasks.values()) if one.started_by == operation.id]
        if len(started) > 1 or (started and waited >= _ANOTHER):
            return
        session.transport.wait(_LOOK)


def _unusable(purse: Purse, exchange: Exchange) -> None:
    reason = f"the {WHO} account got {exchange.answer}: it should have the credits of exactly one task"
    purse.session.evidence.note_untried([clause for clause, _ in purse.session.judge.rule("refund")], reason)


def _last_twice(purse: Purse, name: str | None, *, paid: bool = False) -> KnownTask | None:
    """Start the one task that can be paid for, twice at once; return it if it is the only one."""
    session, operation = purse.session, purse.operation
    sent = purse.sent(operation, name, "spends the last credits twice at once")
    free = Expectation(operation, None, (), True)
    booked = free if paid else replace(free, price=operation.top_price)
    with _after_another(purse):
        exchanges = at_once(session, [(sent, booked), (sent, free)])
    exchanges.sort(key=lambda one: not one.answer.ok)
    if not exchanges[0].answer.ok:
        if not paid:
            _unusable(purse, exchanges[0])
        elif purse.is_unpaid(exchanges[0]):
            purse.broke(session.judge.rule("refund"), "a failed task gives its credits back", exchanges[0])
        return None
    session.judge.judge(exchanges[0], session.expectations.of(sent))
    if exchanges[1].answer.ok:
        _free_or_both(purse, name, exchanges[1])
        return None
    purse.refused(exchanges[1], operation, "the last credits, spent twice at once,")
    return purse.session.started(operation, exchanges[0])


def _free_or_both(purse: Purse, name: str | None, second: Exchange) -> None:
    """Two starts were accepted at once: if a third one is, a start costs nothing; else credits were spent twice."""
    own = purse.operation
    if purse.start(own, name, "starts a third task with the credits of one").answer.ok:
        purse.session.budget.stray(own.top_price, 0)
        purse.refused(second, own, "a second task with the credits of one", *purse.price(own))
    else:
        purse.refused(second, own, "the last credits, spent twice at once,")


def _sees_it_through(purse: Purse, task: KnownTask) -> None:
    """While the one task runs, and when it has ended, there are no credits for another, nor for where it leads."""
    _no_second(purse, task.source or None)
    _no_cheap_one(purse)
    if follow(purse.session, task):
        _goes_on(purse, task)


def _no_second(purse: Purse, name: str | None) -> Exchange:
    again = purse.start(purse.operation, name, "starts a second task with the credits of one")
    purse.refused(again, purse.operation, "a second task with the credits of one", *purse.price(purse.operation))
    return again


def _no_cheap_one(purse: Purse) -> bool:
    """Return True unless something cheap was accepted with nothing left."""
    for operation, source in cheap_starts(purse)[:1]:
        words = f"{operation.id} with nothing left"
        for _ in range(2):
            exchange = purse.start(operation, source, f"starts {words}")
            purse.refused(exchange, operation, words)
            if exchange.answer.ok:
                return False
    return True


def _goes_on(purse: Purse, task: KnownTask) -> None:
    """With its credits spent on a task, the account can't go on to where that leads."""
    session = purse.session
    if not has_succeeded(session, task):
        return
    for operation in session.starts:
        need = session.bodies(operation).need
        if need and need.is_task and need.kind == task.kind and row_with(operation, AFFORDABLE):
            words = f"{operation.id} with nothing left"
            purse.refused(purse.start(operation, task.id, f"goes on to {words}"), operation, words)


def _gets_it_back(purse: Purse, name: str | None) -> None:
    """A failed task gives its price back: the one task can be paid for."""
    purse.session.evidence.note_tried(purse.session.judge.rule("refund"))
    if task := _last_twice(purse, name, paid=True):
        _sees_it_through(purse, task)


def _spends_all(purse: Purse, name: str | None) -> None:
    """See step by step that the price is whole again: after a failure, after refusals of each kind, and at the end."""
    session, refund = purse.session, purse.session.judge.rule("refund")
    session.evidence.note_tried(refund)
    own = purse.operation
    cheap = next(iter(cheap_starts(purse)), (None, None))[0]
    steps = [
        (refund, "a failed task gives its credits back", lambda: _refuse(purse, own, name)),
        (purse.price(own), f"a refusal of {own.id} costs nothing", lambda: _refuse(purse, cheap)),
    ]
    if cheap:
        steps.append((purse.price(cheap), f"a refusal of {cheap.id} costs nothing", lambda: True))
    if all(_is_whole(purse, name, blamed, title, during) for blamed, title, during in steps):
        session.kept.clear()
        _prices(purse, name)


def _refuse(purse: Purse, operation: Operation | None, name: str | None = None) -> bool:
    """Send the operation what it has to refuse: about nobody's id, and without credits. Return False if it doesn't."""
    if operation is None:
        return True
    sent = purse.sent(operation, purse.session.unknown_id(operation), "names what nobody has: a refusal costs nothing")
    for _ in range(2):
        purse.session.ask(sent)
    if operation is purse.operation:
        return not _no_second(purse, name).answer.ok
    return _no_cheap_one(purse)


def _is_whole(
    purse: Purse, name: str | None, blamed: tuple[Blame, ...], title: str, during: Callable[[], bool]
) -> bool:
    """Return True if the whole price is there: a task that fails can be started. Wait for its end."""
    exchange = purse.start(purse.operation, name, "starts a task that fails: are its credits there?")
    if purse.is_unpaid(exchange):
        purse.broke(blamed, title, exchange)
        return False
    task = purse.session.started(purse.operation, exchange)
    return task is not None and during() and _ends_in_failure(purse, task)


def _ends_in_failure(purse: Purse, task: KnownTask) -> bool:
    """Wait for the end of a task that is no news, with few polls; return True if it has failed."""
    session, pause = purse.session, _LOOKS * purse.session.settings.poll_interval
    ended = follow(session, task, lambda _: look_at_state(session, task), pause)
    return ended and not has_succeeded(session, task)


def _prices(purse: Purse, name: str | None) -> None:
    """Spend the credits on what is cheap: a failed one gives its price back, and a price is no more and no less."""
    session = purse.session
    for operation, _ in cheap_starts(purse)[:1]:
        _wait_for_another(session, operation)
    if not all(_cheap_failure(purse, name, *one) for one in cheap_starts(purse, fails=True)[:1]):
        return
    cheap = cheap_starts(purse)
    if not cheap or not _accepted(purse, *cheap[0], 0):
        return
    short = purse.start(purse.operation, name, "starts a task with less than its price")
    if task := session.started(purse.operation, short):
        follow(session, task)
    spent = 1
    while spent < len(cheap) and _accepted(purse, *cheap[spent], spent):
        spent += 1
    _judge_price(purse, name, cheap[0][0], short, spent)


def _cheap_failure(purse: Purse, name: str | None, operation: Operation, source: str | None) -> bool:
    """Let a cheap task fail; return True if the dear one can be paid again; else tell what has taken of it."""
    session = purse.session
    task = purse.session.started(operation, purse.start(operation, source, f"starts {operation.id}, which fails"))
    if task is None or not _ends_in_failure(purse, task):
        return False
    exchange = purse.start(purse.operation, name, "starts a task that fails: are its credits there?")
    if not purse.is_unpaid(exchange):
        again = purse.session.started(purse.operation, exchange)
        return again is not None and _ends_in_failure(purse, again)
    own = [one for one in cheap_starts(purse) if one[0] is operation]
    taken = [purse.start(*one, f"starts {operation.id}: how many are paid for?").answer.ok for one in own]
    due = purse.operation.price // operation.price - 1
    if len(own) >= due > sum(taken):
        purse.broke(purse.price(operation), f"{due} credits pay for {due} of {operation.id}", exchange)
    else:
        title = f"a failed task of {operation.id} gives its credits back"
        purse.broke(session.judge.rule("refund"), title, exchange)
    return False


def _accepted(purse: Purse, operation: Operation, source: str | None, number: int) -> bool:
    """Return True if a cheap start is accepted; as many have to be as the least price of the dear one pays for."""
    exchange = purse.start(operation, source, f"starts {operation.id} with what is left")
    due = purse.operation.price // operation.price
    if purse.is_unpaid(exchange) and number < due:
        blamed = purse.unpaid.accepted if number == due - 1 else purse.price(operation)
        purse.broke(blamed, f"{purse.operation.price} credits pay for {due} of {operation.id}", exchange)
    task = purse.session.started(operation, exchange)
    if task and not has_ended(purse.session, task):
        poll(purse.session, task, "polls a task of the last credits")
    return exchange.answer.ok


def _judge_price(purse: Purse, name: str | None, cheap: Operation, short: Exchange, spent: int) -> None:
    """Judge a start that was accepted with less than its price: either it came cheap, or what was before it did."""
    words = f"{purse.operation.id} with less than its price"
    more: tuple[Blame, ...] = ()
    if short.answer.ok and spent > 1:
        last = purse.start(purse.operation, name, "starts a task with even less than its price")
        more = purse.price(cheap) if last.answer.ok else ()
    purse.refused(short, purse.operation, words, *more)
