"""Odd and hostile requests: whatever the contract leaves open, they get an envelope and no 5xx (G12, G15, C14)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...exchange import JSON, Sent, json_body
from ..session import Session

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
_ODD_QUERIES = (
    "task_id=",
    "task_id=%00",
    "task_id=%FF%FE",
    "task_id=%zz",
    "task_id=%ED%A0%80",
    "task_id=a&task_id=b",
    "task_id=" + "x" * 3000,
    "task_id[]=x",
)
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
    b'{"taskId": "gone", "x": ' + b'{"a": ' * 400 + b"1" + b"}" * 400 + b"}",
    b'{"taskId": "gone", "taskId": "gone-too"}',
    b'{"audio_id": "gone", "audio_id": "gone-too"}',
    b'{"taskId": 1e400, "audio_id": 1e400}',
    b'{"taskId": ' + b"9" * 5000 + b', "audio_id": ' + b"9" * 5000 + b"}",
    b'{"taskId": NaN, "audio_id": Infinity}',
    b'{"taskId": "\xff\xfe", "audio_id": "\xff"}',
    b'\xef\xbb\xbf{"taskId": "gone", "audio_id": "gone"}',
    b"\x00\x01\x02",
)


def odd_ids_get_an_envelope(session: Session) -> Iterator[Sent]:
    """Blank, hostile and very long ids are just refused (G15)."""
    for number, value in enumerate(_ODD_IDS):
        if number < 4 or number % 2:
            yield session.start("cover", {"taskId": value}, "names an odd id (open)")
        if number < 4 or not number % 2:
            yield session.start("music", {"audio_id": value}, "names an odd id (open)")


def odd_queries_get_an_envelope(session: Session) -> Iterator[Sent]:
    """Odd queries are just refused (G15)."""
    bares = [
        session.get(name, "sends an odd query (open)") for name in (one.id for one in session.contract.polls.values())
    ]
    for number, query in enumerate(_ODD_QUERIES):
        for bare in bares if number < 3 else [bares[number % 2]]:
            yield replace(bare, query=query)


def odd_bodies_get_an_envelope(session: Session) -> Iterator[Sent]:
    """Deep, doubled, huge and undecodable JSON is just refused (G15)."""
    for number, raw in enumerate(_BODIES):
        for operation in [one.id for one in session.starts.values()][number % 2 if number > 5 else 0 :][
            : 2 if number < 6 else 1
        ]:
            yield session.post(operation, raw, "sends odd JSON (open)")
    both = {"taskId": session.unknown_id("gen"), "task_id": session.unknown_id("gen")}
    yield session.start("cover", both, "sends both spellings at once (open)")
    yield session.start("cover", {"taskId": session.unknown_id(), "model": "V5"}, "sends an unknown field (open)")
    body = {"audio_id": session.unknown_id("aud"), "model": "V5"}
    yield session.start("music", body, "sends an unknown field (open)")


def odd_texts_get_an_envelope(session: Session) -> Iterator[Sent]:
    """Odd and huge texts beside an unknown audio_id are just refused (G15)."""
    base: dict[str, Any] = {"custom_mode": True, "prompt": "Some lyrics"}
    odd = (
        {"prompt": "\x00"},
        {"style": "\ud800"},
        {"title": " "},
        {"prompt": "x" * 200_000},
        {"prompt": "y" * 2_000_000},
    )
    for more in odd:
        body = {"audio_id": session.unknown_id("aud"), **base, **more}
        yield session.start("music", body, "sends an odd or huge text (open)")


def other_media_types_get_an_envelope(session: Session) -> Iterator[Sent]:
    """Other media types than JSON are open: taken or refused, with no 5xx (G15)."""
    for number, media_type in enumerate(_MEDIA_TYPES):
        operation, name = [(one.id, one.id_places[0][1]) for one in session.starts.values()][number % 2]
        sent = session.post(operation, json_body({name: session.unknown_id("gone")}), "says another media type (open)")
        yield replace(sent, headers=(("Content-Type", media_type),))
    bare = session.start("cover", {"taskId": session.unknown_id("gen")}, "says no media type (open)")
    yield replace(bare, headers=())


def other_methods_are_not_allowed(session: Session) -> Iterator[Sent]:
    """A known path with another method gives 405 with Allow, in the envelope (G12)."""
    for operation in session.contract.operations:
        for method in ("GET" if operation.method == "POST" else "POST", "PUT", "DELETE"):
            body = b"{}" if method in {"POST", "PUT"} else None
            headers = (("Content-Type", JSON),) if body else ()
            yield Sent(method, operation.path, "main", "", headers, body, f"asks with {method} (G12)")


def unknown_paths_are_not_found(session: Session) -> Iterator[Sent]:
    """An unknown path gives 404 in the envelope (G12); so do the leftovers that the page mentions (C14)."""
    prefixes = {one.path.rpartition("/")[0] for one in session.contract.operations}
    for path in sorted(f"{prefix}/no-such-path" for prefix in prefixes)[:2]:
        yield Sent("GET", path, "main", story="asks for an unknown path (G12)")
    for path, item in session.contract.root["paths"].items():
        if any(method in item for method in METHODS):
            continue
        sent = session.start("cover", {}, "asks for a leftover of an older version (C14)")
        yield replace(sent, path=path)


CHECKS = (
    other_methods_are_not_allowed,
    unknown_paths_are_not_found,
    odd_ids_get_an_envelope,
    odd_queries_get_an_envelope,
    odd_bodies_get_an_envelope,
    odd_texts_get_an_envelope,
    other_media_types_get_an_envelope,
)
