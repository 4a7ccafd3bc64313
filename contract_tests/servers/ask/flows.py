"""The tasks that have to be waited for: each flow is the story of one task, told in a thread of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from ...exchange import CUT_KEY, MAIN_KEY, Exchange
from ..expect.expectations import Expectation
from ..expect.knowledge import KnownTask
from ..session import Session
from .polling import follow, has_ended, has_succeeded, is_running, poll
from .webhooks import Hook, Receiver, judge_hook, note_early

UPLOAD_PRICE, COVER_PRICE = 12, 1
_AFTER_COVER = ("C2", "C5", "C6", "C7", "C8", "C9", "C10", "C11", "C13", "G13", "G14")
_AFTER_UPLOAD = ("U4", "U6", "U8", "U9", "U10", "U11", "U14", "G13", "G14")
Flow = Callable[[Session], None]


@dataclass(frozen=True)
class PaidFlow:
    """A flow with what it costs at most, and what it shows."""

    flow: Flow
    credits: int
    shows: tuple[str, ...]
    title: str


def plan_flows(session: Session, receiver: Receiver | None) -> list[PaidFlow]:
    """Return the paid flows, most telling first, whether or not the budget allows them."""
    settings = session.settings
    music = [
        PaidFlow(_covering(one), COVER_PRICE, _AFTER_COVER, f"a cover of {one}") for one in settings.music_task[:2]
    ]
    return [*music[:1], *_uploads(session, receiver), *music[1:]]


def _uploads(session: Session, receiver: Receiver | None) -> Iterator[PaidFlow]:
    settings = session.settings
    pool = [one for one in (settings.audio, settings.min_audio, settings.max_audio) if one]
    if not pool:
        return
    steered = {"prompt": "Here are some new lyrics for the intro...", "style": "acoustic pop"}
    stories: list[Story] = [
        Story({"audio_id": pool[0], "custom_mode": True, **steered}, (), "taskId", probing=True),
        Story({"audio_id": settings.min_audio or pool[0]}, (500, 500, 500, 500, 500, 500), "task_id"),
        Story({"audio_id": settings.max_audio or pool[0]}, (503,), ""),
        Story({"audio_id": pool[0], "custom_mode": True, "prompt": "Only lyrics"}, None, ""),
    ]
    for story in stories:
        cover = COVER_PRICE if story.spelled else 0
        shows = (*_AFTER_UPLOAD, "U7", *(_AFTER_COVER if cover else ()))
        title = f"music from {story.body['audio_id']}" + (", and its cover" if cover else "")
        yield PaidFlow(_uploading(story, receiver), UPLOAD_PRICE + cover, shows, title)


@dataclass(frozen=True)
class Story:
    """One upload-cover task: its body, what its webhook answers (None: it has none), how its cover is asked for.

    With `probing`, a cover is asked for in each state before the last, too.
    """

    body: dict[str, Any]
    answers: tuple[int, ...] | None
    spelled: str
    probing: bool = False


def _covering(music_id: str) -> Flow:
    def cover_of_a_given_music_task(session: Session) -> None:
        with session.attempt(*_AFTER_COVER):
            cover(session, music_id, "taskId")

    return cover_of_a_given_music_task


def cover(session: Session, music_id: str, spelled: str) -> None:
    """Start a cover, try a second one while it runs and after it has ended, and see it through."""
    exchange = session.ask(session.start("cover", {spelled: music_id}, "starts a cover of a completed music task"))
    task = _accepted_task(session, exchange)
    if task is None:
        if exchange.answer.status == 400:
            session.evidence.note_untried(_AFTER_COVER, f"{music_id} got 400: it may have a cover already")
        return
    poll(session, task, "polls as soon as the id is known (G13)")
    _second_cover(session, music_id, "while the first one runs")
    if follow(session, task):
        linger(session, task)
        _second_cover(session, music_id, "after the first one has ended")
    strangers(session, task)
    _mistaken_kinds(session, task)


def _second_cover(session: Session, music_id: str, when: str) -> None:
    if not session.knowledge.is_used(music_id):
        return
    body = {"taskId": music_id}
    exchange = session.send(session.start("cover", body, f"starts a second cover {when} (C5)"))
    latest = session.knowledge.used(music_id)[0]
    poll(session, latest, "looks whether the first cover failed meanwhile: then another one is open")
    if session.knowledge.is_used(music_id):
        operation = session.starts["cover"]
        due = session.expectations.broken(operation.id, "source-unused")
        session.judge.judge(exchange, Expectation(operation, replace(due, fact=f"{due.fact} {when}")))


def _uploading(story: Story, receiver: Receiver | None) -> Flow:
    def music_from_uploaded_audio(session: Session) -> None:
        hook = receiver.hook(story.answers) if receiver and story.answers is not None else None
        with session.attempt(*_AFTER_UPLOAD):
            _upload(session, story, hook)

    return music_from_uploaded_audio


def _upload(session: Session, story: Story, hook: Hook | None) -> None:
    body = {**story.body, **({"callback_url": hook.url} if hook else {})}
    exchange = session.ask(session.start("music", body, "starts a music task from uploaded audio"))
    task = _accepted_task(session, exchange)
    if task is None:
        return
    first = poll(session, task, "polls as soon as the id is known (G13)")
    _look(session, task, story, hook, first)
    if follow(session, task, lambda polled: _look(session, task, story, hook, polled)):
        linger(session, task)
    strangers(session, task)
    if story.spelled and has_succeeded(session, task):
        _foreign_cover(session, task)
        with session.attempt("U14"):
            cover(session, task.id, story.spelled)
    if hook and has_ended(session, task):
        judge_hook(session, task, hook)


def _look(session: Session, task: KnownTask, story: Story, hook: Hook | None, polled: Exchange) -> None:
    """Do what belongs to each poll: see whether the webhook came too early, and ask for a cover too early."""
    if hook:
        note_early(session, task, hook, polled)
    asked = f"{story.spelled}:{task.status}"
    if (
        story.probing
        and not session.is_slow
        and polled.answer.ok
        and is_running(session, task)
        and asked not in session.asked
    ):
        session.asked.add(asked)
        _cover_too_early(session, task)


def _cover_too_early(session: Session, task: KnownTask) -> None:
    """Ask for the cover of a music task that runs (C3); judged only if it still ran afterwards."""
    with session.attempt("C3"):
        story = f"starts a cover while the music task is {task.status!r} (C3)"
        exchange = session.send(session.start("cover", {"taskId": task.id}, story))
        poll(session, task, "looks whether the music task still runs")
        if is_running(session, task):
            due = session.expectations.broken(session.starts["cover"].id, "task-succeeded")
            session.judge.judge(exchange, Expectation(session.starts["cover"], due))


def _foreign_cover(session: Session, task: KnownTask) -> None:
    if session.has("second"):
        story = "starts a cover of another account's music task (G9)"
        session.ask(session.start("cover", {"taskId": task.id}, story, "second"))


def strangers(session: Session, task: KnownTask) -> None:
    """Poll the task without a key, with wrong ones, and with another account's (G3, G9)."""
    if session.is_slow or f"strangers:{task.kind}" in session.asked:
        return
    session.asked.add(f"strangers:{task.kind}")
    for value in ("", "Bearer aio_0000000000000000", f"Bearer {CUT_KEY}", f"Basic {MAIN_KEY}"):
        headers = (("Authorization", value),) if value else ()
        session.ask(session.poll(task.kind, task.id, "polls a task without its account's key", "", headers))
    for who in ("second", "poor"):
        if session.has(who):
            poll(session, task, "polls another account's task (G9)", who)
    if not session.has("second"):
        session.evidence.note_untried(["G9"], "a second account is needed (COVERMOCK_SECOND_API_KEY)")


def _mistaken_kinds(session: Session, task: KnownTask) -> None:
    """Use the id of a cover task where other kinds of ids belong."""
    if session.is_slow or "mistaken kinds" in session.asked:
        return
    session.asked.add("mistaken kinds")
    session.ask(session.poll("music", task.id, "polls a cover task as an upload-cover task"))
    session.ask(session.start("cover", {"taskId": task.id}, "starts a cover of a cover task, which is no music"))
    story = "polls a music task as a cover task"
    music = next((known.id for known in list(session.knowledge.tasks.values()) if known.kind == "music"), "")
    if music:
        session.ask(session.poll("cover", music, story))


def linger(session: Session, task: KnownTask, times: int = 2) -> None:
    """Poll a task that has ended some more: it has to stay as it is (G13)."""
    for _ in range(1 if session.is_slow else times):
        poll(session, task, "polls a task that has ended: nothing may change")
    session.evidence.note_tried(session.judge.rule("forward"))


def _accepted_task(session: Session, exchange: Exchange) -> KnownTask | None:
    operation = session.expectations.of(exchange.sent).operation
    task_id = session.fact(operation, exchange.answer, "task.id") if operation else None
    return session.knowledge.tasks.get(task_id) if isinstance(task_id, str) else None
