"""Hypothesis strategies for request bodies, made from the contract: those that keep the schema, and near misses."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from covermock.openapi import JSON, Contract, Operation, load
from hypothesis import strategies as st

Body = dict[str, Any]
_gateway = cache(load)
_KINDS: Mapping[str, st.SearchStrategy[Any]] = {
    "string": st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=80),
    "boolean": st.booleans(),
    "integer": st.integers(-(2**53), 2**53),
    "number": st.floats(allow_nan=False, allow_infinity=False),
}
_WRONG: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.integers(), st.booleans(), st.text(max_size=3), st.lists(st.integers(), max_size=2), st.just({})
)


def valid_bodies(operation: str, contract: Contract | None = None, **fixed: Any) -> st.SearchStrategy[Body]:
    """Return bodies that keep the schema of an operation (`startCover`); `fixed` fields have these values.

    Raises `KeyError` with the nearest names for an operation that there isn't.
    """
    found = (contract or _gateway()).operation(operation)
    free = {name: _field(schema) for name, schema in _properties(found).items() if name not in fixed}
    needed = {name: free.pop(name) for name in _names_to_give(found) & free.keys()}
    given = {name: st.just(value) for name, value in fixed.items()}
    made = st.fixed_dictionaries({**given, **needed}, optional=free)
    return made.filter(lambda body: found.body is not None and found.body.is_valid(body))


def invalid_bodies(operation: str, contract: Contract | None = None) -> st.SearchStrategy[Any]:
    """Return JSON values that break the schema of an operation in one place or altogether."""
    found = (contract or _gateway()).operation(operation)
    names = list(_properties(found))
    valid = valid_bodies(operation, contract)
    spoilt = st.builds(lambda body, name, value: {**body, name: value}, valid, st.sampled_from(names), _WRONG)
    poorer = st.builds(lambda body, name: {k: v for k, v in body.items() if k != name}, valid, st.sampled_from(names))
    other = st.one_of(_WRONG, st.lists(valid, max_size=2))
    return st.one_of(spoilt, poorer, other).filter(
        lambda value: found.body is not None and not found.body.is_valid(found.without_absent(value))
    )


def _properties(operation: Operation) -> Mapping[str, Any]:
    properties: Mapping[str, Any] = operation.raw["requestBody"]["content"][JSON]["schema"]["properties"]
    return properties


def _names_to_give(operation: Operation) -> set[str]:
    """Return the names that a body had better have: those that the schema requires, now or under a condition."""
    schema = operation.raw["requestBody"]["content"][JSON]["schema"]
    return {*schema.get("required", ()), *schema.get("then", {}).get("required", ())}


def _field(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if "pattern" in schema:
        return st.from_regex(schema["pattern"]).filter(lambda text: text.isprintable())
    kind = _KINDS[schema.get("type", "string")]
    least = schema.get("minLength", 0)
    return kind.filter(lambda value: len(value) >= least) if least else kind
