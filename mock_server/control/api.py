"""The edge of the control API: who may call, which function answers, how answers look."""

import hmac
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from inspect import isgeneratorfunction
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from covermock.openapi import Contract, Operation

from ..history.replay import Replayer
from ..http import errors
from ..http.errors import FOREIGN_PAGE, Refusal
from ..http.messages import NOTHING, Answer, FollowUp, Request
from ..http.reader import Front, Inputs
from ..limits import Limits
from ..stores.port import Store
from ..world.files import WorldFiles
from ..world.world import World
from . import events
from .call import ControlCall, Result, refuse_unknown
from .operations import callbacks, clock, coverage, faults, journal, media, pages, tasks, worlds
from .steps import Making, Steps
from .waiting import wait

PREFIX: Final = "/__mock/"
_OF_FORMS = frozenset({"text/plain", "application/x-www-form-urlencoded", "multipart/form-data"})


def _fine(_: ControlCall) -> Result:
    return 200, {"status": "ok"}


def _ready(call: ControlCall) -> Result:
    call.store.ready()
    return _fine(call)


Handler = Callable[[ControlCall], Result | Answer | Making]
_EXPORT = 4  # times the text of a world: it has two journals besides
_SHORT = 65_536  # bytes of a body that is read at once
# What changes no answer of a world, or makes it anew, is not repeated when the world is replayed.
_READS = frozenset({"wait", "replayWorld", "forkWorld", "redeliver", "restoreWorld", "resetWorld", "deleteWorld"})
_MODULES: Final = (callbacks, clock, coverage, faults, journal, media, pages, tasks, worlds)
_SPECIAL: Final[Mapping[str, Handler]] = {
    "readControlDocs": pages.read_docs,
    "readPageFileIn": pages.read_page_file,
    "live": _fine,
    "ready": _ready,
}


def _named(operation: str) -> Handler | None:
    """Return the function that is called as the operation is: `readClock` is `read_clock` in one of the modules."""
    name = re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", operation)
    return next((getattr(module, name) for module in _MODULES if hasattr(module, name)), None)


@dataclass
class Control:
    """The control API over a store. `token` is needed once the server listens on a foreign address.

    `replaying`: it repeats what changed a world, and nothing else. `lock` guards the store.
    """

    admin: Contract
    contract: Contract
    store: Store
    files: WorldFiles
    settings: Mapping[str, Any] = field(default_factory=dict)
    token: str = ""
    public_url: str = ""
    replayer: Callable[[World], Replayer] | None = None
    replaying: bool = False
    limits: Limits = field(default_factory=Limits)
    lock: AbstractContextManager[Any] = field(default_factory=nullcontext)

    def __post_init__(self) -> None:
        """Compile the contract of the control API. Raises `InvalidSourceError` for an operation without a handler."""
        text = self.limits.world_text_bytes
        longest = {"createWorld": text, "restoreWorld": _EXPORT * text}
        self.front = front = Front(self.admin, errors.CONTROL_RAISED, longest)
        special: dict[str, Handler] = {
            **_SPECIAL,
            "wait": partial(wait, front=front),
            "readEvents": partial(events.read_events, feeds=events.Feeds()),
        }
        self._handlers: dict[str, Handler] = {}
        for operation in self.admin.operations:
            handler = special.get(operation.id) or _named(operation.id)
            if handler is None:
                at = ("paths", operation.path, operation.method.lower())
                raise self.admin.source.error(at, f"expected an operation with a handler, received {operation.id}")
            self._handlers[operation.id] = handler

    def begin(self, request: Request) -> Steps:
        """Read and judge a control request, which needs no world. Never raises. HEAD is a GET whose body is dropped."""
        if request.method == "HEAD":
            request = replace(request, method="GET")
        why: dict[str, Any] = {}
        try:
            operation, given = self._read(request, why)
        except Exception as error:  # noqa: BLE001 - it is the answer
            return Steps(request, self.front, why=why, failed=error)
        return Steps(request, self.front, lambda steps, wall: self._work(operation, steps, given, wall), why)

    def _read(self, request: Request, why: dict[str, Any]) -> tuple[Operation, Inputs]:
        operation, parameters = self.front.operation(request)
        why["operation"] = operation.id
        if operation.raw.get("security") != []:
            self._guard(request)
        given = self.front.read(operation, request, parameters)
        _refuse_extra(operation, request, given)
        why["world"] = given.path.get("world")
        if self.replaying and not _changes(operation, request):
            problem = "expected a call that changes a world, since calls are repeated here"
            raise Refusal(errors.INVALID_PARAMS, violations=f"{problem}, received {operation.id}")
        return operation, given

    def _work(self, operation: Operation, steps: Steps, given: Inputs, wall: float) -> Result | Answer | Making:
        world = self.store.world(steps.why["world"] or "")
        changes = _changes(operation, steps.request)
        steps.follow_up = FollowUp(changed=world.clock.now(wall) if world else wall) if changes else NOTHING
        return self._handlers[operation.id](self._call(steps.request, wall, given))

    def is_long(self, request: Request) -> bool:
        """Return True if the answer may take long to make, and so has to come from a thread."""
        methods, _ = self.front.routes.find(request.path)
        operation = methods.get("GET" if request.method == "HEAD" else request.method)
        if operation is None:
            return False
        return len(request.body) > _SHORT or isgeneratorfunction(self._handlers[operation.id])

    def _call(self, request: Request, wall: float, given: Inputs) -> ControlCall:
        return ControlCall(
            self.contract,
            self.store,
            self.files,
            self.settings,
            request,
            self.public_url or f"http://{request.host or 'localhost'}",
            wall,
            given.path,
            given.query,
            given.header,
            given.body,
            self.limits,
            self.lock,
            self.replayer,
        )

    def _guard(self, request: Request) -> None:
        """Refuse what a web page could send by itself, and strangers where the address is foreign."""
        headers = request.headers
        origin = headers.get("origin")
        if origin is not None and _host_of(origin) != request.host:
            raise Refusal(FOREIGN_PAGE, received="header Origin of another site")
        if headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
            raise Refusal(FOREIGN_PAGE, received="header Sec-Fetch-Site of another site")
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in _OF_FORMS and request.method not in {"GET", "HEAD"}:
            raise Refusal(FOREIGN_PAGE, received=f"Content-Type {kind} of a form; send application/json")
        if self.token:
            self._check_token(headers.get("authorization"))
        elif not _is_loopback(_hostname(request.host)):
            raise Refusal(FOREIGN_PAGE, received="header Host of a foreign name")

    def _check_token(self, given: str | None) -> None:
        if given is None:
            raise Refusal(errors.MISSING_KEY, received="none")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
            raise Refusal(errors.INVALID_KEY)


def _changes(operation: Operation, request: Request) -> bool:
    """Return True if the operation changes its world, and is repeated when that is replayed."""
    return request.method != "GET" and operation.id not in _READS


def _refuse_extra(operation: Operation, request: Request, given: Inputs) -> None:
    """Refuse what nobody would read: parameters that the operation doesn't have, a body where it takes none."""
    known = [parameter.name for parameter in operation.parameters if parameter.place == "query"]
    for name in given.raw_query:
        refuse_unknown("query", name, known)
    if operation.body is None and request.body.strip() not in {b"", b"{}"}:
        problem = "body: expected nothing or {}, since this operation takes no settings"
        raise Refusal(errors.INVALID_PARAMS, violations=f"{problem}, received {len(request.body)} bytes")


def _is_loopback(host: str) -> bool:
    if host in {"localhost", ""}:
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _host_of(origin: str) -> str | None:
    """Return the host and port of an origin, None where it has none."""
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None


def _hostname(host: str) -> str:
    return host.rsplit(":", 1)[0].lower() if not host.endswith("]") else host.lower()


__all__ = ["PREFIX", "Control"]
