"""A task's state as a pure function of its facts and the time. Reading never changes anything."""

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from covermock.openapi import Lifecycle

from .clock import Clock

TIME, MANUAL, POLLS = "time", "manual", "polls"
LEAST = 0.001  # seconds
DRIVES = (TIME, MANUAL, POLLS)
SUCCESS, FAILURE, STALL = "success", "failure", "stall"
OUTCOMES = (SUCCESS, FAILURE, STALL)
_FIRST, _PARTS = 40_000, 16  # a part moves 43,690 tasks at a time, which takes 2 ms, or twice as many


class Step(NamedTuple):
    """A task enters `state` when `after` seconds have passed since it began."""

    state: str
    after: float


Plan = tuple[Step, ...]


@dataclass(slots=True, eq=False)
class Task:
    """What was asked, when, by whom, and the plan. Facts only: no field says what state the task is in.

    `created` and `polled_at` (its last poll that counted) are instants of the world's time, `began` is one of the
    task's own (see `own_time`).
    `results` and `created_at` are set only where a world dictates them (the documented answers).
    """

    id: str
    lifecycle: str
    account: str
    created: float
    began: float
    plan: Plan
    drive: str = TIME
    source: str = ""
    started_by: str = ""
    price: int = 0
    callback_url: str = ""
    base: str = ""
    polls: int = 0
    polled_at: float | None = None
    held: float | None = None
    created_at: str | None = None
    results: tuple[Mapping[str, Any], ...] | None = None


class Tasks(dict[str, Task]):
    """Tasks by id, in the order in which they came. None is ever taken out.

    A dict that is full moves all that it has, and everybody waits: 35 ms with 700,000. So what comes after the `_FIRST`
    is in parts, by the hash of its id, of which each is moved for itself; the first ones follow, one with each new one.
    """

    __slots__ = ("_moving", "_order", "_parts")

    def __init__(self, tasks: Iterable[Task] = ()) -> None:
        super().__init__()
        self._order: list[Task] = []
        self._parts: list[dict[str, Task]] = []
        self._moving = False  # some of the first are not in a part yet
        for task in tasks:
            self[task.id] = task

    def get(self, name: str, default: Any = None) -> Any:
        if not self._parts:
            return dict.get(self, name, default)
        found = self._parts[hash(name) % _PARTS].get(name)
        return dict.get(self, name, default) if found is None and self._moving else found or default

    def __getitem__(self, name: str) -> Task:
        found: Task | None = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def __contains__(self, name: object) -> bool:
        if not self._parts:
            return dict.__contains__(self, name)
        return name in self._parts[hash(name) % _PARTS] or (self._moving and dict.__contains__(self, name))

    def __setitem__(self, name: str, task: Task) -> None:
        """Add one whose id is new."""
        order, parts = self._order, self._parts
        order.append(task)
        if parts:
            parts[hash(name) % _PARTS][name] = task
            if self._moving:
                self._move()
        else:
            dict.__setitem__(self, name, task)
            if len(order) == _FIRST:
                self._parts, self._moving = [{} for _ in range(_PARTS)], True

    def _move(self) -> None:
        """Let one of the first follow, so that soon there is but one place to look."""
        name, task = dict.popitem(self)
        self._parts[hash(name) % _PARTS][name] = task
        self._moving = bool(dict.__len__(self))

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[str]:
        return (task.id for task in self._order)

    def __reversed__(self) -> Iterator[str]:
        return (task.id for task in reversed(self._order))

    def keys(self) -> KeysView[str]:  # type: ignore[override]
        return KeysView(self)

    def items(self) -> ItemsView[str, Task]:  # type: ignore[override]
        return ItemsView(self)

    def values(self) -> Sequence[Task]:  # type: ignore[override]
        return self._order


def task_of(row: Mapping[str, Any]) -> Task:
    """Return the task of its facts as JSON has them."""
    results = row.get("results")
    plan = tuple(Step(state, after) for state, after in row["plan"])
    return Task(**{**row, "plan": plan, "results": None if results is None else tuple(results)})


def plan(
    lifecycle: Lifecycle, seconds: Mapping[str, float], outcome: str, stalls_at: str = "", drive: str = TIME
) -> Plan:
    """Return the plan of a task: each stage for its `seconds` (default: the contract's), then `outcome`.

    With the outcome `stall` the task stays for ever in `stalls_at`, or in its last stage. Where time doesn't flow by
    itself every stage has a length, so that none is over before anything has happened.
    """
    least = 0.0 if drive == TIME else LEAST
    steps, after = [], 0.0
    for stage in lifecycle.stages:
        steps.append(Step(stage.name, after))
        after += max(seconds.get(stage.name, stage.seconds), least)
        if outcome == STALL and stage.name == stalls_at:
            return tuple(steps)
    if outcome == STALL:
        return tuple(steps)
    end = lifecycle.success if outcome == SUCCESS else lifecycle.failure
    return (*steps, Step(end.name, after))


def plan_from(plan: Plan, position: int) -> Plan:
    """Return the plan of a task that begins in the step at `position`: the past took no time, the next takes some.

    So no rounding, and no stage of no length, shows another state than that one.
    """
    past = (step._replace(after=0.0) for step in plan[: position + 1])
    rest = (step._replace(after=max(step.after - plan[position].after, LEAST)) for step in plan[position + 1 :])
    return (*past, *rest)


def own_time(task: Task, clock: Clock, now: float) -> float:
    """Return the time that drives the task: the world's, or (`manual`, `polls`) only what control calls added."""
    return now if task.drive == TIME else clock.moved


def elapsed(task: Task, own: float) -> float:
    """Return the seconds of its own time that the task has lived; while it is held they stand still."""
    return (own if task.held is None else task.held) - task.began


def index(task: Task, own: float) -> int:
    """Return which step of its plan the task is in at its own time."""
    lived, plan = (own if task.held is None else task.held) - task.began, task.plan
    by_time = len(plan) - 1
    while by_time and plan[by_time].after > lived:
        by_time -= 1
    return max(by_time, min(task.polls, len(plan)) - 1) if task.drive == POLLS else by_time


def at(task: Task, own: float) -> str:
    """Return the name of the task's state at its own time."""
    return task.plan[index(task, own)].state


def next_change(task: Task, own: float) -> Step | None:
    """Return the step that time alone will bring next (`after` counts from when it began), or None."""
    following = index(task, own) + 1
    waits = task.held is not None or following >= len(task.plan)
    return None if waits else task.plan[following]


def count_poll(task: Task, now: float) -> bool:
    """Count one valid poll; return True if it has moved the task to the end of its plan, as under `polls` it can."""
    if task.held is not None or task.polls >= len(task.plan):
        return False
    task.polls += 1
    task.polled_at = now
    return is_polled_out(task)


def is_polled_out(task: Task) -> bool:
    """Return True if polls have moved the task to the end of its plan."""
    return task.drive == POLLS and task.polls >= len(task.plan)


def ends_in(task: Task, clock: Clock, now: float) -> float | None:
    """Return the seconds until the task is at the end of its plan, 0 or less since then; None while it is held.

    They are of its own time, or of the world's where polls have brought it there.
    """
    if task.held is not None:
        return None
    left = task.plan[-1].after - elapsed(task, own_time(task, clock, now))
    if is_polled_out(task):
        since = task.created if task.polled_at is None else task.polled_at
        return min(left, since - now)
    return left


def hold(task: Task, own: float) -> None:
    """Stop the task where it is, until `release`."""
    if task.held is None:
        task.held = own


def release(task: Task, own: float) -> None:
    """Let a held task go on with what was left of its stage."""
    if task.held is not None:
        task.began += own - task.held
        task.held = None


def redrive(task: Task, drive: str, clock: Clock, now: float) -> None:
    """Let another drive move the task from now on; where it is and how long it has been there stay."""
    own = own_time(task, clock, now)
    position = index(task, own)
    lived = max(elapsed(task, own), task.plan[position].after)
    fresh = task.polls == 0 and position == 0
    task.drive = drive
    task.polls = 0 if fresh else position + 1
    own = own_time(task, clock, now)
    task.began = own - lived
    task.held = None if task.held is None else own


def rest_of(whole: Plan, task: Task, own: float) -> tuple[Step, ...]:
    """Return what of the plan `whole` is still to come for a task, counted from its own time `own`."""
    position = index(task, own)
    if position >= len(whole):
        return ()
    spent = max(elapsed(task, own) - task.plan[position].after, 0.0)
    here = whole[position].after + spent
    return tuple(Step(step.state, max(step.after - here, 0.0)) for step in whole[position + 1 :])


def end(task: Task, own: float, state: str) -> None:
    """Bring the task to the terminal `state` now. What it has been through stays; a held task is released."""
    release(task, own)
    replan(task, own, (Step(state, 0.0),))


def replan(task: Task, own: float, rest: Sequence[Step]) -> None:
    """Replace all that is still to come by `rest`, whose `after` counts from now. The past stays as it was."""
    position, lived = index(task, own), elapsed(task, own)
    past = tuple(step._replace(after=min(step.after, lived)) for step in task.plan[: position + 1])
    task.plan = (*past, *(Step(step.state, lived + step.after) for step in rest))
    task.polls = min(task.polls, position + 1)
