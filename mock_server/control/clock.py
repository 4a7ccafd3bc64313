"""Control operations on the clock of a world. Each says what it made happen."""

from collections.abc import Iterator
from typing import Any

from ..deliveries import PLANNED, next_due
from ..lifecycle import index, own_time
from ..settling import settle
from ..worlds import World
from .call import ControlCall, Result
from .views import clock_view, precise

_TICK = 1e-6  # seconds; more than a double loses in an instant of our time


def read_clock(call: ControlCall) -> Result:
    """Show the clock of a world."""
    return 200, clock_view(call.world, call.wall, [])


def advance_clock(call: ControlCall) -> Result:
    """Let seconds pass at once."""
    return 200, _advance(call, call.fields["seconds"])


def next_event(call: ControlCall) -> Result:
    """Jump to the next event that time would bring; nothing moves where there is none."""
    world, now = call.world, call.now
    waits = [change - now for change in _changes(world, now)]
    return 200, _advance(call, min(waits) + _TICK) if waits else clock_view(world, call.wall, [])


def set_clock(call: ControlCall) -> Result:
    """Let the clock run faster or slower; 0 freezes it."""
    world = call.world
    world.clock = world.clock.scaled(call.wall, call.fields["scale"])
    return 200, clock_view(world, call.wall, [])


def _advance(call: ControlCall, seconds: float) -> dict[str, Any]:
    world, before = call.world, call.now
    states = {task.id: index(task, own_time(task, world.clock, before)) for task in world.tasks.values()}
    own = {task.id: own_time(task, world.clock, before) for task in world.tasks.values()}
    world.clock = world.clock.advanced(seconds)
    events = []
    for task in world.tasks.values():
        reached = index(task, own_time(task, world.clock, before + seconds))
        for step in task.plan[states[task.id] + 1 : reached + 1]:
            instant = before + max(task.began + step.after - own[task.id], 0.0)
            events.append({"at": precise(instant), "kind": "stage", "task": task.id, "state": step.state})
    events += _callbacks_due(world, before, before + seconds)
    return clock_view(world, call.wall, sorted(events, key=lambda event: str(event["at"])))


def _callbacks_due(world: World, before: float, now: float) -> Iterator[dict[str, Any]]:
    """Yield the webhooks that became due; when they have gone out is another event, which can be waited for."""
    settle(world, now)
    for delivery in world.deliveries.values():
        if delivery.state == PLANNED and delivery.due is not None and before < delivery.due <= now:
            yield {"at": precise(delivery.due), "kind": "callback", "task": delivery.task, "callback": delivery.id}


def _changes(world: World, now: float) -> Iterator[float]:
    """Yield the world instant of the next stage of each task that has one."""
    for task in world.tasks.values():
        own = own_time(task, world.clock, now)
        reached = index(task, own)
        if task.held is None and reached + 1 < len(task.plan):
            yield now + max(task.began + task.plan[reached + 1].after - own, 0.0)
    settle(world, now)
    due = next_due(world.deliveries.values(), now)
    if due is not None and due > now:
        yield due
