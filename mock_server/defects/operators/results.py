"""Operators on the results of tasks: too few, too many, too early, twice the same, or of another form."""

from collections.abc import Callable, Collection, Iterator
from math import inf
from typing import Any

from covermock.openapi import Contract, Operation, flat

from ..blame import acceptance
from ..defect import Defect, InapplicableError
from ..fields import (
    EACH,
    Field,
    answer_fields,
    at,
    clause_in_state,
    clause_of_need,
    drop,
    facts_in,
    of_kind,
    put,
    restrictions,
    results_of,
)
from ..operator import Application, operator
from ..rewriting import in_place, retyped, rewrite

Remake = Callable[[list[Any], Callable[[int], Any]], Any]
_REMAKE: dict[str, tuple[str, Remake]] = {
    "none": ("shows no result", lambda _, __: []),
    "one": ("shows one result", lambda items, new: items[:1] or [new(1)]),
    "one-less": ("shows one result less", lambda items, _: items[:-1]),
    "one-more": ("shows one result more", lambda items, new: [*items, new(len(items) + 1)]),
    "two": ("shows two results", lambda _, new: [new(1), new(2)]),
    "same": ("shows the same result again", lambda items, _: items[:1] * max(len(items), 2)),
    "objects": ("wraps results in objects", lambda items, _: [{"url": item} for item in items]),
    "bare": ("shows results as texts alone", lambda items, _: [str(item) for item in items]),
    "paths": ("shows results without a host", lambda items, _: [_without_host(item) for item in items]),
    "null": ("has null for no results", lambda items, _: items or None),
}


_NAMES = {"none": "no-results", "one-less": "one-result-less", "one-more": "one-result-more", "same": "the-same-result"}


def _without_host(item: Any) -> Any:
    """Return a result whose URLs are paths alone."""
    if isinstance(item, dict):
        return {key: _without_host(value) for key, value in item.items()}
    return f"/{item.rpartition('/')[2]}" if isinstance(item, str) and "://" in item else item


def _sample(contract: Contract, schema: Any, number: int) -> Any:
    """Return a result that the schema allows, and no task has."""
    row = flat(contract.root, schema)
    if "properties" in row:
        return {name: _sample(contract, inner, number) for name, inner in row["properties"].items()}
    if row.get("type") in {"integer", "number"}:
        return number
    return f"https://a.example/{number}" if "pattern" in row or row.get("format") == "uri" else f"result_{number}"


def _list_of(contract: Contract, operation: str) -> tuple[Operation, Field]:
    one = of_kind(contract, operation)[0]
    found = [field for field in results_of(contract, one) if field.schema.get("type") == "array"]
    if not found:
        raise InapplicableError(f"{operation} shows no list of results")
    return one, found[0]


def _limits(contract: Contract, operation: Operation, field: Field, state: str) -> tuple[int, float, bool]:
    """Return how many results a state has at least and at most, and whether they differ."""
    rows = [field.schema, *restrictions(contract, operation, field, state)]
    unique = any(row.get("uniqueItems") for row in rows) or bool(_unique(contract, operation))
    least = max(row.get("minItems", 0) for row in rows)
    return least, min(row.get("maxItems", inf) for row in rows), unique


def _each_list(contract: Contract) -> Iterator[Application]:
    for operation in of_kind(contract, "polls"):
        for field in results_of(contract, operation):
            if field.schema.get("type") == "array":
                yield from _each_state(contract, operation, field)
                yield f"{operation.id}-{field.name}-null", {"operation": operation.id, "how": "null"}
                yield f"{operation.id}-{field.name}-without-host", {"operation": operation.id, "how": "paths"}


def _each_state(contract: Contract, operation: Operation, field: Field) -> Iterator[Application]:
    """Yield what breaks a limit that a state sets to its results."""
    for state in contract.lifecycles[operation.task_kind].states:
        least, most, unique = _limits(contract, operation, field, state.name)
        kinds = {
            "none": least > 0,
            "one-less": 0 <= state.results - 1 < least,
            "one-more": state.results + 1 > most,
            "same": unique and state.results > 1,
        }
        yield from (_application(operation, state.name, how) for how, breaks in kinds.items() if breaks)


def _application(operation: Operation, state: str, how: str) -> Application:
    settings = {"operation": operation.id, "states": [state], "how": how}
    return f"{operation.id}-{state}-with-{_NAMES[how]}", settings


@operator("lifecycle", _each_list)
def results_remade(contract: Contract, operation: str, how: str, states: Collection[str] = ()) -> Defect:
    """Show other results, in all states or in some."""
    one, field = _list_of(contract, operation)
    words, remake = _REMAKE[how]
    told = facts_in(contract, one, "task.status")
    known = {state.name for state in contract.lifecycles[one.task_kind].states}
    if not set(states) <= known:
        raise InapplicableError(f"{operation} shows no such state")

    def change(value: Any) -> None:
        if not states or any(at(value, row.path) in states for row in told):
            put(value, field.path, lambda items: remake(items, lambda n: _sample(contract, field.schema["items"], n)))

    clause = clause_in_state(contract, one, field, next(iter(states))) if states else field.clause
    if how == "same" and (unique := _unique(contract, one)):
        clause = unique
    where = f" in {', '.join(states)}" if states else ""
    blamed = acceptance(contract, clause)
    return Defect(*blamed, f"{words}{where} in answers of {operation}", spoil=rewrite(in_place(change), {operation}))


def _unique(contract: Contract, operation: Operation) -> str:
    fields = answer_fields(contract, operation)
    return next((str(row.schema["x-unique"]) for row in fields if "x-unique" in row.schema), "")


def _result_facts(contract: Contract, operation: Operation) -> list[Field]:
    rows = answer_fields(contract, operation)
    return [row for row in rows if row.fact.startswith("result.") and row.path[-1] != EACH]


def _each_part(contract: Contract) -> Iterator[Application]:
    for operation in of_kind(contract, "polls"):
        success = contract.lifecycles[operation.task_kind].success.name
        for field in _result_facts(contract, operation):
            for how in ("missing", "retyped", "empty"):
                settings = {"operation": operation.id, "field": field.name, "how": how, "states": [success]}
                yield f"{operation.id}-result-{field.name}-{how}", settings


def _nothing(value: Any) -> Any:
    return "" if isinstance(value, str) else 0


_PARTS: dict[str, tuple[str, Callable[[Any, Field], None]]] = {
    "missing": ("leaves out", lambda value, field: drop(value, field.path)),
    "retyped": ("gives another type to", lambda value, field: put(value, field.path, retyped)),
    "empty": ("has nothing in", lambda value, field: put(value, field.path, _nothing)),
}


@operator("lifecycle", _each_part)
def result_part(contract: Contract, operation: str, field: str, how: str, states: Collection[str] = ()) -> Defect:
    """Spoil one part of each result, in some states."""
    one = of_kind(contract, operation)[0]
    found = [row for row in _result_facts(contract, one) if row.name == field]
    if not found:
        raise InapplicableError(f"{operation} shows results without {field}")
    words, spoil = _PARTS[how]
    told = facts_in(contract, one, "task.status")

    def change(value: Any) -> None:
        for row in found if not states or any(at(value, status.path) in states for status in told) else ():
            spoil(value, row)

    clause = found[0].clause
    if EACH not in found[0].path:
        state = next(iter(states), "")
        needed = clause_of_need(contract, one, found[0], state) if how == "missing" else ""
        clause = needed or clause_in_state(contract, one, found[0], state)
    sentence = f"{words} {field} of the results in answers of {operation}"
    return Defect(*acceptance(contract, clause), sentence, spoil=rewrite(in_place(change), {operation}))


def _each_early(contract: Contract) -> Iterator[Application]:
    for operation in of_kind(contract, "polls"):
        for field in _result_facts(contract, operation):
            if EACH not in field.path:
                state = contract.lifecycles[operation.task_kind].stages[-1].name
                settings = {"operation": operation.id, "field": field.name, "state": state}
                yield f"{operation.id}-{field.name}-in-{state}", settings


@operator("lifecycle", _each_early)
def result_early(contract: Contract, operation: str, field: str, state: str) -> Defect:
    """Show a field of a single result in a state that has none."""
    one = of_kind(contract, operation)[0]
    row = next((row for row in _result_facts(contract, one) if row.name == field), None)
    if row is None:
        raise InapplicableError(f"{operation} shows results without {field}")
    told = facts_in(contract, one, "task.status")

    def change(value: Any) -> None:
        if any(at(value, status.path) == state for status in told):
            holder = at(value, row.path[:-1]) if len(row.path) > 1 else value
            holder.setdefault(field, _sample(contract, row.schema, 1))

    blamed = acceptance(contract, clause_in_state(contract, one, row, state))
    return Defect(*blamed, f"shows {field} in {state}", spoil=rewrite(in_place(change), {operation}))
