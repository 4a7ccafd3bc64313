"""What operations do once every check has passed: one small function for each x-handler word."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from covermock.openapi import SOURCE_UNUSED

from ..http.errors import Refusal
from ..world.task import Task, count_poll, index, own_time
from .call import Call
from .values import media_base

TaskView = tuple[Task, str, str]  # what a handler answers with: a task, its state, and the id to show it under


def start(call: Call) -> TaskView:
    """Start a task of the operation's lifecycle, charge for it, and answer with its id (C2, U8)."""
    world, operation = call.world, call.operation
    own = world.yields_of(call.source, operation.id)
    if call.own:
        own = {**own, **call.own}
    told = _dictated_id(call, own) if own else ""
    kind = operation.task_kind
    name = told or world.new_id(operation.id_prefix, kind)
    task = world.begin(kind, own, call.now, name, call.account.name)
    task.source, task.started_by = call.source, operation.id
    task.price = world.price(operation.id) if call.price is None else call.price
    task.base = media_base(world, call.base)
    if operation.callback:  # where the task's result is to be sent, or an empty text (U7)
        task.callback_url = str((call.given.body or {}).get(operation.callback[0], ""))
    if told:
        _dictate(task, own["first"])
    world.refuse_more("tasks")
    if not world.accept(task, call.now, once=SOURCE_UNUSED in operation.checks):
        raise RuntimeError("the account can't pay: x-preconditions of an operation with a price need 'affordable'")
    if task.callback_url:
        _owe_callback(call, task, own.get("callback", {}))
    return task, task.plan[0].state, call.repeats or name


def show(call: Call) -> TaskView:
    """Answer with the task as it is now; under `polls` this is what moves it (C8, U9)."""
    task = call.task
    assert task is not None
    if count_poll(task, call.now) and task.callback_url:
        call.world.outbox.stir(task.id)
    position = index(task, own_time(task, call.world.clock, call.now))
    return task, task.plan[max(position - call.back, 0)].state, task.id


def _owe_callback(call: Call, task: Task, mode: Mapping[str, Any]) -> None:
    delivery = call.world.outbox.plan(task.id, task.started_by, task.callback_url, mode)
    if delivery.wayward == "early":
        delivery.due = call.now
        call.world.outbox.note(delivery)
        call.early = delivery


def _dictated_id(call: Call, own: Mapping[str, Any]) -> str:
    """Return the id that the world dictates for the first task from this source, while it is unused.

    Raises the error that the world ties to the source, whatever the request.
    """
    if "error" in own:
        words = dict.fromkeys(("expected", "received"), "what this world dictates for the id")
        raise Refusal(own["error"], **words)
    wanted = own.get("first", {}).get("id", "")
    return "" if wanted in call.world.tasks else wanted


def _dictate(task: Task, first: Mapping[str, Any]) -> None:
    task.created_at = first.get("created_at")
    task.results = tuple(first["results"]) if "results" in first else None


HANDLERS: Final[Mapping[str, Callable[[Call], TaskView]]] = {"start": start, "show": show}
