"""Ids that name nothing, in requests that are valid otherwise: not found, and what else a refusal would tell."""

import json
from collections.abc import Generator, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from covermock.openapi import Operation

from ...exchange import Exchange, Sent
from ...statuses import is_refusal
from ..expect.bodies import Example
from ..expect.expectations import Expectation
from ..session import Session
from .ids import near_ids

Asking = Generator[Sent | tuple[Sent, Expectation], Exchange | None, None]
_FEW = 6  # bodies with optional fields that are sent where requests are few
_SOMEWHERE = "https://example.com"
OTHER_FORM = "no-such-task"


def unknown_tasks_are_not_found(session: Session) -> Iterator[Sent]:
    for operation in session.polls:
        yield session.about(operation, session.unknown_id(operation), story="polls an unknown task")
        yield session.about(operation, OTHER_FORM, story="polls an unknown task of another form")


def ids_that_are_nearly_right_are_not_found(session: Session) -> Iterator[Sent]:
    for operation in session.starts:
        for one in session.usable(operation)[:1]:
            for words, name in near_ids(one.id):
                if name not in session.knowledge.ids:
                    yield session.valid(operation, name, story=f"names the id of a source {words}")


def a_valid_body_is_understood(session: Session) -> Asking:
    """A valid request about an unknown id is told so; another refusal shows that the body was not understood."""
    for operation in session.starts:
        if operation.id_places:
            yield from _bodies(session, operation)
            yield session.valid(operation, OTHER_FORM, story="names an unknown id of another form")


def _bodies(session: Session, operation: Operation) -> Asking:
    bodies, first, understood = session.bodies(operation), None, False
    unknown = session.expectations.unknown(operation)
    for example, plain in bodies.valid():
        body = {**plain, bodies.hook: _hook(session, example)} if example.hooked else plain
        story = f"names an unknown id, in a body like the example {example.name!r}"
        exchange = yield session.about(operation, session.unknown_id(operation), body, story=story, place=example.place)
        first = first or exchange
        _note_misread(session, operation, example, exchange)
        understood |= bool(exchange and unknown and exchange.answer.status == unknown.status)
    example = bodies.examples[0]
    clause = session.judge.named(example.clause)
    if first and understood and unknown and first.answer.status != unknown.status:
        title = f"{operation.id} understands the example {example.name!r}"
        session.evidence.note_broken(clause, title, f"{unknown.status}, as for others", str(first.answer), first)


def _hook(session: Session, example: Example) -> Any:
    """Return the example's webhook, or one that a public gateway may call: some refuse those on this machine."""
    settings = session.settings
    return example.hook if settings.loopback else f"{settings.callback_base.rstrip('/') or _SOMEWHERE}/webhook"


def _note_misread(session: Session, operation: Operation, example: Example, exchange: Exchange | None) -> None:
    """Note a place of ids that this gateway doesn't know: what it says of such requests shows no more than that."""
    usual = session.unknown.get(operation.id)
    refused = exchange and is_refusal(exchange.answer.status) and exchange.answer.status != usual
    if refused and usual and example.place and example.place != operation.id_places[0]:
        session.expectations.misread.add((operation.id, ".".join(example.place)))


def each_field_is_understood_with_each_other(session: Session) -> Asking:
    """Each optional field, alone and with each other, and texts as people write them, about an unknown id."""
    for operation in session.starts:
        bodies = session.bodies(operation)
        if session.expectations.unknown(operation) is None:
            continue
        for body in islice(bodies.combinations(), None if session.has_plenty else _FEW):
            story = f"names an unknown id with {' and '.join(sorted(body))}"
            yield session.about(operation, session.unknown_id(operation), body, story=story)
        if bodies.free_texts():
            fullest = max(bodies.examples, key=lambda one: len(bodies.written(one.body)))
            words, name = "writes as people do, in many lines", session.unknown_id(operation)
            sent = session.about(operation, name, bodies.written(fullest.body), story=words)
            expected = replace(session.expectations.of(sent), open=True)  # how long, and with which signs, is open
            yield from ((one, expected) for one in (sent, plain_text(sent)))


def plain_text(sent: Sent) -> Sent:
    """Return the request with its JSON in UTF-8 instead of escapes, which says the same."""
    return replace(sent, body=json.dumps(json.loads(sent.body or b""), ensure_ascii=False).encode())
