"""Business rules that cost nothing where they are kept: lengths, pending music, empty accounts (C3, G6, G8, U2)."""

from collections.abc import Iterator

from ...exchange import Sent
from ..session import Session


def audio_outside_the_range_is_refused(session: Session) -> Iterator[Sent]:
    """Audio shorter than 6 or longer than 60 seconds gives 400 (U2)."""
    for audio, words in ((session.settings.short_audio, "too short"), (session.settings.long_audio, "too long")):
        if audio:
            yield session.start("music", {"audio_id": audio}, f"names audio that is {words} (U2)")
            body = {"audio_id": audio, "custom_mode": True, "prompt": "Some lyrics", "style": "jazz"}
            yield session.start("music", body, f"names audio that is {words}, in custom mode (U2)")


def music_that_is_not_completed_gets_no_cover(session: Session) -> Iterator[Sent]:
    """A music task that still runs gives 400 (C3)."""
    music = session.settings.pending_music_task
    if music:
        for name in ("taskId", "task_id"):
            yield session.start("cover", {name: music}, "names a music task that is not completed (C3)")
        if session.has("second"):
            yield session.start("cover", {"taskId": music}, "names another account's music task (G9)", "second")


def an_account_without_credits_is_told_so_last(session: Session) -> Iterator[Sent]:
    """Out of credits is an error of its own (G6); everything else that is wrong is said first (G8); status is free."""
    if not session.has("poor"):
        return
    for kind in session.contract.polls:
        yield session.poll(kind, session.unknown_id(), "polls without credits: status is free (C6)", "poor")
    yield session.start("cover", {"taskId": session.unknown_id()}, "has no credits, unknown music (G8)", "poor")
    yield session.start("cover", {}, "has no credits, and names nothing (G8)", "poor")
    yield session.start("music", {"audio_id": session.unknown_id("aud")}, "has no credits, unknown audio (G8)", "poor")
    yield session.start("music", {}, "has no credits, and names nothing (G8)", "poor")
    settings = session.settings
    for audio in (settings.audio or settings.min_audio, settings.short_audio, settings.long_audio):
        if audio:
            yield session.start("music", {"audio_id": audio}, "has no credits (G6)", "poor")


CHECKS = (
    audio_outside_the_range_is_refused,
    music_that_is_not_completed_gets_no_cover,
    an_account_without_credits_is_told_so_last,
)
