"""Control operations on tasks and on what tasks are started from."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from itertools import islice, pairwise
from typing import Any

from covermock.openapi import nearest

from ...http.errors import INVALID_PARAMS, Refusal
from ...world.build import AUDIO, InvalidSpecError, add_music_task, add_source, add_task, check_kind
from ...world.task import Task, at, end, hold, own_time, redrive, release, replan, rest_of
from ...world.world import TaskSource, World, source_key
from ..call import ControlCall, Result, name_in_use, refuse_unknown, unknown
from ..steps import Making
from ..views import task_view


def list_tasks(call: ControlCall) -> Result:
    """Show the tasks of a world, oldest or newest first."""
    world, now, state, newest = call.world, call.now, call.query["state"], call.query["order"] == "newest"
    kept = reversed(world.tasks.values()) if newest else iter(world.tasks.values())
    found = [task for task in kept if state == world.state(task, now)] if state else kept
    shown = [task_view(world, task, now) for task in islice(found, call.query["limit"])]
    return 200, {"tasks": shown, "total": len(found) if isinstance(found, list) else len(world.tasks)}


def read_task(call: ControlCall) -> Result:
    return 200, task_view(call.world, task_of(call), call.now)


def plan_task(call: ControlCall) -> Result:
    """Change what is still to come of a task: its stages' lengths, its end, what drives it."""
    world, task, now = call.world, task_of(call), call.now
    _check_plan(world, task, call.fields)
    if world.state(task, now) in world.lifecycle(task).terminal:
        return 200, task_view(world, task, now)
    redrive(task, call.fields.get("drive", task.drive), world.clock, now)
    own = own_time(task, world.clock, now)
    own_plan = {"outcome": world.outcome(task), **call.fields, "drive": task.drive}
    whole = world.plan(task.lifecycle, {**own_plan, "stage_seconds": _lengths(world, task, call.fields)})
    replan(task, own, rest_of(whole, task, own))
    _watch_for_refund(world, task)
    return 200, task_view(world, task, now)


def act_on_task(call: ControlCall) -> Result:
    """Hold, release, fail or complete a task now."""
    world, task = call.world, task_of(call)
    lifecycle, own = world.lifecycle(task), own_time(task, world.clock, call.now)
    if at(task, own) in lifecycle.terminal:
        return 200, task_view(world, task, call.now)
    acts: dict[str, Callable[[], None]] = {
        "hold": lambda: hold(task, own),
        "release": lambda: release(task, own),
        "fail": lambda: end(task, own, lifecycle.failure.name),
        "complete": lambda: end(task, own, lifecycle.success.name),
    }
    acts[call.path["act"]]()
    _watch_for_refund(world, task)
    return 200, task_view(world, task, call.now)


def _lengths(world: World, task: Task, plan: Mapping[str, Any]) -> Any:
    """Return the stage lengths that a changed plan asks for; those that it doesn't name stay as they are."""
    chosen = plan.get("stage_seconds", {})
    if not isinstance(chosen, Mapping):
        return chosen
    planned = {step.state: after.after - step.after for step, after in pairwise(task.plan)}
    return {**world.seconds(task.lifecycle, {}), **planned, **chosen}


def _check_plan(world: World, task: Task, plan: Mapping[str, Any]) -> None:
    stages = [stage.name for stage in world.lifecycle(task).stages]
    named = plan.get("stage_seconds")
    for name in named if isinstance(named, Mapping) else ():
        refuse_unknown("body.stage_seconds", name, stages)
    if "stalls_at" in plan:
        refuse_unknown("body.stalls_at", plan["stalls_at"], stages)


def _watch_for_refund(world: World, task: Task) -> None:
    """Make sure that a task which may now fail gives its credits back (G11)."""
    account = world.accounts[task.account]
    if task.price and world.fails(task) and task not in account.risky:
        account.risky.append(task)


def create_music_task(call: ControlCall) -> Result:
    """Put a music task into the world."""
    world = call.world
    task_id = call.fields.get("id") or world.new_id("gen")
    return 201, _put_task(call, task_id, lambda: add_music_task(world, task_id, call.fields, call.now))


def create_audio(call: ControlCall) -> Making:
    """Put an uploaded audio file into the world, measured where it is a file."""
    seconds = None if isinstance(call.body, Mapping) else (yield lambda: _measure(call.body))
    world = call.world
    row = call.body if seconds is None else {**_arguments(call.query), "seconds": seconds}
    name, source = _add_source(world, AUDIO, row, "aud")
    return 201, {"id": name, **source.numbers, "account": source.account}


def create_source(call: ControlCall) -> Result:
    """Put a source of any kind into the world."""
    world, kind = call.world, call.path["kind"]
    try:
        check_kind(world.contract, (), kind)
    except InvalidSpecError:
        raise unknown("path.kind", "a kind of source of the contract", kind, world.contract.sources) from None
    name, source = _add_source(world, kind, call.fields, f"{kind}_")
    return 201, {"id": name, "kind": kind, **asdict(source)}


def create_task(call: ControlCall) -> Result:
    """Put a task of any lifecycle into the world."""
    world, row = call.world, call.fields
    task_id = row.get("id") or world.new_id(f"{row['lifecycle']}_", row["lifecycle"])
    return 201, _put_task(call, task_id, lambda: add_task(world, task_id, row, call.now))


def _add_source(world: World, kind: str, row: Mapping[str, Any], prefix: str) -> tuple[str, TaskSource]:
    name = row.get("id") or world.new_id(prefix, kind)
    if source_key(kind, name) in world.sources:
        raise name_in_use(f"{kind} id", name)
    _check_account(world, row.get("account"))
    world.refuse_more("sources")
    return name, _position(lambda: add_source(world, kind, name, row, (kind,)))


def _put_task(call: ControlCall, task_id: str, add: Callable[[], Task]) -> Any:
    """Return the view of a task that `add` puts into the world. Raises `Refusal`."""
    world = call.world
    if task_id in world.tasks:
        raise name_in_use("task id", task_id)
    _check_account(world, call.fields.get("account"))
    world.refuse_more("tasks")
    return task_view(world, _position(add), call.now)


def task_of(call: ControlCall) -> Task:
    """Return the task that the path names. Raises `Refusal`."""
    world = call.world
    task = world.tasks.get(call.path["task"])
    if task is None:
        raise unknown("path.task", "a task of this world", call.path["task"], world.tasks)
    return task


def _arguments(query: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value is not None}


def _measure(body: bytes) -> float:
    from ...media.audio import UnreadableAudio, length

    try:
        return length(body)
    except UnreadableAudio as error:
        raise Refusal(INVALID_PARAMS, violations=f"body: {error}") from None


def _check_account(world: World, name: str | None) -> None:
    if name is not None and name not in world.accounts:
        remedy = nearest(name, world.accounts)
        raise Refusal(INVALID_PARAMS, violations=f"account: expected an account, received {name!r} ({remedy})")


def _position(place: Any) -> Any:
    try:
        return place()
    except InvalidSpecError as error:
        where = ".".join(("body", *map(str, error.pointer[2:])))
        raise Refusal(INVALID_PARAMS, violations=f"{where}: {error}") from None
