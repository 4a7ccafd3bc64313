"""Ids: where a contract names them, and what they look like: texts, whole numbers, UUIDs. Knows no world."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from .facts import flat, valued
from .names import nearest
from .operations import Operation
from .violations import Validator

Root = Mapping[str, Any]
_LIMITS = {"pattern", "format", "maxLength", "enum"}
_HEX_END = re.compile("[0-9a-f]{18}$")


class Ids:
    """What the ids of each lifecycle, and of each kind of source, look like, by the requests and answers.

    `whole` are the kinds whose ids are whole numbers, `shaped` those whose ids can't be any text.
    """

    def __init__(self, root: Root, operations: Iterable[Operation]) -> None:
        several = tuple(operations)
        rows = [(kind, schema) for one in several for kind, schema in _ids(root, one)]
        self.whole = frozenset(kind for kind, schema in rows if schema.get("type") == "integer")
        self._rules: dict[str, list[Validator]] = {}
        for kind, schema in rows:
            if _LIMITS & schema.keys():
                self._rules.setdefault(kind, []).append(Validator(schema, root))
        self.shaped = self.whole | self._rules.keys()

    def fits(self, kind: str, name: str) -> bool:
        """Return True if an id of this kind may look so, wherever it stands."""
        value = self.value(kind, name)
        wrong = kind in self.whole and isinstance(value, str)
        return not wrong and all(rule.is_valid(value) for rule in self._rules.get(kind, ()))

    def value(self, kind: str, name: str) -> str | int:
        """Return an id of a kind as JSON has it: a number where such ids are numbers, and this one is."""
        return int(name) if kind in self.whole and name.isascii() and name.isdecimal() else name

    def spelled(self, kind: str, name: str) -> str:
        """Return an id that is made up like this one; where none may be so, with digits alone at its end, or a UUID."""
        if kind not in self._rules:
            return name
        digits = _HEX_END.sub(lambda found: str(int(found[0], 16)), name)
        return next((one for one in (name, digits, str(uuid5(NAMESPACE_URL, name))) if self.fits(kind, one)), name)


def _ids(root: Root, operation: Operation) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (lifecycle or kind of source, schema) of each id that the operation takes or tells."""
    for rule in operation.rules:
        kind = str(rule.get("lifecycle") or rule.get("kind", ""))
        yield from ((kind, schema_at(root, operation, place)) for place in rule.get("id", ()))
    for schema in operation.shows if operation.task_kind else ():
        told = (one for one in valued(root, schema) if one["x-value"] == "task.id")
        yield from ((operation.task_kind, one) for one in told)


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


def missing_place(root: Root, operation: Operation) -> str | None:
    """Say which id of an operation stands nowhere in its requests, or None."""
    for place, name in operation.id_places:
        known = [one.name for one in operation.parameters if one.place == place]
        known = list(body_fields(root, operation)) if place == "body" else known
        if name not in known:
            return f"id: expected a name at the top of the {place}, received {name!r} ({nearest(name, known)})"
    return None
