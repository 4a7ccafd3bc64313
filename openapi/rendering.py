"""JSON bodies made from a response schema: constants as they stand, x-value words from facts. Knows no HTTP."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from .names import nearest
from .references import resolve

Facts = Mapping[str, Any]
Render = Callable[[Facts], bytes]
TASK_FACTS = frozenset({"task.id", "task.status", "task.created_at", "task.results"})
RESULT_FACTS = frozenset({"result.id", "result.image_url", "result.audio_url"})
ERROR_FACTS = frozenset({"error.status", "error.message", "error.type"})


class UnrenderableError(ValueError):
    """A response schema that does not say where its values come from."""


def renderer(root: Mapping[str, Any], schema: Mapping[str, Any], facts: frozenset[str]) -> Render:
    """Compile `schema` into a function from facts to the bytes of a JSON value; what never changes is encoded here.

    `facts` are the names that x-value may use; a list's x-value names a list of facts, one set for each item.
    Raises `UnrenderableError` for a required value without a source and for an unknown one.
    """
    return _concatenation(list(_pieces(root, schema, facts)))


def result_fields(root: Mapping[str, Any], node: Any, passed: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the facts of a result that a response schema shows, without `result.`: id, image_url, audio_url.

    `passed` are the references on the way to the node: a schema that contains itself shows nothing more.
    """
    reference = node.get("$ref", "") if isinstance(node, Mapping) else ""
    if not isinstance(node, Mapping) or reference in passed:
        return
    flat = {**resolve(root, reference), **node} if reference else node
    name = flat.get("x-value")
    if name in RESULT_FACTS:
        yield str(name).removeprefix("result.")
        return
    for inner in (*flat.get("properties", {}).values(), flat.get("items")):
        yield from result_fields(root, inner, passed | {reference} - {""})


def json_bytes(value: object) -> bytes:
    """Return the JSON of a value as UTF-8 bytes. Text that UTF-8 can't carry is escaped."""
    try:
        return orjson.dumps(value)
    except TypeError:  # lone surrogates
        return json.dumps(value).encode()


def _concatenation(pieces: list[bytes | Render]) -> Render:
    """Return what puts the pieces one behind the other; neighbours that never change become one."""
    merged: list[bytes | Render] = [b""]
    for piece in pieces:
        last = merged[-1]
        if isinstance(piece, bytes) and isinstance(last, bytes):
            merged[-1] = last + piece
        else:
            merged.append(piece)
    template = b"".join([piece.replace(b"%", b"%%") if isinstance(piece, bytes) else b"%b" for piece in merged])
    makers = [piece for piece in merged if not isinstance(piece, bytes)]
    return lambda given: template % tuple([make(given) for make in makers])


def _pieces(root: Mapping[str, Any], schema: Mapping[str, Any], facts: frozenset[str]) -> Iterator[bytes | Render]:
    """Yield the parts of a JSON text in order: bytes that never change, and functions for what facts decide."""
    flat = {**resolve(root, schema["$ref"]), **schema} if "$ref" in schema else schema
    if "const" in flat:
        yield json_bytes(flat["const"])
    elif "x-value" in flat:
        yield _from_fact(root, flat, facts)
    elif "properties" in flat:
        yield from _from_properties(root, flat, facts)
    else:
        raise UnrenderableError("expected a const or an x-value that says where the value comes from, received neither")


def _from_fact(root: Mapping[str, Any], schema: Mapping[str, Any], facts: frozenset[str]) -> Render:
    name = schema["x-value"]
    if name not in facts:
        raise UnrenderableError(f"expected a known x-value, received {name!r} ({nearest(name, facts)})")
    if schema.get("type") != "array":
        return lambda given: json_bytes(given[name])
    item = renderer(root, schema["items"], facts | RESULT_FACTS)
    return lambda given: b"[%b]" % b",".join([item(one) for one in given[name]])


def _from_properties(
    root: Mapping[str, Any], schema: Mapping[str, Any], facts: frozenset[str]
) -> Iterator[bytes | Render]:
    fields: dict[str, list[bytes | Render]] = {}
    for name, inner in schema["properties"].items():
        try:
            fields[name] = list(_pieces(root, inner, facts))
        except UnrenderableError as error:
            if name in schema.get("required", ()):
                raise UnrenderableError(f"{name}: {error}") from None
    for name in set(schema.get("required", ())) - set(fields):
        raise UnrenderableError(f"{name}: expected it among the properties, since it is required, received nothing")
    opening = b"{"
    for name, pieces in fields.items():
        yield b"%b%b:" % (opening, json_bytes(name))
        yield from pieces
        opening = b","
    yield b"}" if fields else b"{}"
