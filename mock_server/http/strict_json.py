"""Queries and JSON bodies, read strictly: RFC 8259, UTF-8, no key twice in an object."""

import json
from typing import Any
from urllib.parse import parse_qs

import orjson

from .errors import INVALID_JSON, Refusal


def parse_query(query: str) -> dict[str, list[str]]:
    """Return the values of each parameter of a query, in order; blank ones count."""
    if "%" in query or "+" in query:
        return parse_qs(query, keep_blank_values=True)
    values: dict[str, list[str]] = {}
    for pair in query.split("&") if query else ():
        name, _, value = pair.partition("=")
        values.setdefault(name, []).append(value)
    return values


def parse_json(body: bytes) -> Any:
    """Return the value of a JSON body. Raises `Refusal` for anything that isn't one (G7)."""
    if not body.strip():
        raise Refusal(INVALID_JSON, expected="a JSON body", received="an empty one")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal(INVALID_JSON, expected="JSON in UTF-8", received=f"a body with {error}") from None
    if _may_repeat_keys(body, value):
        _look_for_repeats(body)
    return value


def _look_for_repeats(body: bytes) -> None:
    try:
        json.loads(body, object_pairs_hook=_refuse_repeats)
    except RecursionError:
        raise Refusal(INVALID_JSON, expected="JSON", received="one that nests too deeply") from None


def _may_repeat_keys(body: bytes, value: Any) -> bool:
    """Tell whether the exact (and slow) look is needed: not for a flat object whose quotation marks add up."""
    if not isinstance(value, dict) or b"\\" in body:
        return True
    texts = len(value)
    for inner in value.values():
        if isinstance(inner, str):
            texts += 1
        elif isinstance(inner, dict | list):
            return True
    return body.count(b'"') != 2 * texts


def _refuse_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Refusal(INVALID_JSON, expected="each key once", received=f"{twice!r} twice")
    return found
