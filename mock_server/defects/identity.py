"""Defects of ids and paths that name nothing (C4, C12, C14, G1, G9, G12, U3, U12)."""

from dataclasses import replace
from typing import Any

from covermock.openapi import json_bytes

from ..gateway.call import Call
from ..gateway.preconditions import source_known, task_known
from ..http.errors import Refusal
from ..http.messages import Answer, Request
from ..world.world import Audio
from .defect import Defect, Rule, refuse_with, status_of, value_of
from .gateway import DefectiveGateway

_DOC, _COR, _ASM = "documented", "corroborated", "assumed"


def _any_audio(call: Call, rule: Rule) -> None:
    try:
        source_known(call, rule)
    except Refusal:
        call.audio = Audio(30.0)


def _of_anybody(call: Call, rule: Rule, starting: bool) -> None:
    """Find the task whosever it is, where the operation is one that starts (or shows) tasks."""
    task = call.world.tasks.get(call.first_value(rule["id"]))
    asking = call.account
    if task is not None and (call.operation.handler == "start") is starting:
        call.account = next((one for one in call.world.accounts.values() if one.name == task.account), asking)
    try:
        task_known(call, rule)
    finally:
        call.account = asking


def _shown_to_all(call: Call, rule: Rule) -> None:
    _of_anybody(call, rule, starting=False)


def _covered_by_all(call: Call, rule: Rule) -> None:
    _of_anybody(call, rule, starting=True)


def _foreign_403(gateway: DefectiveGateway, request: Request, answer: Answer) -> None:
    task = request.query.rpartition("task_id=")[2]
    if answer.status == 404 and request.method == "GET" and gateway.last and task in gateway.last[0].tasks:
        refuse_with(403, lambda _: True, "forbidden")(gateway, request, answer)


def _empty_cover(_: DefectiveGateway, request: Request, answer: Answer) -> None:
    """Show an unknown cover task as one that has just begun."""
    if answer.status == 404 and request.path.endswith("music/cover/status"):
        data = {"taskId": "x", "status": "PENDING", "images": [], "created_at": "2026-02-24T12:00:30Z"}
        answer.status, answer.body = 200, json_bytes({"code": 200, "msg": "success", "data": data})


def _empty_upload(_: DefectiveGateway, request: Request, answer: Answer) -> None:
    if answer.status == 404 and request.path.endswith("upload-cover/status"):
        data = {"task_id": "x", "status": "pending", "clips": [], "created_at": "2026-02-24T12:00:30Z"}
        answer.status, answer.body = 200, json_bytes({"code": 200, "message": "success", "data": data})


def _unknown_path_html(_: DefectiveGateway, __: Request, answer: Answer) -> None:
    if answer.why.get("error") == "no-such-path":
        answer.headers, answer.body = (("Content-Type", "text/html"),), b"<h1>Not Found</h1>"


def _no_allow(_: DefectiveGateway, __: Request, answer: Answer) -> None:
    answer.headers = tuple(row for row in answer.headers if row[0] != "Allow")


def _old_paths(request: Request) -> Request:
    old = {"/v2/generate", "/v2/cover/generate"}
    return replace(request, path="/api/v1/audio/music/cover/generate") if request.path in old else request


def _moved(request: Request) -> Request:
    return replace(request, path="/moved") if request.path.endswith("upload-cover/status") else request


def _any_method(request: Request) -> Request:
    return replace(request, method="POST") if request.method == "PUT" else request


def _unknown_music_500(_: DefectiveGateway, request: Request, answer: Answer) -> None:
    if answer.why.get("error") == "music-task-not-found" and isinstance(value_of(answer.body), dict):
        refuse_with(500, lambda _: True)(_, request, answer)


def _defect(name: str, clause: str, level: str, sentence: str, **ways: Any) -> Defect:
    return Defect(name, "not-found", clause, level, sentence, **ways)


DEFECTS = (
    _defect(
        "unknown-music-400",
        "C4",
        _DOC,
        "answers 400 to an unknown music task",
        edit=status_of(400, "music-task-not-found"),
    ),
    _defect("unknown-music-500", "C4", _DOC, "fails on an unknown music task", spoil=_unknown_music_500),
    _defect("unknown-cover-shown", "C12", _DOC, "shows cover tasks that don't exist", spoil=_empty_cover),
    _defect(
        "unknown-cover-400",
        "C12",
        _DOC,
        "answers 400 to an unknown cover task",
        edit=status_of(400, "cover-task-not-found"),
    ),
    _defect("unknown-audio-served", "U3", _DOC, "makes music from unknown audio", checks={"source-known": _any_audio}),
    _defect("unknown-audio-400", "U3", _COR, "answers 400 to unknown audio", edit=status_of(400, "audio-not-found")),
    _defect("unknown-upload-shown", "U12", _DOC, "shows upload-cover tasks that don't exist", spoil=_empty_upload),
    _defect(
        "unknown-upload-410",
        "U12",
        _COR,
        "answers 410 to an unknown task",
        edit=status_of(410, "upload-cover-task-not-found"),
    ),
    _defect("foreign-task-shown", "G9", _ASM, "shows tasks of other accounts", checks={"task-known": _shown_to_all}),
    _defect(
        "foreign-music-covered", "G9", _ASM, "covers music of other accounts", checks={"task-known": _covered_by_all}
    ),
    _defect("foreign-task-403", "G9", _ASM, "answers 403 to another account's task", spoil=_foreign_403),
    _defect("status-elsewhere", "G1", _DOC, "has upload-cover status on another path", see=_moved),
    _defect("unknown-path-html", "G12", _ASM, "says in HTML that a path is unknown", spoil=_unknown_path_html),
    _defect("unknown-path-400", "G12", _ASM, "answers 400 to an unknown path", edit=status_of(400, "no-such-path")),
    _defect(
        "wrong-method-404", "G12", _ASM, "answers 404 to a wrong method", edit=status_of(404, "method-not-allowed")
    ),
    _defect("no-allow-header", "G12", _ASM, "sends no Allow with a 405", spoil=_no_allow),
    _defect("put-served", "G12", _ASM, "takes PUT for POST", see=_any_method),
    _defect("old-paths-served", "C14", _ASM, "serves the leftovers of an older version", see=_old_paths),
)
