"""Queries and JSON bodies, read strictly: RFC 8259, UTF-8, no key twice in an object."""

import json
from typing import Any
from urllib.parse import parse_qs

import orjson
from covermock.openapi import excerpt, first_repeat

from .errors import INVALID_JSON, Refusal

LEVELS = 100  # of lists and objects within each other


def parse_query(query: str) -> dict[str, list[str]]:
    """Return the values of each parameter of a query, in order; blank ones count."""
    if "%" in query or "+" in query:
        return parse_qs(query, keep_blank_values=True)
    if "&" not in query:
        name, _, value = query.partition("=")
        return {name: [value]} if query else {}
    values: dict[str, list[str]] = {}
    for pair in query.split("&"):
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
        if deeper(value, LEVELS):
            raise Refusal(INVALID_JSON, expected=f"JSON of at most {LEVELS} levels", received="one that nests deeper")
        # Numbers were read already, and are not read again: a long one costs the square of its digits.
        json.loads(body, object_pairs_hook=_refuse_repeats, parse_int=len, parse_float=len)
    return value


def deeper(value: Any, levels: int) -> bool:
    """Return True if lists and objects within the value nest more than so many levels deep."""
    layer = [value] if isinstance(value, dict | list) else []
    for _ in range(levels):
        inner = (one.values() if isinstance(one, dict) else one for one in layer)
        layer = [one for many in inner for one in many if isinstance(one, dict | list)]
        if not layer:
            return False
    return bool(layer)


def _may_repeat_keys(body: bytes, value: Any) -> bool:
    """Return True if the exact (and slow) look is needed: not for a flat object whose quotation marks add up."""
    if not isinstance(value, dict) or b"\\" in body:
        return True
    kinds = list(map(type, value.values()))
    return dict in kinds or list in kinds or body.count(b'"') != 2 * (len(kinds) + kinds.count(str))


def _refuse_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = first_repeat(name for name, _ in pairs)
        raise Refusal(INVALID_JSON, expected="each key once", received=f"{excerpt(twice)} twice")
    return found
