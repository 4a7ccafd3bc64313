"""What runs out on a world's clock: faults that last for some time, and anomalies of single tasks. Pure."""

from collections.abc import Iterator
from typing import Any

from .fault import Fault, RequestTraits, meets
from .task import Task
from .world import World


def expire(world: World, now: float) -> None:
    """Remove the faults whose time is up."""
    if any(fault.until is not None and fault.until <= now for fault in world.faults):
        world.faults = [fault for fault in world.faults if fault.until is None or fault.until > now]


def expiries(world: World, now: float) -> Iterator[tuple[float, dict[str, Any]]]:
    """Yield (world instant, what runs out) for all that has run out or will by time alone, as it is at `now`."""
    for fault in world.faults:
        if fault.until is not None:
            yield fault.until, {"fault": fault.id}
        for instant, task in _windows(world, fault, now):
            yield instant, {"fault": fault.id, "task": task.id}


def _windows(world: World, fault: Fault, now: float) -> Iterator[tuple[float, Task]]:
    """Yield when a fresh task is found at last, and when the files of a result are there."""
    fresh = fault.settings.get("not_found_at_first", {}).get("seconds")
    late = fault.settings.get("media_late", {}).get("seconds")
    if fresh is None and late is None:
        return
    for task in world.tasks.values():
        if fresh is not None and meets(fault, about(world, task, "show", now)):
            yield task.created + fresh, task
        left = world.ends_in(task, now) if late is not None else None
        if left is not None and left <= 0 and late is not None and meets(fault, about(world, task, "media", now)):
            yield now + left + late, task


def about(world: World, task: Task, kind: str, now: float) -> RequestTraits:
    """Return what a request that shows the task, or its media, looks like to faults."""
    shows = (o.id for o in world.contract.operations if o.handler == "show" and o.raw.get("x-task") == task.lifecycle)
    operation = task.started_by if kind == "media" else next(shows, "")
    account = world.accounts.get(task.account)
    return RequestTraits(
        kind, operation, task.account, account.key if account else "", frozenset({task.id, task.source}), now
    )
