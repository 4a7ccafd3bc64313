"""Bodies made from a response schema: constants as they stand, x-value words from facts. Knows no HTTP."""

from collections.abc import Callable, Mapping
from typing import Any

from .names import nearest
from .violations import resolve

Facts = Mapping[str, Any]
Render = Callable[[Facts], Any]
TASK_FACTS = frozenset({"task.id", "task.status", "task.created_at", "task.results"})
RESULT_FACTS = frozenset({"result.id", "result.image_url", "result.audio_url"})
ERROR_FACTS = frozenset({"error.status", "error.message", "error.type"})


class UnrenderableError(ValueError):
    """A response schema that does not say where its values come from."""


def renderer(root: Mapping[str, Any], schema: Mapping[str, Any], facts: frozenset[str]) -> Render:
    """Compile `schema` into a function from facts to a JSON value.

    `facts` are the names that x-value may use; a list's x-value names a list of facts, one set for each item.
    Raises `UnrenderableError` for a required value without a source and for an unknown one.
    """
    flat = {**resolve(root, schema["$ref"]), **schema} if "$ref" in schema else schema
    if "const" in flat:
        constant = flat["const"]
        return lambda _: constant
    if "x-value" in flat:
        return _from_fact(root, flat, facts)
    if "properties" in flat:
        return _from_properties(root, flat, facts)
    raise UnrenderableError("expected a const or an x-value that says where the value comes from, received neither")


def _from_fact(root: Mapping[str, Any], schema: Mapping[str, Any], facts: frozenset[str]) -> Render:
    name = schema["x-value"]
    if name not in facts:
        raise UnrenderableError(f"expected a known x-value, received {name!r} ({nearest(name, facts)})")
    if schema.get("type") != "array":
        return lambda given: given[name]
    item = renderer(root, schema["items"], facts | RESULT_FACTS)
    return lambda given: [item(one) for one in given[name]]


def _from_properties(root: Mapping[str, Any], schema: Mapping[str, Any], facts: frozenset[str]) -> Render:
    fields: dict[str, Render] = {}
    for name, inner in schema["properties"].items():
        try:
            fields[name] = renderer(root, inner, facts)
        except UnrenderableError as error:
            if name in schema.get("required", ()):
                raise UnrenderableError(f"{name}: {error}") from None
    for name in set(schema.get("required", ())) - set(fields):
        raise UnrenderableError(f"{name}: expected it among the properties, since it is required, received nothing")
    return lambda given: {name: render(given) for name, render in fields.items()}
