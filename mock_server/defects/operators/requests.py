"""Operators on what a request itself shows: fields that are unchecked, refused, needed, ignored or cut."""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import Any

from covermock.openapi import Contract, Operation

from ...http.errors import INVALID_PARAMS
from ..blame import acceptance, error_row, whole
from ..conditions import optional_fields
from ..defect import Defect, Document, Edit, InapplicableError
from ..fields import Field, body_field, body_fields, body_schema
from ..operator import Application, operator

Schema = dict[str, Any]
LONGEST = 100  # characters that a limited text may have


def _edit(contract: Contract, operation: str, change: Callable[[Schema], None]) -> Edit:
    """Return what changes the schema of an operation's body; a schema that is shared stays as it was."""
    one = contract.by_id[operation]

    def edit(document: Document) -> None:
        raw = document["paths"][one.path][one.method.lower()]
        schema = deepcopy(body_schema(document, raw))
        assert schema is not None
        change(schema)
        for kind in raw["requestBody"]["content"].values():
            kind["schema"] = schema

    return edit


def _top(contract: Contract) -> Iterator[tuple[Operation, Field]]:
    for operation in contract.operations:
        yield from ((operation, field) for field in body_fields(contract, operation) if len(field.path) == 1)


def _branches(schema: Schema) -> Iterator[Schema]:
    """Yield the schema and those within it that hold under a condition."""
    yield schema
    for word in ("then", "else"):
        if isinstance(schema.get(word), dict):
            yield from _branches(schema[word])
    for inner in schema.get("allOf", ()):
        yield from _branches(inner)


def _each_unchecked(contract: Contract) -> Iterator[Application]:
    for operation, field in _top(contract):
        yield f"{operation.id}-{field.name}-of-any-type", {"operation": operation.id, "fields": [field.name]}


@operator("validation", _each_unchecked)
def value_unchecked(contract: Contract, operation: str, fields: Sequence[str], only_type: bool = False) -> Defect:
    """Take any value of some fields, or any type with the other limits kept."""
    first = body_field(contract, operation, fields[0])

    def change(schema: Schema) -> None:
        for name in fields:
            kept = {key: value for key, value in schema["properties"][name].items() if key != "type"}
            schema["properties"][name] = kept if only_type else {}

    sentence = f"takes any value as {', '.join(fields)} of {operation}"
    limited = not only_type and any(_limits(first))  # a type alone stands on the clause of invalid parameters
    pointer = first.clause if limited else error_row(contract, INVALID_PARAMS).get("clause")
    return Defect(*acceptance(contract, pointer), sentence, edit=_edit(contract, operation, change))


_LIMITS = {
    "empty": ("minLength",),
    "pattern": ("pattern",),
    "range": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    "choice": ("enum", "const"),
}


def _limits(field: Field) -> Iterator[str]:
    """Yield the kinds of limits beside its type that a field has, but for those that are open."""
    for limit, words in _LIMITS.items():
        if any(word in field.schema for word in words) and limit not in field.schema.get("x-open", ()):
            yield limit


def _each_unlimited(contract: Contract) -> Iterator[Application]:
    for operation, field in _top(contract):
        for limit in _limits(field):
            settings = {"operation": operation.id, "field": field.name, "limit": limit}
            yield f"{operation.id}-{field.name}-without-{limit}-check", settings


@operator("validation", _each_unlimited)
def limit_dropped(contract: Contract, operation: str, field: str, limit: str) -> Defect:
    """Take values of a field that one of its limits forbids."""
    pointer = body_field(contract, operation, field).clause
    words = _LIMITS[limit]

    def change(schema: Schema) -> None:
        for branch in _branches(schema):
            row = branch.get("properties", {}).get(field)
            for word in words if isinstance(row, dict) else ():
                row.pop(word, None)

    schema = body_schema(contract.root, contract.by_id[operation].raw)
    for branch in _branches(schema or {}):
        row = branch.get("properties", {}).get(field, {})
        pointer = row.get("x-clause", pointer) if any(word in row for word in words) else pointer
    sentence = f"doesn't check the {limit} of {field} of {operation}"
    return Defect(*acceptance(contract, pointer), sentence, edit=_edit(contract, operation, change))


def _each_null(contract: Contract) -> Iterator[Application]:
    for operation, field in _top(contract):
        if field.required and isinstance(field.schema.get("type"), str):
            yield f"{operation.id}-{field.name}-may-be-null", {"operation": operation.id, "field": field.name}


@operator("validation", _each_null)
def null_accepted(contract: Contract, operation: str, field: str) -> Defect:
    """Take null for a field."""
    pointer = body_field(contract, operation, field).clause

    def change(schema: Schema) -> None:
        row = schema["properties"][field]
        row["type"] = [row["type"], "null"]
        row.pop("x-absent", None)

    sentence = f"takes null as {field} of {operation}"
    return Defect(*acceptance(contract, pointer), sentence, edit=_edit(contract, operation, change))


def _needs(contract: Contract, operation: Operation) -> Iterator[tuple[str, str | None]]:
    """Yield each field that a body must have, wherever that is said, and the clause of the place."""
    schema = body_schema(contract.root, operation.raw)
    clauses = {field.name: field.clause for field in body_fields(contract, operation)}
    for branch in _branches(schema) if schema else ():
        own = None if branch is schema else branch.get("x-clause")
        yield from ((name, own or clauses.get(name)) for name in branch.get("required", ()))


def _each_needed(contract: Contract) -> Iterator[Application]:
    for operation in contract.operations:
        ids = {name for _, name in operation.id_places}
        for name, _ in _needs(contract, operation):
            if name not in ids:
                yield f"{operation.id}-{name}-not-needed", {"operation": operation.id, "field": name}


@operator("validation", _each_needed)
def field_not_needed(contract: Contract, operation: str, field: str) -> Defect:
    """Take bodies without a field that is required, always or under a condition."""
    body_field(contract, operation, field)
    clauses = dict(reversed(list(_needs(contract, contract.by_id[operation]))))

    def change(schema: Schema) -> None:
        for branch in _branches(schema):
            if field in branch.get("required", ()):
                branch["required"] = [name for name in branch["required"] if name != field]
                branch.get("properties", {}).pop(field, None) if branch is not schema else None

    sentence = f"needs no {field} in {operation}"
    return Defect(*acceptance(contract, clauses.get(field)), sentence, edit=_edit(contract, operation, change))


def _each_optional(contract: Contract) -> Iterator[Application]:
    for operation in contract.operations:
        for name in optional_fields(contract, operation):
            settings = {"operation": operation.id, "field": name}
            yield f"{operation.id}-{name}-refused", {**settings, "how": "refused"}
            yield f"{operation.id}-{name}-needed", {**settings, "how": "needed"}


@operator("validation", _each_optional)
def optional_field(contract: Contract, operation: str, field: str, how: str, when: str = "") -> Defect:
    """Refuse a field that is optional, or need it; `when` is the branch (then, else) in which."""
    clause = whole(body_field(contract, operation, field).clause)

    def change(schema: Schema) -> None:
        branch = schema if not when else schema.setdefault(when, {})
        if how == "needed":
            branch["required"] = [*branch.get("required", ()), field]
        else:
            branch["not"] = {"required": [field]}

    sentence = f"{'needs' if how == 'needed' else 'refuses'} {field} in {operation}"
    return Defect(*acceptance(contract, clause), sentence, edit=_edit(contract, operation, change))


def _each_text(contract: Contract) -> Iterator[Application]:
    for operation in contract.operations:
        for field in (body_field(contract, operation.id, name) for name in optional_fields(contract, operation)):
            if field.schema.get("type") == "string" and "pattern" not in field.schema:
                settings = {"operation": operation.id, "field": field.name, "to": LONGEST}
                yield f"{operation.id}-{field.name}-limited", settings


@operator("validation", _each_text)
def length_limited(contract: Contract, operation: str, field: str, to: int) -> Defect:
    """Refuse texts that are longer than some limit of its own."""
    clause = contract.rules.get("lengths", body_field(contract, operation, field).clause)

    def change(schema: Schema) -> None:
        schema["properties"][field] = {"type": "string", "maxLength": to}

    sentence = f"refuses {field} of {operation} over {to} characters"
    return Defect(*acceptance(contract, clause), sentence, edit=_edit(contract, operation, change))


def _switches(contract: Contract, operation: Operation) -> list[str]:
    schema = body_schema(contract.root, operation.raw) or {}
    condition = schema.get("if", {})
    return [name for name in condition.get("required", ()) if "const" in condition.get("properties", {}).get(name, {})]


def _each_switch(contract: Contract) -> Iterator[Application]:
    for operation in contract.operations:
        for name in _switches(contract, operation):
            yield f"{operation.id}-{name}-by-default", {"operation": operation.id, "field": name}


@operator("validation", _each_switch)
def switch_by_default(contract: Contract, operation: str, field: str) -> Defect:
    """Behave as if a field that changes the rules were set where it is missing."""
    clause = body_field(contract, operation, field).clause
    if field not in _switches(contract, contract.by_id[operation]):
        raise InapplicableError(f"{field} changes no rules")
    edit = _edit(contract, operation, lambda schema: schema["if"].pop("required"))
    return Defect(*acceptance(contract, clause), f"has {field} on by default in {operation}", edit=edit)
