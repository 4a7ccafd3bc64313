"""Operators on webhooks: lost, repeated, early, or with another body than status has."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from covermock.openapi import Contract, Operation

from ...world.webhook import Delivery
from ...world.world import World
from ..blame import acceptance
from ..defect import Defect, Document, InapplicableError
from ..fields import EACH, Field, at, drop, fields, of_kind, put, schema_of
from ..operator import Application, operator
from ..rewriting import retyped

MODES = ("lost", "duplicated", "early", "late", "reordered")


def _told(contract: Contract) -> list[Operation]:
    return [one for one in of_kind(contract, "starts") if one.callback]


def _callback(contract: Contract, operation: str) -> Mapping[str, Any]:
    one = of_kind(contract, operation)[0]
    if one.callback is None:
        raise InapplicableError(f"{operation} has no webhook")
    return one.callback[1]


def _clause(contract: Contract, operation: str) -> tuple[str, str]:
    return acceptance(contract, _callback(contract, operation).get("x-clause"))


def _body(contract: Contract, operation: str) -> list[Field]:
    schema = schema_of(_callback(contract, operation).get("requestBody", {}))
    return list(fields(contract.root, schema)) if schema else []


def _each_mode(contract: Contract) -> Iterator[Application]:
    for operation in _told(contract):
        for mode in MODES[:3]:
            yield f"{operation.id}-webhook-{mode}", {"operation": operation.id, "mode": mode}


@operator("callbacks", _each_mode)
def webhook_mode(contract: Contract, operation: str, mode: str) -> Defect:
    """Let webhooks go astray in one of the ways that faults know."""
    _callback(contract, operation)
    fault = {"match": {"operation": operation}, "callback": {"mode": mode}}
    return Defect(*_clause(contract, operation), f"sends webhooks of {operation} {mode}", faults=(fault,))


def _each_policy(contract: Contract) -> Iterator[Application]:
    for operation in _told(contract):
        yield f"{operation.id}-webhook-never-repeated", {"operation": operation.id, "after": []}
        yield f"{operation.id}-webhook-repeated-for-ever", {"operation": operation.id, "after": [0.2] * 5}


@operator("callbacks", _each_policy)
def webhook_repeated(contract: Contract, operation: str, after: list[float]) -> Defect:
    """Repeat a webhook that was refused after other seconds than the contract says, or another number of times."""
    one = of_kind(contract, operation)[0]

    def edit(document: Document) -> None:
        for callback in document["paths"][one.path][one.method.lower()]["callbacks"].values():
            for item in callback.values():
                item["post"].setdefault("x-delivery", {"answer_within": 15})["repeat_after"] = list(after)

    words = f"repeats a refused webhook of {operation} {len(after)} times"
    return Defect(*_clause(contract, operation), words, edit=edit)


def _each_field(contract: Contract) -> Iterator[Application]:
    for operation in _told(contract):
        for field in _body(contract, operation.id):
            if field.required and field.path[-1] != EACH:
                name = ".".join(step for step in field.path if step != EACH)
                settings = {"operation": operation.id, "field": ".".join(field.path)}
                for how in ("missing", "retyped", "other"):
                    yield f"{operation.id}-webhook-{name}-{how}", {**settings, "how": how}
        last = contract.lifecycles[operation.task_kind].stages[-1].name
        settings = {"operation": operation.id, "field": "task.status", "how": "other", "to": last}
        yield f"{operation.id}-webhook-unfinished", settings


_HOW: dict[str, tuple[str, Callable[[Any, Field], None]]] = {
    "missing": ("leaves out", lambda value, field: drop(value, field.path)),
    "retyped": ("gives another type to", lambda value, field: put(value, field.path, retyped)),
    "other": ("gives another value to", lambda value, field: put(value, field.path, _other)),
}


def _other(value: Any) -> Any:
    """Return another value of the same form."""
    if isinstance(value, list):
        return value[:-1]
    if isinstance(value, dict):
        return {key: _other(inner) for key, inner in value.items()}
    if isinstance(value, int | float):
        return value + 1
    text = str(value)
    if text[10:11] == "T":
        return f"2001{text[4:]}"
    return f"{text}-2"


@operator("callbacks", _each_field)
def webhook_field(contract: Contract, operation: str, field: str, how: str, to: Any = None) -> Defect:
    """Spoil one field of a webhook's body; `to` is its value then. An x-value stands for the field that holds it."""
    names = {".".join(one.path): one for one in _body(contract, operation)} | {
        one.fact: one for one in _body(contract, operation) if one.fact
    }
    if field not in names:
        raise InapplicableError(f"webhooks of {operation} have no {field}")
    words, spoil = _HOW[how]
    row = names[field]

    def callback(_: World, delivery: Delivery, value: Any) -> Any:
        if delivery.operation == operation and to is not None:
            put(value, row.path, lambda _: to)
        elif delivery.operation == operation:
            spoil(value, row)
        return value

    sentence = f"{words} {row.name} in webhooks of {operation}"
    return Defect(*_clause(contract, operation), sentence, callback=callback)


def _each_body(contract: Contract) -> Iterator[Application]:
    for operation in _told(contract):
        for how in ("another-form", "key"):
            yield f"{operation.id}-webhook-with-{how}", {"operation": operation.id, "how": how}


@operator("callbacks", _each_body)
def webhook_body(contract: Contract, operation: str, how: str) -> Defect:
    """Send another body than status has, or a key in it."""
    paths = {one.fact: one.path for one in _body(contract, operation) if one.fact}

    def callback(world: World, delivery: Delivery, value: Any) -> Any:
        if delivery.operation != operation:
            return value
        if how == "key":
            return {**value, "key": world.accounts[world.tasks[delivery.task].account].key}
        return {"event": at(value, paths.get("task.status", ())), "id": delivery.task}

    words = "puts a key into" if how == "key" else "sends another form of"
    return Defect(*_clause(contract, operation), f"{words} webhooks of {operation}", callback=callback)
