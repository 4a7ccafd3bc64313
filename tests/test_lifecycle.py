"""The laws of a task's state: a function of facts and time, whatever drives it and in whatever order it is asked."""

from dataclasses import asdict
from itertools import pairwise

import pytest
from covermock.mock_server.world.clock import Clock
from covermock.mock_server.world.task import (
    DRIVES,
    MANUAL,
    OUTCOMES,
    POLLS,
    STALL,
    TIME,
    Step,
    Task,
    at,
    count_poll,
    end,
    ends_in,
    hold,
    index,
    next_change,
    own_time,
    plan,
    release,
    replan,
)
from covermock.openapi import Lifecycle, Stage, load
from hypothesis import given
from hypothesis import strategies as st

CONTRACT = load()
CYCLES = list(CONTRACT.lifecycles.values())
# Quarters of a second are exact in a double, so that laws hold to the last bit.
quarters = st.integers(0, 400).map(lambda n: n / 4)
tasks = st.builds(
    lambda cycle, lengths, outcome, stalls, began, drive: Task(
        "t", cycle.name, "a", began, began, _plan(cycle, lengths, outcome, stalls), drive
    ),
    st.sampled_from(CYCLES),
    st.lists(quarters, min_size=3, max_size=3),
    st.sampled_from(OUTCOMES),
    st.integers(0, 2),
    quarters,
    st.sampled_from(DRIVES),
)
actions = st.lists(
    st.tuples(st.sampled_from(["wait", "poll", "hold", "release", "replan", "end"]), quarters), max_size=20
)


def _plan(cycle: Lifecycle, lengths: list[float], outcome: str, stalls: int) -> tuple[Step, ...]:
    seconds = {stage.name: length for stage, length in zip(cycle.stages, lengths, strict=False)}
    return plan(cycle, seconds, outcome, cycle.stages[stalls % len(cycle.stages)].name)


def terminal(task: Task) -> tuple[str, str]:
    """Return the names of the states that end the task."""
    return CONTRACT.lifecycles[task.lifecycle].terminal


def act(task: Task, action: str, now: float, amount: float) -> float:
    """Do one thing to the task at its own time; return the time afterwards."""
    if action == "wait":
        return now + amount
    if action == "poll":
        count_poll(task, 0.0)
    elif action == "hold":
        hold(task, now)
    elif action == "release":
        release(task, now)
    elif at(task, now) not in terminal(task):
        success = terminal(task)[0]
        if action == "replan":
            replan(task, now, (Step(success, amount),))
        else:
            end(task, now, success)
    return now


@given(tasks, st.lists(quarters, min_size=2))
def test_status_is_monotone_in_time(task: Task, instants: list[float]) -> None:
    """A later look never shows an earlier state (G13)."""
    steps = [index(task, instant) for instant in sorted(instants)]

    assert sorted(steps) == steps


@given(tasks, quarters)
def test_a_task_is_at_its_end_when_no_seconds_are_left(task: Task, lived: float) -> None:
    """What is left of a task and the step that it is in never disagree, at no instant of its life."""
    now = task.began + lived
    left = ends_in(task, Clock(now, 0.0, 1.0, moved=now), now)

    assert left is not None
    assert (left <= 0) == (index(task, now) == len(task.plan) - 1)


@given(tasks, quarters, quarters)
def test_a_terminal_state_stays(task: Task, instant: float, more: float) -> None:
    """Once a task has ended, every later look and any poll shows the same end (G13)."""
    state = at(task, instant)
    count_poll(task, instant)

    assert state not in terminal(task) or state == at(task, instant + more)


@given(tasks, quarters, quarters, st.booleans())
def test_a_split_wait_equals_one_wait(task: Task, one: float, other: float, look: bool) -> None:
    """Waiting twice, with a look in between or not, leads where waiting once leads."""
    clock = Clock(task.began, 0.0)
    split = clock.advance(one)
    if look:
        at(task, own_time(task, split, split.now(0.0)))
    split, whole = split.advance(other), clock.advance(one + other)

    assert at(task, own_time(task, whole, whole.now(0.0))) == at(task, own_time(task, split, split.now(0.0)))


@given(tasks, quarters)
def test_reading_changes_nothing(task: Task, instant: float) -> None:
    """Looking at a task leaves each of its facts as it was."""
    before = asdict(task)
    index(task, instant), at(task, instant), next_change(task, instant)

    assert before == asdict(task)


@given(tasks, actions)
def test_nothing_that_is_done_to_a_task_moves_it_backward(task: Task, done: list[tuple[str, float]]) -> None:
    """Waits, polls, hold, release, replan and end only ever move a task forward, and never out of its end."""
    now, seen = task.began, []
    for action, amount in done:
        seen.append((at(task, now), index(task, now)))
        now = act(task, action, now, amount)
    seen.append((at(task, now), index(task, now)))

    for (state, position), (later, further) in pairwise(seen):
        assert position <= further
        assert state not in terminal(task) or state == later


@given(tasks, quarters, quarters)
def test_a_held_task_stays_and_goes_on_with_what_was_left(task: Task, before: float, held: float) -> None:
    """Holding a task takes the time of the hold out of its life, and nothing else."""
    now = task.began + before
    state, change = at(task, now), next_change(task, now)
    left = None if change is None else task.began + change.after - now
    hold(task, now)
    during = at(task, now + held)
    release(task, now + held)
    again = next_change(task, now + held)

    assert (state, state) == (during, at(task, now + held))
    assert change == again
    assert left == (None if again is None else task.began + again.after - now - held)


@given(tasks, quarters)
def test_the_next_change_comes_exactly_then(task: Task, now: float) -> None:
    """Until its next change a task stays in its state; at that instant it is in the announced one."""
    change = next_change(task, now)

    if change is not None:
        instant = max(task.began + change.after, now)
        assert index(task, now) + 1 <= index(task, instant)


@pytest.mark.parametrize("cycle", CYCLES, ids=lambda cycle: cycle.name)
def test_the_first_poll_shows_the_first_stage(cycle: Lifecycle) -> None:
    """Under `polls` each poll shows one stage more, beginning with the first, and the end sticks."""
    task = Task("t", cycle.name, "a", 0.0, 0.0, plan(cycle, {}, "success"), POLLS)
    seen = []
    for _ in range(len(cycle.stages) + 3):
        count_poll(task, 0.0)
        seen.append(at(task, 0.0))

    assert [*(stage.name for stage in cycle.stages), *[cycle.success.name] * 3] == seen


@pytest.mark.parametrize(("drive", "expected"), [(TIME, 50.0), (MANUAL, 20.0), (POLLS, 20.0)])
def test_only_control_calls_move_what_time_does_not_drive(drive: str, expected: float) -> None:
    """A task under `time` follows the world's clock; under the others, what control calls have added."""
    clock = Clock(0.0, 0.0).advance(20)
    task = Task("t", "cover", "a", 0.0, 0.0, (), drive)

    assert expected == own_time(task, clock, clock.now(30.0))


def test_a_plan_takes_the_contracts_seconds_where_none_are_given() -> None:
    """Stages last what was asked for, else what x-lifecycle says; the outcome comes after the last."""
    stages = (Stage("A", 2.0, 0), Stage("B", 3.0, 1))
    cycle = Lifecycle("l", stages, Stage("GOOD", 0, 2), Stage("BAD", 0, 0))

    assert (Step("A", 0), Step("B", 2), Step("GOOD", 5)) == plan(cycle, {}, "success")
    assert (Step("A", 0), Step("B", 7), Step("BAD", 10)) == plan(cycle, {"A": 7}, "failure")
    assert (Step("A", 0), Step("B", 2)) == plan(cycle, {}, STALL)
    assert (Step("A", 0),) == plan(cycle, {}, STALL, "A")
