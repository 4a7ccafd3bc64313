"""Who may ask: keys, schemes, and that the key is looked at first (G2, G3, G8)."""

from collections.abc import Iterator
from typing import Any

from ...exchange import CUT_KEY, MAIN_KEY, UPPER_KEY, Sent
from ..session import Session

_SHORT = (
    ("no key", ()),
    ("an unknown key", (("Authorization", "Bearer aio_0000000000000000"),)),
    ("a key under the scheme Basic", (("Authorization", f"Basic {MAIN_KEY}"),)),
    ("a key without a scheme", (("Authorization", MAIN_KEY),)),
    ("an empty key", (("Authorization", "Bearer "),)),
)
_MORE = (
    ("a key that lacks its last character", (("Authorization", f"Bearer {CUT_KEY}"),)),
    ("a key with one character more", (("Authorization", f"Bearer {MAIN_KEY}0"),)),
    ("a key that doesn't begin with aio_", (("Authorization", "Bearer sk-000000000000"),)),
    ("a key in another header", (("X-API-Key", MAIN_KEY),)),
    ("a key under another scheme", (("Authorization", f"Token {MAIN_KEY}"),)),
    ("a key in capitals", (("Authorization", f"Bearer {UPPER_KEY}"),)),
)


def plain(session: Session, operation: str, story: str, headers: Any) -> Sent:
    """Return a request without our key to the operation, with an id that nobody has."""
    if session.operations[operation].handler == "show":
        return session.get(operation, story, "", headers, task_id=session.unknown_id("task"))
    name = session.operations[operation].id_places[0][1]
    return session.post(operation, {name: session.unknown_id("gone")}, story, "", headers=headers)


def a_request_needs_a_valid_key(session: Session) -> Iterator[Sent]:
    """Without a valid key in the documented form the answer is 401, on each operation (G2, G3)."""
    upper = session.settings.keys["main"]
    for number, operation in enumerate(session.operations):
        kinds = (*_SHORT, *_MORE) if number < 2 else (*_SHORT, _MORE[0])
        for words, headers in kinds:
            if UPPER_KEY not in str(headers) or upper != upper.upper():
                yield plain(session, operation, f"sends {words} (G3)", headers)


def no_audio_is_taken_without_a_key(session: Session) -> Iterator[Sent]:
    """A request that would be valid with a key is refused without one (G3)."""
    audio = session.settings.audio or session.settings.min_audio
    if audio:
        yield session.start("music", {"audio_id": audio}, "sends no key, and is valid otherwise (G3)", "")
        headers = (("Authorization", "Bearer aio_0000000000000000"),)
        story = "sends an unknown key, and is valid otherwise (G3)"
        yield session.start("music", {"audio_id": audio}, story, "", headers=headers)
    if session.settings.music_task and not session.budget.max_credits:
        body = {"taskId": session.settings.music_task[0]}
        yield session.start("cover", body, "sends no key, and is valid otherwise (G3)", "")


def the_key_is_looked_at_first(session: Session) -> Iterator[Sent]:
    """A request that is wrong in other ways, too, gets 401 when its key is (G8)."""
    for operation in session.operations:
        if session.operations[operation].handler == "show":
            yield session.get(operation, "sends no key, and no task_id (G8)", "")
        else:
            yield session.post(operation, b'{"taskId": ', "sends no key, and malformed JSON (G8)", "")
            headers = (("Authorization", "Bearer aio_0000000000000000"),)
            yield session.post(operation, {}, "sends an unknown key, and an empty object (G8)", "", headers=headers)


def the_scheme_may_be_spelled_in_any_case(session: Session) -> Iterator[Sent]:
    """The case of `Bearer` is open: an envelope and no 5xx will do."""
    for scheme in ("bearer", "BEARER"):
        headers = (("Authorization", f"{scheme} {MAIN_KEY}"),)
        yield session.poll("cover", session.unknown_id("cover"), "spells Bearer otherwise (open)", "", headers)


CHECKS = (
    a_request_needs_a_valid_key,
    no_audio_is_taken_without_a_key,
    the_key_is_looked_at_first,
    the_scheme_may_be_spelled_in_any_case,
)
