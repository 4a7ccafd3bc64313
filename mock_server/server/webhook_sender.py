"""Sends webhooks: a thread with a loop of its own, so that no slow receiver holds anything that requests need."""

import asyncio
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from ..http.errors import Refusal
from ..mock import Mock
from ..world.webhook import SENDING, Attempt, Delivery, attempted, blocked, ready
from ..world.webhook_due import next_webhook, settle
from ..world.world import World
from .webhook_post import BlockedError, checked, post, signature

if TYPE_CHECKING:
    import httpx

_LONGEST_NAP = 3600.0
_SHORTEST_NAP = 0.0005  # a due instant that rounding has put a little ahead is not looked at in a circle
_AWAY_SECONDS = 1.0  # until the next look at a store that is away
_POLICY = {"repeat_after": [], "answer_within": 15}
Claim = tuple[World, Delivery, bytes]


class _Running(NamedTuple):
    loop: asyncio.AbstractEventLoop
    work: "asyncio.Task[None]"
    poked: asyncio.Event


class Courier:
    """Delivers the webhooks of a mock. `allowed` are hosts besides loopback; `wall` tells the time.

    The thread is started by the first `poke`, and ends with `stop`. It looks at the worlds that the mock says were
    stirred, and at those whose next webhook is due; all others cost nothing.
    """

    def __init__(self, mock: Callable[[], Mock], allowed: Collection[str] = (), wall: Callable[[], float] = time.time):
        self._mock = mock
        self._allowed = frozenset(host.lower() for host in allowed)
        self._wall = wall
        self._thread: threading.Thread | None = None
        self._running: _Running | None = None
        self._lock = threading.Lock()
        self._stopping = False
        self._due: dict[str, float] = {}  # by world, the wall instant of its next look
        self._sending: set[Delivery] = set()
        self._queues: dict[str, asyncio.Lock] = {}  # by world, so that its webhooks go one after the other

    def poke(self) -> None:
        """Look again at what is due: something has changed."""
        with self._lock:
            if self._thread is None and not self._stopping:
                self._thread = threading.Thread(target=self._live, name="courier", daemon=True)
                self._thread.start()
        self._call(lambda running: running.poked.set())

    def stop(self) -> None:
        """End the thread; what is on its way is dropped."""
        with self._lock:
            self._stopping = True
        self._call(lambda running: running.work.cancel())
        if self._thread is not None:
            self._thread.join(5)

    def _call(self, act: Callable[["_Running"], object]) -> None:
        """Do something in the loop, if it runs already; when it starts it looks at everything anyway."""
        if self._running is not None:
            with suppress(RuntimeError):  # the loop has just been closed
                self._running.loop.call_soon_threadsafe(act, self._running)

    def _live(self) -> None:
        with suppress(asyncio.CancelledError):
            asyncio.run(self._run())

    async def _run(self) -> None:
        import httpx

        work = asyncio.current_task()
        assert work is not None
        self._running = running = _Running(asyncio.get_running_loop(), work, asyncio.Event())
        async with httpx.AsyncClient(trust_env=False, follow_redirects=False) as client:
            sending: set[asyncio.Task[None]] = set()
            while not self._stopping:
                running.poked.clear()
                for claim in self._claim():
                    task = asyncio.ensure_future(self._send(client, *claim))
                    sending.add(task)
                    task.add_done_callback(sending.discard)
                with suppress(TimeoutError):
                    await asyncio.wait_for(running.poked.wait(), self._nap())

    def _nap(self) -> float:
        """Return the seconds until time alone makes a webhook due."""
        until = min(self._due.values(), default=float("inf")) - self._wall()
        return min(max(until, _SHORTEST_NAP), _LONGEST_NAP)

    def _claim(self) -> list[Claim]:
        """Take all that is due now, each once, and note when more will be."""
        mock, wall = self._mock(), self._wall()
        claimed: list[Claim] = []
        with mock.lock:
            names = mock.stirred | {name for name, instant in self._due.items() if instant <= wall}
            mock.stirred.clear()
            for name in names:
                try:
                    claimed += mock.store.run(self._claim_in, name, wall)
                except Refusal:  # the store is away
                    self._due[name] = wall + _AWAY_SECONDS
        self._sending.update(delivery for _, delivery, _ in claimed)
        return claimed

    def _claim_in(self, name: str, wall: float) -> list[Claim]:
        mock = self._mock()
        world = mock.store.world(name)
        claimed = [] if world is None else self._due_in(mock, world, world.clock.now(wall))
        self._note_next(name, world, wall)
        return claimed

    def _due_in(self, mock: Mock, world: World, now: float) -> list[Claim]:
        settle(world, now)
        world.outbox.stirred = False
        due = world.outbox.due.values()
        if any(one.state == SENDING and one not in self._sending for one in due):
            return []  # another process sends one, and will look for the next when that has gone out: order is kept
        found = ready(due, now)
        for delivery in found:
            delivery.state = SENDING
        return [(world, delivery, mock.gateway.callback(world, delivery, now)) for delivery in found]

    def _note_next(self, name: str, world: World | None, wall: float) -> None:
        """Note the wall instant at which time alone makes a webhook of this world due, if it ever does."""
        self._due.pop(name, None)
        if world is None or not world.outbox.open:
            self._queues.pop(name, None)
            return
        now = world.clock.now(wall)
        instant = next_webhook(world, now)
        at = None if instant is None else world.clock.wall_at(max(instant, now))
        if at is not None:
            self._due[name] = at

    async def _send(self, client: "httpx.AsyncClient", world: World, delivery: Delivery, body: bytes) -> None:
        """Send one webhook, in its world's order, and record what came of it."""
        async with self._queues.setdefault(world.name, asyncio.Lock()):
            policy = self._policy(delivery)
            within, again = policy["answer_within"], policy["repeat_after"]
            headers = signature(world.spec.get("callback_secret"), body)
            try:
                async with asyncio.timeout(within):
                    route = await checked(delivery.url, self._allowed)
                    status, problem = await post(client, route, body, headers, within)
            except BlockedError as refused:
                reason = str(refused)
                self._record(world, delivery, lambda now: blocked(delivery, now, reason))
                return
            except TimeoutError:
                status, problem = None, f"expected an answer within {within:g} s, received none"
            except Exception as error:  # noqa: BLE001 - whatever a receiver does is a fact to record
                status, problem = None, f"{type(error).__name__}: {error}".rstrip(": ")
            self._record(world, delivery, lambda now: attempted(delivery, Attempt(now, status, problem), again))

    def _policy(self, delivery: Delivery) -> Any:
        callback = self._mock().contract.operation(delivery.operation).callback
        return callback[1].get("x-delivery", _POLICY) if callback else _POLICY

    def _record(self, world: World, delivery: Delivery, note: Callable[[float], None]) -> None:
        mock = self._mock()

        def noted(_: None, wall: float) -> None:
            if mock.store.world(world.name) is world:
                note(world.clock.now(wall))
                world.outbox.attempts += 1
                delivery.attempts[-1].number = world.outbox.attempts
                world.outbox.note(delivery)
                world.version += 1

        with mock.lock, suppress(Refusal):  # where the store is away the webhook is sent once more
            self._sending.discard(delivery)
            mock.stirred.add(world.name)
            mock.store.run(noted, None, self._wall())
        self.poke()
