"""What a task looks like: the x-value facts that a contract's schemas ask for. Pure functions of task and state."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from ..world.task import Task
from ..world.world import World

MEDIA = "/__mock/media"


def results(world: World, task: Task, count: int, base: str = "") -> list[dict[str, Any]]:
    """Return the first `count` results of the task, as x-value facts; dictated ones where the world has them.

    `base` is the server's URL, for a task that nobody started, and so has no base of its own.
    """
    if task.results is not None:
        return [{f"result.{key}": value for key, value in row.items()} for row in task.results[:count]]
    folder = f"{task.base or media_base(world, base)}/{quote(task.id, safe='')}"
    image = world.lifecycle(task).image_type
    return [
        {
            "result.id": f"song_{task.id}_{number}",
            "result.image_url": f"{folder}/{number}.{image}",
            "result.audio_url": f"{folder}/{number}.wav",
        }
        for number in range(1, count + 1)
    ]


@dataclass(slots=True)
class TaskFacts(Mapping[str, Any]):
    """The x-value facts of a task as it is in a state, each worked out when a schema asks for it.

    `base` is the server's URL; `id` is what the task is shown under, where that is not its own.
    """

    world: World
    task: Task
    state: str
    base: str = ""
    id: str = ""

    def __getitem__(self, name: str) -> Any:
        return _FACTS[name](self)

    def __iter__(self) -> Iterator[str]:
        return iter(_FACTS)

    def __len__(self) -> int:
        return len(_FACTS)

    def results(self) -> list[dict[str, Any]]:
        states = self.world.lifecycle(self.task).states
        count = next(stage.results for stage in states if stage.name == self.state)
        return results(self.world, self.task, count, self.base)


_FACTS: Mapping[str, Callable[[TaskFacts], Any]] = {
    "task.id": lambda facts: facts.id or facts.task.id,
    "task.status": lambda facts: facts.state,
    "task.created_at": lambda facts: facts.task.created_at or timestamp(facts.task.created),
    "task.results": TaskFacts.results,
}


def media_base(world: World, base: str) -> str:
    """Return where the media of the world's tasks are, under the server's `base` URL; one text for all of them."""
    found = world.bases.get(base)
    if found is None:
        found = world.bases[base] = f"{base}{MEDIA}/{quote(world.name, safe='')}"
    return found


def timestamp(seconds: float) -> str:
    """Return the instant (Unix seconds) as RFC 3339 in UTC, whole seconds (C13)."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
