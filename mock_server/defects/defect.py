"""What a defect is: one sentence of one clause that the mock breaks on purpose, and the few ways to break it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from covermock.openapi import json_bytes

from ..gateway.call import Call
from ..http.errors import Refusal
from ..http.messages import Answer, Request
from ..world.account import Account
from ..world.world import World

if TYPE_CHECKING:
    from .gateway import DefectiveGateway

Document = dict[str, Any]
Owner = tuple[World, Account]
Rule = Mapping[str, Any]
GROUPS = ("auth", "validation", "envelope", "not-found", "business", "lifecycle", "callbacks", "robustness")


@dataclass(frozen=True)
class Defect:
    """A named deviation. `sentence` says what the mock does; `clause` and `level` say which sentence that breaks.

    `edit` changes a copy of the contract's document; `checks` take the place of preconditions; `owner` decides anew
    whose key a request carries; `see` changes a request before it is answered, `spoil` its answer, `callback` the
    body of a webhook; `faults` stand in every world.
    """

    name: str
    group: str
    clause: str
    level: str
    sentence: str
    edit: Callable[[Document], None] | None = None
    checks: Mapping[str, Callable[[Call, Rule], None]] = field(default_factory=dict)
    owner: "Callable[[DefectiveGateway, Request, Owner | Refusal], Owner | Refusal] | None" = None
    see: Callable[[Request], Request] | None = None
    spoil: "Callable[[DefectiveGateway, Request, Answer], None] | None" = None
    callback: Callable[[World, Any], Any] | None = None
    faults: tuple[Mapping[str, Any], ...] = ()


def value_of(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None


def body_of(request: Request) -> Mapping[str, Any]:
    """Return the object in a request's body, or an empty one."""
    value = value_of(request.body)
    return value if isinstance(value, dict) else {}


def rewrite(change: Callable[[Any], Any], statuses: range = range(200, 300)) -> Any:
    """Return a `spoil` that changes the JSON of answers with these statuses; `change` returns the new value."""

    def spoil(_: "DefectiveGateway", __: Request, answer: Answer) -> None:
        value = value_of(answer.body)
        if answer.status in statuses and isinstance(value, dict):
            answer.body = json_bytes(change(value))

    return spoil


def rewrite_data(change: Callable[[dict[str, Any]], None]) -> Any:
    """Return a `spoil` that changes the `data` of status answers in place."""

    def inner(value: Any) -> Any:
        data = value.get("data")
        if isinstance(data, dict) and "status" in data:
            change(data)
        return value

    return rewrite(inner)


def edit_errors(change: Callable[[dict[str, Any]], None], *names: str) -> Callable[[Document], None]:
    """Return an `edit` of rows in x-errors: the named ones, or all."""

    def edit(document: Document) -> None:
        for name, row in document["x-errors"].items():
            if not names or name in names:
                change(row)

    return edit


def status_of(status: int, *names: str) -> Callable[[Document], None]:
    """Return an `edit` that gives the named errors another status."""
    return edit_errors(lambda row: row.update(status=status), *names)


def refuse_with(status: int, when: Callable[[Request], bool], type_: str = "internal_error") -> Any:
    """Return a `spoil` that answers `status` in the envelope wherever `when` holds, unless a key was refused."""

    def spoil(_: "DefectiveGateway", request: Request, answer: Answer) -> None:
        if answer.status != 401 and when(request):
            error = {"error": {"code": status, "message": "A defect answers.", "type": type_}}
            answer.status, answer.body, answer.headers = (
                status,
                json_bytes(error),
                (("Content-Type", "application/json"),),
            )

    return spoil
