"""What an answer says: where the facts stand that a schema names with x-value, read by the schema."""

from collections.abc import Iterator, Mapping
from typing import Any

from .references import resolve
from .violations import Validator


def facts(root: Mapping[str, Any], schema: Any, value: Any, name: str) -> Iterator[Any]:
    """Yield what `value` says of an x-value such as `task.id`, once for each place where the schema has it."""
    schema = {**resolve(root, schema["$ref"]), **schema} if "$ref" in schema else schema
    if schema.get("x-value") == name:
        yield value
    if isinstance(value, dict):
        for key, inner in schema.get("properties", {}).items():
            if key in value:
                yield from facts(root, inner, value[key], name)
    if isinstance(value, list) and "items" in schema:
        for item in value:
            yield from facts(root, schema["items"], item, name)


def branches(root: Mapping[str, Any], schema: Any, value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the schemas that apply to a value itself: references, allOf, and the taken sides of if/then/else."""
    if not isinstance(schema, Mapping):
        return
    yield schema
    if "$ref" in schema:
        yield from branches(root, resolve(root, schema["$ref"]), value)
    for inner in schema.get("allOf", ()):
        yield from branches(root, inner, value)
    if "if" in schema:
        side = "then" if Validator(schema["if"], root).is_valid(value) else "else"
        yield from branches(root, schema.get(side, True), value)


def clauses_of(root: Mapping[str, Any], schema: Any, value: Any) -> set[str]:
    """Return the clauses that a value is judged by: those of each schema that applies to it or to a part of it."""
    found = set[str]()
    for branch in branches(root, schema, value):
        found |= {branch["x-clause"]} if "x-clause" in branch else set()
        for key, inner in branch.get("properties", {}).items() if isinstance(value, dict) else ():
            found |= clauses_of(root, inner, value[key]) if key in value else set()
        for item in value if isinstance(value, list) and "items" in branch else ():
            found |= clauses_of(root, branch["items"], item)
    return found


def marks(root: Mapping[str, Any], schema: Any, value: Any, word: str) -> Iterator[tuple[str, str, Any]]:
    """Yield (name, sentence, value) of each part of a value whose schema has a word such as `x-constant`."""
    for branch in branches(root, schema, value):
        for key, inner in branch.get("properties", {}).items() if isinstance(value, dict) else ():
            if key in value:
                own = {**resolve(root, inner["$ref"]), **inner} if "$ref" in inner else inner
                yield from ((key, own[word], value[key]),) if word in own else ()
                yield from marks(root, own, value[key], word)
        for item in value if isinstance(value, list) and "items" in branch else ():
            yield from marks(root, branch["items"], item, word)
