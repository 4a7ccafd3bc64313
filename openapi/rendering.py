"""JSON bodies made from a response schema: constants as they stand, x-value words from facts. Knows no HTTP."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from .facts import branches, flat, joined, own_references, valued
from .lifecycle import Lifecycle
from .names import nearest

Facts = Mapping[str, Any]
Render = Callable[[Facts], bytes]
TASK_FACTS = frozenset({"task.id", "task.status", "task.created_at", "task.results"})
RESULT_FACTS = frozenset({"result.id", "result.image_url", "result.audio_url", "result.text", "result.number"})
MADE_RESULTS = "task.results.made"  # those that the mock makes up, which no schema may ask for
ERROR_FACTS = frozenset({"error.status", "error.message", "error.type"})
_NUMBERS = frozenset({"error.status", "result.number"})
ALL_FACTS = TASK_FACTS | RESULT_FACTS | ERROR_FACTS
_ANYTHING: Mapping[str, Any] = {}
_MILLISECONDS = 1e11  # a time that is at least so much is no number of seconds


class UnrenderableError(ValueError):
    """A response schema that does not say where its values come from."""


class UnknownValueError(UnrenderableError):
    """An x-value that names nothing: a mistake even where the value is not required."""


def renderer(
    root: Mapping[str, Any], schema: Mapping[str, Any], facts: frozenset[str], known: Mapping[str, Any] = _ANYTHING
) -> Render:
    """Compile `schema` into a function from facts to the bytes of a JSON value; what never changes is encoded here.

    `facts` are the names that x-value may use; a list's x-value names a list of facts, one set for each item.
    `known` has those facts that are known now, which decide between the sides of if/then/else.
    Raises `UnrenderableError` for a required value without a source and for an unknown one.
    """
    return _concatenation(list(_pieces(root, schema, facts, _skeleton(root, schema, known))))


def task_renderers(root: Mapping[str, Any], schema: Mapping[str, Any], lifecycle: Lifecycle) -> dict[str, Render]:
    """Compile the schema of a task's view: as `renderer`, for each state of its lifecycle, by name."""
    by_state: dict[str, Render] = {}
    for state in lifecycle.states:
        facts = TASK_FACTS | RESULT_FACTS if state.results else TASK_FACTS
        by_state[state.name] = renderer(root, schema, facts, {"task.status": state.name})
    return by_state


def _skeleton(
    root: Mapping[str, Any], schema: Any, known: Mapping[str, Any], passed: frozenset[str] = frozenset()
) -> Any:
    """Return what of a value is certain: constants and known facts. `passed` is as in `valued`."""
    whole, references = flat(root, schema), own_references(root, schema)
    if references & passed:
        return None
    if "const" in whole:
        return whole["const"]
    if "x-value" in whole:
        return known.get(whole["x-value"])
    fields = whole.get("properties", {}).items()
    inner = {name: _skeleton(root, one, known, passed | references) for name, one in fields}
    return {name: value for name, value in inner.items() if value is not None}


def result_fields(root: Mapping[str, Any], node: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (name, schema) of each fact of a result that a response schema shows: id, image_url, text."""
    facts = ((str(one["x-value"]), one) for one in valued(root, node))
    yield from ((name.removeprefix("result."), one) for name, one in facts if name in RESULT_FACTS)


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
    if len(makers) == 1:  # as where a task is started
        only = makers[0]
        return lambda given: template % only(given)
    return lambda given: template % tuple([make(given) for make in makers])


def _pieces(
    root: Mapping[str, Any], schema: Mapping[str, Any], facts: frozenset[str], known: Any
) -> Iterator[bytes | Render]:
    """Yield the parts of a JSON text in order: bytes that never change, and functions for what facts decide.

    `known` is what of the value is certain.
    """
    whole = joined(branches(root, schema, known))
    if "const" in whole:
        yield json_bytes(whole["const"])
    elif "x-value" in whole:
        yield _from_fact(root, whole, facts)
    elif "properties" in whole:
        yield from _object_or_null(root, schema, whole, facts, known)
    elif "items" in whole:
        yield from (b"[", *_pieces(root, whole["items"], facts, _ANYTHING), b"]")
    else:
        raise UnrenderableError("expected a const or an x-value that says where the value comes from, received neither")


def _from_fact(root: Mapping[str, Any], schema: Mapping[str, Any], facts: frozenset[str]) -> Render:
    name = schema["x-value"]
    if name not in ALL_FACTS:
        raise UnknownValueError(f"expected a known x-value, received {name!r} ({nearest(name, ALL_FACTS)})")
    if name not in facts and "null" in schema.get("type", ()):
        return lambda _: b"null"
    if name not in facts:
        raise UnrenderableError(f"expected an x-value that is there, received {name!r}")
    if name == "task.id" and schema.get("type") == "integer":
        return lambda given: b"%d" % int(given[name])
    if name == "task.created_at" and schema.get("type") in {"integer", "number"}:
        factor = 1000 if schema.get("minimum", 0) >= _MILLISECONDS else 1
        return lambda given: b"%d" % int(factor * datetime.fromisoformat(given[name]).timestamp())
    if schema.get("type") == "string" and name in _NUMBERS:
        return lambda given: json_bytes(str(given[name]))
    if schema.get("type") != "array":
        return lambda given: json_bytes(given[name])
    item = renderer(root, schema["items"], facts | RESULT_FACTS)
    return lambda given: b"[%b]" % b",".join([item(one) for one in _enough(given, name, schema.get("minItems", 0))])


def _enough(given: Facts, name: str, least: int) -> list[Facts]:
    """Return the facts of a list: where a world dictates too few for the schema, those that are made up follow."""
    rows: list[Facts] = given[name]
    return rows if len(rows) >= least else [*rows, *given[MADE_RESULTS][len(rows) : least]]


def _object_or_null(
    root: Mapping[str, Any], schema: Mapping[str, Any], whole: Mapping[str, Any], facts: frozenset[str], known: Any
) -> list[bytes | Render]:
    """Return the parts of an object; where a value that it needs is not there it is null, if that may be."""
    try:
        return list(_from_properties(root, schema, whole, facts, known))
    except UnknownValueError:
        raise
    except UnrenderableError:
        if "null" not in whole.get("type", ()):
            raise
        return [b"null"]


def _from_properties(
    root: Mapping[str, Any], schema: Mapping[str, Any], whole: Mapping[str, Any], facts: frozenset[str], known: Any
) -> Iterator[bytes | Render]:
    """Yield the parts of an object: all its properties that have a value and that no schema says false of."""
    fields: dict[str, list[bytes | Render]] = {}
    required = set(whole.get("required", ()))
    applying = branches(root, schema, known)
    refused = {name for one in applying for name, inner in one.get("properties", {}).items() if inner is False}
    for name, inner in whole["properties"].items():
        try:
            if name not in refused:
                fields[name] = list(_pieces(root, inner, facts, known.get(name, _ANYTHING)))
        except UnknownValueError:
            raise
        except UnrenderableError as error:
            if name in required:
                raise UnrenderableError(f"{name}: {error}") from None
    for name in sorted(required - set(fields)):
        raise UnrenderableError(f"{name}: expected it among the properties, since it is required, received nothing")
    opening = b"{"
    for name, pieces in fields.items():
        yield b"%b%b:" % (opening, json_bytes(name))
        yield from pieces
        opening = b","
    yield b"}" if fields else b"{}"
