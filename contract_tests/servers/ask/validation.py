"""What a request itself shows to be wrong: missing, of another type or form, out of its limits, no JSON."""

import json
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Any

from covermock.openapi import Operation

from ...exchange import Exchange, Sent, json_object
from ..agenda import by_turns
from ..expect.bodies import wrong_values
from ..expect.reasons import REQUEST
from ..session import Session

Probes = Generator[Sent, Exchange | None, None]
_MALFORMED = (
    '{"NAME": ',
    '{"NAME": "x", "other": "x"',
    "{NAME: 'x'}",
    '{"NAME": "x", "other": "x",}',
    "NAME=x&other=x",
    '{"NAME": "x"} and more',
    "",
)
_TYPES, _FEW_TYPES = 6, 3  # wrong types of an id that are tried, with many requests and with the usual ones


def first_name(session: Session, operation: Operation) -> str:
    """Return the name of the property that a body begins with: its id, or whatever it has."""
    bodies = session.bodies(operation)
    return [*bodies.id_names, *bodies.properties, "name"][0]


def an_id_is_required(session: Session) -> Iterator[Sent]:
    for operation in session.starts:
        bodies = session.bodies(operation)
        if bodies.id_names:
            for body in [{}, *[one.body for one in bodies.examples if one.body][:2]]:
                yield session.about(operation, None, body, story="names nothing that it could start from")
    for operation in session.polls:
        if operation.id_places[0][0] == "query":
            yield session.plain(operation, story="names no task")


def an_id_is_a_string(session: Session) -> Iterator[Sent]:
    for operation in session.starts:
        bodies = session.bodies(operation)
        for number, name in enumerate(name for place, name in bodies.places if place == "body"):
            wrong = [one for one in wrong_values(bodies.properties.get(name, {})) if one != ""]
            first = _TYPES if session.has_plenty else _FEW_TYPES
            for value in [*wrong, {"id": "x"}, 1.5][: 1 if number else first]:
                plain = session.plain(operation, story="names what it starts from by no string")
                yield plain.with_body({**bodies.examples[0].body, name: value})


def what_the_schema_refuses_is_refused(session: Session) -> Probes:
    """A body that breaks its schema in one place is refused, whether or not anything is known of the id in it.

    It is sent about an id that nobody has, which can't be charged. Where the answer is the one that such an id gets
    anyway, nobody has looked at the rest: then it is asked with a real one, if credits are left for it.
    """
    for operation in session.starts:
        yield from _near_misses(session, operation)


def _near_misses(session: Session, operation: Operation) -> Probes:
    bodies = session.bodies(operation)
    if operation.id_places and operation.id not in session.unknown:
        yield session.valid(operation, session.unknown_id(operation), story="names nobody's id")
    yield from _wrong_parameters(session, operation)
    for name, body in by_turns(bodies.near_misses(), lambda miss: miss[0]):
        story = f"sends a body that its schema refuses ({name})"
        made_up = session.unknown_id(operation) if operation.id_places else None
        sent = session.about(operation, made_up, body, story=story)
        if not is_definite(session, sent):
            continue
        exchange = yield sent
        if exchange and (again := about_a_real_id(session, exchange)):
            yield again


def about_a_real_id(session: Session, exchange: Exchange) -> Sent | None:
    """Return a near miss about a real id, where the answer is the one that nobody's id gets: the rest was not seen."""
    operation = session.expectations.operation(exchange.sent)
    if operation is None or exchange.answer.status != session.unknown.get(operation.id) or not operation.starts:
        return None
    bodies, body = session.bodies(operation), dict(json_object(exchange.sent.body))
    named = bodies.id_names & body.keys()
    if bodies.need is None or bodies.need.once or not named or not is_definite(session, exchange.sent):
        return None
    real = next((one.id for one in session.usable(operation) if one.id not in body.values()), None)
    if real is None:
        return None
    plain = session.plain(operation, story=f"{exchange.sent.story}, about a real id")
    return plain.with_body({**body, **dict.fromkeys(named, real)})


def _wrong_parameters(session: Session, operation: Operation) -> Iterator[Sent]:
    """Yield requests with a parameter, beside the id, that is missing or breaks its schema."""
    ids, body = {name for _, name in operation.id_places}, session.bodies(operation).examples[0].body
    for one in operation.parameters:
        values = [value if isinstance(value, str) else json.dumps(value) for value in wrong_values(one.schema)]
        wrong = [value for value in dict.fromkeys(values) if value and one.read([value])[1]]
        missing = [None] if one.required and one.place != "path" else []
        for value in (*missing, *wrong) if one.name not in ids else ():
            usual = session.about(operation, session.unknown_id(operation), body, story="")
            named = {name: session.unknown_id(operation) for place, name in operation.id_places[:1] if place != "body"}
            story = f"sends a parameter that its schema refuses ({one.name})"
            sent = session.plain(operation, {**named, one.name: value}, story=story)
            yield sent if usual.body is None else sent.with_body(usual.body)


def is_definite(session: Session, sent: Sent) -> bool:
    """Return True if the request itself shows, beyond doubt, that it has to be refused."""
    expected = session.expectations.of(sent)
    return not expected.open and expected.due is not None and expected.due.rank == REQUEST


def a_body_is_a_json_object(session: Session) -> Probes:
    """Malformed JSON, and JSON that is no object, are refused.

    Where the path names nobody's id and that is what is answered, it is asked about a real one, too.
    """
    for operation in (one for one in session.starts if one.body is not None):
        name = first_name(session, operation)
        objects: tuple[Any, ...] = ([], [{name: "x"}], "x", 1, None, True)
        plain = session.plain(operation, story="sends malformed JSON")
        real = _at_real_ids(session, operation)
        for text in _MALFORMED:
            raw = text.replace("NAME", name).encode()
            exchange = yield plain.with_body(raw)
            if exchange and real and exchange.answer.status == session.unknown.get(operation.id):
                yield real[0].with_body(raw)
        for value in objects:
            yield replace(plain, story="sends JSON that is no object").with_body(value)


def _at_real_ids(session: Session, operation: Operation) -> list[Sent]:
    """Return requests without a body whose paths name sources that may be used more than once."""
    need = session.bodies(operation).need
    place, name = (*operation.id_places, ("", ""))[0]
    usable = session.usable(operation) if need and not need.once and place == "path" else []
    story = "sends malformed JSON about a real id"
    return [session.plain(operation, {name: one.id}, story=story) for one in usable]
