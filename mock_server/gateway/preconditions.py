"""The business rules that x-preconditions can name: each is a fact about the world that a request needs."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from covermock.openapi import (
    AFFORDABLE,
    SOURCE_KNOWN,
    SOURCE_UNUSED,
    SOURCE_WITHIN,
    TASK_KNOWN,
    TASK_SUCCEEDED,
    excerpt,
)

from ..http.errors import Refusal
from ..world.task import Task
from ..world.world import source_key, use_key
from .call import Call

Precondition = Mapping[str, Any]


def task_known(call: Call, rule: Precondition) -> None:
    """The id names a task of this lifecycle, of this account, started by this operation (C4, C12, U12, G9)."""
    call.source = call.first_value(rule["id"])
    task = call.world.tasks.get(call.source)
    if (
        task is None
        or task.account != call.account.name
        or task.lifecycle != rule["lifecycle"]
        or task.started_by != rule.get("started_by", task.started_by)
    ):
        raise Refusal(rule["error"], received=excerpt(call.source))
    call.task = task


def task_succeeded(call: Call, rule: Precondition) -> None:
    """The task has reached its success (C3)."""
    assert call.task is not None
    if not call.world.has_succeeded(call.task, call.now):
        state = call.world.state(call.task, call.now)
        failed = call.world.has_failed(call.task, call.now)
        remedy = "It failed: start with another one." if failed else "Wait until it is complete."
        raise Refusal(rule["error"], received=f"{excerpt(call.source)}, which is {state!r}", remedy=remedy)


def source_unused(call: Call, rule: Precondition) -> None:
    """The operation has no task from this source yet; one that failed doesn't count (C5)."""
    task = latest_use(call)
    if task is not None and not call.world.has_failed(task, call.now):
        received = f"{excerpt(call.source)}, whose {task.lifecycle} task is {excerpt(task.id)}"
        raise Refusal(rule["error"], received=received)


def latest_use(call: Call) -> Task | None:
    """Return the latest task that the operation has started from the request's source."""
    return call.world.tasks.get(call.world.uses.get(use_key(call.operation.id, call.source), ""))


def source_known(call: Call, rule: Precondition) -> None:
    """The id names a source of this kind that this account may use (U3)."""
    call.source = call.first_value(rule["id"])
    found = call.world.sources.get(source_key(rule["kind"], call.source))
    if found is None or found.account not in {"", call.account.name}:
        raise Refusal(rule["error"], received=excerpt(call.source))
    call.found = found


def source_within(call: Call, rule: Precondition) -> None:
    """The source's number, such as its seconds, is from `min` to `max`, both included (U2)."""
    assert call.found is not None
    number = call.found.numbers[rule["of"]]
    if not rule["min"] <= number <= rule["max"]:
        raise Refusal(rule["error"], expected=f"{rule['min']} to {rule['max']}", received=f"{number:g}")


def affordable(call: Call, rule: Precondition) -> None:
    """The account has the credits that the operation costs (G6)."""
    price = call.price = call.world.price(call.operation.id)
    if call.account.balance >= price:
        return  # refunds that are due don't matter, and looking for them takes as long as there are tasks at risk
    available = call.world.available(call.account, call.now)
    if available < price:
        raise Refusal(rule["error"], expected=price, received=available)


CHECKS: Final[Mapping[str, Callable[[Call, Precondition], None]]] = {
    TASK_KNOWN: task_known,
    TASK_SUCCEEDED: task_succeeded,
    SOURCE_UNUSED: source_unused,
    SOURCE_KNOWN: source_known,
    SOURCE_WITHIN: source_within,
    AFFORDABLE: affordable,
}
