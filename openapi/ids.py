"""Ids: where the requests of a contract name them, and which of them are whole numbers. Knows no world."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .facts import flat, parts
from .names import nearest
from .operations import Operation

Root = Mapping[str, Any]


def whole_kinds(root: Root, operations: Iterable[Operation]) -> frozenset[str]:
    """Return the lifecycles and kinds of sources whose ids are whole numbers, by the requests and answers."""
    return frozenset(kind for one in operations for kind, schema in _ids(root, one) if schema.get("type") == "integer")


def _ids(root: Root, operation: Operation) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (lifecycle or kind of source, schema) of each id that the operation takes or tells."""
    for rule in operation.rules:
        kind = str(rule.get("lifecycle") or rule.get("kind", ""))
        yield from ((kind, schema_at(root, operation, place)) for place in rule.get("id", ()))
    for schema in operation.shows if operation.task_kind else ():
        yield from ((operation.task_kind, one) for one in _told(root, schema, frozenset()))


def schema_at(root: Root, operation: Operation, place: str) -> Mapping[str, Any]:
    """Return the schema of a place such as body.taskId, an empty one where the operation has no such place."""
    part, _, name = place.partition(".")
    if part == "body":
        return flat(root, body_fields(root, operation).get(name))
    return next((one.schema for one in operation.parameters if (one.place, one.name) == (part, name)), {})


def body_fields(root: Root, operation: Operation) -> dict[str, Any]:
    """Return the fields at the top of an operation's bodies, of all media types."""
    content = operation.raw.get("requestBody", {}).get("content", {}).values()
    return {name: one for kind in content for name, one in flat(root, kind.get("schema")).get("properties", {}).items()}


def _told(root: Root, node: Any, passed: frozenset[str]) -> Iterator[Mapping[str, Any]]:
    """Yield the schemas of task.id in an answer; `passed` are the references on the way to the node."""
    if not isinstance(node, Mapping):
        return
    whole = flat(root, node)
    references = frozenset(str(part["$ref"]) for part in parts(root, node) if "$ref" in part)
    if whole.get("x-value") == "task.id":
        yield whole
    inner = (*whole.get("properties", {}).values(), whole.get("items"))
    for one in inner if not references & passed else ():
        yield from _told(root, one, passed | references)


def missing_place(root: Root, operation: Operation) -> str | None:
    """Say which id of an operation stands nowhere in its requests, or None."""
    for place, name in operation.id_places:
        known = [one.name for one in operation.parameters if one.place == place]
        known = list(body_fields(root, operation)) if place == "body" else known
        if name not in known:
            return f"id: expected a name at the top of the {place}, received {name!r} ({nearest(name, known)})"
    return None
