"""Ids that name nothing, in requests that are valid otherwise: 404, and what else a refusal would tell."""

from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Any

from ...exchange import Exchange, Sent
from ..evidence import Blame
from ..expect.expectations import Expectation, features
from ..expect.reasons import blames
from ..session import Session

STEERED = {"prompt": "Here are some new lyrics for the intro...", "style": "acoustic pop"}
_VALID: tuple[dict[str, Any], ...] = (  # each is valid, so that nothing but the unknown audio_id can be wrong with it
    {},
    {"custom_mode": False},
    {"custom_mode": True, "prompt": "Only lyrics"},
    {"custom_mode": True, **STEERED, "title": "A title"},
    {"prompt": "Without custom mode", "style": "jazz", "title": "No effect"},
    {"style": "jazz"},
    {"title": "No effect"},
    {"custom_mode": False, "prompt": ""},
    {"custom_mode": True, "prompt": "x" * 5001, "style": "y" * 1001, "title": "z" * 101},
    {"callback_url": "http://127.0.0.1:9/webhook"},
    {"callback_url": "https://example.com/a/webhook?x=1"},
    {"custom_mode": True, "prompt": "Lieder, chansons, 歌 🎵", "title": "Ein Lied"},
)


def unknown_tasks_are_not_found(session: Session) -> Iterator[Sent]:
    """An unknown task gives 404 wherever its id is given (C4, C12, U12)."""
    for kind in session.contract.polls:
        prefix = session.starts[kind].id_prefix
        yield session.poll(kind, session.unknown_id(prefix), "polls an unknown task")
        yield session.poll(kind, "no-such-task", "polls an unknown task of another form")


def a_music_task_is_named_in_either_spelling(
    session: Session,
) -> Generator[Sent | tuple[Sent, Expectation], Exchange | None, None]:
    """An unknown music task gives 404, whether taskId or task_id names it (C4, C1)."""
    first = yield session.start("cover", {"taskId": session.unknown_id("gen")}, "names an unknown music task (C4)")
    other = session.start("cover", {"task_id": session.unknown_id("gen")}, "names it as task_id (C1)")
    then = yield other, _with(session, "cover", blames("C1:corroborated"), first)
    if first and then and then.answer.status == 404 != first.answer.status:
        title = "taskId names the music task"
        session.evidence.note_broken(blames("C1"), title, "404, as for task_id", str(first.answer), first)
    yield session.start("cover", {"taskId": "no-such-task"}, "names an unknown music task of another form (C4)")


def a_valid_body_is_understood(session: Session) -> Generator[Sent | tuple[Sent, Expectation], Exchange | None, None]:
    """A valid request for unknown audio gives 404 (U3); a 400 would show that it was not understood (U4 to U7)."""
    documented = {"custom_mode": True, **STEERED}
    first = yield session.start(
        "music", {"audio_id": session.unknown_id("aud"), **documented}, "names unknown audio (U3)"
    )
    for fields in _VALID:
        body = {"audio_id": session.unknown_id("aud"), **fields}
        sent = session.start("music", body, f"names unknown audio, with {', '.join(fields) or 'nothing more'}")
        yield sent, _with(session, "music", features(body), first)


def _with(session: Session, kind: str, more: tuple[Blame, ...], first: Exchange | None) -> Expectation:
    """Return the expectation of 404, where another refusal breaks more than for the first request of its kind."""
    operation = session.starts[kind]
    due = session.expectations.unknown(operation.id)
    if first and first.answer.status == 404:
        names = ", ".join(sorted({clause for clause, _ in more}))
        due = replace(due, fact=f"{due.fact}: it is valid otherwise ({names})", other=more)
    return Expectation(operation, due)


CHECKS = (unknown_tasks_are_not_found, a_music_task_is_named_in_either_spelling, a_valid_body_is_understood)
