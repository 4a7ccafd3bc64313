"""Operators on tasks: they never end, go back, change their ids, or show a state under another name."""

from collections.abc import Callable, Iterator
from typing import Any

from covermock.openapi import Contract, Lifecycle, Operation

from ...http.messages import Answer, Request
from ..blame import acceptance, rule
from ..defect import Defect, InapplicableError, Spoil
from ..fields import answer_fields, facts_in, of_kind, put
from ..gateway import DefectiveGateway
from ..operator import Application, operator
from ..rewriting import counting, in_place, refused, rewrite

EVERY = 3  # of the polls of a task, the one that a flickering state strikes


def _each_start(contract: Contract) -> Iterator[Application]:
    for operation in of_kind(contract, "starts"):
        yield f"{operation.id}-never-ends", {"operation": operation.id}
        for stage in contract.lifecycles[operation.task_kind].stages[:-1]:
            yield f"{operation.id}-never-ends-{stage.name}", {"operation": operation.id, "stage": stage.name}


@operator("lifecycle", _each_start)
def never_ends(contract: Contract, operation: str, stage: str = "") -> Defect:
    """Leave the tasks of an operation in a stage, or in the last one, for ever."""
    of_kind(contract, operation)
    fault = {"match": {"operation": operation}, "stuck": {"stage": stage} if stage else {}}
    where = f" of {stage}" if stage else ""
    return Defect(*rule(contract, "ends"), f"never comes to the end{where} in {operation}", faults=(fault,))


@operator("lifecycle")
def unknown_at_first(contract: Contract, polls: int = 1) -> Defect:
    """Not know a task on its first polls."""
    fault = {"not_found_at_first": {"polls": polls}}
    return Defect(*rule(contract, "ends"), "doesn't know a task on its first poll", faults=(fault,))


def _shown(contract: Contract, on: Any) -> list[Operation]:
    return [one for one in of_kind(contract, on) if facts_in(contract, one, "task.status")]


def _states(contract: Contract, on: Any, step: Callable[[Lifecycle], dict[str, str]]) -> Spoil:
    """Return what shows another state every third time; `step` says which for which."""
    polls = _shown(contract, on)
    steps = {one.id: step(contract.lifecycles[one.task_kind]) for one in polls}

    def change(value: Any, operation: Operation, count: int) -> None:
        for field in facts_in(contract, operation, "task.status") if count % EVERY == 0 else ():
            put(value, field.path, lambda state: steps[operation.id].get(state, state))

    return counting(contract, polls, change)


def _back(lifecycle: Lifecycle) -> dict[str, str]:
    names = [stage.name for stage in lifecycle.stages]
    return dict(zip(names[1:], names, strict=False))


def _reopened(lifecycle: Lifecycle) -> dict[str, str]:
    return {lifecycle.success.name: lifecycle.stages[-1].name}


def _changed_end(lifecycle: Lifecycle) -> dict[str, str]:
    return {lifecycle.success.name: lifecycle.failure.name}


_TURNS: dict[str, tuple[str, Callable[[Lifecycle], dict[str, str]]]] = {
    "back": ("shows an earlier state now and then", _back),
    "reopened": ("takes back that a task has ended", _reopened),
    "other-end": ("says of a task that succeeded that it failed, now and then", _changed_end),
}


def _each_turn(contract: Contract) -> Iterator[Application]:
    for operation in _shown(contract, "polls"):
        for how in _TURNS:
            yield f"{operation.id}-state-{how}", {"how": how, "on": operation.id}


@operator("lifecycle", _each_turn)
def state_turns(contract: Contract, how: str, on: Any = "polls") -> Defect:
    """Let states turn: back, out of the end, or to the other end."""
    words, step = _TURNS[how]
    if not any(step(contract.lifecycles[one.task_kind]) for one in _shown(contract, on)):
        raise InapplicableError("no state turns so")
    return Defect(*rule(contract, "forward"), words, spoil=_states(contract, on, step))


def _each_state(contract: Contract) -> Iterator[Application]:
    for operation in _shown(contract, "polls"):
        for state in contract.lifecycles[operation.task_kind].states:
            settings = {"operation": operation.id, "state": state.name}
            yield f"{operation.id}-{state.name}-in-another-case", {**settings, "to": state.name.swapcase()}
            yield f"{operation.id}-{state.name}-renamed", {**settings, "to": f"{state.name}_now"}


@operator("lifecycle", _each_state)
def state_renamed(contract: Contract, operation: str, state: str, to: str) -> Defect:
    """Say another word for a state."""
    one = of_kind(contract, operation)[0]
    fields = facts_in(contract, one, "task.status")
    states = {known.name: known for known in contract.lifecycles[one.task_kind].states}
    if state not in states or not fields:
        raise InapplicableError(f"{operation} shows no state {state}")

    def change(value: Any) -> None:
        for field in fields:
            put(value, field.path, lambda old: to if old == state else old)

    blamed = acceptance(contract, states[state].clause or fields[0].clause)
    return Defect(*blamed, f"says {to} for {state}", spoil=rewrite(in_place(change), {operation}))


def _each_repeated(contract: Contract) -> Iterator[Application]:
    for operation in of_kind(contract, "starts"):
        yield f"{operation.id}-ids-repeated", {"on": operation.id}


@operator("lifecycle", _each_repeated)
def ids_repeated(contract: Contract, on: Any = "starts") -> Defect:
    """Answer each accepted start with the answer of the first one."""
    meant = {one.id for one in of_kind(contract, on)}

    def spoil(gateway: DefectiveGateway, _: Request, answer: Answer) -> None:
        operation = answer.why.get("operation", "")
        if operation in meant and not refused(answer) and "preferred" not in answer.why:
            answer.body = gateway.memory.setdefault(("original", operation), answer.body)

    return Defect(*rule(contract, "identity"), "gives an id to two tasks", spoil=spoil)


def _each_constant(contract: Contract) -> Iterator[Application]:
    for operation in of_kind(contract, "polls"):
        for field in answer_fields(contract, operation):
            if "x-constant" in field.schema:
                yield f"{operation.id}-{field.name}-changes", {"fact": field.fact, "on": operation.id}


@operator("lifecycle", _each_constant)
def constant_changes(contract: Contract, fact: str, on: Any = "polls") -> Defect:
    """Change from poll to poll what never changes."""
    found = {
        one.id: [row for row in answer_fields(contract, one) if row.fact == fact and "x-constant" in row.schema]
        for one in of_kind(contract, on)
    }
    fields = [row for rows in found.values() for row in rows]
    if not fields:
        raise InapplicableError(f"no {fact} is constant")

    def change(value: Any, operation: Operation, count: int) -> None:
        for row in found[operation.id]:
            put(value, row.path, lambda old: _moved(old, count))

    polls = [one for one in of_kind(contract, on) if found[one.id]]
    blamed = acceptance(contract, fields[0].schema["x-constant"])
    return Defect(*blamed, f"changes {fields[0].name} from poll to poll", spoil=counting(contract, polls, change))


def _moved(value: Any, count: int) -> Any:
    """Return a value of the same form that is another one at each count."""
    if isinstance(value, list):
        return [_moved(item, count) for item in value]
    if isinstance(value, dict):
        return {key: _moved(item, count) for key, item in value.items()}
    if isinstance(value, int | float):
        return value + count
    text = str(value)
    if "://" in text:
        return f"{text}?v={count}"
    return f"{text[:17]}{count % 60:02}{text[19:]}" if text[10:11] == "T" and text[16:17] == ":" else f"{text} {count}"
