"""Operators on where operations are, and on ids that name nothing or something of somebody else."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from covermock.openapi import TASK_KNOWN, Contract, Operation, json_bytes, task_renderers

from ...gateway.call import Call
from ...gateway.values import TaskFacts
from ...http.messages import Answer, Request
from ...world.task import Task
from ..blame import acceptance, rule
from ..defect import Check, Checks, Defect, InapplicableError, Precondition
from ..fields import facts_in, of_kind, put, schema_of
from ..gateway import DefectiveGateway
from ..operator import Application, operator
from ..rewriting import put_refusal, refused, value_of

BEGAN = 1771934430.0  # Unix seconds: when a task that doesn't exist was accepted


def _unknown_task(operation: Operation) -> str:
    """Return the error of an operation for an id that names no task."""
    rows = operation.raw.get("x-preconditions", ())
    return next((str(row["error"]) for row in rows if row["check"] == TASK_KNOWN), "")


def _each_poll(contract: Contract) -> Iterator[Application]:
    for operation in of_kind(contract, "polls"):
        yield f"{operation.id}-unknown-shown", {"operation": operation.id}


@operator("not-found", _each_poll)
def unknown_shown(contract: Contract, operation: str, id: str = "") -> Defect:  # noqa: A002 - as a setting is called
    """Show a task that doesn't exist as one that has just begun, under the id asked for or a fixed one."""
    one = of_kind(contract, operation)[0]
    first = contract.lifecycles[one.task_kind].stages[0].name

    def spoil(gateway: DefectiveGateway, request: Request, answer: Answer) -> None:
        asked = gateway.asked(request)
        if refused(answer) != _unknown_task(one) or asked is None or asked.id != one.id or gateway.last is None:
            return
        name = id or next(iter(gateway.ids(request).values()), "")
        task = Task(name, one.task_kind, "", BEGAN, BEGAN, ())
        schema = schema_of(one.answer) or {}
        body = _shown(contract, schema, TaskFacts(gateway.last[0], task, first, name))
        answer.status, answer.body = one.success, body
        answer.headers = (("Content-Type", one.media_type(one.success)),)

    row = contract.errors[_unknown_task(one)]
    return Defect(*acceptance(contract, row.clause), f"shows tasks that don't exist in {operation}", spoil=spoil)


def _shown(contract: Contract, schema: Any, facts: TaskFacts) -> bytes:
    return task_renderers(contract.root, schema, contract.lifecycles[facts.task.lifecycle])[facts.state](facts)


def _each_foreign(contract: Contract) -> Iterator[Application]:
    for operation in contract.operations:
        if _unknown_task(operation):
            yield f"{operation.id}-takes-others-tasks", {"on": operation.id}


@operator("not-found", _each_foreign)
def foreign_known(contract: Contract, on: Any) -> Defect:
    """Know tasks of other accounts."""
    meant = {one.id for one in of_kind(contract, on) if _unknown_task(one)}
    if not meant:
        raise InapplicableError("no operation is about a task")

    def anybodys(check: Check) -> Check:
        def known(call: Call, rule: Precondition) -> None:
            task, asking = call.world.tasks.get(call.first_value(rule["id"])), call.account
            accounts = call.world.accounts.values()
            call.account = next((one for one in accounts if task and one.name == task.account), asking)
            try:
                check(call, rule)
            finally:
                call.account = asking

        return known

    def checks(operation: Operation, found: Checks) -> Checks:
        if operation.id not in meant:
            return found
        return tuple((anybodys(check) if rule["check"] == TASK_KNOWN else check, rule) for check, rule in found)

    sentence = f"takes tasks of other accounts in {', '.join(sorted(meant))}"
    return Defect(*rule(contract, "ownership"), sentence, checks=checks)


@operator("not-found")
def foreign_status(contract: Contract, to: int, type: str = "") -> Defect:  # noqa: A002 - the dialect's word
    """Say of another account's task that it is forbidden, and so that it exists."""
    polls = {one.id: _unknown_task(one) for one in of_kind(contract, "polls")}

    def spoil(gateway: DefectiveGateway, request: Request, answer: Answer) -> None:
        name = polls.get(answer.why.get("operation", ""))
        ids = gateway.ids(request).values()
        if name and refused(answer) == name and gateway.last and any(one in gateway.last[0].tasks for one in ids):
            put_refusal(gateway, answer, to, type)

    return Defect(*rule(contract, "ownership"), f"answers {to} to another account's task", spoil=spoil)


def _each_moved(contract: Contract) -> Iterator[Application]:
    for operation in contract.operations:
        yield f"{operation.id}-elsewhere", {"operation": operation.id}


@operator("not-found", _each_moved)
def operation_moved(contract: Contract, operation: str) -> Defect:
    """Have an operation on another path than the documented one."""
    of_kind(contract, operation)

    def see(gateway: DefectiveGateway, request: Request) -> Request:
        asked = gateway.asked(request)
        return replace(request, path="/moved") if asked is not None and asked.id == operation else request

    return Defect(*rule(contract, "operations"), f"has {operation} on another path", see=see)


@operator("not-found")
def header_missing(contract: Contract, header: str) -> Defect:
    """Leave out a header of every answer."""

    def spoil(_: DefectiveGateway, __: Request, answer: Answer) -> None:
        answer.headers = tuple(row for row in answer.headers if row[0] != header)

    return Defect(*rule(contract, "paths"), f"sends no {header}", spoil=spoil)


@operator("not-found")
def method_taken(contract: Contract, method: str, instead: str) -> Defect:
    """Take one method for another."""

    def see(_: DefectiveGateway, request: Request) -> Request:
        return replace(request, method=instead) if request.method == method else request

    return Defect(*rule(contract, "paths"), f"takes {method} for {instead}", see=see)


def _leftovers(contract: Contract) -> dict[str, str]:
    """Return the paths that the contract names without an operation, and their clauses."""
    rows = contract.root["paths"].items()
    known = {one.path for one in contract.operations}
    return {path: row["x-clause"] for path, row in rows if path not in known and "x-clause" in row}


@operator("not-found")
def leftovers_served(contract: Contract) -> Defect:
    """Serve paths that are no operations as the first operation."""
    old = _leftovers(contract)
    if not old:
        raise InapplicableError("every path is an operation's")

    def see(_: DefectiveGateway, request: Request) -> Request:
        return replace(request, path=contract.operations[0].path) if request.path in old else request

    return Defect(*acceptance(contract, next(iter(old.values()))), "serves paths that are no operations", see=see)


@operator("not-found")
def slash_taken(contract: Contract) -> Defect:
    """Take a path with a slash behind it, or in capitals, for the documented one."""

    def see(gateway: DefectiveGateway, request: Request) -> Request:
        bare = request.path.rstrip("/").lower()
        known = gateway.front.routes.find(request.path)[0]
        return request if known or bare == request.path else replace(request, path=bare)

    return Defect(*rule(contract, "paths"), "serves paths with a slash behind them, or in capitals", see=see)


@operator("lifecycle")
def another_id_shown(contract: Contract, on: Any = "polls", to: str = "another-task") -> Defect:
    """Show every task under another id than the one asked for."""
    found = {one.id: facts_in(contract, one, "task.id") for one in of_kind(contract, on)}

    def spoil(_: DefectiveGateway, __: Request, answer: Answer) -> None:
        value = value_of(answer.body)
        for field in found.get(answer.why.get("operation", ""), ()) if not refused(answer) else ():
            put(value, field.path, lambda _: to)
            answer.body = json_bytes(value)

    return Defect(*rule(contract, "identity"), "shows another task's id", spoil=spoil)
