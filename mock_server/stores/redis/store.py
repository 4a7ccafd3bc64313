"""The store in Redis: the same rules, done on what this process knows, committed by Redis if that was still so.

If it was not, the step is done again on what Redis says. So a usual request is one round trip.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

from covermock.openapi import Contract

from ...http.errors import Refusal
from ...http.messages import Answer
from ...limits import Limits
from ...world.account import Account
from ...world.webhook import policy
from ...world.world import World
from . import names
from .connection.link import Link, StoreUnreachableError
from .connection.times import SharedTime
from .first import First
from .knowledge import ForeignWorldError, Knowledge, RetryError
from .making import ANY, REMOVE, LostError, make
from .parts import SharedJournal
from .pulse import Look, Pulse, watch
from .scripts import TAIL
from .shared import SharedWorld
from .step import Outcomes, Step, commit, is_done

LEASE: Final = 15.0  # seconds beyond a receiver's own, after which a webhook of which its sender is silent is sent anew
_TRIES = 200  # of one step; each that fails means that another process committed first
_PATIENCE = 5.0  # seconds for all of them
_USED = 60.0  # seconds between two notes that a made world is in use

Subject = TypeVar("Subject")
Result = TypeVar("Result")


class RedisStore:
    """Worlds in Redis, by name and key; the same as `MemoryStore` to those who use it, under the mock's lock."""

    far = True

    def __init__(self, url: str, contract: Contract, lease: float = LEASE) -> None:
        self.link = Link(url, self._reconnect)
        self.time = SharedTime()
        self.first = First(self.link, contract, self._now)
        answers = (policy(contract, one.id)["answer_within"] for one in contract.operations if one.callback)
        self._lease = lease + max(answers, default=0.0)
        self._wall = 0.0
        self._step = Step()
        self._knowledge = Knowledge(self.link, contract, self.first.words, self._meet, self._is_strict, self._note_loss)
        self._pulse = Pulse(self.link)
        self._limits = Limits()
        self.strays = SharedJournal(lambda seen: self._stray_tail(seen))  # noqa: PLW0108 - the method is bound later

    # What the mock asks.

    def run(self, work: Callable[[Subject, float], Result], subject: Subject, wall: float) -> Result:
        """Return what `work(subject, wall)` returns once all that it changed is in Redis, or nothing of it.

        Raises `StoreUnreachableError`; then nothing of it was committed, unless Redis was lost in the midst of it.
        """
        found: list[Result] = []

        def attempt(now: float) -> bool:
            result = work(subject, now)
            world = next(iter(self._step.worlds.values()), None)
            if is_done(self._commit()):
                found.append(self._watch(result, world))
            return bool(found)

        self._repeat(attempt, wall)
        return found[0]

    def run_each(
        self, work: Callable[[Subject, float], Result], subjects: Sequence[Subject], wall: float
    ) -> list[Result | Exception]:
        """Return what `work` returns for each subject, or why nothing of it was committed.

        What is about one world is one step; those that Redis refuses are done again. After a crash each is its own.
        """
        found: dict[int, Result | Exception] = {}
        refused = 0

        def attempt(now: float) -> bool:
            nonlocal refused
            rest, before = [n for n in range(len(subjects)) if n not in found], len(found)
            some = rest[: max(len(rest) >> refused // 16, 1)]  # fewer, where others are quicker again and again
            done = [(n, *self._alone(work, subjects[n], now)) for n in some]
            committed = self._commit()
            for n, result, world in done:
                outcome = world is None or committed[world]
                if outcome:
                    found[n] = self._watch(result, world) if outcome is True else outcome
            refused += len(found) == before
            return len(found) == len(subjects)

        try:
            self._repeat(attempt, wall)
        except Exception as crash:  # noqa: BLE001 - `Refusal`, or a defect of ours: the caller answers it
            final = len(subjects) == 1 or isinstance(crash, Refusal)
            missing = [n for n in range(len(subjects)) if n not in found]
            found |= {n: crash if final else self.run_each(work, [subjects[n]], wall)[0] for n in missing}
        return [found[n] for n in range(len(subjects))]

    def _alone(
        self, work: Callable[[Subject, float], Result], subject: Subject, wall: float
    ) -> tuple[Result, SharedWorld | None]:
        """Do one of several subjects' work; return what it gives, and the world that it is about."""
        strays, self._step.latest = len(self.strays.fresh), None
        result = work(subject, wall)
        return result, self._step.latest if len(self.strays.fresh) == strays else None

    def _repeat(self, attempt: Callable[[float], bool], wall: float) -> None:
        """Attempt it until it returns True: all is in Redis. Whatever it raises, what isn't is taken back."""
        self._wall, until = wall, time.monotonic() + _PATIENCE
        try:
            for _ in range(_TRIES):
                self._begin()
                with self._step.undone():
                    if attempt(wall + self.time.ahead):
                        return
                if time.monotonic() > until:
                    break
        finally:
            self._step, self.link.pinned = Step(), False
        raise StoreUnreachableError("one that others change all the while")

    def start_with(self, world: World) -> None:
        """Make the first world, or go on with the one that outlived its server. Raises `UnfitStoreError`, `Refusal`."""
        self._wall = world.clock.wall
        self.first.start_with(world)

    def ready(self) -> None:
        """Make sure that Redis answers, takes writes, and has our tables. Raises `StoreUnreachableError`."""
        self.first.check()

    def find_key(self, key: str) -> tuple[World, Account] | None:
        owner = self._knowledge.owner(key)
        if owner is None:
            return None
        world, account = owner
        if not self._step.control:
            self._step.exchange, self._step.latest = True, world
            self._meet(world)
        return world, world.accounts[account]

    def world(self, name: str) -> World | None:
        """Return the world of that name, or None; with all that has happened to it."""
        if not name:
            return None
        met = self._step.find(name)
        if met is None:
            self._step.control = True
            met = self._knowledge.open(name)
        return met

    def worlds(self) -> Iterable[World]:
        found = []
        for name in self.names():
            with suppress(ForeignWorldError):
                found.append(self.world(name))
        return [world for world in found if world is not None]

    def names(self) -> list[str]:
        self.ready()
        return names.names(self.link)

    def new_name(self) -> str:
        self.ready()
        return names.new_name(self.link)

    def add(self, world: World) -> None:
        self._create(world)

    def replace(self, world: World) -> None:
        self._create(world, ANY)

    def remove(self, name: str) -> None:
        self._step.leave(name)
        self._knowledge.forget_name(name)
        if not self.link.script(REMOVE, name):
            raise KeyError(name)

    def note_use(self, world: World, wall: float) -> None:
        if isinstance(world, SharedWorld) and wall >= world.used + _USED:
            world.used = wall
            names.note_use(self.link, world, wall)

    def set_limits(self, limits: Limits) -> None:
        self._limits = limits

    def has_room(self, wall: float) -> bool:
        """Return True if one more world may be made; those that were abandoned are dropped first."""
        for name in names.idle_names(self.link, wall):
            self._knowledge.forget_name(name)
            self.link.script(REMOVE, name)
        return names.count(self.link) < self._limits.worlds

    def note_creation(self, world: World, wall: float) -> None:
        names.note_use(self.link, world, wall, made=True)

    def close(self) -> None:
        self.link.close()

    def owing(self, wall: float) -> set[str]:
        """Return the names of the worlds that owe webhooks, whoever has accepted their tasks.

        As this is asked for now and then, the time is, too, and whether anything was lost, or deleted by others.
        """
        self._wall = wall
        self.first.check()
        self.time.ask(self.link)
        self._knowledge.forget_gone()
        return names.owing(self.link, self.first.words)

    # One step.

    def _is_strict(self) -> bool:
        """Return True if requests of the gateway were done in this step: they must rest on nothing that has changed."""
        return self._step.running and self._step.exchange

    def _begin(self) -> None:
        """Begin on what Redis says through one connection; without it, whatever needs Redis in this step is refused."""
        self._step, self.link.pinned = Step(running=True), False
        with suppress(StoreUnreachableError):
            self.link.open()
        self.link.pinned = True
        self.strays.current = False
        self.strays.fresh.clear()

    def _meet(self, world: SharedWorld) -> None:
        """Let the step look at a world."""
        if world.uid not in self._step.worlds or not self._step.running:
            world.limits = self._limits
            wall = self.time.now()
            world.begin_step(wall, wall + self._lease)
            self._step.worlds[world.uid] = world

    def _commit(self) -> Outcomes:
        return commit(self.link, self._step, self.strays, self._limits.journal_bytes, self._knowledge.forget)

    def _watch(self, result: Any, world: SharedWorld | None) -> Any:
        """Return an answer that is held back so that it is looked at when another process has done something."""
        if not isinstance(result, Answer) or not (result.hold or result.stream) or world is None:
            return result

        def fresh(look: Look) -> Look:
            def look_again(_: None, wall: float) -> Any:
                self._refresh(world)
                return look(wall)

            return lambda wall: self.run(look_again, None, wall)

        return watch(result, self.time, fresh, lambda: self._pulse.of(world))

    # What Redis says.

    def _refresh(self, world: SharedWorld) -> None:
        """Bring a world up to date that somebody waits for; one that is unreachable stays as it is."""
        self._step.control = True
        self._meet(world)
        if not world.gone:
            try:
                self._knowledge.sync(world)
            except StoreUnreachableError:
                world.make_do()

    def _stray_tail(self, seen: int) -> tuple[int, list[bytes], float]:
        return (*self.link.script(TAIL, "", "strays", seen), self.time.now())

    def _create(self, world: World, replaces: str = "") -> None:
        """Put a world into Redis; where it has lost its tables, there are new ones, and the step begins anew."""
        self._step.leave(world.name)
        facts = (("contract", self.first.words),)
        try:
            make(self.link, self.first.epoch, world, facts, replaces)
        except LostError:
            self.first.check()
            raise RetryError from None

    def _note_loss(self, epoch: str, damaged: bool) -> bool:
        """Make good what Redis has lost; return True if there may be a world where there was none."""
        if damaged:
            self.first.restore(epoch)
        return damaged or (epoch != self.first.epoch and self.first.check())

    def _reconnect(self) -> None:
        """Tell the time as Redis does, and believe only what it says now: it may have lost something."""
        self.time.ask(self.link)
        self.first.introduce()
        self._knowledge.doubt()
        if self.first.epoch:
            self.first.check()

    def _now(self) -> float:
        """Return the last wall instant that this store was told, by the clock that all share."""
        return self._wall + self.time.ahead
