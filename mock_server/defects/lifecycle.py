"""Defects of tasks: states, results, identity, constancy (C7, C9 to C11, C13, G13, G14, U9 to U11)."""

from typing import Any

from covermock.openapi import json_bytes

from ..http.messages import Answer, Request
from .defect import Defect, rewrite_data, value_of
from .gateway import DefectiveGateway

_DOC, _COR, _INF, _ASM = "documented", "corroborated", "inferred", "assumed"


def _images(change: Any, *states: str) -> Any:
    def inner(data: dict[str, Any]) -> None:
        if "images" in data and (not states or data["status"] in states):
            data["images"] = change(data["images"])

    return rewrite_data(inner)


def _clips(change: Any, *states: str) -> Any:
    def inner(data: dict[str, Any]) -> None:
        if "clips" in data and data["status"] in states:
            data["clips"] = change(data["clips"])

    return rewrite_data(inner)


def _named(old: str, new: str) -> Any:
    def inner(data: dict[str, Any]) -> None:
        data["status"] = new if data["status"] == old else data["status"]

    return rewrite_data(inner)


def _remembering(change: Any) -> Any:
    """Return a `spoil` whose change knows how often the task was polled before."""

    def spoil(gateway: DefectiveGateway, _: Request, answer: Answer) -> None:
        value = value_of(answer.body)
        data = value.get("data") if isinstance(value, dict) else None
        if answer.status == 200 and isinstance(data, dict) and "status" in data:
            name = str(data.get("taskId", data.get("task_id")))
            gateway.memory[name] = gateway.memory.get(name, 0) + 1
            change(data, gateway.memory[name])
            answer.body = json_bytes(value)

    return spoil


def _end_changes(data: dict[str, Any], polls: int) -> None:
    ends = {"SUCCESS": "IN_PROGRESS", "complete": "first"}
    if polls % 3 == 0 and data["status"] in ends:
        data["status"] = ends[data["status"]]


def _created_moves(data: dict[str, Any], polls: int) -> None:
    data["created_at"] = f"2026-02-24T12:00:{polls % 60:02}Z"


def _images_move(data: dict[str, Any], polls: int) -> None:
    data["images"] = [f"{url}?v={polls}" for url in data.get("images", ())] if "images" in data else None
    if data["images"] is None:
        del data["images"]


def _other_id(data: dict[str, Any], _: int) -> None:
    data["taskId" if "taskId" in data else "task_id"] = "another-task"


def _same_id(gateway: DefectiveGateway, request: Request, answer: Answer) -> None:
    """Answer each accepted request with the id of the first one of its kind."""
    if answer.status == 200 and request.method == "POST":
        answer.body = gateway.memory.setdefault(request.path, answer.body)


def _clip(index: int) -> dict[str, str]:
    return {
        "id": f"song_{index}",
        "audio_url": f"https://a.example/{index}.mp3",
        "image_url": "https://a.example/i.png",
    }


def _lacking(name: str) -> Any:
    return lambda clips: [{key: value for key, value in clip.items() if key != name} for clip in clips]


def _defect(name: str, clause: str, level: str, sentence: str, **ways: Any) -> Defect:
    return Defect(name, "lifecycle", clause, level, sentence, **ways)


def _fault(operation: str, **settings: Any) -> tuple[dict[str, Any], ...]:
    return ({"match": {"operation": operation}, **settings},)


_BEGIN = ("PENDING", "IN_PROGRESS")
DEFECTS = (
    _defect("covers-never-end", "G13", _ASM, "never ends a cover", faults=_fault("startCover", stuck={})),
    _defect(
        "music-never-ends", "G13", _ASM, "never ends music from audio", faults=_fault("startUploadCover", stuck={})
    ),
    _defect(
        "status-goes-back",
        "G13",
        _INF,
        "shows an earlier state now and then",
        spoil=_remembering(
            lambda d, n: (
                d.update(
                    status={"IN_PROGRESS": "PENDING", "text": "pending", "first": "text"}.get(d["status"], d["status"])
                )
                if n % 3 == 0
                else None
            )
        ),
    ),
    _defect("end-changes", "G13", _INF, "takes back that a task has ended", spoil=_remembering(_end_changes)),
    _defect(
        "unknown-at-first",
        "G13",
        _ASM,
        "doesn't know a task on its first poll",
        faults=({"not_found_at_first": {"polls": 1}},),
    ),
    _defect("ids-repeated", "G14", _INF, "gives an id to two tasks", spoil=_same_id),
    _defect("another-id-shown", "G14", _INF, "shows another task's id", spoil=_remembering(_other_id)),
    _defect("one-image", "C7", _DOC, "makes one image", spoil=_images(lambda urls: urls[:1], "SUCCESS")),
    _defect(
        "three-images",
        "C7",
        _DOC,
        "makes three images",
        spoil=_images(lambda urls: [*urls, "https://a.example/3.png"], "SUCCESS"),
    ),
    _defect(
        "same-images", "C7", _DOC, "makes the same image twice", spoil=_images(lambda urls: urls[:1] * 2, "SUCCESS")
    ),
    _defect("no-images", "C7", _DOC, "makes no images", spoil=_images(lambda _: [], "SUCCESS")),
    _defect(
        "image-objects",
        "C8",
        _DOC,
        "wraps image URLs in objects",
        spoil=_images(lambda urls: [{"url": url} for url in urls]),
    ),
    _defect(
        "image-paths",
        "C8",
        _DOC,
        "gives images without a host",
        spoil=_images(lambda urls: [f"/{n}.png" for n, _ in enumerate(urls)]),
    ),
    _defect("null-images", "C8", _DOC, "has null for no images", spoil=_images(lambda urls: urls or None)),
    _defect(
        "early-images",
        "C11",
        _ASM,
        "shows images before SUCCESS",
        spoil=_images(lambda _: ["https://a.example/1.png"], *_BEGIN),
    ),
    _defect("success-in-small-letters", "C9", _DOC, "spells SUCCESS success", spoil=_named("SUCCESS", "success")),
    _defect("success-as-completed", "C9", _DOC, "says COMPLETED for SUCCESS", spoil=_named("SUCCESS", "COMPLETED")),
    _defect(
        "progress-as-processing",
        "C10",
        _INF,
        "says PROCESSING for IN_PROGRESS",
        spoil=_named("IN_PROGRESS", "PROCESSING"),
    ),
    _defect(
        "created-at-moves", "C13", _ASM, "changes created_at from poll to poll", spoil=_remembering(_created_moves)
    ),
    _defect("image-urls-move", "C13", _ASM, "changes image URLs from poll to poll", spoil=_remembering(_images_move)),
    _defect("complete-as-success", "U9", _DOC, "says SUCCESS for complete", spoil=_named("complete", "SUCCESS")),
    _defect("complete-in-capitals", "U9", _DOC, "spells complete COMPLETE", spoil=_named("complete", "COMPLETE")),
    _defect("pending-as-queued", "U10", _COR, "says queued for pending", spoil=_named("pending", "queued")),
    _defect("first-as-streaming", "U10", _COR, "says streaming for first", spoil=_named("first", "streaming")),
    _defect(
        "clips-before-first",
        "U11",
        _ASM,
        "shows clips before first",
        spoil=_clips(lambda _: [_clip(1)], "pending", "text"),
    ),
    _defect(
        "two-clips-at-first",
        "U11",
        _COR,
        "shows two clips at first",
        spoil=_clips(lambda _: [_clip(1), _clip(2)], "first"),
    ),
    _defect("no-clip-at-first", "U11", _COR, "shows no clip at first", spoil=_clips(lambda _: [], "first")),
    _defect("no-clips", "U11", _DOC, "makes no clips", spoil=_clips(lambda _: [], "complete")),
    _defect(
        "same-clip-ids", "U11", _ASM, "gives two clips one id", spoil=_clips(lambda _: [_clip(1), _clip(1)], "complete")
    ),
    _defect(
        "clip-without-id", "U9", _DOC, "leaves out the clips' ids", spoil=_clips(_lacking("id"), "first", "complete")
    ),
    _defect(
        "clip-without-image",
        "U9",
        _DOC,
        "leaves out the clips' images",
        spoil=_clips(_lacking("image_url"), "first", "complete"),
    ),
    _defect(
        "clip-without-audio", "U9", _DOC, "leaves out the clips' audio", spoil=_clips(_lacking("audio_url"), "complete")
    ),
)
