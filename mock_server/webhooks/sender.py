"""Sends webhooks: a thread with a loop of its own, so that no slow receiver holds anything that requests need."""

import asyncio
import logging
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import NamedTuple

from ..http.errors import Refusal
from ..mock import Mock
from ..real_time import run
from ..real_time import wall as real_wall
from ..world.webhook import (
    Attempt,
    Delivery,
    claim_delivery,
    policy,
    record_attempt,
    record_block,
    record_loss,
    release_delivery,
)
from ..world.webhook_due import due_in
from ..world.world import World
from .agenda import Agenda
from .post import ReceiverError, post, shorten, signature
from .route import Addresses, BlockedError, destination, host_of, lookup
from .turns import Turns

_log = logging.getLogger("covermock")
_LONGEST_NAP = 1.0  # seconds: a wall clock that jumps, or a world that is deleted, is noticed after so long
_SHORTEST_NAP = 0.0005  # seconds: an instant that rounding has put a little ahead is not looked at in a circle
_RETRY_SECONDS = 1.0  # until the next look at a store that is unreachable
_LOOKUP_SECONDS = 10.0  # to find the address of a receiver; the time of its answer counts from the connection
Act = Callable[[float], None]
"""Notes what came of a try, at the world's time."""


class Claim(NamedTuple):
    """A webhook that this process is to send, and its body."""

    world: World
    delivery: Delivery
    body: bytes


class _Running(NamedTuple):
    loop: asyncio.AbstractEventLoop
    work: "asyncio.Task[None]"
    poked: asyncio.Event


class Courier:
    """Delivers the webhooks of a mock. `allowed` are hosts besides loopback; `wall` tells the time.

    The thread is started by the first `poke`, and ends with `stop`. It looks at the worlds that the mock says were
    stirred, and at those whose next webhook is due; all others cost nothing. What is due waits in its world's outbox
    until it is claimed, and is claimed only when it is sent at once.
    """

    def __init__(self, mock: Callable[[], Mock], allowed: Collection[str] = (), wall: Callable[[], float] = real_wall):
        self._mock = mock
        self._allowed = frozenset(host.lower() for host in allowed)
        self._wall = wall
        self._thread: threading.Thread | None = None
        self._running: _Running | None = None
        self._lock = threading.Lock()
        self._stopping = False
        self._due: dict[str, float] = {}  # by world, the wall instant of its next look
        self._turns = Turns()
        self._agendas: dict[str, Agenda] = {}
        self._jobs: dict[asyncio.Task[None], World] = {}
        self._crowded = False

    def poke(self) -> None:
        """Look again at what is due: something has changed."""
        with self._lock:
            if self._thread is None and not self._stopping:
                self._thread = threading.Thread(target=self._live, name="courier", daemon=True)
                self._thread.start()
        self._call(lambda running: running.poked.set())

    def stop(self) -> None:
        """End the thread; what is on its way is given back, for another process to send."""
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
            run(self._run())

    async def _run(self) -> None:
        work = asyncio.current_task()
        assert work is not None
        self._running = running = _Running(asyncio.get_running_loop(), work, asyncio.Event())
        while not self._stopping:
            running.poked.clear()
            for claim in self._claim():
                job = asyncio.ensure_future(self._send(claim))
                self._jobs[job] = claim.world
                job.add_done_callback(self._jobs.pop)
            for job in [job for job, world in self._jobs.items() if world.gone]:
                job.cancel()
            for name in [name for name, agenda in self._agendas.items() if agenda.world.gone]:
                del self._agendas[name]  # else a world that was deleted would be kept whole
            with suppress(TimeoutError):
                await asyncio.wait_for(running.poked.wait(), self._nap())

    def _nap(self) -> float | None:
        """Return the seconds until the next look; None where only a poke brings one."""
        if not self._due and not self._jobs and not self._agendas:
            return None
        until = min(self._due.values(), default=float("inf")) - self._wall()
        return min(max(until, _SHORTEST_NAP), _LONGEST_NAP)

    def _claim(self) -> list[Claim]:
        """Claim what is due and can be sent at once, in turns: no world's webhooks have to wait for another's."""
        mock, wall = self._mock(), self._wall()
        with mock.lock:
            self._turns.want(mock.stirred)
            mock.stirred.clear()
        self._turns.want([name for name, instant in self._due.items() if instant <= wall])
        limit = mock.settings.limits.webhooks
        claims: list[Claim] = []
        while turns := self._turns.take(limit):
            for name, most in turns:
                claims += self._claim_of(mock, name, wall, most)
        if self._turns.crowded and not self._crowded:
            _log.warning("webhooks wait for their turn: %d at a time go out (--limit webhooks=%d)", limit, limit)
        self._crowded = self._turns.crowded
        return claims

    def _claim_of(self, mock: Mock, name: str, wall: float, most: int) -> list[Claim]:
        """Claim what is due in one world; while there is more it gets another turn."""
        try:
            with mock.lock:
                claims = mock.store.run(lambda _, wall: self._claim_in(mock, name, wall, most), None, wall)
        except Refusal:  # the store is unreachable
            self._due[name] = wall + _RETRY_SECONDS
            return []
        except Exception:  # noqa: BLE001 - the others' webhooks go on
            _log.exception("the webhooks of world %r can't be sent", name)
            self._due.pop(name, None)
            return []
        for claim in claims:
            self._agendas[name].take(claim.delivery)
        self._turns.begin(name, len(claims), more=len(claims) == most)
        return claims

    def _claim_in(self, mock: Mock, name: str, wall: float, most: int) -> list[Claim]:
        world = mock.store.world(name)
        if world is None or not world.outbox.open:
            self._due.pop(name, None)
            self._agendas.pop(name, None)
            return []
        now, outbox = world.clock.now(wall), world.outbox
        agenda = self._agenda(name, world)
        for delivery in agenda.look(now):
            record_loss(delivery, now)
            outbox.note(delivery)
        heads = list(agenda.heads(now, most))
        claims = [Claim(world, delivery, mock.gateway.callback(world, delivery, now)) for delivery in heads]
        for delivery in heads:
            claim_delivery(delivery, now + (due_in(world, delivery, now) or 0.0))
            outbox.note(delivery)
        outbox.stirred = False
        self._note_next(name, world, agenda)
        return claims

    def _agenda(self, name: str, world: World) -> Agenda:
        agenda = self._agendas.get(name)
        if agenda is None or agenda.world is not world:
            agenda = self._agendas[name] = Agenda(world)
            world.outbox.stir()
        return agenda

    def _note_next(self, name: str, world: World, agenda: Agenda) -> None:
        """Note the wall instant at which time alone makes a webhook of this world due, if it ever does."""
        at = None if agenda.next is None else world.clock.wall_at(agenda.next)
        if at is None:
            self._due.pop(name, None)
        else:
            self._due[name] = at

    async def _send(self, claim: Claim) -> None:
        """Send one webhook, and record what came of it. Its room is free once its lookup has ended, too."""
        world, delivery = claim.world, claim.delivery
        addresses = lookup(host_of(delivery.url))
        act: Act = lambda _: release_delivery(delivery)  # noqa: E731 - unless there is an outcome
        try:
            act = await self._outcome(claim, addresses)
        finally:
            if addresses.done():
                self._turns.end(world.name)
            else:
                addresses.add_done_callback(lambda _: self._turns.end(world.name))
            self._agendas.get(world.name, Agenda(world)).under_way.discard(delivery)
            self._record(world, delivery, act)

    async def _outcome(self, claim: Claim, addresses: Addresses) -> Act:
        """Try once; return what is to be noted of it."""
        delivery = claim.delivery
        rules = policy(self._mock().contract, delivery.operation)
        headers = signature(claim.world.spec.get("callback_secret"), claim.body)
        status, expected, within = None, "an address", _LOOKUP_SECONDS
        try:
            async with asyncio.timeout(within):
                found = await asyncio.shield(addresses)
            expected, within = "an answer", rules["answer_within"]
            route = destination(delivery.url, found, self._allowed)
            status, problem = await post(route, claim.body, headers, within)
        except BlockedError as refused:
            reason = shorten(str(refused))
            return lambda now: record_block(delivery, now, reason)
        except TimeoutError:
            problem = f"expected {expected} within {within:g} s, received none"
        except ReceiverError as error:
            problem = shorten(str(error))
        except Exception as error:  # noqa: BLE001 - whatever a receiver does is a fact to record
            problem = shorten(f"{type(error).__name__}: {error}".rstrip(": "))
        return lambda now: record_attempt(delivery, Attempt(now, status, problem), rules["repeat_after"])

    def _record(self, world: World, delivery: Delivery, act: Act) -> None:
        mock = self._mock()

        def note(_: None, wall: float) -> None:
            if mock.store.world(world.name) is world:
                act(world.clock.now(wall))
                world.outbox.note(delivery)
                world.version += 1

        with mock.lock, suppress(Refusal):  # where the store is unreachable the webhook is sent once more
            mock.stirred.add(world.name)
            mock.store.run(note, None, self._wall())
        self.poke()
