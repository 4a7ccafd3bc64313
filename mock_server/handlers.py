"""What operations do once every check has passed: one small function for each x-handler word."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from .calls import Call
from .deliveries import planned
from .errors import Refusal
from .lifecycle import Task, polled
from .worlds import facts, media_base

Facts = Mapping[str, Any]


def start(call: Call) -> Facts:
    """Start a task of the operation's lifecycle, charge for it, and answer with its id (C2, U8)."""
    world = call.world
    lifecycle = call.contract.lifecycles[call.operation.raw["x-task"]]
    own = {**world.yields.get(call.source, {}), **call.own}
    _refuse_as_told(own)
    task = world.begin(
        lifecycle.name,
        own,
        call.now,
        id=_first_id(call, own) or world.new_id(lifecycle.id_prefix),
        account=call.account.name,
        source=call.source,
        started_by=call.operation.id,
        price=world.price(call.operation.id),
        callback_url=_callback_url(call),
        base=media_base(world, call.base),
    )
    _dictate(task, own)
    earlier = next(reversed(world.tasks), task.id) if call.repeats_id else task.id
    _take_in(call, task)
    _owe_callback(call, task, own.get("callback", {}))
    return {"task.id": earlier}


def show(call: Call) -> Facts:
    """Answer with the task as it is now; under `polls` this is what moves it (C8, U9)."""
    assert call.task is not None
    polled(call.task)
    return facts(call.world, call.task, call.now, call.back, media_base(call.world, call.base))


def _callback_url(call: Call) -> str:
    """Return where the task's result is to be sent, or an empty text (U7)."""
    callback = call.operation.callback
    return str((call.body or {}).get(callback[0], "")) if callback else ""


def _owe_callback(call: Call, task: Task, mode: Mapping[str, Any]) -> None:
    if task.callback_url:
        deliveries = call.world.deliveries
        delivery = planned(len(deliveries) + 1, task.id, task.started_by, task.callback_url, mode)
        deliveries[delivery.id] = delivery
        if delivery.wayward == "early":
            delivery.due = call.now
            call.early = delivery


def _refuse_as_told(own: Mapping[str, Any]) -> None:
    """Give the error that the world ties to this id, whatever the request."""
    if "error" in own:
        words = dict.fromkeys(("expected", "received"), "what this world dictates for the id")
        raise Refusal(own["error"], **words)


def _first_id(call: Call, own: Mapping[str, Any]) -> str:
    """Return the id that the world dictates for the first task from this source, while it is unused."""
    wanted = own.get("first", {}).get("id", "")
    return "" if wanted in call.world.tasks else wanted


def _dictate(task: Task, own: Mapping[str, Any]) -> None:
    first = own.get("first", {})
    if task.id == first.get("id"):
        task.created_at = first.get("created_at")
        task.results = tuple(first["results"]) if "results" in first else None


def _take_in(call: Call, task: Task) -> None:
    covers = any(rule["check"] == "task-without-cover" for rule in call.operation.raw.get("x-preconditions", ()))
    if not call.world.accept(task, call.now, covers=covers):
        raise RuntimeError("the account can't pay: x-preconditions of an operation with a price need 'affordable'")


HANDLERS: Final[Mapping[str, Callable[[Call], Facts]]] = {"start": start, "show": show}
