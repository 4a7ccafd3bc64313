"""A contract under other names: every operation, path, field, state, clause, lifecycle and refusal status by chance.

`renamed(text, seed)` is a pure function. What Python knows by name, and should read from the file, shows as a
difference between how a contract and its renamed copy behave.
"""

import random
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from covermock.openapi import parse

# The rows of x-errors that Python raises by name, and the statuses that mean something to HTTP itself.
_RAISED = "malformed-request no-such-path method-not-allowed missing-key invalid-key body-too-large invalid-json"
FIXED_ERRORS = frozenset(f"{_RAISED} invalid-params internal-error unavailable crowded".split())
_OWN_STATUSES = frozenset({400, 402, 403, 406, 409, 412, 422, 423, 424, 428})
_SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]


@dataclass
class Names:
    """The new name of each old one, by kind."""

    operations: dict[str, str] = field(default_factory=dict)
    segments: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    clauses: dict[str, str] = field(default_factory=dict)
    lifecycles: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    schemas: dict[str, str] = field(default_factory=dict)
    schemes: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    statuses: dict[int, int] = field(default_factory=dict)

    def path(self, path: str) -> str:
        """Return a path, with or without a query and with ids in it, under its new names."""
        place, mark, query = path.partition("?")
        parts = [self.segments.get(part, _braced(part, self.fields)) for part in place.split("/")]
        pairs = [pair.partition("=") for pair in query.split("&")] if query else []
        return "/".join(parts) + mark + "&".join(f"{self.fields.get(k, k)}{e}{v}" for k, e, v in pairs)

    def clause(self, pointer: str) -> str:
        """Return a clause, or the pointer to its sentence, under its new name."""
        name, mark, number = pointer.partition("#")
        return f"{self.clauses.get(name, name)}{mark}{number}"

    def value(self, value: Any) -> Any:
        """Return a JSON value: names of fields, and states, types of errors and statuses, which stand alone."""
        if isinstance(value, Mapping):
            return {self.fields.get(name, name): self.value(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.value(inner) for inner in value]
        if isinstance(value, str):
            return self.states.get(value, self.types.get(value, value))
        return self.statuses.get(value, value) if isinstance(value, int) and not isinstance(value, bool) else value


def _braced(part: str, fields: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: f"{{{fields.get(found[1], found[1])}}}", part)


def renamed(text: str, seed: int) -> tuple[str, Names]:
    """Return a contract's text under other names, and which they are."""
    data = parse(text).data
    names = _drawn(data, random.Random(seed))  # noqa: S311 - the same every time
    changed = _Renaming(names).node(data)
    return yaml.safe_dump(changed, allow_unicode=True, sort_keys=False, width=120), names


def _drawn(data: Any, chance: random.Random) -> Names:
    """Return new names for all that a document names."""
    taken: set[str] = set()

    def word(capital: bool = False) -> str:
        while True:
            found = "".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4)))
            if found not in taken:
                taken.add(found)
                return found.capitalize() if capital else found

    def drawn(old: Iterable[str]) -> dict[str, str]:
        return {name: word() for name in dict.fromkeys(old)}

    rows = data.get("x-errors", {})
    cycles = list(_under(data, "x-lifecycle"))
    rules = list(_rules(data))
    given = {row["status"] for row in rows.values()} & _OWN_STATUSES
    return Names(
        operations=drawn(_under(data, "operationId")),
        segments=drawn(s for path in data["paths"] for s in path.split("/") if s and "{" not in s),
        fields=drawn(_fields(data)),
        states=drawn(s["name"] for one in cycles for s in (*one["stages"], one["success"], one["failure"])),
        clauses={name: f"Z{word(capital=True)}" for name in data.get("x-clauses", {})},
        lifecycles=drawn(one["name"] for one in cycles),
        kinds=drawn(row["kind"] for row in rules if "kind" in row),
        numbers=drawn(row["of"] for row in rules if "of" in row),
        errors=drawn(name for name in rows if name not in FIXED_ERRORS),
        types=drawn(row["type"] for row in rows.values() if "type" in row),
        schemas=drawn([*data["components"].get("schemas", {}), *data["components"].get("responses", {})]),
        schemes=drawn(data["components"].get("securitySchemes", {})),
        headers={name: f"X-{word(capital=True)}" for name in _headers(data)},
        statuses=dict(zip(sorted(given), chance.sample(sorted(_OWN_STATUSES), len(given)), strict=True)),
    )


def _under(node: Any, key: str) -> Iterable[Any]:
    """Yield every value under a key, at any depth."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in inner:
        if name == key:
            yield value
        yield from _under(value, key)


def _rules(data: Any) -> Iterable[Mapping[str, Any]]:
    return (row for rows in _under(data, "x-preconditions") for row in rows)


def _fields(data: Any) -> Iterable[str]:
    for properties in _under(data, "properties"):
        yield from properties
    for parameters in _under(data["paths"], "parameters"):
        yield from (row["name"] for row in parameters if isinstance(parameters, list) and row.get("in") != "header")


def _headers(data: Any) -> Iterable[str]:
    schemes = data["components"].get("securitySchemes", {}).values()
    return [row["name"] for row in schemes if row["type"] == "apiKey"]


class _Renaming:
    """Walks through a document; what a key means decides what becomes of its value."""

    def __init__(self, names: Names) -> None:
        self.names = names
        pointers = dict.fromkeys(("x-clause", "clause", "x-constant", "x-unique", "inclusive"), names.clause)
        self._words: dict[str, Callable[[Any], Any]] = {
            **pointers,
            "paths": self._keys(names.path),
            "operationId": self._of(names.operations),
            "started_by": self._of(names.operations),
            "for": lambda old: [names.operations[name] for name in old],
            "properties": self._keys(self._of(names.fields)),
            "required": lambda old: [names.fields[one] for one in old] if isinstance(old, list) else old,
            "parameters": self._parameters,
            "requestBody": lambda old: self.node(old) if "content" in old else self._link(old),
            "callbacks": lambda old: {name: self._keys(self._expression)(inner) for name, inner in old.items()},
            "id": lambda old: [self._place(one) for one in old] if isinstance(old, list) else old,
            "lifecycle": self._of(names.lifecycles) if names.lifecycles else self.node,
            "x-task": self._of(names.lifecycles),
            "x-lifecycle": self._lifecycle,
            "x-rules": lambda old: {rule: names.clause(pointer) for rule, pointer in old.items()},
            "x-clauses": self._keys(self._of(names.clauses)),
            "x-errors": lambda old: {names.errors.get(name, name): self._row(row) for name, row in old.items()},
            "error": self._of(names.errors),
            "kind": self._of(names.kinds),
            "of": self._of(names.numbers),
            "enum": names.value,
            "const": names.value,
            "x-open": lambda old: [names.fields.get(one, one) for one in old],
            "responses": self._keys(self._response),
            "$ref": lambda old: "/".join(names.schemas.get(part, part) for part in old.split("/")),
            "schemas": self._keys(self._of(names.schemas)),
            "securitySchemes": self._schemes,
            "security": lambda old: [{names.schemes[name]: [] for name in one} for one in old],
            "examples": lambda old: {name: self._example(row) for name, row in old.items()},
        }

    def node(self, node: Any) -> Any:
        """Return a node of the document under the new names."""
        if isinstance(node, list):
            return [self.node(inner) for inner in node]
        if not isinstance(node, dict):
            return node
        return {key: self._words.get(key, self.node)(value) for key, value in node.items()}

    def _of(self, names: Mapping[str, str]) -> Callable[[str], str]:
        return lambda old: names.get(old, old) if isinstance(old, str) else self.node(old)

    def _keys(self, name: Callable[[str], str]) -> Callable[[Any], Any]:
        return lambda old: {name(key): self.node(value) for key, value in old.items()}

    def _parameters(self, old: Any) -> Any:
        if isinstance(old, dict):
            return self._link(old)
        fields = self.names.fields
        return [{**self.node(row), "name": fields.get(row["name"], row["name"])} for row in old]

    def _link(self, old: Mapping[str, str]) -> Any:
        return {self.names.fields[name]: self._expression(expression) for name, expression in old.items()}

    def _expression(self, old: str) -> str:
        """Return a runtime expression such as `$response.body#/data/taskId`."""
        start, mark, pointer = old.partition("#/")
        return start + mark + re.sub(r"\w+", lambda found: self.names.fields[found[0]], pointer)

    def _place(self, old: str) -> str:
        part, _, name = old.partition(".")
        return f"{part}.{self.names.fields[name]}"

    def _example(self, old: Any) -> Any:
        return {**self.node({key: old[key] for key in old if key != "value"}), "value": self.names.value(old["value"])}

    def _lifecycle(self, old: Any) -> Any:
        states = self.names.states

        def state(row: Any) -> Any:
            return {**self.node(row), "name": states[row["name"]]}

        name, stages = self.names.lifecycles[old["name"]], [state(row) for row in old["stages"]]
        return {"name": name, "stages": stages, "success": state(old["success"]), "failure": state(old["failure"])}

    def _row(self, old: Any) -> Any:
        typed = {"type": self.names.types[old["type"]]} if "type" in old else {}
        return {**self.node(old), "status": self.names.statuses.get(old["status"], old["status"]), **typed}

    def _response(self, old: str) -> str:
        status = self.names.statuses.get(int(old), old) if old.isdecimal() else old
        return self.names.schemas.get(str(status), str(status))

    def _schemes(self, old: Any) -> Any:
        return {
            self.names.schemes[name]: {**row, "name": self.names.headers[row["name"]]} if "name" in row else row
            for name, row in ((name, self.node(row)) for name, row in old.items())
        }
