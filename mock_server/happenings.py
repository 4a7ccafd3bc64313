"""What happens in a world, each thing once and in order: exchanges, stages of tasks, webhooks that are sent. Pure."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from .deliveries import Attempt, Delivery
from .journal import Entry
from .lifecycle import TIME, Task, index, own_time
from .worlds import World


class Place(NamedTuple):
    """How far somebody has followed a world: so many exchanges, tasks and attempts, until the instant `now`.

    `moved` is its clock's; `origin` tells the world from another one of its name (a wall instant).
    """

    entries: int = 0
    tasks: int = 0
    attempts: int = 0
    now: float = float("-inf")
    moved: float = float("-inf")
    origin: float = 0.0

    def __str__(self) -> str:
        """Return it as one word."""
        return ",".join([*map(str, self[:3]), *(f"{instant:.6f}" for instant in self[3:])])

    @classmethod
    def read(cls, word: str) -> "Place":
        """Return what `str` has made a word of."""
        parts = word.split(",")
        return cls(*map(int, parts[:3]), *map(float, parts[3:]))


class Stage(NamedTuple):
    """A task has come to a state."""

    task: Task
    state: str


class Tried(NamedTuple):
    """A webhook was sent, or not."""

    delivery: Delivery
    attempt: Attempt


Happening = tuple[float, Entry | Stage | Tried]
"""The world instant of what happened, and what it was."""


def present(world: World, now: float) -> Place:
    """Return the place of one who knows all that has happened in the world by its time `now`."""
    counts = world.journal.total, len(world.tasks), world.outbox.attempts
    return Place(*counts, now, world.clock.moved, _origin(world))


@dataclass(slots=True)
class Follower:
    """Follows a world from a place on; what it costs depends on what happens, not on how much there is.

    `steps` has, for each task that may still change, the step of its plan that was told last; `changes` are the
    instants at which time alone brings the next ones, `awaited` the same by task.
    """

    world: World
    place: Place
    controls: int = 0
    steps: dict[str, int] = field(default_factory=dict)
    changes: list[tuple[float, str]] = field(default_factory=list)
    awaited: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Note where each task was at the place. A place in another world of this name counts as the beginning."""
        world = self.world
        self.controls = world.controls.total
        if self.place.origin != _origin(world):
            self.place = Place()
        now, moved = self.place.now, self.place.moved
        for task in islice(world.tasks.values(), self.place.tasks):
            self._note(task, index(task, now if task.drive == TIME else moved))

    def news(self, now: float) -> tuple[list[Happening], int]:
        """Return what has happened since the place, by the world's time `now`, and how many exchanges are gone.

        From then on the place is there.
        """
        world, since = self.world, self.place
        entries = list(world.journal.since(since.entries))
        stages = [stage for task in self._suspects(entries, now) for stage in self._stages(task, now)]
        tried = self._tried(since.attempts) if world.outbox.attempts > since.attempts else ()
        self.place = present(world, now)
        exchanges: list[Happening] = [(entry.now, entry) for entry in entries]
        happened = sorted([*exchanges, *stages, *tried], key=lambda happening: happening[0])
        return happened, self.place.entries - since.entries - len(entries)

    @property
    def next(self) -> float | None:
        """Return the world instant at which time alone brings the next stage, if it ever does."""
        return self.changes[0][0] if self.changes else None

    def _suspects(self, entries: Iterable[Entry], now: float) -> list[Task]:
        """Return the tasks that may be in another state: new, polled, due by time; all once a control call came."""
        tasks, fresh = self.world.tasks, len(self.world.tasks) - self.place.tasks
        names: dict[str, None] = {}
        for task in reversed(list(islice(reversed(tasks.values()), max(fresh, 0)))):
            # Of one that was put into the world, only where it is has happened here.
            self.steps[task.id] = -1 if task.started_by else index(task, own_time(task, self.world.clock, now)) - 1
            names[task.id] = None
        names |= dict.fromkeys(entry.answer.why.get("task", "") for entry in entries)
        while self.changes and self.changes[0][0] <= now:
            names[self._due()] = None
        if self.world.controls.total != self.controls:
            self.controls = self.world.controls.total
            names |= dict.fromkeys(self.steps)
        return [tasks[name] for name in names if name in self.steps]

    def _due(self) -> str:
        _, name = heapq.heappop(self.changes)
        self.awaited.pop(name, None)
        return name

    def _stages(self, task: Task, now: float) -> Iterator[Happening]:
        told, reached = self.steps[task.id], index(task, own_time(task, self.world.clock, now))
        for step in task.plan[told + 1 : reached + 1]:
            instant = min(task.began + step.after, now) if task.drive == TIME else now
            yield max(instant, task.created), Stage(task, step.state)
        self._note(task, reached)

    def _note(self, task: Task, step: int) -> None:
        """Remember the step that was told, and when time alone brings the next one."""
        if step + 1 >= len(task.plan):
            self.steps.pop(task.id, None)
            return
        self.steps[task.id] = step
        coming = task.began + task.plan[step + 1].after
        if task.drive == TIME and task.held is None and self.awaited.get(task.id) != coming:
            self.awaited[task.id] = coming
            heapq.heappush(self.changes, (coming, task.id))

    def _tried(self, since: int) -> Iterator[Happening]:
        for delivery in self.world.outbox:
            yield from ((one.at, Tried(delivery, one)) for one in delivery.attempts if one.number > since)


def _origin(world: World) -> float:
    return round(float(world.origin.get("wall", 0.0)), 6)
