"""What an answer says: where the facts stand that a schema names with x-value, read by the schema."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from .references import resolve
from .violations import Validator

_CONDITIONS = 256  # validators that are kept


def facts(root: Mapping[str, Any], schema: Any, value: Any, name: str) -> Iterator[Any]:
    """Yield what `value` says of an x-value such as `task.id`, once for each place where the schema has it.

    An id is a text, also where JSON has a number.
    """
    schema = joined(branches(root, schema, value))
    if schema.get("x-value") == name:
        yield str(value) if name == "task.id" and type(value) is int else value
    if isinstance(value, dict):
        for key, inner in schema.get("properties", {}).items():
            if key in value:
                yield from facts(root, inner, value[key], name)
    if isinstance(value, list) and "items" in schema:
        for item in value:
            yield from facts(root, schema["items"], item, name)


def parts(root: Mapping[str, Any], schema: Any, passed: frozenset[str] = frozenset()) -> Iterator[Mapping[str, Any]]:
    """Yield the schemas that one consists of, whatever the value: itself, what it refers to, the members of allOf."""
    if not isinstance(schema, Mapping):
        return
    yield schema
    reference = schema.get("$ref", "")
    if reference and reference not in passed:
        yield from parts(root, resolve(root, reference), passed | {reference})
    for inner in schema.get("allOf", ()):
        yield from parts(root, inner, passed)


def branches(root: Mapping[str, Any], schema: Any, value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the schemas that apply to a value itself: its parts, and the taken sides of their if/then/else."""
    for part in parts(root, schema):
        yield part
        if "if" in part:
            side = "then" if _condition(root, part["if"]).is_valid(value) else "else"
            yield from branches(root, part.get(side, True), value)


def joined(schemas: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return schemas that apply together as one: of a word that several say the first, of properties all."""
    whole: dict[str, Any] = {}
    for one in schemas:
        fields, required = (_several(one.get(word), whole.get(word)) for word in ("properties", "required"))
        whole = {**one, **whole, **({"properties": fields} if fields else {})}
        whole |= {"required": list(required)} if required else {}
    return whole


def _several(later: Any, first: Any) -> dict[str, Any]:
    """Return the names of two mappings, or lists, and what both say of each; a schema says more than true or false."""
    found = dict(first) if isinstance(first, Mapping) else dict.fromkeys(first or ())
    for name, one in later.items() if isinstance(later, Mapping) else dict.fromkeys(later or ()).items():
        known = found.get(name)
        told = {**one, **known} if isinstance(one, Mapping) and isinstance(known, Mapping) else known
        found[name] = told if isinstance(known, Mapping) else one
    return found


def own_references(root: Mapping[str, Any], schema: Any) -> frozenset[str]:
    """Return what a schema refers to on its own level."""
    return frozenset(str(part["$ref"]) for part in parts(root, schema) if "$ref" in part)


def valued(root: Mapping[str, Any], node: Any, passed: frozenset[str] = frozenset()) -> Iterator[Mapping[str, Any]]:
    """Yield the schema of each place in an answer that has an x-value, whatever the conditions on the way to it.

    `passed` are the references on that way: a schema that contains itself shows nothing more.
    """
    whole, references = flat(root, node), own_references(root, node)
    if not whole or references & passed:
        return
    if "x-value" in whole:
        yield whole
    sides = (part[word] for part in parts(root, node) for word in ("then", "else") if word in part)
    for inner in (*whole.get("properties", {}).values(), whole.get("items"), *sides):
        yield from valued(root, inner, passed | references)


def flat(root: Mapping[str, Any], schema: Any) -> dict[str, Any]:
    """Return a schema with what it refers to and the members of its allOf, as one."""
    return joined(parts(root, schema))


def fields_of(root: Mapping[str, Any], schema: Any) -> dict[str, Any]:
    """Return the properties of an object, those of its alternatives (anyOf, oneOf) too."""
    found: dict[str, Any] = {}
    for part in parts(root, schema):
        for inner in (*part.get("anyOf", ()), *part.get("oneOf", ())):
            found = {**fields_of(root, inner), **found}
    return {**found, **flat(root, schema).get("properties", {})}


def known_fields(root: Mapping[str, Any], schema: Any, value: Any) -> set[str]:
    """Return the names that a schema has for the fields of this object."""
    return {name for part in branches(root, schema, value) for name in fields_of(root, part)}


@lru_cache(_CONDITIONS)
def _compiled(condition: "_Same", root: "_Same") -> Validator:
    return Validator(condition.value, root.value)


class _Same:
    """A value as a key: equal to itself alone, since it never changes and is too large to compare."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.value is other.value


def _condition(root: Mapping[str, Any], condition: Any) -> Validator:
    """Return the validator of an `if`; it is asked about every answer, and costs more than the rest."""
    return _compiled(_Same(condition), _Same(root))


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


def marks(
    root: Mapping[str, Any], schema: Any, value: Any, word: str, *, always: bool = False
) -> Iterator[tuple[str, str, Any]]:
    """Yield (name, sentence, value) of each part of a value whose schema has a word such as `x-constant`.

    With `always` what conditions add is left out.
    """
    for branch in parts(root, schema) if always else branches(root, schema, value):
        for key, inner in branch.get("properties", {}).items() if isinstance(value, dict) else ():
            if key in value:
                own = flat(root, inner)
                yield from ((key, own[word], value[key]),) if word in own else ()
                yield from marks(root, inner, value[key], word, always=always)
        for item in value if isinstance(value, list) and "items" in branch else ():
            yield from marks(root, branch["items"], item, word, always=always)
