"""What a request itself shows: what is wrong with it by its schema, and what of it the contract leaves open."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from covermock.openapi import JSON, Operation, Violation, branches

from ...exchange import Sent
from .oddities import depth, is_open, repeats_keys

_DEEP = 10  # levels of JSON that nobody documented


@dataclass
class Reading:
    """A request as the contract reads it. `ids` are those that it is about, as far as they are texts."""

    violations: list[Violation] = field(default_factory=list)
    malformed: bool = False
    open: bool = False
    ids: list[str] = field(default_factory=list)
    body: Mapping[str, Any] = field(default_factory=dict)


def read_request(operation: Operation, sent: Sent, root: Mapping[str, Any]) -> Reading:
    """Return what the request shows to an operation of the contract `root`."""
    reading = Reading()
    given = parse_qs(sent.query, keep_blank_values=True)
    _read_query(operation, given, reading)
    if operation.body is None:
        reading.open |= sent.body is not None
    else:
        types = [value for name, value in sent.headers if name.lower() == "content-type"]
        reading.open |= len(types) != 1 or types[0].partition(";")[0].strip().lower() != JSON
        _read_body(operation, sent.body or b"", root, reading)
    values = {"query": {name: texts[0] for name, texts in given.items()}, "body": reading.body}
    named = [values.get(place, {}).get(name) for place, name in operation.id_places]
    reading.ids = [name for name in named if isinstance(name, str)]
    return reading


def _read_query(operation: Operation, given: Mapping[str, list[str]], reading: Reading) -> None:
    known = {parameter.name: parameter for parameter in operation.places["query"]}
    odd = {name for name in known.keys() & given.keys() if any(is_open(text, known[name].open) for text in given[name])}
    odd |= {name for name, texts in given.items() if len(texts) > 1}
    reading.open |= bool(given.keys() - known.keys() or odd)
    _, violations = operation.read("query", given)
    reading.violations += [one for one in violations if one.where.removeprefix("query.") not in odd]


def _read_body(operation: Operation, raw: bytes, root: Mapping[str, Any], reading: Reading) -> None:
    try:
        text = raw.decode("utf-8")
        value = json.loads(text, parse_constant=float)
    except (UnicodeDecodeError, RecursionError):
        reading.open = True
        return
    except ValueError:
        reading.malformed = True
        reading.open |= raw.startswith(b"\xef\xbb\xbf") or not raw
        return
    reading.open |= depth(value) > _DEEP or repeats_keys(text) or "NaN" in text or "Infinity" in text
    if isinstance(value, dict):
        reading.body = value
        _read_fields(operation, value, root, reading)
    else:
        reading.violations += operation.body.violations(value, "body") if operation.body else []


def _read_fields(operation: Operation, value: Mapping[str, Any], root: Mapping[str, Any], reading: Reading) -> None:
    """Judge the fields: null counts as absent, and where it may be absent, null is open."""
    assert operation.body is not None
    present = {name: inner for name, inner in value.items() if inner is not None}
    violations = operation.body.violations(present, "body")
    needed = {one.where for one in violations if one.kind == "required"}
    applicable = list(branches(root, operation.raw["requestBody"]["content"][JSON]["schema"], present))
    odd = _open_fields(applicable, present, {one.where.split(".")[1] for one in violations if "." in one.where})
    ids = {name for place, name in operation.id_places if place == "body" and name in value}
    odd |= ids if len(ids) > 1 else set()
    known = {name for branch in applicable for name in branch.get("properties", {})}
    nulls = {name for name, inner in value.items() if inner is None and f"body.{name}" not in needed}
    reading.open |= bool(odd or nulls or value.keys() - known)
    reading.violations += [one for one in violations if "." not in one.where or one.where.split(".")[1] not in odd]


def _open_fields(applicable: Iterable[Mapping[str, Any]], value: Mapping[str, Any], wrong: set[str]) -> set[str]:
    """Return the fields whose values are open: by the words beside them, or wrong where any value is open."""
    found = set(_by_words(applicable, value))
    return found | {name for branch in applicable for name in branch.get("x-open", ()) if name in wrong}


def _by_words(applicable: Iterable[Mapping[str, Any]], value: Mapping[str, Any]) -> Iterator[str]:
    for branch in applicable:
        for name, schema in branch.get("properties", {}).items():
            if name in value and is_open(value[name], schema.get("x-open", ())):
                yield name
