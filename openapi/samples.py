"""Requests that a contract lets people send: its own examples, completed by values that keep a simple schema. Pure."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from .facts import flat
from .operations import JSON, Operation, Parameter

_TEXT: Final = "Some text"
_URL: Final = "http://127.0.0.1:9/webhook"
_BY_FORMAT: Final[Mapping[str, str]] = {
    "uuid": "6f1c2a34-5b6d-4e7f-8a9b-0c1d2e3f4a5b",
    "email": "somebody@example.com",
    "date-time": "2026-02-24T12:00:30Z",
    "uri": _URL,
}


def some_value(root: Mapping[str, Any], schema: Any) -> Any:
    """Return a value that keeps a simple schema: what it says itself, or what is usual for its type."""
    schema = flat(root, schema)
    for word in ("const", "default"):
        if word in schema:
            return schema[word]
    for word in ("examples", "enum"):
        if word in schema:
            return schema[word][0]
    kind = schema.get("type", "string")
    kind = kind if isinstance(kind, str) else kind[0]
    if kind == "object":
        fields = schema.get("properties", {})
        return {name: some_value(root, fields.get(name, {})) for name in schema.get("required", ())}
    if kind == "array":
        return [some_value(root, schema.get("items", {}))] * schema.get("minItems", 0)
    return {"string": _text(schema), "boolean": True, "null": None}.get(kind, _number(schema))


def _text(schema: Mapping[str, Any]) -> str:
    text = _BY_FORMAT.get(schema.get("format", ""), _URL if "pattern" in schema else _TEXT)
    return text.ljust(schema.get("minLength", 0), ".")[: schema.get("maxLength", None)]


def _number(schema: Mapping[str, Any]) -> float:
    least: float = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
    most: float = schema.get("maximum", least)
    return min(least, most)


def completed(root: Mapping[str, Any], schema: Any, value: Any, aside: Collection[str] = ()) -> Any:
    """Return an object with what its schema requires and it has forgotten, but for what is left `aside`."""
    if not isinstance(value, dict):
        return value
    whole = flat(root, schema)
    missing = [name for name in whole.get("required", ()) if name not in {*value, *aside}]
    return {**value, **{name: some_value(root, whole.get("properties", {}).get(name, {})) for name in missing}}


def sample_text(root: Mapping[str, Any], parameter: Parameter) -> str:
    """Return a parameter's example, or a value that is made up, as it stands in a URL or a header."""
    value = next(iter(parameter.examples), some_value(root, parameter.schema))
    return value if isinstance(value, str) else json.dumps(value)


def untrue_samples(root: Mapping[str, Any], operation: Operation) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield (place, problem) of examples that break their schema, and of what can't be made up without one."""
    at = ("requestBody", "content", JSON)
    media = operation.raw.get("requestBody", {}).get("content", {}).get(JSON, {})
    none: Mapping[str, Any] = {"": {"value": {}}} if operation.body_required else {}
    for name, row in (operation.examples or none).items() if operation.body else ():
        body = operation.without_absent(completed(root, media.get("schema"), row["value"]))
        place = (*at, "examples", name) if name else at
        for broken in operation.body.violations(body, "body")[:1] if operation.body else ():
            yield place, f"expected an example that keeps its schema, and says all that is required, received: {broken}"
    ids = {*operation.id_places}
    for one in operation.parameters:
        if one.examples or (one.required and (one.place, one.name) not in ids):
            for broken in one.read([sample_text(root, one)])[1][:1]:
                yield ("parameters",), f"expected an example that keeps its schema, received: {broken}"
