"""Refusals that may have had another reason than the one that was due: the whole history tells which. Sends nothing."""

import json

from ...exchange import Exchange, json_object
from ...statuses import is_hopeless
from ..evidence import Blame
from ..expect.reasons import BUSINESS, IDENTITY, KEY, REQUEST
from ..session import Session


def judge_suspects(session: Session) -> None:
    keys_are_looked_at_first(session)
    requests_are_looked_at_before_ids(session)
    tasks_are_not_gone(session)


def keys_are_looked_at_first(session: Session) -> None:
    """A wrong key that got the refusal of something else was looked at too late.

    One in another place may have been taken, where a request without any is refused for that: then nothing came first.
    """
    rule, elsewhere = session.judge.rule("order"), session.judge.rule("key-elsewhere")
    suspects = [(exchange, due) for exchange, due in session.evidence.suspects if due.rank == KEY]
    tell_nothing = {exchange.number for exchange, _ in suspects}
    for exchange, due in suspects:
        name = _operation(session, exchange)
        refusals = [one for one in _refusals_of_keys(session, name) if one.number not in tell_nothing]
        if exchange.answer.status in {one.answer.status for one in refusals}:
            continue  # so this gateway refuses keys here, whatever else is wrong
        first = any(_names_nobodys(session, one) for one in refusals if is_hopeless(one.answer.status))
        taken = first and bool(elsewhere) and due.accepted == elsewhere
        blamed = due.accepted if taken or not rule else rule
        title = due.fact if blamed is due.accepted else "the key is looked at first"
        more = () if blamed is due.accepted else _in_its_own_way(session, exchange)
        session.evidence.note_broken((*blamed, *more), title, str(due.status), str(exchange.answer), exchange)


def _in_its_own_way(session: Session, exchange: Exchange) -> tuple[Blame, ...]:
    """Return the sentences of what came first, where that got another status than it should."""
    later = session.expectations.of(exchange.sent).later
    if exchange.answer.status in {status for reason in later for status in reason.statuses}:
        return ()
    return next((reason.other for reason in later if reason.may_differ), ())


def _names_nobodys(session: Session, exchange: Exchange) -> bool:
    """Return True if nothing but its key and its id is wrong with a request."""
    later = session.expectations.of(exchange.sent).later
    return bool(later) and later[0].rank == IDENTITY


def _refusals_of_keys(session: Session, operation: str) -> list[Exchange]:
    """Return the requests without our key in its place that an operation refused."""
    keyless = (one for one in session.transport.history if not one.sent.who and not one.answer.ok)
    return [one for one in keyless if _operation(session, one) == operation]


def requests_are_looked_at_before_ids(session: Session) -> None:
    """What a request itself shows is said before what its id names.

    A refusal of an id that nobody has doesn't tell whether the rest was looked at; the same with a real id does.
    """
    ids = {name for operation in session.contract.operations for _, name in operation.id_places}
    kept = {(_without(session, ids, one), one.answer.status) for one in session.transport.history}
    for exchange, due in session.evidence.suspects:
        if due.rank == REQUEST and (_without(session, ids, exchange), due.status) in kept:
            title = "what the request itself shows is said before what its id names"
            rule = session.judge.rule("order")
            session.evidence.note_broken(rule, title, str(due.status), str(exchange.answer), exchange)


def _without(session: Session, ids: set[str], exchange: Exchange) -> str:
    body = {name: value for name, value in json_object(exchange.sent.body).items() if name not in ids}
    shown = json.dumps(body, sort_keys=True) if body else repr(exchange.sent.body)
    return f"{exchange.sent.who} {_operation(session, exchange)} {shown}"


def tasks_are_not_gone(session: Session) -> None:
    """A business rule's status is due while the task is there. One that can't be polled any more has gone."""
    for exchange, due in session.evidence.suspects:
        if due.rank == BUSINESS:
            gone = _is_gone(session, exchange)
            blamed = session.judge.rule("ends") if gone else due.other
            title = "a task that has ended stays" if gone else due.fact
            session.evidence.note_broken(blamed, title, str(due.status), str(exchange.answer), exchange)


def _is_gone(session: Session, exchange: Exchange) -> bool:
    """Return True if a start names a task of ours, and polls for such tasks were refused in the same way."""
    operation, _ = session.expectations.route(exchange.sent)
    named = session.expectations.ids(operation, exchange.sent) if operation else []
    task = session.knowledge.tasks.get((*named, "")[0])
    return task is not None and (session.polled(task), exchange.answer.status) in session.judge.hides


def _operation(session: Session, exchange: Exchange) -> str:
    operation, _ = session.expectations.route(exchange.sent)
    return operation.id if operation else exchange.sent.path
