"""The whole mock as one function: a request and the time in, an answer out. No framework, no socket, no waiting."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from covermock.openapi import ADMIN, GATEWAY, Contract, load

from .control import PREFIX, Control, Steps, browser
from .gateway.delays import hold_back
from .gateway.first import first_spec
from .gateway.gateway import Gateway
from .history.replay import Replayer, repeatable
from .http import cors
from .http.errors import CROWDED, MALFORMED_REQUEST, Refusal
from .http.messages import NOTHING, Answer, Hold, Request, Stream
from .http.redaction import WORD
from .limits import Limits, unit_of
from .stores.memory import MemoryStore
from .stores.port import Store
from .world.clock import REAL, Clock
from .world.files import WorldFiles
from .world.world import World

if TYPE_CHECKING:
    from .defects import Defect

_WAITING = Request("", "what waits or goes on")
_WORDS = 100  # of a request, among which a key is looked for
_KEYS = 5  # of the first world, that a client with an unknown one is told of
MakeStore = Callable[[Contract], Store]


def in_memory(_: Contract) -> Store:
    return MemoryStore()


@dataclass(frozen=True, slots=True)
class Settings:
    """What a mock is started with. `over` (drive, stage_seconds, speed, seed) is laid over every world's file.

    Without a `world` it is docs, or one that follows from a contract which that doesn't fit.
    """

    world: str = ""
    spec: Path = GATEWAY
    over: Mapping[str, Any] = field(default_factory=dict)
    public_url: str = ""
    cors: str = ""
    keep_preflights: bool = False
    token: str = ""
    allow_callback: tuple[str, ...] = ()
    defect: str = ""
    log: str = ""
    limits: Limits = field(default_factory=Limits)


def _with_defect(contract: Contract, name: str) -> "tuple[Contract, Defect | None]":
    """Return the contract as the defect of that name changes it; the catalogue is imported when it is needed."""
    if not name:
        return contract, None
    from .defects import find_defect, with_edit

    defect = find_defect(name, contract)
    return (contract if defect.conditions else with_edit(contract, defect)), defect


def _gateway(settings: Settings, contract: Contract, store: Store, defect: "Defect | None") -> Gateway:
    if defect is None:
        return Gateway(contract, store.find_key, settings.public_url)
    from .defects import DefectiveGateway

    return DefectiveGateway(defect, contract, store.find_key, settings.public_url)


class Mock:
    """The gateway's operations and the control API over one store. `answer` may be called from many threads."""

    def __init__(self, settings: Settings, wall: float, store: MakeStore = in_memory) -> None:
        """Read the contract and the world. Raises `InvalidSourceError` when either can't be used."""
        self.settings = settings
        sound = load(settings.spec)
        self.contract, self._defect = _with_defect(sound, settings.defect)
        self.store = store(self.contract)
        self.store.set_limits(settings.limits)
        self.lock = RLock()
        self.stirred: set[str] = set()  # names of worlds in which webhooks may have become due
        self.files = WorldFiles(load(ADMIN), settings.limits)
        self.gateway = _gateway(settings, self.contract, self.store, self._defect)
        self.control = Control(
            self.files.admin,
            self.contract,
            self.store,
            self.files,
            settings.over,
            settings.token,
            settings.public_url,
            self._replayer,
            limits=settings.limits,
            lock=self.lock,
        )
        # A defect that moves an end of a range must not move the sources that stand at it.
        first = self.files.first(settings.world, self.contract, settings.over, wall, lambda _: first_spec(sound))
        self.first = first.name
        self.gateway.keys = [account.key for account in first.accounts.values()][:_KEYS]
        self.store.start_with(first)

    def answer(self, request: Request, wall: float) -> Answer:
        """Answer any request at the wall instant (Unix seconds). Never raises, never waits: see `Answer.hold`."""
        if request.path.startswith(PREFIX):
            if self.in_parts(request):
                self._keep_key(request, wall)
            return self._in_steps(self.control.begin(request), wall)
        with self.lock:
            try:
                return self.store.run(self._exchange, request, wall)
            except Refusal as refusal:  # the store is unreachable
                return self.gateway.front.refuse(refusal, {})

    def answer_each(self, requests: Sequence[Request], wall: float) -> list[Answer]:
        """Answer requests of the gateway that came at the same time, in one step of the store."""
        with self.lock:
            found = self.store.run_each(self._exchange, requests, wall)
        return [
            self._failure(request, one) if isinstance(one, Exception) else one
            for request, one in zip(requests, found, strict=True)
        ]

    def _failure(self, request: Request, problem: Exception) -> Answer:
        """Answer a request whose step the store refused (503), or whose answering has crashed (500)."""
        front = self.gateway.front
        return front.refuse(problem, {}) if isinstance(problem, Refusal) else front.crash_answer(request, problem, {})

    def _keep_key(self, request: Request, wall: float) -> None:
        """Keep a request that brings a key to the file of a result: who judges its client has to see it."""
        words = list(islice(chain(*map(WORD.findall, (request.query, *request.headers.values()))), _WORDS))

        def keep(_: None, wall: float) -> None:
            if any(self.store.find_key(word) for word in words):
                self.store.strays.add(wall, REAL, request, Answer(200, b""))

        with self.lock, suppress(Refusal):
            self.store.run(keep, None, wall)

    def _in_steps(self, steps: Steps, wall: float) -> Answer:
        """Answer a control request; the lock is held only while worlds are looked at."""
        while True:
            with self.lock:
                try:
                    answer = self.store.run(self._control, steps, wall)
                except Refusal as refusal:  # the store is unreachable
                    return self.control.front.refuse(refusal, {})
            if answer is not None:
                return answer
            steps.go_on()

    def _exchange(self, request: Request, wall: float) -> Answer:
        if request.path in browser.PATHS and not self.gateway.front.routes.find(request.path)[0]:
            page = browser.answer(request, self.contract)
            if page is not None:
                return page
        origin = self.settings.cors
        if not origin:
            answer = self.gateway.answer(request, wall)
        elif cors.is_preflight(origin, request):  # no request of the client, so it counts only where that is wanted
            answer = cors.preflight(origin, request, self.contract)
            if not self.settings.keep_preflights:
                return answer
        else:
            answer = cors.with_cors(origin, request, lambda: self.gateway.answer(request, wall))
        store = self.store
        world = store.world(answer.why.get("world", ""))
        if world is None:
            store.strays.add(wall, REAL, request, answer)
            return answer
        world.version += 1
        store.note_use(world, wall)
        if world.outbox.stirred:
            self._stir(world)
        entry = world.journal.add(wall, world.clock, request, answer, world.version)
        return answer if answer.follow_up is NOTHING else hold_back(entry, world, wall)

    def _control(self, steps: Steps, wall: float) -> Answer | None:
        answer = steps.answer(wall)
        if answer is None:
            return None
        world = self.store.world(answer.why.get("world", ""))
        if world is None:
            return answer
        changed = answer.follow_up.changed
        if changed is not None:
            world.version += 1
            world.controls.add(wall, Clock(changed, wall), repeatable(steps.request, answer), answer, world.version)
            world.outbox.stir()
        self.store.note_use(world, wall)
        if world.outbox.stirred:
            self._stir(world)
        return answer

    def _stir(self, world: World) -> None:
        world.outbox.stirred = False
        self.stirred.add(world.name)

    def take_over(self, wall: float) -> None:
        """Look for webhooks that a process which is gone was to send."""
        with self.lock, suppress(Refusal):
            self.stirred |= self.store.owing(wall)

    def _replayer(self, world: World) -> Replayer:
        """Return what answers as this mock would, with `world` alone."""
        double = copy(self)
        double.store = MemoryStore()
        double.stirred = set()
        double.store.set_limits(self.settings.limits)
        double.store.add(world)
        double.gateway = _gateway(self.settings, self.contract, double.store, self._defect)
        double.control = replace(self.control, store=double.store, replaying=True)
        return double.answer

    def short(self, request: Request) -> bool:
        """Return True if the answer to a control request takes little time to make."""
        return not self.control.is_long(request)

    def in_parts(self, request: Request) -> bool:
        """Return True if the answer is one of those of which Flask sends parts (206)."""
        methods, _ = self.control.front.routes.find(request.path)
        return any("206" in operation.responses for operation in methods.values())

    def look(self, on: Hold | Stream, wall: float) -> Answer | None:
        """Return the answer that is held, if it is due at the wall instant; find what is new for a stream.

        While the store is unreachable, what waits goes on waiting.
        """
        with self.lock, suppress(Refusal):
            try:
                return on.look(wall)
            except Refusal:
                raise
            except Exception as crash:  # noqa: BLE001 - it ends what waits, like a 500, and nothing else
                on.broken = True
                return self.control.front.crash_answer(_WAITING, crash, {})
        return None

    def piece(self, stream: Stream, wall: float, *, full: bool = False) -> bytes | None:
        """Return what the stream is to write of what was found, None at its end; `full` is as in `Stream`."""
        with self.lock:
            try:
                return None if stream.broken else stream.piece(wall, full=full)
            except Exception as crash:  # noqa: BLE001 - as above
                stream.broken = True
                self.control.front.crash_answer(_WAITING, crash, {})
                return None

    def operation_of(self, request: Request) -> str:
        """Return the id of the operation that a control request asks for, or an empty text."""
        methods, _ = self.control.front.routes.find(request.path)
        found = methods.get("GET" if request.method == "HEAD" else request.method)
        return found.id if found else ""

    def body_limit(self, path: str) -> int:
        """Return the longest body (bytes) that a request to this path may have."""
        return (self.control.front if path.startswith(PREFIX) else self.gateway.front).longest(path)

    def crash_answer(self, request: Request, crash: Exception) -> Answer:
        """Answer a request whose answering failed outside of `answer`."""
        front = self.control.front if request.path.startswith(PREFIX) else self.gateway.front
        return front.crash_answer(request, crash, {})

    def limit_answer(self, path: str, name: str, most: int) -> Answer:
        """Answer what would be more than a limit allows; `path` says in which API's words."""
        front = self.control.front if path.startswith(PREFIX) else self.gateway.front
        remedy = f"Repeat the request soon, or start the server with a higher --limit {name}."
        return front.refuse(Refusal(CROWDED, expected=f"{most} {unit_of(name)}", remedy=remedy), {})

    def refusal_text(self, request: Request, answer: Answer) -> str:
        """Return why a request was refused, in the words that its client got."""
        front = self.control.front if request.path.startswith(PREFIX) else self.gateway.front
        return front.refusal_text(answer.body)

    def malformed_answer(self, received: str, wall: float) -> Answer:
        """Answer what was no HTTP at all; it belongs to no world, and the body of its journal entry says why."""
        answer = self.gateway.front.refuse(Refusal(MALFORMED_REQUEST, received=received), {})
        request = Request("GET", "", body=received.encode())

        def note(_: None, wall: float) -> None:
            self.store.strays.add(wall, REAL, request, answer)

        with self.lock, suppress(Refusal):
            self.store.run(note, None, wall)
        return answer
