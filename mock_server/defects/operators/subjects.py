"""Operators on what a request is about: unknown spellings, nothing at all, ids that are nearly right."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from covermock.openapi import Contract, Operation, json_bytes

from ...http.errors import INVALID_PARAMS
from ...http.messages import Request
from ..blame import Broken, about, acceptance, fixes, whole
from ..defect import Defect, InapplicableError
from ..fields import body_field, body_fields, body_schema, of_kind
from ..gateway import DefectiveGateway
from ..operator import Application, operator
from ..rewriting import json_object, other_spelling, refuse_instead, value_of
from ..sources import ids_of

SHORTEST = 6  # characters that a cut id must still have


def _each_spelling(contract: Contract) -> Iterator[Application]:
    for operation in contract.operations:
        names = [name for place, name in operation.id_places if place == "body"]
        for name in names if len(names) > 1 else ():
            yield f"{operation.id}-{name}-ignored", {"operation": operation.id, "field": name}


@operator("validation", _each_spelling)
def field_ignored(contract: Contract, operation: str, field: str) -> Defect:
    """Read a body as if a field were not in it."""
    clause = body_field(contract, operation, field).clause

    def see(gateway: DefectiveGateway, request: Request) -> Request:
        body, asked = json_object(request.body), gateway.asked(request)
        if asked is None or asked.id != operation or field not in body:
            return request
        return replace(request, body=json_bytes({key: value for key, value in body.items() if key != field}))

    return Defect(*acceptance(contract, clause), f"doesn't know {field} in {operation}", see=see)


def _each_parameter(contract: Contract) -> Iterator[Application]:
    for operation in contract.operations:
        for one in operation.places["query"]:
            settings = {"operation": operation.id, "parameter": one.name, "to": other_spelling(one.name)}
            yield f"{operation.id}-{one.name}-spelled-otherwise", settings


@operator("validation", _each_parameter)
def parameter_renamed(contract: Contract, operation: str, parameter: str, to: str) -> Defect:
    """Know a parameter of the query under another name only."""
    rows = {one.name: one for one in contract.by_id[operation].places["query"]} if operation in contract.by_id else {}
    if parameter not in rows:
        raise InapplicableError(f"{operation} has no parameter {parameter}")

    def see(gateway: DefectiveGateway, request: Request) -> Request:
        asked = gateway.asked(request)
        if asked is None or asked.id != operation:
            return request
        query = request.query.replace(f"{parameter}=", "other=").replace(f"{to}=", f"{parameter}=")
        return replace(request, query=query)

    return Defect(*acceptance(contract, rows[parameter].clause), f"knows only ?{to}= in {operation}", see=see)


def _nothing(operation: Operation, request: Request) -> bool:
    """Return True if a request says nothing of what it is about."""
    if operation.places["query"]:
        return not request.query
    body: Mapping[str, Any] | None = value_of(request.body)
    names = [name for place, name in operation.id_places if place == "body"]
    return bool(names) and isinstance(body, dict) and not any(name in body for name in names)


def _about_nothing(contract: Contract, operation: Operation) -> Broken:
    """Blame the sentence on the status where the id's clause has one, else that of invalid requests."""
    names = [name for _, name in operation.id_places]
    pointers = [field.clause for field in body_fields(contract, operation) if field.name in names]
    for clause in map(whole, pointers):
        if fixes(contract, clause, "status"):
            return about(contract, clause, "status")
    return about(contract, contract.errors[INVALID_PARAMS].clause, "status")


def _each_nothing(contract: Contract) -> Iterator[Application]:
    for operation in contract.operations:
        rows = operation.raw.get("x-preconditions", ())
        unknown = next((contract.errors[row["error"]] for row in rows if "id" in row), None)
        if unknown and any(place in {"body", "query"} for place, _ in operation.id_places):
            yield f"{operation.id}-of-nothing-as-{unknown.status}", {"on": operation.id, "to": unknown.status}


@operator("validation", _each_nothing)
def nothing_asked(contract: Contract, on: Any, to: int) -> Defect:
    """Answer another status to a request that doesn't say what it is about."""
    meant = [one for one in of_kind(contract, on) if any(place in {"body", "query"} for place, _ in one.id_places)]
    if not meant:
        raise InapplicableError("the path says what every request is about")

    def when(gateway: DefectiveGateway, request: Request) -> bool:
        operation = gateway.asked(request)
        return operation in meant and operation is not None and _nothing(operation, request)

    sentence = f"answers {to} to {' or '.join(one.id for one in meant)} of nothing"
    return Defect(*_about_nothing(contract, meant[0]), sentence, spoil=refuse_instead(to, when))


_NEAR: dict[str, tuple[str, Callable[[str, str], bool]]] = {
    "cut": ("without its last characters", lambda given, known: len(given) >= SHORTEST and known.startswith(given)),
    "longer": ("with more behind it", lambda given, known: given.startswith(known)),
    "other-case": ("in another case", lambda given, known: given.lower() == known.lower()),
    "one-changed": ("with one character changed", lambda given, known: _changed(given, known) == 1),
    "padded": ("with blanks around it", lambda given, known: given.strip() == known),
    "other-spelling": ("with other signs between its parts", lambda given, known: _bare(given) == _bare(known)),
}


def _changed(given: str, known: str) -> int:
    """Return how many characters differ, or more than any where the lengths do."""
    return sum(a != b for a, b in zip(given, known, strict=True)) if len(given) == len(known) else len(given) + 1


def _bare(name: str) -> str:
    return name.replace("-", "").replace("_", "")


def _rule_with_id(operation: Operation) -> Mapping[str, Any] | None:
    return next((row for row in operation.raw.get("x-preconditions", ()) if "id" in row), None)


def _has_signs(contract: Contract, poll: Operation) -> bool:
    """Return True if ids of the tasks that an operation shows have signs between their parts."""
    starts = (one for one in of_kind(contract, "starts") if one.task_kind == poll.task_kind)
    return any(one.id_prefix != _bare(one.id_prefix) for one in starts)


def _is_open(contract: Contract, operation: Operation) -> bool:
    """Return True if stray blanks around an id are open: then a gateway that takes them breaks no sentence."""
    schema = body_schema(contract.root, operation.raw) or {}
    named = {name for _, name in operation.id_places}
    inside = [row for name, row in schema.get("properties", {}).items() if name in named]
    beside = [row for row in operation.raw.get("parameters", ()) if row.get("name") in named]
    return any("odd" in row.get("x-open", ()) for row in (*inside, *beside))


def _each_near(contract: Contract) -> Iterator[Application]:
    for operation in contract.operations:
        for how in _NEAR if _rule_with_id(operation) else ():
            if how == "padded" and _is_open(contract, operation):
                continue
            if how == "other-spelling" and operation.polls and not _has_signs(contract, operation):
                continue
            yield f"{operation.id}-id-{how}-served", {"operation": operation.id, "how": how}


@operator("not-found", _each_near, subtle=True)
def near_id_served(contract: Contract, operation: str, how: str) -> Defect:
    """Take an id for the one that it is nearly."""
    one = of_kind(contract, operation)[0]
    row = _rule_with_id(one)
    if row is None:
        raise InapplicableError(f"{operation} is about no id")
    words, near = _NEAR[how]

    def see(gateway: DefectiveGateway, request: Request) -> Request:
        asked, owner = gateway.asked(request), gateway.owner_of(request)
        if asked is None or asked.id != operation or not isinstance(owner, tuple):
            return request
        known = ids_of(owner[0])
        for (place, name), given in gateway.ids(request).items():
            meant = next((one for one in known if near(given, one)), None) if given not in known else None
            request = _with_id(request, place, name, given, meant) if meant else request
        return request

    blamed = acceptance(contract, contract.errors[row["error"]].clause)
    return Defect(*blamed, f"takes an id {words} in {operation}", see=see)


def _with_id(request: Request, place: str, name: str, given: str, meant: str) -> Request:
    """Return the request with another id."""
    if place == "body":
        return replace(request, body=json_bytes({**json_object(request.body), name: meant}))
    if place == "query":
        return replace(request, query=f"{name}={quote(meant, safe='')}")
    spellings = {given, quote(given, safe="")}
    steps = (quote(meant, safe="") if step in spellings else step for step in request.path.split("/"))
    return replace(request, path="/".join(steps))
