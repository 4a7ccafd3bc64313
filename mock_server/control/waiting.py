"""Waiting without a thread: for requests, for a state of a task, for webhooks. The answer is held until it is due."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from covermock.openapi import nearest

from ..http.errors import INVALID_PARAMS, WAITED_IN_VAIN, Refusal
from ..http.messages import Answer, Hold, json_answer
from ..http.reader import Front
from ..http.redaction import redact_text
from ..world.journal import Criteria, Journal, difference, matches
from ..world.task import TIME, index, next_change, own_time
from ..world.world import World
from .call import ControlCall, refuse_unknown
from .criteria import read_criteria, refuse_evicted
from .steps import Making

_NEVER = 1e18  # a wall instant that does not come
_LAST = 100  # entries that are looked through for the nearest one: hundreds may wait in vain at the same time
_SHOWN = 20  # webhooks that are told of


@dataclass(slots=True)
class Condition:
    """A condition: `holds(now)` says if it holds; time alone can make it hold at the world instant `change(now)`.

    `vain(now)`: it can never hold any more.
    """

    what: str
    holds: Callable[[float], bool]
    diagnosis: Callable[[float], str]
    change: Callable[[float], float | None] = lambda _: None
    vain: Callable[[float], bool] = lambda _: False


def wait(call: ControlCall, front: Front) -> Making:
    """Answer as soon as the condition in the body holds, or with a diagnosis when the time is up."""
    world, began = call.world, call.wall
    wanted = _condition(call)
    deadline = began + float(call.fields.get("timeout", 5.0))

    def look(wall: float) -> Answer | None:
        now = world.clock.now(wall)
        try:
            if wanted.holds(now):
                return json_answer(200, {"met": True, "waited": round(max(wall - began, 0.0), 6)}, {})
        except Refusal as refusal:
            return front.refuse(refusal, {})
        if wall < deadline and not world.gone and not wanted.vain(now):
            return None
        reason = "the world was deleted or made anew" if world.gone else wanted.diagnosis(now)
        received = redact_text(reason, call.knows)
        return front.refuse(Refusal(WAITED_IN_VAIN, expected=wanted.what, received=received), {})

    def again(wall: float) -> float:
        change = wanted.change(world.clock.now(wall))
        at = None if change is None else world.clock.wall_at(change)
        return min(deadline, _NEVER if at is None else at)

    answer = look(began)
    yield from ()  # what may take long is a generator: a look at ten thousand requests is for a thread
    return answer or Answer(200, b"", hold=Hold(look, again, lambda: world.version, world))


def _condition(call: ControlCall) -> Condition:
    kinds = {"requests": _requests, "task": _task, "callbacks": _callbacks}
    chosen = [kind for name, kind in kinds.items() if name in call.fields]
    if len(chosen) != 1:
        raise Refusal(INVALID_PARAMS, violations=f"body: expected one of {', '.join(kinds)}, received {len(chosen)}")
    return chosen[0](call)


def _requests(call: ControlCall) -> Condition:
    settings: dict[str, Any] = call.fields["requests"]
    journal, least = call.world.journal, int(settings.get("count", 1))
    criteria = read_criteria(call.world, settings, "body.requests")
    seen: dict[str, int] = {"number": settings.get("since", 0), "count": 0}

    def holds(_: float) -> bool:
        refuse_evicted(journal, seen["number"])
        seen["count"] += sum(matches(entry, criteria) for entry in journal.since(seen["number"]))
        seen["number"] = max(journal.total, seen["number"])
        return seen["count"] >= least

    def diagnosis(_: float) -> str:
        return f"{seen['count']} of {journal.total} requests so far{_closest(journal, criteria)}"

    return Condition(f"{least} request(s) with {criteria or 'any content'}", holds, diagnosis)


def _closest(journal: Journal, criteria: Criteria) -> str:
    """Say how that of the last entries which comes nearest differs."""
    misses = [(entry, difference(entry, criteria)) for entry in islice(reversed(journal.entries), _LAST)]
    near = min((miss for miss in misses if miss[1]), key=lambda miss: len(miss[1]), default=None)
    if near is None:
        return ""
    rows = ", ".join(f"{name} {given!r}" for name, given, _ in near[1] if name != "contains") or "its content"
    return f"; the nearest is entry {near[0].number}, with {rows}"


def _task(call: ControlCall) -> Condition:
    settings: dict[str, str] = call.fields["task"]
    world, task_id, state = call.world, settings["id"], settings["state"]
    refuse_unknown(
        "body.task.state", state, {known.name for cycle in world.contract.lifecycles.values() for known in cycle.states}
    )

    def holds(now: float) -> bool:
        return state in _states_so_far(world, task_id, now)

    def vain(now: float) -> bool:
        task = world.tasks.get(task_id)
        return task is not None and world.state(task, now) in world.lifecycle(task).terminal

    def change(now: float) -> float | None:
        task = world.tasks.get(task_id)
        coming = next_change(task, own_time(task, world.clock, now)) if task and task.drive == TIME else None
        return task.began + coming.after if task and coming else None

    return Condition(
        f"task {task_id!r} in state {state!r}", holds, lambda now: _task_now(world, task_id, now), change, vain
    )


def _states_so_far(world: World, task_id: str, now: float) -> list[str]:
    """Return the states that the task has been in; so no wait misses one that was short."""
    task = world.tasks.get(task_id)
    if task is None:
        return []
    return [step.state for step in task.plan[: index(task, own_time(task, world.clock, now)) + 1]]


def _task_now(world: World, task_id: str, now: float) -> str:
    task = world.tasks.get(task_id)
    if task is None:
        return f"no such task ({nearest(task_id, world.tasks)})"
    return f"it is {world.state(task, now)!r}, driven by {task.drive!r}{', and held' if task.held is not None else ''}"


def _callbacks(call: ControlCall) -> Condition:
    world, wanted = call.world, call.fields["callbacks"]
    least, tries = wanted.get("delivered", 0), wanted.get("attempts", 0)

    def holds(_: float) -> bool:
        enough = world.outbox.delivered >= least and world.outbox.attempts >= tries
        return enough if least or tries else not world.outbox.open

    def diagnosis(_: float) -> str:
        last = list(world.outbox)[-_SHOWN:]
        rows = [f"{d.id} of task {d.task} is {d.state}{_last(d.attempts)}" for d in last]
        more = world.outbox.total - len(last)
        return "; ".join([*([f"{more} before"] if more else []), *rows]) or "no task with a callback URL was started"

    some = f"{least} webhook(s) delivered, {tries} attempt(s) made"
    what = some if least or tries else "every webhook delivered or given up"
    return Condition(what, holds, diagnosis)


def _last(attempts: list[Any]) -> str:
    return f" ({attempts[-1].problem or attempts[-1].status})" if attempts else ""
