"""What a request itself shows: what is wrong with it by its schema, and what of it the contract leaves open."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from covermock.openapi import JSON, Contract, Operation, Violation, branches, known_fields

from ...exchange import MARK, Sent
from .oddities import depth, has_broken_escape, has_half_surrogates, has_infinity, is_open, repeats_keys

_JSON_TYPE = re.compile(rf'{JSON}(\s*;\s*charset="?utf-8"?)?', re.IGNORECASE)
_DEEP = 10  # levels of JSON that nobody documented
_DEEPEST = 100  # levels that no parser has to bear, whatever is documented


@dataclass
class Reading:
    """A request as the contract reads it. `ids` are those that it is about, as far as they are texts.

    `named_in` is where the first of them stands, `odd` are the words for what of it no schema can say, `values` says
    that a value is one that nobody documented.
    """

    violations: list[Violation] = field(default_factory=list)
    malformed: bool = False
    odd: set[str] = field(default_factory=set)
    values: bool = False
    ids: list[str] = field(default_factory=list)
    named_in: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)


def read_request(contract: Contract, operation: Operation, sent: Sent, path: Mapping[str, str]) -> Reading:
    """Return what the request shows to an operation; `path` are its path parameters."""
    reading = Reading()
    given = parse_qs(sent.query, keep_blank_values=True)
    twice = "twice" in contract.open
    reading.odd |= {"encodings"} if has_broken_escape(sent.query) else set()
    _read_parameters(operation, "query", given, reading, twice_open=twice)
    _read_parameters(operation, "path", {name: [text] for name, text in path.items()}, reading)
    _read_parameters(operation, "header", _headers(operation, sent), reading)
    if operation.body is None:
        reading.odd |= {"body-on-get"} if sent.body is not None else set()
    else:
        types = [value for name, value in sent.headers if name.lower() == "content-type"]
        known = len(types) == 1 and bool(_JSON_TYPE.fullmatch(types[0].strip()))
        reading.odd |= set() if known else {"media-types"}
        other = bool(types) and types[0].partition(";")[0].strip().lower() not in operation.media_types
        if other and "media-types" not in contract.open:
            expected = " or ".join(operation.media_types)
            reading.violations.append(Violation("header.Content-Type", expected, types[0], None))
        _read_body(contract, operation, sent.body or b"", reading)
    query = {name: texts[0] for name, texts in given.items()}
    values = {"query": query, "body": reading.body, "path": path}
    named = {f"{place}.{name}": values.get(place, {}).get(name) for place, name in operation.id_places}
    wrong = {one.where for one in reading.violations if one.kind == "type"}
    texts = {place: _id_text(name) for place, name in named.items() if place not in wrong}
    ids = {place: name for place, name in texts.items() if name is not None}
    reading.ids, reading.named_in = list(ids.values()), next(iter(ids), "")
    return reading


def _id_text(value: object) -> str | None:
    """Return an id as a text: JSON may write a whole number as 1.0; None for what is none."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, str) or type(value) is int else None


def _headers(operation: Operation, sent: Sent) -> dict[str, list[str]]:
    """Return the values of the headers that an operation names."""
    named = {one.name.lower(): one.name for one in operation.places["header"]}
    return {named[name.lower()]: [value] for name, value in sent.headers if name.lower() in named}


def _read_parameters(
    operation: Operation, place: str, given: Mapping[str, list[str]], reading: Reading, *, twice_open: bool = True
) -> None:
    known = {one.name: one for one in operation.parameters if one.place == place}
    odd = {name for name in known.keys() & given.keys() if any(is_open(text, known[name].open) for text in given[name])}
    twice = {name for name, texts in given.items() if len(texts) > 1}
    reading.values |= bool(odd)
    reading.odd |= {"twice"} if twice else set()
    reading.odd |= {"strangers"} if given.keys() - known.keys() else set()
    violations = [broken for one in known.values() for broken in one.read(given.get(one.name, ()))[1]]
    reading.violations += [
        one for one in violations if one.where.partition(".")[2] not in odd | (twice if twice_open else set())
    ]


def _read_body(contract: Contract, operation: Operation, raw: bytes, reading: Reading) -> None:
    reading.values |= len(raw) > (operation.body_limit or contract.body_limit)
    try:
        text = raw.decode("utf-8")
        value = json.loads(text, parse_constant=float)
    except (UnicodeDecodeError, RecursionError) as error:
        word = "depth" if isinstance(error, RecursionError) else "encodings"
        reading.odd.add(word)
        reading.malformed = word not in contract.open
        return
    except ValueError:
        reading.malformed = bool(raw) or operation.body_required
        reading.odd |= {"encodings"} if raw.startswith(MARK) else set() if raw else {"no-body"}
        return
    reading.odd |= {"encodings"} if has_half_surrogates(text) else set()
    reading.odd |= {"depth"} if depth(value) > _DEEP else set()
    reading.values |= depth(value) > _DEEPEST
    reading.odd |= {"twice"} if repeats_keys(text) else set()
    reading.malformed = repeats_keys(text) and "twice" not in contract.open
    reading.odd |= {"no-numbers"} if "NaN" in text or "Infinity" in text or has_infinity(value) else set()
    if isinstance(value, dict):
        reading.body = value
        _read_fields(contract, operation, value, reading)
    else:
        reading.violations += operation.body.violations(value, "body") if operation.body else []


def _read_fields(contract: Contract, operation: Operation, value: Mapping[str, Any], reading: Reading) -> None:
    """Judge the fields: where null is open, it counts as absent, and is open where it may be absent."""
    assert operation.body is not None
    nulls = "nulls" in contract.open
    present = {name: inner for name, inner in value.items() if inner is not None or not nulls}
    violations = operation.body.violations(present, "body")
    needed = {one.where for one in violations if one.kind == "required"}
    schema = operation.raw["requestBody"]["content"][JSON]["schema"]
    applicable = list(branches(contract.root, schema, present))
    odd = _open_fields(applicable, present, {one.where.split(".")[1] for one in violations if "." in one.where})
    ids = {name for place, name in operation.id_places if place == "body" and name in value}
    if len(ids) > 1:
        reading.odd.add("spellings")
        odd |= ids if "spellings" in contract.open else set()
    absent = {name for name, inner in value.items() if inner is None and nulls and f"body.{name}" not in needed}
    reading.values |= bool(odd)
    reading.odd |= {"nulls"} if absent else set()
    reading.odd |= {"strangers"} if value.keys() - known_fields(contract.root, schema, present) else set()
    reading.violations += [one for one in violations if "." not in one.where or one.where.split(".")[1] not in odd]


def _open_fields(applicable: Iterable[Mapping[str, Any]], value: Mapping[str, Any], wrong: set[str]) -> set[str]:
    """Return the fields whose values are open: by the words beside them, or wrong where any value is open."""
    found = set[str]()
    for branch in applicable:
        found |= wrong & {*branch.get("x-open", ())}
        fields = {name: inner for name, inner in branch.get("properties", {}).items() if isinstance(inner, Mapping)}
        found |= {name for name in fields.keys() & value.keys() if _is_open_there(value[name], fields[name])}
    return found


def _is_open_there(value: object, schema: Mapping[str, Any]) -> bool:
    """Return True if a property leaves a value open, or reads it as absent, which nobody documented."""
    absent = (value is None or value == "") and value in schema.get("x-absent", ())
    return absent or is_open(value, schema.get("x-open", ()))
