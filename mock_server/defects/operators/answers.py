"""Operators on the form of successes: fields that miss, move, or have another name, type or value."""

from collections.abc import Callable, Collection, Iterator
from typing import Any

from covermock.openapi import Contract, Operation, Validator

from ...http.messages import Answer, Request
from ..blame import acceptance, rule
from ..defect import Defect, InapplicableError
from ..fields import EACH, Field, answer_fields, at, clause_of, drop, facts_in, holder_clause, of_kind, put, rename
from ..gateway import DefectiveGateway
from ..operator import Application, operator
from ..rewriting import in_place, other_spelling, retyped, rewrite

Change = Callable[[Any, Field], None]


def _field(contract: Contract, operation: str, name: str) -> Field:
    """Return the field of a success with this name, the topmost one. `data.id` tells one from others."""
    fields = answer_fields(contract, contract.by_id[operation]) if operation in contract.by_id else []
    named = [one for one in fields if name in {".".join(one.path), one.name} and one.path[-1] != EACH]
    if not named:
        raise InapplicableError(f"{operation} answers without {name}")
    return min(named, key=lambda one: len(one.path))


def _each_field(contract: Contract) -> Iterator[Application]:
    """Yield what may happen to each required field, by its dotted path."""
    for operation in contract.operations:
        for field in answer_fields(contract, operation):
            if field.required:
                name = ".".join(step for step in field.path if step != EACH)
                settings = {"operation": operation.id, "field": ".".join(field.path)}
                for how, words in (("missing", "missing"), ("renamed", "renamed"), ("retyped", "of-another-type")):
                    yield f"{operation.id}-{name}-{words}", {**settings, "how": how}
                if "const" in field.schema:
                    yield f"{operation.id}-{name}-other", {**settings, "how": "other"}


def _other(value: Any, field: Field) -> None:
    put(value, field.path, lambda old: 0 if isinstance(old, int) else f"no {old}")


_HOW: dict[str, tuple[str, Change]] = {
    "missing": ("leaves out", lambda value, field: drop(value, field.path)),
    "renamed": ("spells otherwise", lambda value, field: rename(value, field.path, other_spelling(field.name))),
    "retyped": ("gives another type to", lambda value, field: put(value, field.path, retyped)),
    "string": ("writes as a text", lambda value, field: put(value, field.path, str)),
    "null": ("has null for", lambda value, field: put(value, field.path, lambda _: None)),
    "other": ("gives another value to", _other),
}


@operator("envelope", _each_field)
def answer_field(contract: Contract, operation: str, field: str, how: str, to: Any = None) -> Defect:
    """Spoil one field of the successes of an operation; `to` is its name or value then."""
    found = _field(contract, operation, field)
    words, spoil = _HOW[how]

    def change(value: Any) -> None:
        if to is None:
            spoil(value, found)
        elif how == "renamed":
            rename(value, found.path, to)
        else:
            put(value, found.path, lambda _: to)

    gone = how in {"missing", "renamed"}
    clause = holder_clause(contract, contract.by_id[operation], found) if gone else found.clause
    sentence = f"{words} {found.name} in answers of {operation}"
    return Defect(*acceptance(contract, clause), sentence, spoil=rewrite(in_place(change), {operation}))


def _each_lifted(contract: Contract) -> Iterator[Application]:
    for operation in contract.operations:
        for field in answer_fields(contract, operation):
            if len(field.path) == 1 and "properties" in field.schema:
                yield f"{operation.id}-{field.name}-lifted", {"operation": operation.id, "field": field.name}


@operator("envelope", _each_lifted)
def answer_lifted(contract: Contract, operation: str, field: str) -> Defect:
    """Put what is inside of a field beside it."""
    found = _field(contract, operation, field)

    def change(value: Any) -> Any:
        inner = at(value, found.path)
        rest = {key: one for key, one in value.items() if key != found.name}
        return {**inner, **rest} if isinstance(inner, dict) else value

    sentence = f"puts what belongs into {field} beside it in answers of {operation}"
    return Defect(*acceptance(contract, found.clause), sentence, spoil=rewrite(change, {operation}))


def _with_fact(contract: Contract, fact: str, on: Any) -> list[tuple[Operation, Field]]:
    found = [(one, field) for one in of_kind(contract, on) for field in facts_in(contract, one, fact)]
    if not found:
        raise InapplicableError(f"nothing answers with {fact}")
    return found


def _spoil_fact(found: Collection[tuple[Operation, Field]], spoil: Change) -> Callable[..., None]:
    def change(value: Any) -> None:
        for _, field in found:
            spoil(value, field)

    return rewrite(in_place(change), {operation.id for operation, _ in found})


def _each_instant(contract: Contract) -> Iterator[Application]:
    for operation in of_kind(contract, "polls"):
        for field in facts_in(contract, operation, "task.created_at"):
            for how in ("epoch", "local", "date", "another-zone"):
                yield f"{operation.id}-{field.name}-as-{how}", {"how": how, "on": operation.id}


_SAMPLE = "2026-02-24T12:00:30Z"
_INSTANTS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "epoch": ("as a number", lambda _: 1771934430),
    "local": ("without a zone", lambda text: text[:19]),
    "date": ("as a date alone", lambda text: text[:10]),
    "another-zone": ("in another zone", lambda text: f"{text[:19]}+02:00"),
}


@operator("envelope", _each_instant)
def instant(contract: Contract, how: str, on: Any = "polls") -> Defect:
    """Write the instant at which a task began in another form."""
    found = _with_fact(contract, "task.created_at", on)
    words, form = _INSTANTS[how]
    spoil = _spoil_fact(found, lambda value, field: put(value, field.path, form))
    field = found[0][1]
    is_number = field.schema.get("type") in {"integer", "number"} and how != "epoch"
    if is_number or Validator(field.schema, contract.root).is_valid(form(_SAMPLE)):
        raise InapplicableError(f"{field.name} is a number, or may be written so")
    return Defect(*acceptance(contract, field.clause), f"writes {field.name} {words}", spoil=spoil)


@operator("envelope")
def fact_missing(contract: Contract, fact: str, on: Any = "polls") -> Defect:
    """Leave out the field that holds a fact, in all answers that have it."""
    found = _with_fact(contract, fact, on)
    spoil = _spoil_fact(found, lambda value, field: drop(value, field.path))
    return Defect(*acceptance(contract, clause_of(found[0][0])), f"leaves out {found[0][1].name}", spoil=spoil)


@operator("envelope")
def media_type(contract: Contract, to: str) -> Defect:
    """Call every answer's media type otherwise."""

    def spoil(_: DefectiveGateway, __: Request, answer: Answer) -> None:
        answer.headers = (("Content-Type", to), *(row for row in answer.headers if row[0] != "Content-Type"))

    blamed = rule(contract, "media-type" if "media-type" in contract.rules else "json")
    return Defect(*blamed, f"calls its JSON {to}", spoil=spoil)
