"""Operators on business rules: preconditions left out, weakened, moved; tasks that other operations forget."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any

from covermock.openapi import AFFORDABLE, SOURCE_KNOWN, TASK_KNOWN, TASK_SUCCEEDED, Contract, Operation

from ...gateway.call import Call
from ...http.errors import Refusal
from ...world.task import Task
from ..blame import acceptance, rule
from ..defect import Check, Checks, Defect, Document, InapplicableError, Precondition, Recheck
from ..fields import of_kind
from ..operator import Application, operator
from ..sources import put_one

_ENDED: Mapping[str, bool] = {"running": False, "ended": True}


def _row(contract: Contract, operation: str, error: str) -> Precondition:
    """Return the precondition of an operation that gives an error."""
    rows = contract.by_id[operation].raw.get("x-preconditions", ()) if operation in contract.by_id else ()
    for row in rows:
        if row["error"] == error:
            found: Precondition = row
            return found
    raise InapplicableError(f"{operation} has no rule that gives {error}")


def _rows(contract: Contract) -> Iterator[tuple[Operation, Precondition]]:
    for operation in of_kind(contract, "starts"):
        yield from ((operation, row) for row in operation.raw.get("x-preconditions", ()))


def _instead(operations: Collection[str], error: str, make: Callable[[Check], Check]) -> Recheck:
    """Return what replaces the check that gives an error; those that need what it finds are skipped without it."""

    def checks(one: Operation, found: Checks) -> Checks:
        if one.id not in operations:
            return found
        return tuple((make(check) if row["error"] == error else _if_found(check), row) for check, row in found)

    return checks


def _if_found(check: Check) -> Check:
    def checked(call: Call, row: Precondition) -> None:
        with suppress(AssertionError):  # what a check before it would have found
            check(call, row)

    return checked


def _each_rule(contract: Contract) -> Iterator[Application]:
    for operation, row in _rows(contract):
        yield f"{operation.id}-without-{row['error']}", {"operation": operation.id, "error": row["error"]}
        if row["check"] not in {TASK_SUCCEEDED, AFFORDABLE} and "id" not in row and "min" not in row:
            for while_ in _ENDED:
                settings = {"operation": operation.id, "error": row["error"], "during": while_}
                yield f"{operation.id}-without-{row['error']}-{while_}", settings


@operator("business", _each_rule)
def rule_left_out(contract: Contract, error: str, operation: str = "", during: str = "") -> Defect:
    """Leave out a precondition; `during` limits that to while the task before it is running or has ended."""
    meant = [one.id for one, row in _rows(contract) if row["error"] == error and operation in {"", one.id}]
    if not meant:
        raise InapplicableError(f"no rule of {operation} gives {error}")
    clause = contract.errors[error].clause

    def passing(check: Check) -> Check:
        def passes(call: Call, given: Precondition) -> None:
            try:
                check(call, given)
            except Refusal:
                if during and _ended(call) is not _ENDED[during]:
                    raise
                _go_on(call, given)

        return passes

    when = f" while the last task is {during}" if during else ""
    sentence = f"doesn't refuse with {error} in {' or '.join(meant)}{when}"
    return Defect(*acceptance(contract, clause), sentence, checks=_instead(meant, error, passing))


def _ended(call: Call) -> bool:
    """Return True if the last task that the operation started from this source has ended, or the source itself."""
    tasks = call.world.tasks.values()
    kin = [one for one in tasks if one.started_by == call.operation.id and one.source == call.source]
    task: Task | None = kin[-1] if kin else call.task
    return task is not None and call.world.state(task, call.now) in call.world.lifecycle(task).terminal


def _go_on(call: Call, row: Precondition) -> None:
    """Put something in the place of what the rule would have found or demanded, so that the work can be done."""
    if row["check"] == AFFORDABLE:
        call.account.balance += call.world.price(call.operation.id)
    elif row["check"] == SOURCE_KNOWN:
        put_one(call)


def _each_early(contract: Contract) -> Iterator[Application]:
    for operation, row in _rows(contract):
        kinds = [known["lifecycle"] for known in operation.raw["x-preconditions"] if known["check"] == TASK_KNOWN]
        if row["check"] == TASK_SUCCEEDED and kinds:
            lifecycle = contract.lifecycles[kinds[0]]
            for state in (*lifecycle.stages, lifecycle.failure):
                settings = {"operation": operation.id, "error": row["error"], "state": state.name}
                yield f"{operation.id}-takes-{state.name}", settings


@operator("business", _each_early)
def state_is_enough(contract: Contract, operation: str, error: str, state: str) -> Defect:
    """Take a task in a state that isn't its success for one that has succeeded."""
    _row(contract, operation, error)
    if not any(state == stage.name for lifecycle in contract.lifecycles.values() for stage in lifecycle.states):
        raise InapplicableError(f"no lifecycle has the state {state}")

    def lenient(check: Check) -> Check:
        def checked(call: Call, row: Precondition) -> None:
            if call.task is None or call.world.state(call.task, call.now) != state:
                check(call, row)

        return checked

    blamed = acceptance(contract, contract.errors[error].clause)
    sentence = f"takes a task that is {state} in {operation}"
    return Defect(*blamed, sentence, checks=_instead({operation}, error, lenient))


def _each_range(contract: Contract) -> Iterator[Application]:
    for operation, row in _rows(contract):
        for end, wider in (("min", -0.2), ("max", 0.1)):
            if end in row:
                settings = {"operation": operation.id, "error": row["error"]}
                off = 0.001 if end == "min" else -0.001
                yield f"{operation.id}-{end}-wider", {**settings, end: row[end] * (1 + wider)}
                yield f"{operation.id}-{end}-exclusive", {**settings, end: row[end] * (1 + off)}


@operator("business", _each_range)
def range_moved(contract: Contract, operation: str, error: str, **ends: float) -> Defect:
    """Draw the line elsewhere: a `min` or a `max` of a precondition."""
    row = _row(contract, operation, error)
    one = contract.by_id[operation]

    def edit(document: Document) -> None:
        rows = document["paths"][one.path][one.method.lower()]["x-preconditions"]
        next(found for found in rows if found["error"] == error).update(ends)

    words = " and ".join(f"{end} {value:g} for {row[end]:g}" for end, value in ends.items())
    narrower = ends.get("min", row["min"]) > row["min"] or ends.get("max", row["max"]) < row["max"]
    clause = row.get("inclusive") if narrower else None
    blamed = acceptance(contract, clause or contract.errors[error].clause)
    return Defect(*blamed, f"has {words} in {operation}", edit=edit)


def _each_order(contract: Contract) -> Iterator[Application]:
    for operation, row in _rows(contract):
        first = operation.raw["x-preconditions"][0]
        if row["check"] == AFFORDABLE and row is not first:
            yield f"{operation.id}-{row['error']}-first", {"operation": operation.id, "error": row["error"]}


@operator("business", _each_order)
def rule_first(contract: Contract, operation: str, error: str) -> Defect:
    """Check one rule before all others."""
    _row(contract, operation, error)

    def checks(one: Operation, found: Checks) -> Checks:
        if one.id != operation:
            return found
        return tuple(sorted(found, key=lambda pair: pair[1]["error"] != error))

    return Defect(*rule(contract, "order"), f"looks at {error} before anything else in {operation}", checks=checks)


def _links(contract: Contract) -> Iterator[tuple[Operation, str, Mapping[str, Any]]]:
    """Yield (operation, operation that it leads to, the link) of what starts a further task."""
    for operation in of_kind(contract, "starts"):
        for response in operation.responses.values():
            for link in response.get("links", {}).values():
                if contract.by_id[link["operationId"]].starts and "x-clause" in link:
                    yield operation, link["operationId"], link


def _each_link(contract: Contract) -> Iterator[Application]:
    for operation, to, _ in _links(contract):
        yield f"{to}-forgets-{operation.id}", {"operation": operation.id, "to": to}


@operator("business", _each_link)
def link_broken(contract: Contract, operation: str, to: str) -> Defect:
    """Not know the tasks of one operation in another that they may be given to."""
    link = next((row for one, other, row in _links(contract) if (one.id, other) == (operation, to)), None)
    if link is None:
        raise InapplicableError(f"{operation} leads to no {to}")

    def forgetful(check: Check) -> Check:
        def checked(call: Call, row: Precondition) -> None:
            check(call, row)
            if call.task is not None and call.task.started_by == operation:
                raise Refusal(row["error"], received=repr(call.source))

        return checked

    def checks(one: Operation, found: Checks) -> Checks:
        if one.id != to:
            return found
        return tuple((forgetful(check) if row["check"] == TASK_KNOWN else check, row) for check, row in found)

    sentence = f"doesn't know tasks of {operation} in {to}"
    return Defect(*acceptance(contract, link["x-clause"]), sentence, checks=checks)
