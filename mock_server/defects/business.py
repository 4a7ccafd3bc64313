"""Defects of business rules: covers, lengths, credits (C3, C5, C6, G6, G8, U2, U14)."""

from typing import Any

from ..gateway.call import Call
from ..gateway.preconditions import affordable, source_known, source_unused, task_succeeded
from ..http.errors import Refusal
from ..http.messages import Answer, Request
from .defect import Defect, Document, Rule, refuse_with, status_of
from .gateway import DefectiveGateway

_DOC, _COR, _INF, _ASM = "documented", "corroborated", "inferred", "assumed"


def _passes(_: Call, __: Rule) -> None:
    """Let everything pass."""


def _first_is_enough(call: Call, rule: Rule) -> None:
    if call.task is None or call.world.state(call.task, call.now) != "first":
        task_succeeded(call, rule)


def _cover_of(call: Call) -> Any:
    return call.world.tasks.get(call.world.covers.get(call.source, ""))


def _second_while_running(call: Call, rule: Rule) -> None:
    cover = _cover_of(call)
    if cover is None or call.world.has_succeeded(cover, call.now):
        source_unused(call, rule)


def _second_after_success(call: Call, rule: Rule) -> None:
    cover = _cover_of(call)
    if cover is None or not call.world.has_succeeded(cover, call.now):
        source_unused(call, rule)


def _length(**limits: float) -> Any:
    def edit(document: Document) -> None:
        operation = document["paths"]["/api/v1/audio/music/upload-cover/generate"]["post"]
        rule = next(rule for rule in operation["x-preconditions"] if rule["check"] == "source-within")
        rule.update(limits)

    return edit


def _on_credit(call: Call, rule: Rule) -> None:
    try:
        affordable(call, rule)
    except Refusal:
        call.account.balance += call.world.price(call.operation.id)


def _poor_first(call: Call, rule: Rule) -> None:
    if call.account.balance <= 0:
        raise Refusal("insufficient-credits", expected=1, received=0)
    source_known(call, rule)


def _status_costs(gateway: DefectiveGateway, request: Request, answer: Answer) -> None:
    if request.method == "GET" and answer.status != 401 and gateway.last and gateway.last[1].balance <= 0:
        refuse_with(402, lambda _: True, "insufficient_credits")(gateway, request, answer)


def _no_new_music(call: Call, rule: Rule) -> None:
    if call.task is not None and call.task.started_by:
        raise Refusal("music-task-not-found", received=repr(call.source))
    task_succeeded(call, rule)


def _defect(name: str, clause: str, level: str, sentence: str, **ways: Any) -> Defect:
    return Defect(name, "business", clause, level, sentence, **ways)


DEFECTS = (
    _defect(
        "running-music-covered", "C3", _DOC, "covers music that is not completed", checks={"task-succeeded": _passes}
    ),
    _defect(
        "first-clip-covered",
        "C3",
        _DOC,
        "covers music once its first clip is there",
        checks={"task-succeeded": _first_is_enough},
    ),
    _defect(
        "running-music-404",
        "C3",
        _INF,
        "answers 404 to music that runs",
        edit=status_of(404, "music-task-not-completed"),
    ),
    _defect(
        "running-music-409",
        "C3",
        _INF,
        "answers 409 to music that runs",
        edit=status_of(409, "music-task-not-completed"),
    ),
    _defect("second-cover-served", "C5", _DOC, "makes a second cover", checks={"source-unused": _passes}),
    _defect(
        "second-cover-while-running",
        "C5",
        _DOC,
        "makes a second cover while the first runs",
        checks={"source-unused": _second_while_running},
    ),
    _defect(
        "second-cover-after-success",
        "C5",
        _DOC,
        "makes a second cover after the first",
        checks={"source-unused": _second_after_success},
    ),
    _defect(
        "second-cover-409", "C5", _DOC, "answers 409 to a second cover", edit=status_of(409, "cover-already-generated")
    ),
    _defect("short-audio-served", "U2", _DOC, "takes audio from 5 seconds on", edit=_length(min=5)),
    _defect("long-audio-served", "U2", _DOC, "takes audio up to 65 seconds", edit=_length(max=65)),
    _defect("six-seconds-refused", "U2", _INF, "refuses audio of exactly 6 seconds", edit=_length(min=6.01)),
    _defect("sixty-seconds-refused", "U2", _INF, "refuses audio of exactly 60 seconds", edit=_length(max=59.99)),
    _defect("length-404", "U2", _COR, "answers 404 to audio that is too long", edit=status_of(404, "audio-length")),
    _defect("length-422", "U2", _COR, "answers 422 to audio that is too long", edit=status_of(422, "audio-length")),
    _defect("poor-served", "G6", _DOC, "serves accounts without credits", checks={"affordable": _on_credit}),
    _defect(
        "poor-403", "G6", _ASM, "answers 403 to accounts without credits", edit=status_of(403, "insufficient-credits")
    ),
    _defect(
        "poor-400", "G6", _ASM, "answers 400 to accounts without credits", edit=status_of(400, "insufficient-credits")
    ),
    _defect("poor-first", "G8", _ASM, "looks at credits before anything else", checks={"source-known": _poor_first}),
    _defect("status-costs", "C6", _COR, "wants credits for status", spoil=_status_costs),
    _defect(
        "new-music-unknown",
        "U14",
        _INF,
        "doesn't know music of upload-cover as music",
        checks={"task-succeeded": _no_new_music},
    ),
)
