"""What runs out on a world's clock: faults that last for some time, and anomalies of single tasks. Pure."""

from collections.abc import Iterator
from typing import Any

from .faults import Fault
from .lifecycle import Task
from .settling import ended_at
from .worlds import World


def expire(world: World, now: float) -> None:
    """Take away the faults whose time is up."""
    if any(fault.until is not None and fault.until <= now for fault in world.faults):
        world.faults = [fault for fault in world.faults if fault.until is None or fault.until > now]


def coming(world: World, now: float) -> Iterator[tuple[float, dict[str, Any]]]:
    """Yield (world instant, what runs out) for all that will run out by time alone after `now`."""
    for fault in world.faults:
        if fault.until is not None and fault.until > now:
            yield fault.until, {"fault": fault.id}
        for instant, task in _windows(world, fault, now):
            if instant > now:
                yield instant, {"fault": fault.id, "task": task.id}


def _windows(world: World, fault: Fault, now: float) -> Iterator[tuple[float, Task]]:
    """Yield when a fresh task is found at last, and when the files of a result are there."""
    fresh = fault.settings.get("not_found_at_first", {}).get("seconds")
    late = fault.settings.get("media_late", {}).get("seconds")
    if fresh is None and late is None:
        return
    for task in world.tasks.values():
        if fresh is not None and task.created + fresh > now:
            yield task.created + fresh, task
        finished = ended_at(world, task, now) if late is not None else None
        if finished is not None and late is not None:
            yield finished + late, task
