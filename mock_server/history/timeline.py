"""What happens in a world, each thing once and in order: exchanges, stages of tasks, webhooks that are sent. Pure."""

import heapq
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import NamedTuple

from ..world.journal import Entry
from ..world.task import POLLS, TIME, Task, index, own_time
from ..world.webhook import Attempt, Delivery
from ..world.world import World


class Cursor(NamedTuple):
    """How far somebody has followed a world: so many exchanges, tasks and attempts, until the instant `now`.

    `moved` is its clock's; `mark` tells the world from another one of its name.
    """

    entries: int = 0
    tasks: int = 0
    attempts: int = 0
    now: float = -math.inf
    moved: float = -math.inf
    mark: str = ""

    def __str__(self) -> str:
        return ",".join([*map(str, self[:3]), f"{self.now:.9f}", f"{self.moved:.9f}", self.mark])

    @classmethod
    def read(cls, word: str) -> "Cursor":
        """Return what `str` has made a word of; what happened at its very instant may not have been known."""
        *counts, now, moved, mark = word.split(",")
        entries, tasks, attempts = map(int, counts)
        before, unmoved = (math.nextafter(float(instant), -math.inf) for instant in (now, moved))
        return cls(entries, tasks, attempts, before, unmoved, mark)


class StageReached(NamedTuple):
    """A task has come to a state."""

    task: Task
    state: str


class WebhookTried(NamedTuple):
    """A webhook was sent, or not."""

    delivery: Delivery
    attempt: Attempt


Happening = tuple[float, Entry | StageReached | WebhookTried]
"""The world instant of what happened, and what it was."""


def present(world: World, now: float) -> Cursor:
    """Return the place of one who knows all that has happened in the world by its time `now`."""
    counts = world.journal.total, len(world.tasks), world.outbox.attempts
    return Cursor(*counts, now, world.clock.moved, world.mark)


@dataclass(slots=True)
class Follower:
    """Follows a world from a place on. To begin costs a look at every task, then each look as much as happens.

    `steps` has, for each task that may still change, the step of its plan that was told last; `by_polls` are those of
    them that polls move; `changes` are the instants at which time alone brings the next ones, `awaited` the same by
    task.
    """

    world: World
    place: Cursor
    controls: int = -1  # so that the first look is at all that may still change
    steps: dict[str, int] = field(default_factory=dict)
    by_polls: set[str] = field(default_factory=set)
    changes: list[tuple[float, str]] = field(default_factory=list)
    awaited: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Note where each task was at the place. A place in another world of this name counts as the beginning."""
        world = self.world
        if self.place.mark != world.mark:
            self.place = Cursor()
        for task in islice(world.tasks.values(), self.place.tasks):
            own = self.place.now if task.drive == TIME else self.place.moved
            own = own if task.base else math.nextafter(own, math.inf)  # one that was put there was in its state at once
            held_since = task.held is not None and task.held > own
            self._note(task, index(replace(task, held=None) if held_since else task, own))

    def news(self, now: float, most: int | None = None) -> tuple[list[Happening], int]:
        """Return what has happened since the place, by the world's time `now`: the first `most` things.

        Also return how much else there was, kept or not. From then on the place is there.
        """
        world, since = self.world, self.place
        fresh = self._fresh(now)
        # Under load most exchanges are not told, and what is not looked at costs nothing.
        entries = list(world.journal.since(since.entries, None if self.by_polls else most))
        polled = _polls_by_task(entries) if self.by_polls else {}
        tasks = self._suspects(fresh, polled, now)
        stages = [stage for task in tasks for stage in self._stages(task, polled.get(task.id, []), now)]
        tried = self._new_attempts(since.attempts) if world.outbox.attempts > since.attempts else []
        self.place = present(world, now)
        exchanges: Iterator[Happening] = ((entry.now, entry) for entry in entries)
        merged = heapq.merge(exchanges, sorted(stages, key=_instant), sorted(tried, key=_instant), key=_instant)
        told = list(islice(merged, most))
        came = self.place.entries - since.entries + self.place.attempts - since.attempts
        return told, max(came, len(entries) + len(tried)) + len(stages) - len(told)

    @property
    def next(self) -> float | None:
        """Return the world instant at which time alone brings the next stage, if it ever does."""
        return self.changes[0][0] if self.changes else None

    def _fresh(self, now: float) -> list[str]:
        """Note the tasks that are new, and return their names."""
        tasks, count = self.world.tasks, len(self.world.tasks) - self.place.tasks
        fresh = list(islice(reversed(tasks.values()), max(count, 0)))[::-1]
        for task in fresh:
            # Of one that was put into the world, only where it is has happened here.
            self._step(task, -1 if task.base else index(task, own_time(task, self.world.clock, now)) - 1)
        return [task.id for task in fresh]

    def _suspects(self, fresh: Iterable[str], polled: Iterable[str], now: float) -> list[Task]:
        """Return the tasks that may be in another state: new, polled, due by time; all once a control call came."""
        tasks = self.world.tasks
        names = dict.fromkeys(chain(fresh, polled))
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

    def _stages(self, task: Task, polled: list[float], now: float) -> Iterator[Happening]:
        """Yield the states that the task has come to; `polled` are the instants of requests about it since."""
        told, reached = self.steps[task.id], index(task, own_time(task, self.world.clock, now))
        for step in range(told + 1, reached + 1):
            name, after = task.plan[step]
            if task.drive == TIME:
                instant = min(task.began + after, now)
            elif task.drive == POLLS and polled:  # its start, then the poll that shows the first stage, then the others
                instant = polled[min(step + (step > 0) if told < 0 else step - told - 1, len(polled) - 1)]
            else:
                instant = now
            yield max(instant, task.created), StageReached(task, name)
        self._note(task, reached)

    def _note(self, task: Task, step: int) -> None:
        """Remember the step that was told, and when time alone brings the next one."""
        if step + 1 >= len(task.plan):
            self.steps.pop(task.id, None)
            self.by_polls.discard(task.id)
            return
        self._step(task, step)
        coming = task.began + task.plan[step + 1].after
        if task.drive == TIME and task.held is None and self.awaited.get(task.id) != coming:
            self.awaited[task.id] = coming
            heapq.heappush(self.changes, (coming, task.id))

    def _step(self, task: Task, step: int) -> None:
        self.steps[task.id] = step
        (self.by_polls.add if task.drive == POLLS else self.by_polls.discard)(task.id)

    def _new_attempts(self, since: int) -> list[Happening]:
        """Return the attempts after that number; a webhook whose task still runs was never sent."""
        fresh = [one for one in self.world.outbox.with_attempts() if one.attempts and one.attempts[-1].number > since]
        return [(made.at, WebhookTried(one, made)) for one in fresh for made in one.attempts if made.number > since]


def _polls_by_task(entries: Iterable[Entry]) -> dict[str, list[float]]:
    """Return the instants of the exchanges by the task that they are about."""
    polled: dict[str, list[float]] = {}
    for entry in entries:
        polled.setdefault(entry.answer.why.get("task", ""), []).append(entry.now)
    return polled


def _instant(happening: Happening) -> float:
    return happening[0]
