"""When webhooks become due: a task that has ended owes its webhook from the instant of its end. Pure."""

from .deliveries import PLANNED, ended, next_due
from .lifecycle import TIME, Task, index, next_change, own_time
from .worlds import World


def settle(world: World, now: float) -> None:
    """Note for every webhook whose task has ended by `now` when that was."""
    for delivery in world.deliveries.values():
        if delivery.due is None and delivery.state == PLANNED:
            instant = ended_at(world, world.tasks[delivery.task], now)
            if instant is not None:
                ended(delivery, instant)


def ended_at(world: World, task: Task, now: float) -> float | None:
    """Return the world instant at which the task reached its end; None while it runs, or stalls."""
    own = own_time(task, world.clock, now)
    position = index(task, own)
    if task.plan[position].state not in world.lifecycle(task).terminal:
        return None
    return now - max(own - task.began - task.plan[position].after, 0.0)


def next_webhook(world: World, now: float) -> float | None:
    """Return the world instant at which a webhook will be due by time alone; None when none is to come."""
    settle(world, now)
    instants = [next_due(world.deliveries.values(), now), *_ends(world, now)]
    return min((instant for instant in instants if instant is not None), default=None)


def _ends(world: World, now: float) -> list[float]:
    """Return when the next stages of the tasks come that owe a webhook and are driven by time."""
    owing = [world.tasks[d.task] for d in world.deliveries.values() if d.due is None and d.state == PLANNED]
    changes = [(task, next_change(task, own_time(task, world.clock, now))) for task in owing if task.drive == TIME]
    return [task.began + change.after for task, change in changes if change is not None]
