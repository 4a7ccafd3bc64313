"""The request path of the gateway's operations: a function from a request, worlds and the time to an answer."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from covermock.openapi import (
    JSON,
    Contract,
    KeyScheme,
    Operation,
    Render,
    Stage,
    UnrenderableError,
    Validator,
    nearest,
    task_renderers,
)

from ..http import errors
from ..http.envelopes import Envelope
from ..http.errors import Refusal
from ..http.messages import NOTHING, Answer, FollowUp, Request
from ..http.reader import Front, Inputs, Respond
from ..world.account import Account
from ..world.fault import Fault, RequestTraits, firing
from ..world.webhook import Delivery
from ..world.world import World
from .call import Call
from .effects import after, before, delay, without_work
from .handlers import HANDLERS, TaskView
from .preconditions import CHECKS, Precondition
from .prefer import preferences, preferred_answer
from .values import TaskFacts, sample

Owner = tuple[World, Account]
Wanted = Mapping[str, str]
KeyLookup = Callable[[str], Owner | None]
# What a request asks, for the next time that it comes: itself, the operation, valid values, our base URL, a preference.
Reading = tuple[Request, Operation, Inputs, str, Wanted]
_KEPT_ANSWERS = 4096
_KEPT_READINGS = 1024
_REMEDY = "Check the key; GET /__mock/worlds lists all that this mock has."


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """What an operation's words in the contract stand for, looked up once."""

    checks: tuple[tuple[Callable[[Call, Precondition], None], Precondition], ...]
    handler: Callable[[Call], TaskView]
    render: Mapping[str, Render]  # by the task's state
    status: int
    headers: tuple[tuple[str, str], ...]
    clause: str | None


class Gateway:
    """The operations of a contract, ready to answer. It keeps no state: worlds come in through `find_key`.

    `keys` are those that a client with an unknown one is told of, while they are in use.
    """

    def __init__(self, contract: Contract, find_key: KeyLookup, public_url: str = "") -> None:
        self.contract = contract
        self.front = Front(contract, errors.RAISED)
        self.keys: Collection[str] = ()
        self._find_key = find_key
        self._public_url = public_url.rstrip("/")
        self._scheme = scheme = _scheme(contract)
        self._header, self._in_header = scheme.header.lower(), not scheme.parameter
        self._word = f"{scheme.word} " if scheme.word else ""
        self._routes = {operation.id: _route(contract, operation) for operation in contract.operations}
        self._readings: dict[int, Reading] = {}
        self._answers: dict[tuple[TaskView, str, Route, str], Answer] = {}
        self._render_callback = {
            operation.id: _callback_renderer(contract, operation, operation.callback[1])
            for operation in contract.operations
            if operation.callback
        }

    def answer(self, request: Request, wall: float) -> Answer:
        """Answer a request at the wall instant. Never raises: a crash is the documented envelope, too (G15)."""
        return self.front.guard(self._answer, request, wall, {})

    def _answer(self, request: Request, wall: float, why: dict[str, Any]) -> Answer:
        owner = self._owner_of(request)
        if type(owner) is tuple:
            world, account = owner
            why["world"], why["account"] = world.name, account.name
        known = self._readings.get(id(request)) if request.recurs else None
        _, operation, given, base, wanted = known or self._read(request, owner, why)
        why["operation"] = operation.id
        if isinstance(owner, Refusal):
            raise owner
        call = Call(operation, world, account, world.clock.now(wall), base, given)
        if wanted:
            return self._prefer(operation, wanted, why)
        fired = self._fire(call, why) if world.faults else []
        return self._answer_with_faults(request, call, fired, why) if fired else self._do(call, fired, why)

    def _read(self, request: Request, owner: Owner | Refusal, why: dict[str, Any]) -> Reading:
        """Find out what a request asks for, and keep it where that is wanted. Raises `Refusal`, also its owner's."""
        operation, parameters = self.front.operation(request)
        why["operation"] = operation.id
        if isinstance(owner, Refusal):
            raise owner
        given = self.front.read(operation, request, parameters)
        base = self._public_url or f"http://{request.host or 'localhost'}"
        found = request, operation, given, base, preferences(request, given.raw_query)
        if request.recurs:
            if len(self._readings) >= _KEPT_READINGS:
                self._readings.clear()
            self._readings[id(request)] = found  # which holds the request, so that its id stays its own
        return found

    def _do(self, call: Call, fired: list[Fault], why: dict[str, Any]) -> Answer:
        """Answer the request as the contract says, with what anomalies change about it."""
        way = self._routes[call.operation.id]
        try:
            for check, rule in way.checks:
                check(call, rule)
        except Refusal:
            if fired:
                why["faults"] = [fault.id for fault in without_work(fired)]
            raise
        if fired:
            why["faults"] = [fault.id for fault in before(call, fired)]
        shown = way.handler(call)
        if shown[0] is not call.task or fired:
            return _answer(call, way, shown, why)
        # The same task in the same state, asked by the same account: the same answer, which nobody changes.
        key = shown, call.base, way, call.account.name
        answer = self._answers.get(key)
        if answer is None:
            if len(self._answers) >= _KEPT_ANSWERS:
                self._answers.clear()
            answer = self._answers[key] = _answer(call, way, shown, why)
        return answer

    def callback(self, world: World, delivery: Delivery, now: float) -> bytes:
        """Return the body of a webhook: what status answers, or will answer once the task has ended (U7)."""
        task = world.tasks[delivery.task]
        state = task.plan[-1].state if delivery.wayward == "early" else world.state(task, now)
        return self._render_callback[delivery.operation][state](TaskFacts(world, task, state, task.id))

    def _prefer(self, operation: Operation, wanted: Wanted, why: dict[str, Any]) -> Answer:
        why["preferred"] = wanted
        answer = preferred_answer(operation, wanted, self._envelope(operation))
        answer.why = why
        return answer

    def _fire(self, call: Call, why: dict[str, Any]) -> list[Fault]:
        ids = [call.first_value(rule["id"]) for rule in call.operation.rules if "id" in rule]
        world, account = call.world, call.account
        met = RequestTraits(
            call.operation.handler, call.operation.id, account.name, account.key, frozenset(ids), call.now
        )
        fired = firing(world.faults, met, world.seed)
        if fired:
            why["faults"] = [fault.id for fault in fired]
        return fired

    def _answer_with_faults(self, request: Request, call: Call, fired: list[Fault], why: dict[str, Any]) -> Answer:
        """Answer a request that faults have met: done or not, spoiled, and maybe later."""
        effective = all(fault.takes_effect for fault in fired)
        if not effective:
            without_work(fired)
        work: Respond = lambda _, __, why: self._do(call, fired, why)  # noqa: E731
        answer = self.front.guard(work, request, call.now, why) if effective else Answer(204, b"", (), why)
        after(answer, fired, self._envelope(call.operation))
        seconds = delay(fired, call.world.seed)
        answer.why = {**answer.why, "delay": seconds}
        answer.follow_up = replace(answer.follow_up, delay=seconds)
        return answer

    def _owner_of(self, request: Request) -> Owner | Refusal:
        """Return whose key the request carries, or its refusal (G2, G3); the scheme's case is open, so any will do."""
        given = request.headers.get(self._header) if self._in_header else self._scheme.given({}, request.query)
        if given is None:
            return Refusal(errors.MISSING_KEY, received=f"a request without {self._scheme.place}")
        word = self._word
        owner = self._find_key(given[len(word) :]) if given.startswith(word) else None
        if owner is not None:
            return owner
        key = self._scheme.key(given)
        if not key:
            return Refusal(errors.MISSING_KEY, received=f"another form of {self._scheme.place}")
        return self._find_key(key) or self._unknown_key()

    def _envelope(self, operation: Operation) -> Callable[[int], Envelope]:
        """Return what finds the envelope of this operation's errors by their status."""
        return partial(self.front.envelopes.of, operation.id)

    def _unknown_key(self) -> Refusal:
        """Return the refusal of a key that nobody has; keys of this mock are names of worlds, and no secret."""
        known = [repr(key) for key in self.keys if self._find_key(key)]
        such = f", such as {' or '.join(known)}" if known else ""
        return Refusal(errors.INVALID_KEY, expected=f"the key of an account{such}", remedy=_REMEDY)


def _answer(call: Call, way: Route, shown: TaskView, why: dict[str, Any]) -> Answer:
    task, state, name = shown
    why["state"], why["task"], why["clause"] = state, name, way.clause
    body = way.render[state](TaskFacts(call.world, task, state, name, call.base))
    return Answer(
        way.status, body, way.headers, why, follow_up=FollowUp(after=call.early.id) if call.early else NOTHING
    )


def _scheme(contract: Contract) -> KeyScheme:
    """Return how requests carry their keys. Raises `InvalidSourceError` where the contract asks for none."""
    if contract.scheme is None:
        problem = "expected a scheme, since a request's key says whose world it is about, received none"
        raise contract.source.error(("security",), problem)
    return contract.scheme


def _route(contract: Contract, operation: Operation) -> Route:
    """Look up all that the operation names. Raises `InvalidSourceError` for what doesn't exist."""
    at = ("paths", operation.path, operation.method.lower())
    rules = operation.rules
    if f"{operation.path}/".startswith("/__mock/"):
        raise contract.source.error(at, "expected a path outside of /__mock/, where the mock's own are, received one")
    if operation.handler not in HANDLERS:
        received = f"received {operation.handler!r} ({nearest(operation.handler, HANDLERS)})"
        raise contract.source.error((*at, "x-handler"), f"expected a known handler, {received}")
    status = operation.success
    cycle = contract.lifecycles[operation.task_kind]
    try:
        states = cycle.states if operation.polls else cycle.stages[:1]
        render = _task_renderers(contract, operation, operation.schema(status), states)
    except (UnrenderableError, KeyError) as error:
        problem = f"expected an answer that can be made, received: {error}"
        raise contract.source.error((*at, "responses", str(status)), problem) from None
    checks = tuple((CHECKS[rule["check"]], rule) for rule in rules)
    headers = (("Content-Type", operation.media_type(status)),)
    return Route(checks, HANDLERS[operation.handler], render, status, headers, operation.answer.get("x-clause"))


def _task_renderers(
    contract: Contract, operation: Operation, schema: Mapping[str, Any], states: Iterable[Stage]
) -> Mapping[str, Render]:
    """Return what renders tasks. Raises `UnrenderableError` where the schema refuses what would come of a state."""
    render = task_renderers(contract.root, schema, contract.lifecycles[operation.task_kind])
    validator = Validator(schema, contract.root)
    for state in () if contract.source.edited else states:  # a defect may answer what it likes
        for broken in validator.violations(json.loads(render[state.name](sample(contract, operation, state))), "body"):
            raise UnrenderableError(f"{broken}; the mock makes no other value when the task is {state.name!r}")
    return render


def _callback_renderer(contract: Contract, operation: Operation, callback: Mapping[str, Any]) -> Mapping[str, Render]:
    cycle = contract.lifecycles[operation.task_kind]
    try:
        schema = callback["requestBody"]["content"][JSON]["schema"]
        return _task_renderers(contract, operation, schema, (cycle.success, cycle.failure))
    except (UnrenderableError, KeyError) as error:
        at = ("paths", operation.path, operation.method.lower(), "callbacks")
        raise contract.source.error(at, f"expected a webhook that can be made, received: {error}") from None
