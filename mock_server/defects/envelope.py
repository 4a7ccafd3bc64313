"""Defects of the form of answers (G1, G4, G5, C2, C8, C13, U8, U9)."""

from typing import Any

from ..http.messages import Answer, Request
from .defect import Defect, edit_errors, rewrite, rewrite_data
from .gateway import DefectiveGateway

_DOC, _COR = "documented", "corroborated"
_ERRORS = range(400, 600)
_COVER_START = "music/cover/generate"


def _flat(value: Any) -> Any:
    return value.get("error", value)


def _detail(value: Any) -> Any:
    return {"detail": value["error"]["message"]}


def _code_text(value: Any) -> Any:
    value["error"]["code"] = str(value["error"]["code"])
    return value


def _lacking(name: str) -> Any:
    def lacking(value: Any) -> Any:
        value["error"].pop(name, None)
        return value

    return lacking


def _html(_: DefectiveGateway, __: Request, answer: Answer) -> None:
    if answer.status >= 400:
        answer.headers, answer.body = (("Content-Type", "text/html"),), b"<h1>Something went wrong</h1>"


def _plain_text(_: DefectiveGateway, __: Request, answer: Answer) -> None:
    answer.headers = (("Content-Type", "text/plain"), *(row for row in answer.headers if row[0] != "Content-Type"))


def _always_200(_: DefectiveGateway, __: Request, answer: Answer) -> None:
    answer.status = 200


def _created(_: DefectiveGateway, request: Request, answer: Answer) -> None:
    if answer.status == 200 and request.method == "POST":
        answer.status = 201


def _on(path: str, change: Any) -> Any:
    spoil = rewrite(change)

    def on_path(gateway: DefectiveGateway, request: Request, answer: Answer) -> None:
        if request.path.endswith(path):
            spoil(gateway, request, answer)

    return on_path


def _renamed(old: str, new: str) -> Any:
    return lambda value: {(new if name == old else name): inner for name, inner in value.items()}


def _data_renamed(old: str, new: str) -> Any:
    return lambda value: {**value, "data": _renamed(old, new)(value["data"])}


def _typed(status: int, type_: str) -> Any:
    return edit_errors(lambda row: row.update(type=type_) if row["status"] == status else None)


def _put(name: str, change: Any) -> Any:
    def put(data: dict[str, Any]) -> None:
        data[name] = change(data[name])

    return rewrite_data(put)


def _defect(name: str, clause: str, level: str, sentence: str, **ways: Any) -> Defect:
    return Defect(name, "envelope", clause, level, sentence, **ways)


DEFECTS = (
    _defect(
        "flat-errors", "G5", _COR, "puts code, message and type at the top of an error", spoil=rewrite(_flat, _ERRORS)
    ),
    _defect("detail-errors", "G5", _COR, "says errors as {detail: text}", spoil=rewrite(_detail, _ERRORS)),
    _defect("error-code-text", "G5", _COR, "writes error.code as a text", spoil=rewrite(_code_text, _ERRORS)),
    _defect("error-without-type", "G5", _COR, "leaves out error.type", spoil=rewrite(_lacking("type"), _ERRORS)),
    _defect(
        "error-without-message", "G5", _COR, "leaves out error.message", spoil=rewrite(_lacking("message"), _ERRORS)
    ),
    _defect("html-errors", "G5", _COR, "says errors in HTML", spoil=_html),
    _defect("plain-text", "G1", _DOC, "calls its JSON text/plain", spoil=_plain_text),
    _defect("errors-with-200", "C4", _DOC, "sends errors with the status 200", spoil=_always_200),
    _defect(
        "bad-request-mistyped",
        "G4",
        _DOC,
        "calls the type of a 400 invalid_request",
        edit=_typed(400, "invalid_request"),
    ),
    _defect("not-found-mistyped", "G4", _DOC, "calls the type of a 404 missing", edit=_typed(404, "missing")),
    _defect("started-with-201", "C2", _DOC, "answers 201 to a started task", spoil=_created),
    _defect(
        "cover-says-message",
        "C2",
        _DOC,
        "says message where cover says msg",
        spoil=_on(_COVER_START, _renamed("msg", "message")),
    ),
    _defect(
        "cover-says-task-id",
        "C2",
        _DOC,
        "says task_id where cover says taskId",
        spoil=_on(_COVER_START, _data_renamed("taskId", "task_id")),
    ),
    _defect(
        "cover-without-data",
        "C2",
        _DOC,
        "puts taskId beside msg",
        spoil=_on(_COVER_START, lambda v: {**v["data"], "code": 200, "msg": "success"}),
    ),
    _defect(
        "upload-says-msg",
        "U8",
        _DOC,
        "says msg where upload-cover says message",
        spoil=_on("upload-cover/generate", _renamed("message", "msg")),
    ),
    _defect(
        "upload-says-camel-id",
        "U8",
        _DOC,
        "says taskId where upload-cover says task_id",
        spoil=_on("upload-cover/generate", _data_renamed("task_id", "taskId")),
    ),
    _defect(
        "cover-code-text",
        "C8",
        _DOC,
        "writes code as a text",
        spoil=_on("music/cover/status", lambda v: {**v, "code": "200"}),
    ),
    _defect(
        "upload-code-zero",
        "U9",
        _DOC,
        "says code 0 for success",
        spoil=_on("upload-cover/status", lambda v: {**v, "code": 0}),
    ),
    _defect(
        "no-created-at",
        "C8",
        _DOC,
        "leaves out created_at",
        spoil=rewrite_data(lambda data: data.pop("created_at") and None),
    ),
    _defect(
        "created-at-epoch", "C13", _DOC, "writes created_at as a number", spoil=_put("created_at", lambda _: 1771934430)
    ),
    _defect(
        "created-at-local",
        "C13",
        _DOC,
        "writes created_at without a zone",
        spoil=_put("created_at", lambda text: text[:19]),
    ),
)
