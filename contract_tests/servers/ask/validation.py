"""What a request itself shows to be wrong: missing, of another type, no URL, no JSON (G7, C1, C8, U1, U4 to U7)."""

from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import Any

from ...exchange import Exchange, Sent
from ..session import Session

Probes = Generator[Sent, Exchange | None, None]
_NO_STRINGS: tuple[Any, ...] = (None, 12345, True, ["gen"], {"id": "gen"}, 1.5)
_NO_BOOLEANS: tuple[Any, ...] = ("true", "false", 1, 0, "yes", [])
_NO_PROMPTS: tuple[dict[str, Any], ...] = (
    {},
    {"style": "jazz"},
    {"style": "jazz", "title": "A title"},
    {"prompt": None},
    {"prompt": ""},
)
_MALFORMED = (
    b'{"taskId": ',
    b'{"audio_id": "x", "taskId": "x"',
    b"{taskId: 'x', audio_id: 'x'}",
    b'{"taskId": "x", "audio_id": "x",}',
    b"taskId=x&audio_id=x",
    b'{"taskId": "x", "audio_id": "x"} and more',
    b"",
)
_NO_OBJECTS: tuple[Any, ...] = ([], [{"taskId": "x", "audio_id": "x"}], "gen", 1, None, True)
_NO_URLS = (
    "not a url",
    "ftp://example.com/x",
    "example.com/webhook",
    "http://",
    "/webhook",
    "javascript:alert(1)",
    "https:///x",
)


def audio_of(session: Session) -> str:
    """Return audio that is valid, or an empty text: so that nothing else can be wrong with a request."""
    settings = session.settings
    return settings.audio or settings.min_audio or settings.max_audio


def probes(session: Session, bodies: Iterable[Mapping[str, Any]], story: str) -> Probes:
    """Ask for music with each of the bodies, all of them wrong: for audio that nobody has, which can't be charged.

    Where the answer is the one that such audio gets anyway, nobody has looked at the rest. Then it is asked with real
    audio, if credits are left for it.
    """
    operation = session.starts["music"].id
    if operation not in session.unknown:
        yield session.post(operation, {"audio_id": session.unknown_id("aud")}, "names unknown audio (U3)")
    audio = audio_of(session)
    for body in bodies:
        exchange = yield session.post(operation, {"audio_id": session.unknown_id("aud"), **body}, story)
        if exchange and audio and exchange.answer.status == session.unknown.get(operation):
            yield session.post(operation, {"audio_id": audio, **body}, f"{story}, with real audio")


def an_id_is_required(session: Session) -> Iterator[Sent]:
    """A request that names nothing gives 400 (C1, C8, U1)."""
    yield session.start("cover", {}, "names no music task (C1)")
    yield session.start("music", {}, "names no audio (U1)")
    body = {"custom_mode": True, "prompt": "Some lyrics", "style": "jazz"}
    yield session.start("music", body, "names no audio, in custom mode (U1)")
    for operation in (one.id for one in session.contract.polls.values()):
        yield session.get(operation, "names no task (C8, G7)")


def an_id_is_a_string(session: Session) -> Iterator[Sent]:
    """An id of another type gives 400 (G7)."""
    for value in _NO_STRINGS:
        yield session.start("cover", {"taskId": value}, "names a music task by no string (G7)")
        yield session.start("music", {"audio_id": value}, "names audio by no string (G7)")
    yield session.start("cover", {"task_id": 12345}, "names a music task by no string (G7)")


def custom_mode_is_a_boolean(session: Session) -> Probes:
    """A custom_mode of another type gives 400 (U4)."""
    bodies = ({"custom_mode": value, "prompt": "Some lyrics", "style": "jazz"} for value in _NO_BOOLEANS)
    yield from probes(session, bodies, "sends a custom_mode that is no boolean (U4)")


def custom_mode_needs_a_prompt(session: Session) -> Probes:
    """Custom mode without a prompt gives 400 (U5), unknown audio or not (G8)."""
    bodies = ({"custom_mode": True, **more} for more in _NO_PROMPTS)
    yield from probes(session, bodies, "asks for custom mode without a prompt (U5)")


def texts_are_strings(session: Session) -> Probes:
    """A prompt, style or title of another type gives 400 (G7)."""
    for name in ("prompt", "style", "title"):
        bodies = ({"custom_mode": True, "prompt": "Some lyrics", name: value} for value in (5, ["jazz"], True))
        yield from probes(session, bodies, f"sends a {name} that is no string (G7)")


def a_callback_url_is_an_http_url(session: Session) -> Probes:
    """A callback_url that is no http(s) URL with a host gives 400 (U7)."""
    bodies = ({"callback_url": value} for value in (*_NO_URLS, 5, ["http://example.com"]))
    yield from probes(session, bodies, "sends a callback_url that is none (U7)")


def a_body_is_a_json_object(session: Session) -> Iterator[Sent]:
    """Malformed JSON, and JSON that is no object, give 400 (G7)."""
    for operation in (one.id for one in session.starts.values()):
        for raw in _MALFORMED:
            yield session.post(operation, raw, "sends malformed JSON (G7)")
        for value in _NO_OBJECTS:
            yield session.post(operation, value, "sends JSON that is no object (G7)")


CHECKS = (
    an_id_is_required,
    an_id_is_a_string,
    custom_mode_is_a_boolean,
    custom_mode_needs_a_prompt,
    texts_are_strings,
    a_callback_url_is_an_http_url,
    a_body_is_a_json_object,
)
