"""Ways to spoil an answer: its JSON, its status, its headers, the envelope of an error that takes its place."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import orjson
from covermock.openapi import Contract, Operation, json_bytes

from ..http.errors import INTERNAL_ERROR, INVALID_KEY, MISSING_KEY, Refusal
from ..http.messages import Answer, Request
from .defect import Spoil
from .fields import at, error_fields, facts_in, put

if TYPE_CHECKING:
    from .gateway import DefectiveGateway

Change = Callable[[Any], Any]
Counted = Callable[[Any, Operation, int], None]
When = Callable[["DefectiveGateway", Request], bool]
TEXT = "A defect answers."
KEYS = frozenset({MISSING_KEY, INVALID_KEY})


def value_of(raw: bytes) -> Any:
    """Return the value of a JSON text, or None."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None


def json_object(raw: bytes) -> Mapping[str, Any]:
    """Return the object in a JSON text, or an empty one."""
    value = value_of(raw)
    return value if isinstance(value, dict) else {}


def refused(answer: Answer) -> str:
    """Return the name of the error that an answer is, or an empty text."""
    return str(answer.why.get("error", ""))


def given_ids(operation: Operation, request: Request, parameters: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Return the ids that a request is about, by where they stand in it."""
    body = json_object(request.body)
    query = {name: values[0] for name, values in parse_qs(request.query).items()}
    inside = {"body": body, "query": query, "path": parameters}
    found = {(place, name): inside[place].get(name) for place, name in operation.id_places}
    return {where: value for where, value in found.items() if isinstance(value, str)}


def is_error(answer: Answer) -> bool:
    return answer.status // 100 in {4, 5}


def rewrite(change: Change, on: Collection[str] | None = None, *, errors: bool = False) -> Spoil:
    """Return what changes the JSON object of successes (or errors), of all operations or those with these ids."""

    def spoil(_: "DefectiveGateway", __: Request, answer: Answer) -> None:
        value = value_of(answer.body)
        concerned = on is None or answer.why.get("operation") in on
        if concerned and is_error(answer) is errors and isinstance(value, dict):
            answer.body = json_bytes(change(value))

    return spoil


def in_place(change: Callable[[Any], None]) -> Change:
    def changed(value: Any) -> Any:
        change(value)
        return value

    return changed


def counting(contract: Contract, operations: Collection[Operation], change: Counted) -> Spoil:
    """Return what changes answers about tasks; `change` knows how often the task was asked about before."""

    def spoil(gateway: "DefectiveGateway", _: Request, answer: Answer) -> None:
        operation = next((one for one in operations if one.id == answer.why.get("operation")), None)
        value = value_of(answer.body)
        if operation is None or is_error(answer) or not isinstance(value, dict):
            return
        name = at(value, facts_in(contract, operation, "task.id")[0].path)
        gateway.memory[name] = gateway.memory.get(name, 0) + 1
        change(value, operation, gateway.memory[name])
        answer.body = json_bytes(value)

    return spoil


def refuse_instead(status: int, when: When, type_: str = "", kinds: Collection[str] = ()) -> Spoil:
    """Return what answers `status` in the envelope wherever `when` holds, unless a key was refused.

    With `kinds` only answers that are one of these errors are concerned.
    """

    def spoil(gateway: "DefectiveGateway", request: Request, answer: Answer) -> None:
        if refused(answer) not in KEYS and (not kinds or refused(answer) in kinds) and when(gateway, request):
            put_refusal(gateway, answer, status, type_)

    return spoil


def put_refusal(gateway: "DefectiveGateway", answer: Answer, status: int, type_: str = "") -> None:
    """Put an envelope with that status in the place of an answer."""
    rows = gateway.contract.errors.values()
    name = next((row.name for row in rows if row.status == status), INTERNAL_ERROR)
    made = gateway.front.refuse(Refusal(name), {})
    value = value_of(made.body)
    facts = {"error.status": status, "error.message": TEXT} | ({"error.type": type_} if type_ else {})
    for field in error_fields(gateway.contract):
        if field.fact in facts:
            put(value, field.path, partial(_fact, facts[field.fact]))
    answer.status, answer.headers, answer.body = status, made.headers, json_bytes(value)


def _fact(fact: Any, _: Any) -> Any:
    return fact


def retyped(value: Any) -> Any:
    """Return a value of another type that says the same, as careless serialisers do."""
    if isinstance(value, list):
        return {str(number): item for number, item in enumerate(value)}
    if isinstance(value, dict):
        return [list(row) for row in value.items()]
    return [value] if isinstance(value, str) else str(value).lower()


def other_spelling(name: str) -> str:
    """Return a name in the other of the two usual spellings: taskId for task_id."""
    if "_" in name:
        first, *rest = name.split("_")
        return first + "".join(part.capitalize() for part in rest)
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return snake if snake != name else name.capitalize()
