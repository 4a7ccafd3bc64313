"""Defects of webhooks (U7)."""

from typing import Any

from ..world.world import World
from .defect import Defect, Document


def _mode(**settings: Any) -> tuple[dict[str, Any], ...]:
    return ({"match": {"operation": "startUploadCover"}, "callback": settings},)


def _repeated(*seconds: float) -> Any:
    def edit(document: Document) -> None:
        operation = document["paths"]["/api/v1/audio/music/upload-cover/generate"]["post"]
        for callback in operation["callbacks"].values():
            for item in callback.values():
                item["post"]["x-delivery"]["repeat_after"] = list(seconds)

    return edit


def _data(**settings: Any) -> Any:
    return lambda _, value: {**value, "data": {**value["data"], **settings}}


def _with_key(world: World, value: Any) -> Any:
    return {**value, "key": next(iter(world.accounts.values())).key}


def _other_body(_: World, value: Any) -> Any:
    return {"callbackType": "complete", "taskId": value["data"]["task_id"]}


def _defect(name: str, level: str, sentence: str, **ways: Any) -> Defect:
    return Defect(name, "callbacks", "U7", level, sentence, **ways)


_ASM = "assumed"
DEFECTS = (
    _defect("callback-lost", "documented", "never calls callback_url", faults=_mode(mode="lost")),
    _defect("callback-twice", _ASM, "repeats a callback after a 2xx", faults=_mode(mode="duplicated")),
    _defect("callback-early", _ASM, "calls before the task has ended", faults=_mode(mode="early")),
    _defect("callback-once", _ASM, "never repeats a callback that was refused", edit=_repeated()),
    _defect("callback-for-ever", _ASM, "repeats a refused callback too often", edit=_repeated(0.2, 0.2, 0.2, 0.2, 0.2)),
    _defect("callback-of-another-form", _ASM, "calls with another body than status has", callback=_other_body),
    _defect("callback-of-another-task", _ASM, "calls with another task's id", callback=_data(task_id="another-task")),
    _defect("callback-unfinished", _ASM, "calls with a state that isn't the last", callback=_data(status="first")),
    _defect("callback-without-clips", _ASM, "calls without the clips", callback=_data(clips=[])),
    _defect("callback-with-key", _ASM, "puts a key into the callback", callback=_with_key),
)
