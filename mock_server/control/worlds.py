"""Control operations on worlds and their clocks."""

from collections.abc import Iterator
from typing import Any

from covermock.openapi import InvalidSourceError

from ..errors import INVALID_PARAMS, Refusal
from ..lifecycle import index, own_time
from ..memory import TakenError
from ..specs import furnished, merged, names
from ..worlds import Spec, UnknownNameError, World, build
from .call import ControlCall, Result, taken, unknown
from .views import clock_view, precise, world_view

_TICK = 1e-6  # seconds; more than a double loses in an instant of our time


def list_worlds(call: ControlCall) -> Result:
    """Show every world."""
    return 200, {"worlds": [world_view(world, world.clock.now(call.wall)) for world in call.store.worlds()]}


def read_world(call: ControlCall) -> Result:
    """Show one world."""
    return 200, world_view(call.world, call.now)


def create_world(call: ControlCall) -> Result:
    """Make a world out of what the body says, what it starts from, and the server's settings."""
    name = call.fields.get("name") or call.store.new_name()
    base = _base(call, call.fields["from"]) if "from" in call.fields else {}
    spec = furnished(name, merged({**base, **call.settings}, call.fields))
    world = _built(call, name, spec)
    _claimed(call.store.add, world)
    return 201, world_view(world, world.clock.now(call.wall))


def delete_world(call: ControlCall) -> Result:
    """Delete a world."""
    call.store.remove(call.world.name)
    return 204, None


def reset_world(call: ControlCall) -> Result:
    """Make a world anew from what it was made from."""
    old = call.world
    world = build(old.name, old.spec, call.contract, call.wall)
    call.store.replace(world)
    return 200, world_view(world, world.clock.now(call.wall))


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
    return clock_view(world, call.wall, sorted(events, key=lambda event: str(event["at"])))


def _changes(world: World, now: float) -> Iterator[float]:
    """Yield the world instant of the next stage of each task that has one."""
    for task in world.tasks.values():
        own = own_time(task, world.clock, now)
        reached = index(task, own)
        if task.held is None and reached + 1 < len(task.plan):
            yield now + max(task.began + task.plan[reached + 1].after - own, 0.0)


def _base(call: ControlCall, name: str) -> Spec:
    """Return the specification that a new world starts from, without the keys that the old one keeps."""
    existing = call.store.world(name)
    if existing is not None:
        spec = existing.spec
    elif name in names():
        spec = call.files.load(name)[1]
    else:
        raise unknown("body.from", "a world", name, [*names(), *(world.name for world in call.store.worlds())])
    accounts = spec.get("accounts", {})
    keyless = {account: {"credits": row.get("credits", 0)} for account, row in accounts.items()}
    return {**spec, "accounts": keyless} if accounts else spec


def _built(call: ControlCall, name: str, spec: Spec) -> World:
    try:
        return build(name, spec, call.contract, call.wall)
    except UnknownNameError as error:
        where = ".".join(("body", *map(str, error.pointer)))
        raise _refused(f"{where}: {error}") from None
    except InvalidSourceError as error:
        raise _refused(str(error)) from None


def _refused(problem: str) -> Refusal:
    return Refusal(INVALID_PARAMS, violations=problem)


def _claimed(claim: Any, world: World) -> None:
    try:
        claim(world)
    except TakenError as error:
        raise taken(error.kind, error.name) from None
