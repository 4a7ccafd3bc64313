"""What faults do to an answer, and anomalies to a task: one small function for each setting's name."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
from covermock.openapi import JSON, excerpt, json_bytes

from ..http.envelopes import Envelope
from ..http.errors import Refusal
from ..http.messages import Answer, Wire
from ..world.fault import Fault, chance, latency
from ..world.task import POLLS, index, own_time
from .call import Call

Settings = Mapping[str, Any]
FindEnvelope = Callable[[int], Envelope]


def force_status(status: int, settings: Settings, find: FindEnvelope) -> Answer:
    """Return the answer of a status fault: its own body, or the envelope (G5) with what it says of itself."""
    phrase = HTTPStatus(status).phrase if status in {known.value for known in HTTPStatus} else "Unknown"
    kind = settings.get("type", phrase.lower().replace(" ", "_"))
    message = settings.get("message", f"{phrase}: expected an answer, received a fault that this world dictates.")
    envelope = find(status)
    body = settings["body"] if "body" in settings else envelope.write(status, message, kind)
    usual = JSON if "body" in settings else envelope.media_type
    headers = [(str(name), str(value)) for name, value in settings.get("headers", {}).items()]
    if "retry_after" in settings:
        headers.append(("Retry-After", f"{settings['retry_after']:g}"))
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json_bytes(body)
    return Answer(status, raw, (("Content-Type", settings.get("content_type", usual)), *headers))


def _status(answer: Answer, settings: Settings, find: FindEnvelope) -> None:
    made = force_status(settings["code"], settings, find)
    answer.status, answer.body, answer.headers = made.status, made.body, made.headers


def _break_json(answer: Answer, _: Settings, __: FindEnvelope) -> None:
    answer.body = answer.body[:-1] + b",}"


def _wrong_type(answer: Answer, settings: Settings, _: FindEnvelope) -> None:
    others = tuple(row for row in answer.headers if row[0] != "Content-Type")
    answer.headers = (("Content-Type", settings.get("content_type", "text/html; charset=utf-8")), *others)


def _truncate(answer: Answer, settings: Settings, _: FindEnvelope) -> None:
    answer.wire = Wire("truncated", bytes=settings.get("bytes", len(answer.body) // 2))


def _drip(answer: Answer, settings: Settings, _: FindEnvelope) -> None:
    answer.wire = Wire("drip", seconds=settings["seconds"])


def _reset(answer: Answer, _: Settings, __: FindEnvelope) -> None:
    answer.wire = Wire("reset")


def _empty(answer: Answer, _: Settings, __: FindEnvelope) -> None:
    answer.wire = Wire("empty")


def _field_missing(answer: Answer, settings: Settings, _: FindEnvelope) -> None:
    """Take a field (a dotted path) out of the answer; by default the last one of its last result."""
    try:
        value = orjson.loads(answer.body)
    except orjson.JSONDecodeError:  # another fault has dictated a body that is no JSON
        return
    path = settings["field"].split(".") if "field" in settings else _last_result_field(value)
    if not path:
        return
    here = value
    for step in path[:-1]:
        here = _inside(here, step)
    if isinstance(here, dict):
        here.pop(path[-1], None)
    elif isinstance(here, list) and path[-1].isdecimal():
        del here[int(path[-1]) : int(path[-1]) + 1]
    answer.body = json_bytes(value)


def _last_result_field(value: Any) -> list[str]:
    """Return the path of the last field of the last result, in the first list that has one, or of the answer itself."""
    path, ends = _first_list(value, ()), list[str]()
    here = value
    for step in path:
        here = here[step]
    while here and isinstance(here, dict | list):
        ends.append(str(len(here) - 1) if isinstance(here, list) else list(here)[-1])
        here = here[-1] if isinstance(here, list) else here[ends[-1]]
    return [*path, *ends]


def _first_list(value: Any, path: tuple[str, ...]) -> tuple[str, ...]:
    """Return where the first list stands that has anything in it, or nowhere."""
    if isinstance(value, list) and value:
        return path
    inner = value.items() if isinstance(value, dict) else ()
    return next((found for name, one in inner if (found := _first_list(one, (*path, name)))), ())


def _inside(here: Any, step: str) -> Any:
    if isinstance(here, list):
        return here[int(step)] if step.isdecimal() and int(step) < len(here) else {}
    return here.get(step, {}) if isinstance(here, dict) else {}


ANSWER_EFFECTS: Final[Mapping[str, Callable[[Answer, Settings, FindEnvelope], None]]] = {
    "status": _status,
    "field_missing": _field_missing,
    "malformed_json": _break_json,
    "wrong_type": _wrong_type,
    "truncated": _truncate,
    "drip": _drip,
    "reset": _reset,
    "empty": _empty,
}


def _plan(call: Call, _: Fault, settings: Settings) -> bool:
    call.tell(**settings)
    return True


def _stuck(call: Call, _: Fault, settings: Settings) -> bool:
    call.tell(outcome="stall", stalls_at=settings.get("stage", ""))
    return True


def _callback(call: Call, _: Fault, settings: Settings) -> bool:
    call.tell(callback=settings)
    return True


def _repeat_id(call: Call, _: Fault, __: Settings) -> bool:
    """Answer with the id of the task that the same operation started before, if there is one."""
    earlier = (task for task in reversed(call.world.tasks.values()) if task.started_by == call.operation.id)
    before = next(earlier, None)
    call.repeats = before.id if before else ""
    return before is not None


def _status_flickers(call: Call, fault: Fault, settings: Settings) -> bool:
    """Let every other answer about a task that has got anywhere lie some stages back."""
    task = call.task
    if task is None or index(task, own_time(task, call.world.clock, call.now)) + (task.drive == POLLS) < 1:
        return False
    fault.tasks[task.id] = fault.tasks.get(task.id, 0) + 1
    call.back = 0 if fault.tasks[task.id] % 2 else settings.get("stages", 1)
    return call.back > 0


def _not_found_at_first(call: Call, fault: Fault, settings: Settings) -> bool:
    """Refuse the first polls of a task, or those in its first seconds, as if it didn't exist yet."""
    if call.task is None:
        return False
    fault.tasks[call.task.id] = fault.tasks.get(call.task.id, 0) + 1
    by_polls = fault.tasks[call.task.id] <= settings.get("polls", 0)
    if by_polls or call.now - call.task.created < settings.get("seconds", 0):
        known = next(rule for rule in call.operation.raw["x-preconditions"] if rule["check"] == "task-known")
        raise Refusal(known["error"], received=excerpt(call.source))
    return False


CALL_EFFECTS: Final[Mapping[str, Callable[[Call, Fault, Settings], bool]]] = {
    "plan": _plan,
    "stuck": _stuck,
    "callback": _callback,
    "ids_repeated": _repeat_id,
    "status_flickers": _status_flickers,
    "not_found_at_first": _not_found_at_first,
}

_AROUND = frozenset({"id", "match", "nth", "probability", "seed", "times", "lasts", "takes_effect", "media_late"})


def before(call: Call, fired: list[Fault]) -> list[Fault]:
    """Let anomalies change what the handler will do; return the faults that had anything to do."""
    acting = []
    for fault in fired:
        words = [word for word in CALL_EFFECTS if word in fault.settings]
        acted = [CALL_EFFECTS[word](call, fault, fault.settings[word]) for word in words]
        if any(acted) or not fault.settings.keys() <= {*_AROUND, *words}:
            acting.append(fault)
        else:
            fault.unfire()
    return acting


def without_work(fired: list[Fault]) -> list[Fault]:
    """Take back that anomalies fired for a request that was refused before they mattered; return the other faults."""
    idle = [fault for fault in fired if fault.settings.keys() <= {*_AROUND, *CALL_EFFECTS}]
    for fault in idle:
        fault.unfire()
    return [fault for fault in fired if fault not in idle]


def after(answer: Answer, fired: list[Fault], find: FindEnvelope) -> None:
    """Let faults spoil the answer, in the order of their table: a body is dictated before it is broken."""
    for name, effect in ANSWER_EFFECTS.items():
        for fault in fired:
            if name in fault.settings:
                effect(answer, fault.settings[name], find)


def delay(fired: list[Fault], seed: int) -> float:
    """Return how many seconds all latency faults together take."""
    slow = [fault for fault in fired if "latency" in fault.settings]
    return sum(latency(f.settings["latency"], chance(f.settings.get("seed", seed), f"{f.id}~", f.fired)) for f in slow)
