"""Refusals that may have had another reason than the one that was due: the whole history tells which. Sends nothing."""

import json

from ...exchange import Exchange, json_object
from ...statuses import is_hopeless
from ..evidence import Blame
from ..expect.reasons import BUSINESS, IDENTITY, KEY, REQUEST, Reason
from ..session import Session

_SOON = 2.0  # seconds after its start in which nobody forgets a task that has ended


def judge_suspects(session: Session) -> None:
    keys_are_looked_at_first(session)
    requests_are_looked_at_before_ids(session)
    tasks_are_not_gone(session)
    tasks_are_shown(session)


def keys_are_looked_at_first(session: Session) -> None:
    """A wrong key that got the refusal of something else was looked at too late.

    One in another place may have been taken, where a request without any is refused for that: then nothing came first.
    """
    rule, elsewhere = session.judge.rule("order"), session.judge.rule("key-elsewhere")
    found = [(exchange, due) for exchange, due in session.evidence.suspects if due.rank == KEY]
    with_key = (one for one in session.transport.history if one.sent.who)
    keyed: set[object] = {(_about(session, one), one.answer.status) for one in with_key}
    looked = _looked_at(session)
    suspects = [(one, due) for one, due in found if _something_else(session, one, due, looked, keyed)]
    tell_nothing = {exchange.number for exchange, _ in suspects}
    for exchange, due in found:
        if exchange.number not in tell_nothing:
            session.evidence.note_broken(due.other, due.fact, str(due.status), str(exchange.answer), exchange)
    for exchange, due in suspects:
        refusals = [one for one in _refusals_of_keys(session, exchange) if one.number not in tell_nothing]
        if exchange.answer.status in {one.answer.status for one in refusals}:
            continue  # so this gateway refuses keys here, whatever else is wrong
        first = any(_names_nobodys(session, one) for one in refusals if is_hopeless(one.answer.status))
        taken = first and bool(elsewhere) and due.accepted == elsewhere
        blamed = due.accepted if taken or not rule else rule
        title = due.fact if blamed is due.accepted else "the key is looked at first"
        more = () if blamed is due.accepted else _in_its_own_way(session, exchange)
        session.evidence.note_broken((*blamed, *more), title, str(due.status), str(exchange.answer), exchange)


def _something_else(session: Session, at: Exchange, due: Reason, looked: set[object], keyed: set[object]) -> bool:
    """Return True if the refusal is what else is wrong with the request, or the one that it gets with a key, too.

    Not so where such a key was seen to come before an id that nobody has: then nothing that an id names comes first.
    """
    expected = session.expectations.of(at.sent)
    if (_rule_of_keys(session, at), due.fact) in looked and all(one.rank != REQUEST for one in expected.later):
        return False
    return session.judge.comes_first(expected, at.answer) or (_about(session, at), at.answer.status) in keyed


def _looked_at(session: Session) -> set[object]:
    """Return what is wrong with keys that were refused as such, in requests about an id that nobody has."""
    found = set[object]()
    for one in session.transport.history:
        due = session.expectations.of(one.sent).due if not one.sent.who and not one.answer.ok else None
        if due and one.answer.status in due.statuses and _names_nobodys(session, one):
            found.add((_rule_of_keys(session, one), due.fact))
    return found


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


def _refusals_of_keys(session: Session, exchange: Exchange) -> list[Exchange]:
    """Return the requests without our key in its place that were refused where the same sentence says how."""
    keyless = (one for one in session.transport.history if not one.sent.who and not one.answer.ok)
    return [one for one in keyless if _rule_of_keys(session, one) == _rule_of_keys(session, exchange)]


def _rule_of_keys(session: Session, exchange: Exchange) -> tuple[Blame, ...]:
    operation = session.expectations.operation(exchange.sent)
    return session.expectations.reasons.row("missing-key", "", KEY, operation).other if operation else ()


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


def _about(session: Session, exchange: Exchange) -> str:
    """Return what a request says, its ids included, whoever sends it."""
    ids = session.expectations.ids(exchange.sent)
    body = {name: one for name, one in json_object(exchange.sent.body).items() if one not in ids}
    return f"{_operation(session, exchange)} {ids} {json.dumps(body, sort_keys=True) if ids else exchange.sent!r}"


def tasks_are_shown(session: Session) -> None:
    """What is refused before all other polls, or after them, is another matter than what is refused between them."""
    for exchange, blamed in session.judge.unshown:
        told, who = _about(session, exchange), exchange.sent.who
        same = (one for one in session.transport.history if one.sent.who == who and _about(session, one) == told)
        shown = [one.began for one in same if one.answer.ok]
        late = any(asked_late(session, one, who) for one in session.expectations.ids(exchange.sent))
        apart = exchange.began < min(shown) or exchange.began > max(shown) if shown else late
        title, rule = "a task can be polled as long as the run goes on", session.judge.rule("ends") if apart else blamed
        session.evidence.note_broken(rule, title, "an answer with 2xx", str(exchange.answer), exchange)


def asked_late(session: Session, task_id: str, who: str) -> bool:
    """Return True if a task was first polled so late after its start that it may have ended and been forgotten."""
    begun, asked = [], []
    for one in session.transport.history:
        operation = session.expectations.operation(one.sent)
        if operation and operation.starts and str(session.fact(operation, one.answer, "task.id")) == task_id:
            begun.append(one.ended)
        elif operation and operation.polls and one.sent.who == who and task_id in session.expectations.ids(one.sent):
            asked.append(one.began)
    return bool(begun and asked) and min(asked) - min(begun) > max(_SOON, 2 * session.settings.poll_interval)


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
    task = session.knowledge.tasks.get((*session.expectations.ids(exchange.sent), "")[0])
    return task is not None and (session.polled(task), exchange.answer.status) in session.judge.hides


def _operation(session: Session, exchange: Exchange) -> str:
    operation = session.expectations.operation(exchange.sent)
    return operation.id if operation else exchange.sent.path
