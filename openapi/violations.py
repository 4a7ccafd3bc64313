"""What is wrong with a value, as data: `(where, expected, received, clause)`. Knows JSON Schema, no HTTP."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import jsonschema_rs

from .clauses import clause_pointer
from .integers import integers
from .names import nearest
from .references import resolve, scope
from .source import InvalidSourceError, Source, excerpt

Schema = Mapping[str, Any]
# All errors of a larger value are not worth their cost, which grows with the square of its size.
_SMALL_PARTS = 300
_SMALL_TEXT = 30_000  # characters
_QUOTED = 200  # characters of the validator's own words
NOTHING = "nothing"
REQUIRED = "a value (it is required)"
_ARTICLES = {
    "object": "an object",
    "array": "an array",
    "integer": "an integer",
    "string": "a string",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_EXPECTED: dict[str, Callable[[Any, Schema], str]] = {
    "type": lambda kind, _: " or ".join(_ARTICLES[name] for name in kind.types),
    "required": lambda _, __: REQUIRED,
    "minLength": lambda kind, _: f"at least {kind.limit} character{'s' * (kind.limit != 1)}",
    "maxLength": lambda kind, _: f"at most {kind.limit} characters",
    "minItems": lambda kind, _: f"at least {kind.limit} item{'s' * (kind.limit != 1)}",
    "maxItems": lambda kind, _: f"at most {kind.limit} item{'s' * (kind.limit != 1)}",
    "uniqueItems": lambda _, __: "items that all differ",
    "minimum": lambda kind, _: f"at least {kind.limit}",
    "maximum": lambda kind, _: f"at most {kind.limit}",
    "exclusiveMinimum": lambda kind, _: f"more than {kind.limit}",
    "exclusiveMaximum": lambda kind, _: f"less than {kind.limit}",
    "minProperties": lambda kind, _: f"at least {kind.limit} field{'s' * (kind.limit != 1)}",
    "maxProperties": lambda kind, _: f"at most {kind.limit} field{'s' * (kind.limit != 1)}",
    "enum": lambda kind, _: f"one of {', '.join(excerpt(option) for option in kind.options)}",
    "const": lambda kind, _: excerpt(kind.expected_value),
    "contains": lambda _, schema: f"an item that satisfies {excerpt(schema['contains'])}",
    "anyOf": lambda _, schema: _one_of(schema.get("anyOf", ())),
    "pattern": lambda _, schema: _form(schema),
    "format": lambda kind, _: f"a {kind.format}",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a value breaks its schema: the place, both sides, and the clause it stands on (or None).

    `sentence` is the number of the clause's sentence that the schema points to, or 0; `kind` the keyword.
    """

    where: str
    expected: str
    received: str
    clause: str | None = None
    sentence: int = 0
    kind: str = ""

    @property
    def told(self) -> str:
        return f"{self.where}: {self.expected}"

    def __str__(self) -> str:
        """Return the sentence that messages show."""
        clause = f" ({self.clause})" if self.clause else ""
        return f"{self.where}: expected {self.expected}, received {self.received}{clause}"


class Validator:
    """A compiled JSON Schema (2020-12, formats asserted) that answers with violations.

    `root` is the document that local references (`#/components/…`) point into.
    """

    def __init__(self, schema: Schema | bool, root: Mapping[str, Any] | None = None) -> None:
        schema = ({} if schema else {"not": {}}) if isinstance(schema, bool) else schema
        self._schema = schema
        self._root = root or {}
        whole = {**scope(self._root, schema), **schema}
        self._compiled = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        self._integers = integers(self._root, schema)

    def is_valid(self, value: Any) -> bool:
        """Return True if the value has no violation."""
        try:
            return bool(self._compiled.is_valid(value))
        except UnicodeEncodeError:
            return bool(self._compiled.is_valid(_encodable(value)))

    def read(self, value: Any) -> Any:
        """Return a valid value with its integers as such: JSON may write 1.0 for 1. It is changed in place."""
        return self._integers(value) if self._integers else value

    def violations(self, value: Any, where: str = "") -> list[Violation]:
        """Return the violations of `value`, most telling first; of a large one the first only; none if it is valid."""
        if self.is_valid(value):
            return []
        try:
            return [self._violation(error, where) for error in self._errors(value)]
        except ValueError:  # the validator's own limit
            return [Violation(where, "a value that nests less deeply", "one that nests too deeply")]

    def pointers(self, value: Any) -> Iterable[tuple[list[str | int], Violation]]:
        """Yield each violation with the pointer of the node it is about, for files that have lines."""
        for error in self._errors(value):
            pointer = [*error.instance_path, *_bad_names(error), *_surplus_names(error)[:1]]
            yield pointer, self._violation(error, "")

    def _errors(self, value: Any) -> list[Any]:
        """Return all errors of a small value, the first one of a large one: each may hold a copy of the whole."""
        try:
            if _is_small(value):
                return _telling(list(self._compiled.iter_errors(value)))
            self._compiled.validate(value)
        except UnicodeEncodeError:
            return self._errors(_encodable(value))
        except jsonschema_rs.ValidationError as first:
            return [first]
        return []

    def _violation(self, error: Any, where: str) -> Violation:
        misnamed = _bad_names(error)
        error = error.kind.error if misnamed else error  # only the inner one knows its way through references
        schema, clause = _along(self._root, self._schema, error.evaluation_path[:-1])
        name = getattr(error.kind, "property", None)
        missing = error.kind.name == "required"
        unexpected = _surplus_names(error)
        parts = [where, *map(str, error.instance_path), *misnamed, *([name] if missing else []), *unexpected[:1]]
        wanted = schema.get("properties", {}).get(name) if missing else None
        own = wanted if isinstance(wanted, Mapping) else {}  # true and false are schemas, too
        pointer = own.get("x-clause", clause)
        if missing and clause and str(pointer).partition("#")[0] == clause_pointer(clause)[0]:
            pointer = clause  # the sentence that requires it says more than the one beside it
        clause, number = clause_pointer(pointer) if isinstance(pointer, str) else ("", 0)
        return Violation(
            ".".join(part for part in parts if part),
            _expectation(error, schema, unexpected),
            NOTHING if missing else excerpt(unexpected[0] if unexpected else error.instance),
            clause or None,
            number,
            error.kind.name,
        )


def _encodable(value: Any) -> Any:
    """Return the value with each half surrogate replaced by one other character: JSON may escape it, UTF-8 can't."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_encodable(name): _encodable(inner) for name, inner in value.items()}
    return [_encodable(inner) for inner in value] if isinstance(value, list) else value


def _is_small(value: Any) -> bool:
    """Return True if the value has few parts and little text; what is beyond that is not looked at."""
    parts, characters, coming = 0, 0, [value]
    while coming and parts <= _SMALL_PARTS and characters <= _SMALL_TEXT:
        part = coming.pop()
        parts += 1
        if isinstance(part, Mapping):
            parts += len(part)
            names = list(islice(part, _SMALL_PARTS))
            characters += sum(map(len, names))
            coming += [part[name] for name in names]
        elif isinstance(part, list):
            parts += len(part)
            coming += part[:_SMALL_PARTS]
        elif isinstance(part, str):
            characters += len(part)
    return parts <= _SMALL_PARTS and characters <= _SMALL_TEXT


def _telling(errors: list[Any]) -> list[Any]:
    """Leave out `none of several schemas` where another error says more."""
    plain = [error for error in errors if error.kind.name not in {"anyOf", "oneOf"}]
    return plain or errors


def _one_of(schemas: Sequence[Any]) -> str:
    """Say which names an object needs one of, where that is what the schemas ask for."""
    names = [name for schema in schemas if isinstance(schema, Mapping) for name in schema.get("required", ())]
    return (
        f"at least one of {', '.join(names)}" if len(names) == len(schemas) else "one of the kinds of value it allows"
    )


def _bad_names(error: Any) -> list[str]:
    """Return the name that breaks propertyNames, if that is what the error is about."""
    return [str(error.kind.error.instance)] if error.kind.name == "propertyNames" else []


def _surplus_names(error: Any) -> list[str]:
    return list(getattr(error.kind, "unexpected", ()) or ())


def _expectation(error: Any, schema: Schema, unexpected: Sequence[str]) -> str:
    if unexpected:
        return f"a known name ({nearest(unexpected[0], schema.get('properties', {}))})"
    words = _EXPECTED.get(error.kind.name)
    return words(error.kind, schema) if words else f"a value that satisfies: {error.message[:_QUOTED]}"


def _form(schema: Schema) -> str:
    """Return what a schema with a pattern asks for in words: a regular expression tells few people anything."""
    if "title" in schema:
        return str(schema["title"])
    examples = schema.get("examples") or [schema[name] for name in ("example", "default") if name in schema]
    return f"text such as {excerpt(examples[0])}" if examples else "text of the form that the contract's pattern gives"


def _along(root: Mapping[str, Any], schema: Schema, path: Iterable[str | int]) -> tuple[Schema, str | None]:
    """Walk `path` through `schema`; return where it ends and the deepest clause that was passed."""
    here: Any = schema
    clause = None
    for step in (None, *path):
        if step == "$ref" and isinstance(here["$ref"], str):  # and no property of that name
            here = resolve(root, here["$ref"])
        elif step is not None:
            here = here[step]
        name = here.get("x-clause") if isinstance(here, Mapping) else None
        clause = name if isinstance(name, str) else clause  # and no property of that name
    return (here if isinstance(here, Mapping) else {}), clause


def refuse_invalid(source: Source, validator: Validator) -> None:
    """Raise `InvalidSourceError` for the first violation in a file, with its line."""
    for pointer, violation in validator.pointers(source.data):
        place = source.error(pointer, "").args[0].removesuffix(": ")
        missing = f"{violation.where.rpartition('.')[2]} is missing; " if violation.received == NOTHING else ""
        raise InvalidSourceError(f"{place}: {missing}expected {violation.expected}, received {violation.received}")
