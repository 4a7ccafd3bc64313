"""The short form of `make chaos`, and what its laws are able to see."""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from chaos.engine import Redis
from chaos.history import FLUSH, REDIS, WORKER, Credits, History, Last, Listed, Poll, Start, Trouble, Webhook
from chaos.laws import GRACE, LAWS, violations
from chaos.plan import KINDS, Step, plan
from chaos.run import run

ORDER = {"cover": ("PENDING", "IN_PROGRESS", "SUCCESS", "FAILED"), "music": ("pending", "text", "complete", "failed")}
SOON = Trouble(FLUSH, "flush redis", 5.0, 6.0)


def start(number: int, **more: Any) -> Start:
    """Return an accepted cover."""
    usual = Start(number, "main", "cover", f"gen_{number}", 1, number + 0.1, number + 0.2, 200, f"task_{number}")
    return replace(usual, **more)


def poll(at: float, task: str = "task_1", state: str = "SUCCESS", **more: Any) -> Poll:
    """Return a poll that saw a cover."""
    return replace(Poll("main", "cover", task, at, at + 0.1, 200, state, "pictures" * (state == "SUCCESS")), **more)


def last(*starts: Start, **more: Any) -> Last:
    """Return an end in which the tasks of these starts are there, and paid."""
    tasks = {one.task: Listed(one.account, one.kind, one.price) for one in starts}
    spent = sum(task.price for task in tasks.values())
    return replace(Last(100.0, {"main": Credits(50, 50 - spent, 0, spent)}, tasks), **more)


def history(*starts: Start, end: Last | None = None, polls: Sequence[Poll] = (), **more: Any) -> History:
    """Return a run in which every start is found at the end."""
    seen = [poll(101.0, one.task, ORDER[one.kind][2], kind=one.kind) for one in starts if one.status == 200]
    return History({"main": 50}, ORDER, end or last(*starts), starts, [*polls, *seen], **more)


def broken(run: History) -> set[str]:
    """Return the names of the laws that a run breaks."""
    return {found.partition(":")[0] for found in violations(run)}


ONE, TWO = start(1), start(2)
MUSIC = start(3, kind="music", source="aud", price=5, hook=True)
LOST = start(4, status=0, task="", said="ReadError", began=20.1, ended=20.2)
AWAY = replace(LOST, status=503)
KILLED, CUT = Trouble(WORKER, "kill a worker", 20.0, 20.0), Trouble(REDIS, "kill redis", 20.0, 20.5)
HEARD = Webhook(3, 9.0, "task_3", "complete", 200)
ALREADY = start(6, source="gen_1", status=400, task="", began=8.0, ended=8.1)


@pytest.mark.parametrize(
    "run",
    [
        history(ONE, TWO, polls=[poll(1.5, state="PENDING"), poll(2.0, state="IN_PROGRESS"), poll(3.0)]),
        history(ONE, replace(ONE, number=9, source="gen_9", account="main", began=7.0, ended=7.1), troubles=[SOON]),
        History({"main": 50}, ORDER, last(), [ONE], [poll(7.0, status=404, state="")], troubles=[SOON]),
        history(MUSIC, webhooks=[HEARD._replace(status=500), HEARD]),
        history(ONE, LOST, end=last(ONE), troubles=[KILLED]),
        history(ONE, LOST, end=last(ONE, replace(LOST, task="task_4")), troubles=[KILLED]),
        history(ONE, AWAY, end=last(ONE), troubles=[CUT]),
        history(ONE, ALREADY, end=last(ONE)),
        history(replace(ONE, price=50), replace(ALREADY, status=402, source="gen_8"), end=last(replace(ONE, price=50))),
    ],
    ids=["usual", "ids again", "flushed", "twice heard", "lost", "lost and done", "away", "already", "poor"],
)
def test_what_is_right_breaks_no_law(run: History) -> None:
    """Lost answers, forgotten tasks after a flush, webhooks that come twice: either outcome is right."""
    assert [] == violations(run)


WRONG: dict[str, tuple[History, ...]] = {
    "accepted_tasks_are_found": (
        history(ONE, polls=[poll(2.0, status=404, state="")]),
        history(ONE, polls=[poll(4.0, status=404, state="")], troubles=[SOON]),
        history(ONE, polls=[poll(2.0, status=401, state="")]),
        History({"main": 50}, ORDER, last(ONE), [ONE]),
        replace(history(ONE), last=last()),
    ),
    "credits_are_conserved": (
        replace(history(ONE), last=replace(last(ONE), credits={"main": Credits(50, 50, 0, 0)})),
        replace(history(ONE), last=replace(last(ONE), credits={"main": Credits(50, 48, 0, 2)})),
        replace(history(ONE), last=replace(last(ONE), credits={"main": Credits(50, 49, 0, 2)})),
        replace(history(ONE), last=replace(last(ONE), credits={"main": Credits(60, 59, 0, 1)})),
        replace(history(ONE), last=replace(last(ONE), credits={})),
    ),
    "tasks_have_starts": (
        history(ONE, end=last(ONE, TWO)),
        history(ONE, replace(LOST, status=400), end=last(ONE, TWO)),
        history(ONE, LOST, end=last(ONE, TWO, start(7)), troubles=[KILLED]),
    ),
    "ids_are_unique": (history(ONE, replace(TWO, task="task_1")),),
    "a_music_task_gets_one_cover": (history(ONE, replace(TWO, source="gen_1")),),
    "refusals_for_covers_are_right": (
        history(TWO, ALREADY, end=last(TWO)),
        history(replace(ALREADY, began=0.5, ended=0.6), ONE, end=last(ONE)),
        history(ONE, ALREADY, troubles=[SOON], end=last()),
    ),
    "refusals_for_credits_are_right": (history(ONE, replace(ALREADY, status=402), end=last(ONE)),),
    "webhooks_come_at_least_once": (
        history(MUSIC),
        history(MUSIC, webhooks=[HEARD._replace(status=500)]),
        history(MUSIC, webhooks=[HEARD, HEARD._replace(state="text")]),
        history(MUSIC, webhooks=[HEARD, HEARD._replace(task="task_9")]),
        history(MUSIC, replace(MUSIC, number=4, status=402, task=""), webhooks=[HEARD, HEARD._replace(start=4)]),
    ),
    "states_only_go_forward": (
        history(ONE, polls=[poll(2.0, state="IN_PROGRESS"), poll(3.0, state="PENDING")]),
        history(ONE, polls=[poll(2.0), poll(3.0, state="FAILED")]),
        history(ONE, polls=[poll(2.0), poll(3.0, lasting="other pictures")]),
        history(ONE, polls=[poll(2.0), poll(2.05, state="IN_PROGRESS", ended=2.3), poll(2.5, state="PENDING")]),
    ),
    "answers_are_documented": (
        history(ONE, replace(LOST, status=500)),
        history(ONE, replace(LOST, status=502), troubles=[CUT]),
        history(ONE, AWAY),
        history(ONE, replace(AWAY, began=21.0 + GRACE, ended=22.0 + GRACE), troubles=[CUT]),
        history(ONE, replace(AWAY, status=401), end=last(ONE)),
        history(ONE, replace(AWAY, status=404), end=last(ONE)),
        history(ONE, replace(AWAY, odd="no envelope"), end=last(ONE), troubles=[CUT]),
    ),
    "connections_break_only_with_workers": (
        history(ONE, LOST, end=last(ONE)),
        history(ONE, LOST, end=last(ONE), troubles=[KILLED._replace(began=30.0)]),
        history(ONE, LOST, end=last(ONE), troubles=[CUT]),
    ),
    "the_first_crew_stays": (
        history(ONE, end=last(ONE, code=3)),
        history(ONE, end=last(ONE, left=1)),
        history(ONE, end=last(ONE, log=["Traceback (most recent call last):"])),
    ),
}


@pytest.mark.parametrize(("law", "run"), [(law, run) for law, runs in WRONG.items() for run in runs])
def test_each_law_sees_what_breaks_it(law: str, run: History) -> None:
    """Every kind of fault is seen by the law that is about it."""
    assert law in broken(run)


def test_every_law_has_a_run_that_breaks_it() -> None:
    """No law is only ever seen to hold."""
    assert {law.__name__ for law in LAWS} == set(WRONG)


def test_a_plan_is_the_same_for_a_seed_and_leaves_no_kind_out() -> None:
    """A run can be done again; each trouble of a lane comes once before any comes twice."""
    steps = plan(7, 60.0)
    redis = [step.name for step in steps if step.about != WORKER]
    several = [name for name, row in KINDS.items() if row[0] != WORKER]

    assert steps == plan(7, 60.0) != plan(8, 60.0)
    assert sorted(several) == sorted(redis[: len(several)])
    assert {step.name for step in steps} == set(KINDS)
    assert max(step.at + step.seconds for step in steps) < 60.0


@pytest.fixture
def do() -> Callable[..., History]:
    """Do a run; without redis-server the test is skipped by name."""
    if shutil.which("redis-server") is None:
        pytest.skip("needs redis-server, which is not installed")
    return lambda steps, **more: asyncio.run(run(steps, 4.0, 2, 1, **more))


def test_a_short_chaos_breaks_no_law(do: Callable[..., History]) -> None:
    """Workers and Redis are killed, cut off and emptied within seconds, and what clients saw is right."""
    names = ("lose answers", "kill redis", "flush redis", "drop connections")
    steps = [Step(0.3 + 0.7 * number, name, 0.2, 0.5) for number, name in enumerate(names)]
    seen = do([*steps, Step(0.6, "kill a worker", 0.0, 0.9), Step(2.6, "kill all workers", 0.0, 0.0)])

    assert [] == violations(seen)
    assert 6 == len(seen.troubles)
    assert seen.survivors


def test_a_redis_that_forgets_is_seen(do: Callable[..., History]) -> None:
    """The same over a Redis that writes nothing to disk: what it loses when it is killed is missed."""
    seen = do([Step(2.0, "kill redis", 0.1, 0.5)], make=partial(Redis, durable=False))

    assert "accepted_tasks_are_found" in broken(seen)
