"""Odd and hostile requests: whatever the contract leaves open, they get an envelope and no crash."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from covermock.openapi import JSON, Operation

from ...exchange import Sent
from ..session import Session
from .validation import first_name

_BOTH = 4  # odd values that each operation gets
METHODS = ("get", "put", "post", "delete", "patch")

_ODD_IDS = (
    "",
    "gen\x00x",
    "\ud800",
    "x" * 10_000,
    "   ",
    "gen' OR '1'='1",
    "../../etc/passwd",
    "gen\n\r\tx",
    "١٢٣",
    "💿" * 300,
)
_ODD_TEXTS = ("", "%00", "%FF%FE", "%zz", "%ED%A0%80", "a&NAME=b", "x" * 3000)  # as they stand in a URL
_MEDIA_TYPES = (
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "nonsense",
    "application/json; charset=utf-16",
)
_BODIES = (
    b"[" * 3000,
    b'{"NAME": "gone", "x": ' + b'{"a": ' * 300 + b"1" + b"}" * 300 + b"}",
    b'{"NAME": "\xff\xfe"}',
    b'{"NAME": "gone", "NAME": "gone-too"}',
    b'{"NAME": 1e400}',
    b'{"NAME": ' + b"9" * 5000 + b"}",
    b'{"NAME": NaN}',
    b'\xef\xbb\xbf{"NAME": "gone"}',
    b'{"NAME": "gone", "NAME": "gone-too"}',
    b"\x00\x01\x02",
)


def odd_ids_get_an_envelope(session: Session) -> Iterator[Sent]:
    named = [one for one in session.starts if one.id_places]
    for number, value in enumerate(_ODD_IDS):
        for turn, operation in enumerate(named):
            mine = number % len(named) == turn or (number < _BOTH and session.has_plenty)
            if mine and (value or operation.id_places[0][0] != "path"):
                yield session.valid(operation, value, story="names an odd id (open)")


def odd_urls_get_an_envelope(session: Session) -> Iterator[Sent]:
    """Odd queries, and odd ends of a path, are just refused."""
    for number, text in enumerate(_ODD_TEXTS):
        for operation in _in_turn(session, session.polls, number):
            yield from _odd_url(session, operation, text)
    for operation in session.polls[:1]:
        bare = session.plain(operation, story="sends an unknown parameter (open)")
        yield replace(bare, query=f"{operation.id_places[0][1]}[]=x")


def _in_turn(session: Session, operations: Sequence[Operation], number: int) -> Sequence[Operation]:
    """Return the operation whose turn it is; all of them for what tells most, where requests are plenty."""
    return operations if number < _BOTH and session.has_plenty else operations[number % len(operations) :][:1]


def _odd_url(session: Session, operation: Operation, text: str) -> Iterator[Sent]:
    place, name = operation.id_places[0]
    sent = session.about(operation, session.unknown_id(operation), story="sends an odd URL (open)")
    if place == "query":
        yield replace(sent, query=f"{name}={text.replace('NAME', name)}")
    elif text and "NAME" not in text:
        yield replace(sent, path=operation.path.replace(f"{{{name}}}", text))


def odd_bodies_get_an_envelope(session: Session) -> Iterator[Sent]:
    """Deep, doubled, huge and undecodable JSON is just refused."""
    for number, raw in enumerate(_BODIES):
        for operation in _in_turn(session, session.starts, number):
            name = first_name(session, operation).encode()
            sent = session.plain(operation, story="sends odd JSON (open)")
            yield sent.with_body(raw.replace(b"NAME", name))
    for operation in session.starts:
        bodies = session.bodies(operation)
        both = {name: session.unknown_id(operation) for name in sorted(bodies.id_names)}
        if len(both) > 1:
            sent = session.plain(operation, story="names ids in both spellings (open)")
            yield sent.with_body({**bodies.examples[0].body, **both})
        body = {**bodies.examples[0].body, "no_such_name": "V5"}
        story = "sends an unknown field (open)"
        yield session.about(operation, session.unknown_id(operation), body, story=story)


def odd_texts_get_an_envelope(session: Session) -> Iterator[Sent]:
    for operation in session.starts:
        bodies = session.bodies(operation)
        names = bodies.free_texts() or list(bodies.properties)
        fullest = max(bodies.examples, key=lambda one: len(set(names) & one.body.keys())).body
        limit = operation.body_limit or session.contract.body_limit
        odd = ("\x00", "x" * min(200_000, limit * 3 // 4), "\ud800", "y" * (2 * limit), " ")
        for number, text in enumerate(odd if names and names[0] not in bodies.id_names else ()):
            body: dict[str, Any] = {**fullest, names[number % len(names)]: text}
            story = "sends an odd or huge text (open)"
            yield session.about(operation, session.unknown_id(operation), body, story=story)


def other_media_types_get_an_envelope(session: Session) -> Iterator[Sent]:
    """Other media types than JSON are open: taken or refused, without a crash."""
    for number, media_type in enumerate(_MEDIA_TYPES):
        sent = _unknown(session, session.starts[number % len(session.starts)], "says another media type (open)")
        yield replace(sent, headers=(("Content-Type", media_type),))
    yield replace(_unknown(session, session.starts[0], "says no media type (open)"), headers=())


def _unknown(session: Session, operation: Operation, story: str) -> Sent:
    return session.valid(operation, session.unknown_id(operation), story=story)


def other_methods_are_not_allowed(session: Session) -> Iterator[Sent]:
    """A known path with another method is refused, in the envelope, and says which ones there are."""
    for operation in session.operations.values():
        path = session.plain(operation, story="").path
        for method in ("GET" if operation.method == "POST" else "POST", "PUT", "DELETE"):
            body = b"{}" if method in {"POST", "PUT"} else None
            headers = (("Content-Type", JSON),) if body else ()
            yield Sent(method, path, "main", "", headers, body, f"asks with {method}")


def nowhere(session: Session) -> list[str]:
    """Return paths that are none of the contract, beside those that are."""
    fixed = {one.path.partition("{")[0].rstrip("/").rpartition("/")[0] for one in session.operations.values()}
    return sorted(f"{quote(prefix)}/no-such-path" for prefix in fixed)


def unknown_paths_are_not_found(session: Session) -> Iterator[Sent]:
    """An unknown path is not found, in the envelope; so are those that the contract names as none."""
    for path in nowhere(session)[:2]:
        yield Sent("GET", path, "main", story="asks for an unknown path")
    for path, item in session.contract.root["paths"].items():
        if not any(method in item for method in METHODS):
            body = (("Content-Type", JSON),)
            yield Sent("POST", path, "main", "", body, b"{}", "asks for a path that is no operation")
