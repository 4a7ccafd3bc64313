"""When a webhook is due: a function of its task's facts and the time, as a task's state is. Pure."""

from collections.abc import Iterator

from .task import TIME, is_polled_out
from .webhook import PLANNED, Delivery
from .world import World


def due_in(world: World, delivery: Delivery, now: float) -> float | None:
    """Return the seconds until its next try is due, 0 or less once it is; None where no time brings it."""
    if delivery.due is not None:
        return delivery.due - now
    left = world.ends_in(world.tasks[delivery.task], now)
    return None if left is None else left + delivery.late


def running(world: World, delivery: Delivery, now: float) -> bool:
    """Return True if the delivery still waits for the end of its task."""
    if delivery.due is not None:
        return False
    left = world.ends_in(world.tasks[delivery.task], now)
    return left is None or left > 0


def comes_by_itself(world: World, delivery: Delivery) -> bool:
    """Return True if the running clock alone brings its next try, without a poll or a control call."""
    task = world.tasks[delivery.task]
    return delivery.due is not None or task.drive == TIME or is_polled_out(task)


def dues(world: World, now: float) -> Iterator[tuple[float, Delivery]]:
    """Yield (world instant, delivery) of each next try, past or to come; those that are lost have none."""
    for delivery in (*world.outbox.running.values(), *world.outbox.due.values()):
        left = due_in(world, delivery, now)
        if left is not None and delivery.state == PLANNED and not delivery.loses_first:
            yield now + left, delivery
