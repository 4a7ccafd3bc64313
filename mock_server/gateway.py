"""The request path of the gateway's operations: a function from a request, worlds and the time to an answer."""

from collections.abc import Callable
from typing import Any

from covermock.openapi import (
    JSON,
    TASK_FACTS,
    Contract,
    Operation,
    Render,
    UnrenderableError,
    nearest,
    renderer,
)

from . import errors
from .accounts import Account
from .calls import Call
from .errors import Refusal
from .front import Front
from .handlers import HANDLERS
from .preconditions import CHECKS, complaint
from .request import Answer, Request, json_answer
from .worlds import World

Owner = tuple[World, Account]
KeyLookup = Callable[[str], Owner | None]


class Gateway:
    """The operations of a contract, ready to answer. It keeps no state: worlds come in through `find_key`."""

    def __init__(self, contract: Contract, find_key: KeyLookup, public_url: str = "") -> None:
        self.contract = contract
        self.front = Front(contract, "Error", JSON, errors.RAISED)
        self._find_key = find_key
        self._public_url = public_url.rstrip("/")
        self._render = {operation.id: _renderer(contract, operation) for operation in contract.operations}

    def answer(self, request: Request, wall: float) -> Answer:
        """Answer a request at the wall instant. Never raises: a crash is the documented envelope, too (G15)."""
        return self.front.guarded(request, lambda why: self._answer(request, wall, why))

    def _answer(self, request: Request, wall: float, why: dict[str, Any]) -> Answer:
        operation, parameters = self.front.operation(request)
        why["operation"] = operation.id
        world, account = self._owner(request)
        why["world"] = world.name
        given = self.front.read(operation, request, parameters)
        base = self._public_url or f"http://{request.host or 'localhost'}"
        call = Call(self.contract, operation, world, account, world.clock.now(wall), base, given.query, given.body)
        for rule in operation.raw.get("x-preconditions", ()):
            CHECKS[rule["check"]](call, rule)
        facts = HANDLERS[operation.handler](call)
        why["task"] = facts.get("task.id")
        why["clause"] = operation.responses["200"].get("x-clause")
        return json_answer(200, self._render[operation.id](facts), why)

    def _owner(self, request: Request) -> Owner:
        """Return whose key the request carries (G2, G3); the scheme's case is open, so any will do."""
        given = request.headers.get("authorization")
        if given is None:
            raise Refusal(errors.MISSING_KEY, received="no such header")
        scheme, _, key = given.partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise Refusal(errors.MISSING_KEY, received="an Authorization header of another form")
        owner = self._find_key(key.strip())
        if owner is None:
            raise Refusal(errors.INVALID_KEY)
        return owner


def _renderer(contract: Contract, operation: Operation) -> Render:
    at = ("paths", operation.path, operation.method.lower())
    if operation.handler not in HANDLERS:
        received = f"received {operation.handler!r} ({nearest(operation.handler, HANDLERS)})"
        raise contract.source.error((*at, "x-handler"), f"expected a known handler, {received}")
    problem = complaint(operation.raw.get("x-preconditions", []))
    if problem:
        raise contract.source.error((*at, "x-preconditions"), problem)
    try:
        return renderer(contract.root, operation.schema(200), TASK_FACTS)
    except (UnrenderableError, KeyError) as error:
        raise contract.source.error((*at, "responses", "200"), f"can't make this answer: {error}") from None
