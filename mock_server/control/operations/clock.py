"""Control operations on the clock of a world. Each says what it made happen."""

import math
from collections.abc import Iterator
from typing import Any

from ...http.errors import INVALID_PARAMS, Refusal
from ...world.clock import LAST
from ...world.expiry import expire, expiries
from ...world.task import Task, index, own_time
from ...world.webhook_due import dues
from ...world.world import World
from ..call import ControlCall, Result
from ..views import clock_view, precise

_TICK = 1e-6  # seconds
Event = tuple[float, dict[str, Any]]


def read_clock(call: ControlCall) -> Result:
    return 200, clock_view(call.world, call.wall, [])


def advance_clock(call: ControlCall) -> Result:
    """Let seconds pass at once."""
    return 200, _advance(call, call.fields["seconds"])


def next_event(call: ControlCall) -> Result:
    """Jump to the next event that time would bring; nothing moves where there is none."""
    world, now = call.world, call.now
    tick = max(_TICK, 2 * math.ulp(now))  # more than a double loses in an instant like now
    waits = [change - now + tick for change in _changes(world, now) if change + tick <= LAST]
    return 200, _advance(call, min(waits)) if waits else clock_view(world, call.wall, [])


def set_clock(call: ControlCall) -> Result:
    """Let the clock run faster or slower (0 freezes it), or stand at an instant from which it goes on."""
    world, fields = call.world, call.fields
    before, now = call.now, fields.get("now", call.now)
    if now < before:
        problem = f"body.now: expected {before!r} or later, since time never goes back, received {now!r}"
        raise Refusal(INVALID_PARAMS, violations=problem)
    states = _states(world, before)
    world.clock = world.clock.at(call.wall, now).at_scale(call.wall, fields.get("scale", world.clock.scale))
    return 200, clock_view(world, call.wall, _events_between(world, states, before, now))


def _advance(call: ControlCall, seconds: float) -> dict[str, Any]:
    world, before = call.world, call.now
    now = before + seconds
    if now > LAST:
        problem = f"body.seconds: expected a time before the year 10000, received {seconds:g}"
        raise Refusal(INVALID_PARAMS, violations=problem)
    states = _states(world, before)
    world.clock = world.clock.advance(seconds)
    return clock_view(world, call.wall, _events_between(world, states, before, now))


def _states(world: World, now: float) -> list[tuple[Task, int, float]]:
    """Return each task that can still change, with its step and its own time."""
    found = ((task, own_time(task, world.clock, now)) for task in world.tasks.values() if task.held is None)
    steps = ((task, index(task, own), own) for task, own in found)
    return [(task, step, own) for task, step, own in steps if step + 1 < len(task.plan)]


def _events_between(
    world: World, states: list[tuple[Task, int, float]], before: float, now: float
) -> list[dict[str, Any]]:
    """Return what became so between the two instants, in order."""
    events = [
        *_stages(world, states, before, now),
        *_callbacks_due(world, before, now),
        *_expiry_events(world, before, now),
    ]
    return [event for _, event in sorted(events, key=lambda pair: pair[0])]


def _stages(world: World, states: list[tuple[Task, int, float]], before: float, now: float) -> Iterator[Event]:
    for task, step, own in states:
        reached = index(task, own_time(task, world.clock, now))
        for entered in task.plan[step + 1 : reached + 1]:
            instant = before + max(task.began + entered.after - own, 0.0)
            yield instant, {"at": precise(instant), "kind": "stage", "task": task.id, "state": entered.state}


def _callbacks_due(world: World, before: float, now: float) -> Iterator[Event]:
    """Yield the webhooks that became due; when they have gone out is another event, which can be waited for."""
    for due, delivery in dues(world, now):
        if before < due <= now:
            yield due, {"at": precise(due), "kind": "callback", "task": delivery.task, "callback": delivery.id}


def _expiry_events(world: World, before: float, now: float) -> Iterator[Event]:
    for instant, facts in expiries(world, now):
        if before < instant <= now:
            yield instant, {"at": precise(instant), "kind": "expiry", **facts}
    expire(world, now)


def _changes(world: World, now: float) -> Iterator[float]:
    """Yield the world instants of what comes next: a stage of a task, a webhook, an expiry."""
    for task, step, own in _states(world, now):
        yield now + max(task.began + task.plan[step + 1].after - own, 0.0)
    yield from (due for due, _ in dues(world, now) if due > now)
    yield from (instant for instant, _ in expiries(world, now) if instant > now)
