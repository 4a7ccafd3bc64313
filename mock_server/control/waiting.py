"""Waiting without a thread: for requests, for a state of a task, for webhooks. The answer is held until it is due."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from covermock.openapi import nearest

from ..deliveries import OPEN
from ..errors import INVALID_PARAMS, WAITED_IN_VAIN, Refusal
from ..front import Front
from ..journal import Entry, difference, matches
from ..lifecycle import next_change, own_time
from ..request import Answer, Hold, json_answer
from ..worlds import World
from .call import ControlCall
from .journal import criteria_of, refuse_evicted

_NEVER = 1e18  # a wall instant that does not come


@dataclass(slots=True)
class Wait:
    """What is waited for. `met(now)` tells whether it is so; `change(now)` is the world instant that may make it so."""

    what: str
    met: Callable[[float], bool]
    change: Callable[[float], float | None]
    diagnosis: Callable[[float], str]


def wait(call: ControlCall, front: Front) -> Answer:
    """Answer as soon as what the body names is so, or with a diagnosis when the time is up."""
    world, began = call.world, call.wall
    wanted = _wanted(call)
    deadline = began + float(call.fields.get("timeout", 5.0))

    def look(wall: float) -> Answer | None:
        now = world.clock.now(wall)
        if wanted.met(now):
            return json_answer(200, {"met": True, "waited": round(max(wall - began, 0.0), 6)}, {})
        if wall < deadline and not world.gone:
            return None
        reason = "the world was deleted" if world.gone else wanted.diagnosis(now)
        return front.refuse(Refusal(WAITED_IN_VAIN, expected=wanted.what, received=reason), {})

    def again(_: float) -> float:
        change = wanted.change(world.clock.now(_))
        wall = None if change is None else world.clock.wall_at(change)
        return min(deadline, _NEVER if wall is None else wall)

    answer = look(began)
    return answer or Answer(200, b"", hold=Hold(look, again, lambda: world.version))


def _wanted(call: ControlCall) -> Wait:
    kinds = {"requests": _requests, "task": _task, "callbacks": _callbacks}
    chosen = [kind for name, kind in kinds.items() if name in call.fields]
    if len(chosen) != 1:
        raise Refusal(INVALID_PARAMS, violations=f"body: expected one of {', '.join(kinds)}, received {len(chosen)}")
    return chosen[0](call)


def _requests(call: ControlCall) -> Wait:
    settings: dict[str, Any] = call.fields["requests"]
    journal, criteria, least = call.world.journal, criteria_of(settings), int(settings.get("count", 1))
    refuse_evicted(journal, settings.get("since", 0))
    seen: dict[str, int] = {"number": settings.get("since", 0), "count": 0}

    def met(_: float) -> bool:
        fresh = list(journal.since(seen["number"]))
        seen["count"] += sum(matches(entry, criteria) for entry in fresh)
        seen["number"] = journal.total
        return seen["count"] >= least

    def diagnosis(_: float) -> str:
        return f"{seen['count']} of {journal.total} requests so far{_closest(list(journal.entries), criteria)}"

    return Wait(f"{least} request(s) with {criteria or 'any content'}", met, lambda _: None, diagnosis)


def _closest(entries: list[Entry], criteria: dict[str, Any]) -> str:
    """Say how the entry that comes nearest differs."""
    misses = [(entry, difference(entry, criteria)) for entry in entries]
    near = min((miss for miss in misses if miss[1]), key=lambda miss: len(miss[1]), default=None)
    if near is None:
        return ""
    rows = ", ".join(f"{name} {given!r}" for name, given, _ in near[1] if name != "contains") or "its content"
    return f"; the nearest is entry {near[0].number}, with {rows}"


def _task(call: ControlCall) -> Wait:
    settings: dict[str, str] = call.fields["task"]
    world, task_id, state = call.world, settings["id"], settings["state"]
    states = {stage.name for cycle in world.contract.lifecycles.values() for stage in cycle.states}
    if state not in states:
        problem = f"body.task.state: expected a state, received {state!r} ({nearest(state, states)})"
        raise Refusal(INVALID_PARAMS, violations=problem)

    def met(now: float) -> bool:
        task = world.tasks.get(task_id)
        return task is not None and world.state(task, now) == state

    def change(now: float) -> float | None:
        task = world.tasks.get(task_id)
        coming = next_change(task, own_time(task, world.clock, now)) if task else None
        if task is None or coming is None or task.drive != "time":
            return None
        return task.began + coming.after

    return Wait(f"task {task_id!r} in state {state!r}", met, change, lambda now: _task_now(world, task_id, now))


def _task_now(world: World, task_id: str, now: float) -> str:
    task = world.tasks.get(task_id)
    if task is None:
        return f"no such task ({nearest(task_id, world.tasks)})"
    return f"it is {world.state(task, now)!r}, driven by {task.drive!r}{', and held' if task.held is not None else ''}"


def _callbacks(call: ControlCall) -> Wait:
    world, least = call.world, call.fields["callbacks"].get("delivered", 0)

    def met(_: float) -> bool:
        states = [delivery.state for delivery in world.deliveries.values()]
        return states.count("delivered") >= least and (bool(least) or OPEN.isdisjoint(states))

    def diagnosis(_: float) -> str:
        rows = [f"{d.id} of task {d.task} is {d.state}{_last(d.attempts)}" for d in world.deliveries.values()]
        return "; ".join(rows) or "no task with a callback URL was started"

    what = f"{least} webhook(s) delivered" if least else "every webhook delivered or given up"
    return Wait(what, met, lambda _: None, diagnosis)


def _last(attempts: list[Any]) -> str:
    return f" ({attempts[-1].problem or attempts[-1].status})" if attempts else ""
