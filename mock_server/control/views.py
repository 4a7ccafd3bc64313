"""How worlds, clocks and tasks are shown. Pure functions of facts and the time."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from ..gateway.values import TaskFacts, timestamp
from ..world.build import AUDIO
from ..world.clock import LAST
from ..world.task import Task, index, next_change, own_time
from ..world.world import World


def precise(seconds: float) -> str:
    """Return the instant (Unix seconds) as RFC 3339 in UTC with microseconds; one that never comes is the last one."""
    instant = datetime.fromtimestamp(min(max(seconds, 0.0), LAST), UTC)
    return instant.isoformat(timespec="microseconds").replace("+00:00", "Z")


def world_view(world: World, now: float) -> dict[str, Any]:
    """Show a world: who is in it, what they can spend, how much there is."""
    kinds = Counter(key.partition("/")[0] for key in world.sources)
    return {
        "name": world.name,
        "description": world.spec.get("description", ""),
        "drive": world.drive,
        "seed": world.seed,
        "now": precise(now),
        "accounts": {
            account.name: {"key": account.key, "credits": world.available(account, now)}
            for account in world.accounts.values()
        },
        "tasks": len(world.tasks),
        "audio": kinds[AUDIO],
        "sources": dict(kinds),
    }


def clock_view(world: World, wall: float, events: list[dict[str, Any]]) -> dict[str, Any]:
    """Show the clock of a world and what a call made happen."""
    clock = world.clock
    return {"now": precise(clock.now(wall)), "scale": clock.scale, "moved": clock.moved, "events": events}


def task_view(world: World, task: Task, now: float) -> dict[str, Any]:
    """Show a task: its facts, its plan, where it is in it, and what time will bring."""
    own = own_time(task, world.clock, now)
    change = next_change(task, own)
    state = task.plan[index(task, own)].state
    return {
        "id": task.id,
        "lifecycle": task.lifecycle,
        "account": task.account,
        "state": state,
        "created_at": task.created_at or timestamp(task.created),
        "source": task.source,
        "started_by": task.started_by,
        "price": task.price,
        "drive": task.drive,
        "polls": task.polls,
        "held": task.held is not None,
        "plan": [step._asdict() for step in task.plan],
        "next": change and {"state": change.state, "in_seconds": round(task.began + change.after - own, 6)},
        "results": _results(world, task, state),
    }


def _results(world: World, task: Task, state: str) -> list[dict[str, Any]]:
    """Return what the task shows in that state, each fact under its plain name."""
    rows = TaskFacts(world, task, state, task.id).results()
    return [{name.removeprefix("result."): value for name, value in row.items()} for row in rows]
