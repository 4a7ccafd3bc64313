"""When webhooks become due: a task that has ended owes its webhook from the instant of its end. Pure."""

from .task import TIME, Task, index, next_change, own_time
from .webhook import Delivery, ended, next_due
from .world import World


def settle(world: World, now: float) -> None:
    """Note for every webhook whose task has ended by `now` when that was."""
    for delivery in list(world.outbox.running.values()):
        _settle(world, delivery, now)


def settle_one(world: World, task: Task, now: float) -> None:
    """Note when the task's webhook became due, if it has."""
    delivery = world.outbox.running.get(task.id)
    if delivery is not None:
        _settle(world, delivery, now)


def _settle(world: World, delivery: Delivery, now: float) -> None:
    instant = ended_at(world, world.tasks[delivery.task], now)
    if instant is not None:
        ended(delivery, instant)
        world.outbox.note(delivery)


def ended_at(world: World, task: Task, now: float) -> float | None:
    """Return the world instant at which the task reached its end; None while it runs, or stalls."""
    own = own_time(task, world.clock, now)
    position = index(task, own)
    if task.plan[position].state not in world.lifecycle(task).terminal:
        return None
    return now - max(own - task.began - task.plan[position].after, 0.0)


def next_webhook(world: World, now: float) -> float | None:
    """Return the world instant at which a webhook may be due by time alone; None when none is to come."""
    settle(world, now)
    instants = [next_due(world.outbox.due.values(), now), *_changes(world, now)]
    return min((instant for instant in instants if instant is not None), default=None)


def _changes(world: World, now: float) -> list[float]:
    """Return when the next stages of the tasks come that owe a webhook and are driven by time."""
    owing = [world.tasks[name] for name in world.outbox.running]
    changes = [(task, next_change(task, own_time(task, world.clock, now))) for task in owing if task.drive == TIME]
    return [task.began + change.after for task, change in changes if change is not None]
