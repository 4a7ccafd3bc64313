"""Integers that are written as 1.0, which JSON Schema calls integers, too, become what they are. Knows no HTTP."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .references import resolve

Schema = Mapping[str, Any]
Mend = Callable[[Any], Any]


def integers(root: Schema, schema: Any, passed: frozenset[str] = frozenset()) -> Mend | None:
    """Return what makes integers of a valid value's whole numbers, in place, where `schema` asks for integers.

    None where it asks for none. `passed` are the references on the way here: a schema may contain itself.
    """
    reference = schema.get("$ref", "") if isinstance(schema, Mapping) else ""
    if not isinstance(schema, Mapping) or reference in passed:
        return None
    on = passed | {reference} if reference else passed
    own = _own(root, schema, on)
    beneath = integers(root, resolve(root, reference), on) if reference else None
    mends = [mend for mend in (own, beneath) if mend is not None]
    return (lambda value: _through(mends, value)) if mends else None


def _through(mends: list[Mend], value: Any) -> Any:
    for mend in mends:
        value = mend(value)
    return value


def _own(root: Schema, schema: Schema, passed: frozenset[str]) -> Mend | None:
    """Return what the schema itself asks for, without what it refers to."""

    def below(inner: Any) -> Mend | None:
        return integers(root, inner, passed)

    wholes = [below(inner) for word in ("allOf", "anyOf", "oneOf") for inner in schema.get(word, ())]
    fields = {name: mend for name, inner in schema.get("properties", {}).items() if (mend := below(inner))}
    first = [below(inner) for inner in schema.get("prefixItems", ())]
    mends = [
        *([_whole] if _asks_for_integers(schema) else []),
        *(mend for mend in wholes if mend),
        *_of_fields(fields, schema.get("properties", {}), below(schema.get("additionalProperties"))),
        *_of_items(first, below(schema.get("items"))),
    ]
    return (lambda value: _through(mends, value)) if mends else None


def _asks_for_integers(schema: Schema) -> bool:
    kinds = schema.get("type", ())
    return "integer" in ([kinds] if isinstance(kinds, str) else kinds) and "number" not in kinds


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _of_fields(fields: Mapping[str, Mend], known: Mapping[str, Any], others: Mend | None) -> Iterator[Mend]:
    def mend(value: Any) -> Any:
        if isinstance(value, dict):
            for name in value if others else fields.keys() & value.keys():
                change = fields.get(name) or (None if name in known else others)
                value[name] = change(value[name]) if change else value[name]
        return value

    if fields or others:
        yield mend


def _of_items(first: list[Mend | None], others: Mend | None) -> Iterator[Mend]:
    def mend(value: Any) -> Any:
        if isinstance(value, list):
            for number, one in enumerate(value):
                change = first[number] if number < len(first) else others
                value[number] = change(one) if change else one
        return value

    if others or any(first):
        yield mend
