"""Where an exchange breaks its contract: the request, as the mock judged it; the answer, where a fault spoiled it."""

from collections.abc import Iterator
from typing import Any

from covermock.openapi import Contract, Operation, Validator, Violation, excerpt

from ..http import errors
from ..http.errors import Refusal
from ..http.messages import Request
from ..http.reader import judge
from ..http.strict_json import parse_json, parse_query
from ..world.journal import Entry

_OF_KEYS = frozenset({errors.MISSING_KEY, errors.INVALID_KEY})
_PLACES = {
    errors.NO_SUCH_PATH: "path",
    errors.METHOD_NOT_ALLOWED: "method",
    errors.INVALID_JSON: "body",
    errors.INVALID_PARAMS: "body",
    errors.BODY_TOO_LARGE: "body",
}


def breaches(contract: Contract, entry: Entry) -> list[dict[str, Any]]:
    """Return each violation with its place: `body.a.b`, `query.a`, `header.a`, `path`, `method`, `answer.body.a.b`."""
    operation = contract.by_id.get(entry.answer.why.get("operation") or "")
    found = [
        *_request_breaches(contract, operation, entry),
        *(_answer_breaches(contract, operation, entry) if operation else ()),
    ]
    return [{"where": v.where, "expected": v.expected, "received": v.received, "clause": v.clause} for v in found]


def _request_breaches(contract: Contract, operation: Operation | None, entry: Entry) -> Iterator[Violation]:
    """Yield what is wrong with the request: each violation of its schema, else the place that its error is about."""
    name = entry.answer.why.get("error")
    row = contract.errors.get(name or "")
    if row is None or name is None:
        return
    if name == errors.INVALID_PARAMS and operation is not None and not entry.capped:
        yield from _invalid(operation, entry.request)
        return
    scheme = contract.scheme if name in _OF_KEYS else None
    place = scheme and (f"query.{scheme.parameter}" if scheme.parameter else f"header.{scheme.header.lower()}")
    where = place or _PLACES.get(name) or _place(operation, name, entry.request)
    if where:
        yield Violation(where, row.message.partition(":")[0], "", row.clause)


def _invalid(operation: Operation, request: Request) -> list[Violation]:
    found = operation.values_in(request.path) or {}
    try:
        return judge(operation, request, found)[1]
    except Refusal:
        return []


def _place(operation: Operation | None, error: str, request: Request) -> str:
    """Return where the request names what a precondition found wrong: the id of that rule, or of one before it."""
    place = ""
    for rule in operation.raw.get("x-preconditions", ()) if operation else ():
        place = _first_value(operation, rule["id"], request) if operation and "id" in rule else place
        if rule["error"] == error:
            return place
    return ""


def _first_value(operation: Operation, places: list[str], request: Request) -> str:
    """Return the first of the places at which the request gives something."""
    try:
        body = parse_json(request.body) if request.body else {}
    except Refusal:
        body = {}
    found = operation.values_in(request.path) or {}
    parts = {"query": parse_query(request.query), "body": body, "path": found}
    for place in places:
        part, _, name = place.partition(".")
        if isinstance(parts[part], dict) and name in parts[part]:
            return place
    return places[0]


def _answer_breaches(contract: Contract, operation: Operation, entry: Entry) -> Iterator[Violation]:
    """Yield how the answer differs from the one that is documented for its status."""
    answer = entry.answer
    documented = operation.documented(answer.status)
    if not documented:
        yield Violation("answer.status", f"one of {', '.join(operation.responses)}", str(answer.status))
        return
    media_type = operation.media_type(answer.status)
    schema = documented.get("content", {}).get(media_type, {}).get("schema")
    if schema is None or answer.wire is not None:
        return
    try:
        value = parse_json(answer.body)
    except Refusal as refusal:
        yield Violation("answer.body", str(refusal.words["expected"]), str(refusal.words["received"]))
        return
    kind = dict(answer.headers).get("Content-Type", "none")
    if kind != media_type:
        yield Violation("answer.header.content-type", media_type, excerpt(kind))
    yield from Validator(schema, contract.root).violations(value, "answer.body")
