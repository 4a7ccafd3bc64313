"""Bodies for an operation, from its named examples and its schema: valid ones, and near misses of them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from covermock.openapi import Contract, Operation, branches, completed, fields_of, flat
from covermock.openapi.needs import need_of

Body = dict[str, Any]
LONG = 5001  # characters, more than any length that a sibling page names, and fewer than what is odd
SHORT_TEXT = '„Übermut“, d\'été & "東京" 🎸: ½ <b>'
LYRICS = "\n".join([f'{n}. Žluťoučký kůň said: "don\'t, 日本語 🎵", \\n %s {{x}}' for n in range(1, 31)])
_TEXT = "Some text"
_WRONG: Mapping[str, tuple[Any, ...]] = {
    "string": (12345, ["x"], True, {"id": "x"}, 1.5, None),
    "boolean": ("true", "false", 1, 0, "yes", [], None),
    "integer": ("5", 1.5, True, [], {}, None),
    "number": ("5", True, [], {}, None),
    "array": ("x", {}, 1, None),
    "object": ("x", [], 1, None),
}
_TEXTS = (
    "not a url",
    "ftp://example.com/x",
    "example.com/webhook",
    "http://",
    "/webhook",
    "javascript:alert(1)",
    "https:///x",
    "~",
)


@dataclass(frozen=True, slots=True)
class Example:
    """A body without the id it is about and without its webhook. `place` is where its id stands; `clause` its sentence.

    `hooked`: it names a webhook, which is `hook`.
    """

    name: str
    body: Mapping[str, Any]
    place: tuple[str, str] | None
    clause: str = ""
    hooked: bool = False
    hook: Any = None


class Bodies:
    """The bodies of one operation that starts something."""

    def __init__(self, contract: Contract, operation: Operation) -> None:
        self.operation, self.root = operation, contract.root
        self.need = need_of(operation)
        self.places = self.need.places if self.need else ()
        self.hook = operation.callback[0] if operation.callback else ""
        content: Mapping[str, Any] = next(iter(operation.raw.get("requestBody", {}).get("content", {}).values()), {})
        self.schema: Mapping[str, Any] = content.get("schema", {})
        fields = fields_of(self.root, self.schema)
        self.properties: Mapping[str, Any] = {name: flat(self.root, inner) for name, inner in fields.items()}
        self.id_names = {name for place, name in self.places if place == "body"}
        self.examples = list(self._examples(operation.examples))

    def _examples(self, rows: Mapping[str, Any]) -> Iterator[Example]:
        objects = {name: row for name, row in rows.items() if isinstance(row.get("value"), dict)}
        for name, row in (objects or {"made up": {"value": {}}}).items():
            value = dict(row["value"])
            place = next((one for one in self.places if one[0] != "body" or one[1] in value), None)
            place = place or (self.places[0] if self.places else None)
            full = completed(self.root, self.schema, value, self.id_names)
            body = {k: v for k, v in full.items() if k not in {*self.id_names, self.hook}}
            yield Example(name, body, place, row.get("x-clause", ""), self.hook in value, value.get(self.hook))

    def like(self, body: Mapping[str, Any], *, hook: bool = True) -> Example | None:
        """Return the example that a body is like: the same names, and the same values but for texts.

        Without `hook` its webhook is not looked at.
        """
        left_out = {*self.id_names, self.hook}
        shape = _shape({name: value for name, value in body.items() if name not in left_out})
        same = [one for one in self.examples if _shape(one.body) == shape]
        spelled = [one for one in same if one.place and one.place[0] == "body" and one.place[1] in body]
        hooked = [one for one in spelled or same if one.hooked == (hook and self.hook in body)]
        return next(iter(hooked or spelled or same), None)

    def nearest(self, body: Mapping[str, Any]) -> Example | None:
        """Return the example that says most of a body: like it, or with the same modes and the most names of it."""
        same = self.like(body, hook=False)
        if same:
            return same
        names = body.keys() - {*self.id_names, self.hook}
        modes = self._modes({name: body[name] for name in names})
        fits = [one for one in self.examples if self._modes(one.body) == modes]
        return max(fits, key=lambda one: (len(names & one.body.keys()), -len(one.body)), default=None)

    def _modes(self, body: Mapping[str, Any]) -> Body:
        """Return the values of a body that are neither texts nor the default."""
        usual = {name: inner.get("default") for name, inner in self.properties.items()}
        return {name: one for name, one in body.items() if not isinstance(one, str) and one != usual.get(name)}

    def combinations(self) -> Iterator[Body]:
        """Yield valid bodies with each optional property alone, and with each two, as the examples have them."""
        values: Body = {}
        for one in self.examples:
            values = {**one.body, **({self.hook: one.hook} if one.hooked else {}), **values}
        known = {frozenset(one.body) for one in self.examples}
        for pair in (*combinations(sorted(values), 1), *combinations(sorted(values), 2)):
            needed = next((one for one in self.examples if {*pair} <= {*one.body, self.hook}), None)
            for base in _bases(needed, pair):
                body = {**base, **{name: values[name] for name in pair}}
                if frozenset(body) not in known and self._is_valid(body):
                    known.add(frozenset(body))
                    yield body

    def _is_valid(self, body: Body) -> bool:
        named = dict.fromkeys(sorted(self.id_names)[:1], _TEXT)
        return self.operation.body is not None and not list(self.operation.body.violations({**body, **named}, "body"))

    def written(self, body: Mapping[str, Any]) -> Body:
        """Return the body with texts as people write them: long ones of many lines, quotes, accents, pictures."""
        names = [name for name in self.free_texts() if body.get(name)]
        return {**body, **{name: SHORT_TEXT if number else LYRICS for number, name in enumerate(names)}}

    def is_long(self, body: Mapping[str, Any]) -> bool:
        return any(isinstance(body.get(name), str) and len(body[name]) >= LONG // 5 for name in self.free_texts())

    def free_texts(self) -> list[str]:
        """Return the names of texts that the schema sets no form and no length to."""
        limits = {"pattern", "maxLength", "enum", "const", "format", "$ref"}
        texts = ((name, inner) for name, inner in self.properties.items() if inner.get("type") == "string")
        return [name for name, inner in texts if not limits & inner.keys() and name not in self.id_names]

    def valid(self) -> Iterator[tuple[Example, Body]]:
        """Yield bodies that are valid in every way, without id: the examples, and one whose texts are long."""
        for example in self.examples:
            yield example, dict(example.body)
        fullest = max(self.examples, key=lambda one: len(set(self.free_texts()) & one.body.keys()))
        texts = [name for name in self.free_texts() if name in fullest.body]
        if texts:
            longs = {name: "xyz"[number % 3] * LONG for number, name in enumerate(texts)}
            yield fullest, {**fullest.body, **longs}

    def near_misses(self) -> Iterator[tuple[str, Body]]:
        """Yield (the property, a body) that breaks the schema in one place, without id."""
        for name, inner in self.properties.items():
            if name in self.id_names:
                continue
            for value in wrong_values(inner):
                yield from ((name, {**one.body, name: value}) for one in self._first_with(name))
        for example in self.examples:
            for name in example.body:
                yield name, {key: value for key, value in example.body.items() if key != name}

    def _first_with(self, name: str) -> list[Example]:
        """Return the example in which a wrong value of a property is definitely wrong."""
        with_name = [one for one in self.examples if name in one.body]
        definite = [one for one in with_name if not self.is_open(one.body, name)]
        return [*(definite or with_name or self.examples)][:1]

    def is_open(self, body: Mapping[str, Any], name: str) -> bool:
        """Return True if any value of the property is open in such a body."""
        return any(name in branch.get("x-open", ()) for branch in branches(self.root, self.schema, body))


def id_prefix(operation: Operation) -> str:
    """Return how the ids that an operation is about begin in its examples: an id of nobody had better look like one."""
    bodies = [row["value"] for row in operation.examples.values() if isinstance(row["value"], dict)]
    in_body = (body[name] for _, name in operation.id_places for body in bodies if name in body)
    ids = {name for _, name in operation.id_places}
    beside = (value for one in operation.parameters if one.name in ids for value in one.examples)
    text = next((one for one in (*in_body, *beside) if isinstance(one, str)), "")
    return (re.match(r"[A-Za-z_-]*", text) or [""])[0]


def _bases(needed: Example | None, kept: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    """Yield bodies to add properties to: an empty one, and an example's, first without one more of its properties."""
    yield {}
    for name in needed.body if needed else ():
        if needed and name not in kept:
            yield {key: value for key, value in needed.body.items() if key != name}
    if needed:
        yield needed.body


def _shape(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: type(value) if isinstance(value, str) else value for name, value in body.items()}


def wrong_values(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Yield values that are near what a property takes: of other types, outside its limits, of another form."""
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else next(iter(kinds))
    few = 3 if kind == "string" else None
    texts = _TEXTS if kind == "string" and "pattern" in schema else ()
    yield from (*texts[:1], *_WRONG[kind][:few])
    if kind == "string":
        yield from (None, "", *texts[1:])
    for word, step in (("minimum", -1), ("maximum", 1), ("exclusiveMinimum", 0), ("exclusiveMaximum", 0)):
        if word in schema:
            yield schema[word] + step
    if "maxLength" in schema:
        yield "x" * (schema["maxLength"] + 1)
    if "enum" in schema:
        yield "no such word"
