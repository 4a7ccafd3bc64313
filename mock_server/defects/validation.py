"""Defects of what a request itself shows (G7, C1, C8, U1, U4 to U7)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from covermock.openapi import json_bytes

from ..http.messages import Request
from .defect import Defect, Document, body_of, edit_errors, refuse_with, value_of

_DOC, _COR, _INF, _ASM = "documented", "corroborated", "inferred", "assumed"
_COVER, _UPLOAD = "/cover/generate", "/upload-cover/generate"
Schema = dict[str, Any]


def _upload(change: Callable[[Schema], None]) -> Callable[[Document], None]:
    """Return an edit of the body schema of upload-cover/generate."""

    def edit(document: Document) -> None:
        operation = document["paths"]["/api/v1/audio/music/upload-cover/generate"]["post"]
        change(operation["requestBody"]["content"]["application/json"]["schema"])

    return edit


def _field(name: str, **settings: Any) -> Callable[[Document], None]:
    return _upload(lambda schema: schema["properties"].update({name: settings}))


def _without(name: str) -> Callable[[Request], Request]:
    """Return a `see` that doesn't know one spelling of the music task's id."""

    def see(request: Request) -> Request:
        body = body_of(request)
        if name not in body or not request.path.endswith("music/cover/generate"):
            return request
        return replace(request, body=json_bytes({key: value for key, value in body.items() if key != name}))

    return see


def _renamed(request: Request) -> Request:
    if not request.path.endswith("music/cover/status"):
        return request
    return replace(request, query=request.query.replace("task_id=", "other=").replace("taskId=", "task_id="))


def _lacks(path: str, *names: str) -> Callable[[Request], bool]:
    def lacks(request: Request) -> bool:
        body = value_of(request.body)
        return request.path.endswith(path) and isinstance(body, dict) and not any(name in body for name in names)

    return lacks


def _malformed(request: Request) -> bool:
    return request.method == "POST" and bool(request.body) and value_of(request.body) is None


def _array(request: Request) -> bool:
    return request.method == "POST" and isinstance(value_of(request.body), list)


def _number(request: Request) -> bool:
    body = body_of(request)
    return any(isinstance(body.get(name), int) for name in ("taskId", "task_id", "audio_id"))


def _loose(schema: Schema) -> None:
    for name in ("prompt", "style", "title"):
        schema["properties"][name].pop("type")


def _mode_by_default(schema: Schema) -> None:
    schema["if"].pop("required")


def _prompt_may_miss(schema: Schema) -> None:
    schema["then"] = {}


def _prompt_may_be_empty(schema: Schema) -> None:
    schema["then"].pop("properties")


def _prompt_may_be_null(schema: Schema) -> None:
    schema["properties"]["prompt"]["type"] = ["string", "null"]


def _style_needed(schema: Schema) -> None:
    schema["then"]["required"] = ["prompt", "style"]


def _style_refused(schema: Schema) -> None:
    schema["else"] = {"not": {"required": ["style"]}}


def _callback_refused(schema: Schema) -> None:
    schema["not"] = {"required": ["callback_url"]}


def _defect(name: str, clause: str, level: str, sentence: str, **ways: Any) -> Defect:
    return Defect(name, "validation", clause, level, sentence, **ways)


_NO_TEXT = {"type": "string"}
DEFECTS = (
    _defect("task-id-refused", "C1", _COR, "doesn't know the spelling task_id", see=_without("task_id")),
    _defect("camel-task-id-refused", "C1", _DOC, "doesn't know the spelling taskId", see=_without("taskId")),
    _defect(
        "missing-task-id-404",
        "G7",
        _INF,
        "answers 404 to a cover of nothing",
        spoil=refuse_with(404, _lacks("music/cover/generate", "taskId", "task_id"), "not_found"),
    ),
    _defect(
        "missing-audio-id-404",
        "U1",
        _COR,
        "answers 404 to music from nothing",
        spoil=refuse_with(404, _lacks(_UPLOAD, "audio_id"), "not_found"),
    ),
    _defect(
        "missing-query-404",
        "G7",
        _INF,
        "answers 404 to a poll of nothing",
        spoil=refuse_with(404, lambda r: r.method == "GET" and not r.query, "not_found"),
    ),
    _defect("camel-query", "C8", _DOC, "knows only ?taskId= on cover status", see=_renamed),
    _defect("malformed-json-500", "G7", _INF, "fails on malformed JSON", spoil=refuse_with(500, _malformed)),
    _defect(
        "malformed-json-422",
        "G7",
        _INF,
        "answers 422 to malformed JSON",
        spoil=refuse_with(422, _malformed, "unprocessable"),
    ),
    _defect("array-500", "G7", _INF, "fails on a JSON array", spoil=refuse_with(500, _array)),
    _defect("number-id-500", "G7", _INF, "fails on an id that is a number", spoil=refuse_with(500, _number)),
    _defect(
        "number-id-404", "G7", _INF, "looks for an id that is a number", spoil=refuse_with(404, _number, "not_found")
    ),
    _defect(
        "invalid-params-422",
        "G7",
        _INF,
        "answers 422 to invalid params",
        edit=edit_errors(lambda row: row.update(status=422), "invalid-params"),
    ),
    _defect("mode-as-anything", "U4", _DOC, "takes any value as custom_mode", edit=_field("custom_mode")),
    _defect("mode-on-by-default", "U4", _DOC, "has custom mode on by default", edit=_upload(_mode_by_default)),
    _defect("prompt-not-needed", "U5", _DOC, "needs no prompt in custom mode", edit=_upload(_prompt_may_miss)),
    _defect("empty-prompt-served", "U5", _ASM, "takes an empty prompt", edit=_upload(_prompt_may_be_empty)),
    _defect("null-prompt-served", "U5", _DOC, "takes null as a prompt", edit=_upload(_prompt_may_be_null)),
    _defect("style-needed", "U6", _DOC, "needs a style in custom mode", edit=_upload(_style_needed)),
    _defect("style-refused", "U6", _ASM, "refuses a style without custom mode", edit=_upload(_style_refused)),
    _defect(
        "title-limited", "U6", _ASM, "refuses titles over 80 characters", edit=_field("title", **_NO_TEXT, maxLength=80)
    ),
    _defect(
        "style-limited",
        "U6",
        _ASM,
        "refuses styles over 200 characters",
        edit=_field("style", **_NO_TEXT, maxLength=200),
    ),
    _defect(
        "prompt-limited",
        "U6",
        _ASM,
        "refuses prompts over 3000 characters",
        edit=_field("prompt", **_NO_TEXT, maxLength=3000),
    ),
    _defect("texts-of-any-type", "G7", _INF, "takes prompt, style and title of any type", edit=_upload(_loose)),
    _defect("any-callback-url", "U7", _INF, "takes any text as callback_url", edit=_field("callback_url", **_NO_TEXT)),
    _defect("callback-url-refused", "U7", _DOC, "refuses callback_url", edit=_upload(_callback_refused)),
)
