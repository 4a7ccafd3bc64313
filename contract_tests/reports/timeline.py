"""What became of a task over time: its start, its polls with the states that they showed, its webhooks. Plain data."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median
from typing import Literal

from covermock.openapi import Lifecycle

Kind = Literal["start", "poll", "webhook"]
MOST_MARKS = 300  # of a lane: polls beyond it are left out evenly, and counted


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened to a task, `at` seconds after the run began. `state` is what it showed, if anything.

    `good` is False where it failed: a poll without a state, a webhook that was not answered with 2xx.
    """

    at: float
    kind: Kind
    state: str
    text: str
    good: bool = True


@dataclass(frozen=True, slots=True)
class Lane:
    """A task: `states` are its lifecycle's, in order, `ends` those that stay; `group` is the run it belongs to.

    `left_out` counts the polls that are not among the marks; `pause` is the median of the seconds between polls.
    """

    task: str
    kind: str
    marks: tuple[Mark, ...]
    states: tuple[str, ...] = ()
    success: str = ""
    failure: str = ""
    group: str = ""
    left_out: int = 0
    pause: float | None = None

    @property
    def end(self) -> float:
        return max((mark.at for mark in self.marks), default=0.0)

    @property
    def spans(self) -> list[tuple[str, float, float]]:
        """Return (state, from, to): each state from the first time that it was seen until the next one was."""
        seen = [mark for mark in self.marks if mark.state]
        firsts = [next(same) for _, same in groupby(seen, lambda mark: mark.state)]
        ends = [*(then.at for then in firsts[1:]), self.end]
        return [(first.state, first.at, end) for first, end in zip(firsts, ends, strict=False)]

    @property
    def told(self) -> str:
        """Return the lane in a sentence, for who can't see it."""
        polls = sum(mark.kind == "poll" for mark in self.marks) + self.left_out
        hooks = sum(mark.kind == "webhook" for mark in self.marks)
        states = ", then ".join(f"{state} at {begin:.1f} s" for state, begin, _ in self.spans) or "no state was seen"
        return f"{polls} polls, {hooks} webhooks: {states}"


def lane(task: str, cycle: Lifecycle, marks: Iterable[Mark], group: str = "") -> Lane:
    """Return the lane of a task with these marks, in order; of very many polls some are left out."""
    ordered = sorted(marks, key=lambda mark: mark.at)
    kept = _thinned(ordered)
    pauses = [then.at - first.at for first, then in pairwise(mark for mark in ordered if mark.kind == "poll")]
    states, left_out = tuple(state.name for state in cycle.states), len(ordered) - len(kept)
    pause = median(pauses) if pauses else None
    return Lane(task, cycle.name, tuple(kept), states, *cycle.terminal, group, left_out, pause)


def _thinned(marks: Sequence[Mark]) -> list[Mark]:
    """Return the marks without polls that show nothing new, once there are too many; of the others every n-th."""
    if len(marks) <= MOST_MARKS:
        return list(marks)
    news = {id(then) for first, then in pairwise(marks) if then.kind != "poll" or then.state != first.state}
    news |= {id(marks[0]), id(marks[-1])}
    step = -(-len(marks) // (MOST_MARKS // 2))
    return [mark for number, mark in enumerate(marks) if id(mark) in news or number % step == 0][:MOST_MARKS]
