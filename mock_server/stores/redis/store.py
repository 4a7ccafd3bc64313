"""The store in Redis: the same rules, done on what this process knows, taken in by Redis if that was still so.

If it was not, the step is done again on what Redis says. So a usual request is one round trip.
"""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from covermock.openapi import Contract

from ...http.messages import Answer
from ...limits import Limits
from ...world.account import Account
from ...world.journal import CAPACITY
from ...world.webhook import policy
from ...world.world import World
from ..memory import IDLE_SECONDS, TakenError
from .change import Change, creation, sums
from .knowledge import AgainError, Knowledge
from .link import Link, StoreAwayError
from .parts import SharedJournal
from .pulse import Pulse
from .scripts import COMMIT, CREATE, OPEN, REMOVE, STRAY, TAIL
from .shared import SharedWorld

LEASE: Final = 15.0  # seconds beyond a receiver's own, after which a webhook of which its sender is silent is sent anew
_TRIES = 200  # of one step; each that fails means that another one's was taken in
_USED = 60.0  # seconds between two notes that a made world is in use
_BEHIND = 0.005  # seconds by which clocks may differ

Subject = TypeVar("Subject")
Result = TypeVar("Result")


@dataclass(slots=True)
class _Step:
    """What one step has met. `exchange`: a request of the gateway, which must rest on nothing that has changed.

    Outside of `run` there is no step, and each look is a fresh one.
    """

    running: bool = False
    exchange: bool = False
    control: bool = False
    worlds: dict[str, SharedWorld] = field(default_factory=dict)


class RedisStore:
    """Worlds in Redis, by name and key; the same as `MemoryStore` to those who use it, under the mock's lock.

    `ahead` is how far Redis's clock is ahead of this process's, so that all processes tell the same time.
    """

    def __init__(self, url: str, contract: Contract, lease: float = LEASE) -> None:
        self.link = Link(url, self._connected)
        self.ahead = 0.0
        answers = (policy(contract, one.id)["answer_within"] for one in contract.operations if one.callback)
        self._lease = lease + max(answers, default=0.0)
        self._step = _Step()
        self._knowledge = Knowledge(self.link, contract, self._meet, lambda: self._step.exchange)
        self._pulse = Pulse(self.link)
        self._first: World | None = None
        self._limits = Limits()
        self.strays = SharedJournal(lambda seen: self._stray_tail(seen))  # noqa: PLW0108 - the method is bound later

    # What the mock asks.

    def run(self, work: Callable[[Subject, float], Result], subject: Subject, wall: float) -> Result:
        """Return what `work(subject, wall)` returns once all that it changed is in Redis, or nothing of it.

        Raises `StoreAwayError`; then nothing of it was taken in, unless Redis went away in the midst of it.
        """
        try:
            for _ in range(_TRIES):
                self._begin()
                try:
                    result = work(subject, wall + self.ahead)
                    done = self._committed()
                except BaseException as trouble:
                    self._revert()
                    if isinstance(trouble, AgainError):
                        continue
                    raise
                if done:
                    return self._watched(result)  # type: ignore[no-any-return]
        finally:
            self._step = _Step()
        raise StoreAwayError(TimeoutError(f"{_TRIES} steps of others came first"))

    def found(self, world: World) -> None:
        """Take in the world that the server was started with, unless there is one of that name.

        So it is, too, when a Redis comes back that has lost everything.
        """
        self._first = world
        self.ready()
        if self.link.script(OPEN, "name", world.name, "", "") is None:
            self._create(world, replace=False)

    def ready(self) -> None:
        """Make sure that Redis answers. Raises `StoreAwayError`."""
        self.link.command("PING")

    def find_key(self, key: str) -> tuple[World, Account] | None:
        """Return the world and account that the key names, or None."""
        owner = self._knowledge.owner(key)
        if owner is None:
            return None
        world, account = owner
        if not self._step.control:
            self._step.exchange = True
            self._meet(world)
        return world, world.accounts[account]

    def world(self, name: str) -> World | None:
        """Return the world of that name, or None; with all that has happened to it."""
        if not name:
            return None
        met = self._step.worlds.get(name) if self._step.running else None
        if met is None:
            self._step.control = True
            met = self._knowledge.open(name)
        return met

    def worlds(self) -> Iterable[World]:
        """Return all worlds, oldest first."""
        names = self.link.command("HGETALL", "covermock:worlds")
        pairs = sorted(zip(names[1::2], names[::2], strict=True), key=lambda pair: int(pair[0].partition(b"-")[0]))
        found = (self.world(name.decode()) for _, name in pairs)
        return [world for world in found if world is not None]

    def names(self) -> list[str]:
        """Return the names of all worlds."""
        return [name.decode() for name in self.link.command("HKEYS", "covermock:worlds")]

    def new_name(self) -> str:
        """Return a name that no world has had."""
        while True:
            name = f"w{self.link.command('INCR', 'covermock:made')}"
            if not self.link.command("HEXISTS", "covermock:worlds", name):
                return name

    def add(self, world: World) -> None:
        """Take a world in. Raises `TakenError` when its name or a key of it is in use; nothing is changed then."""
        self._create(world, replace=False)

    def replace(self, world: World) -> None:
        """Put a world in the place of the one that has its name, if there is one. Raises `TakenError`, as `add`."""
        self._create(world, replace=True)

    def remove(self, name: str) -> None:
        """Delete the world of that name, and its keys. Raises `KeyError` when there is none."""
        self._step.worlds.pop(name, None)
        if not self.link.script(REMOVE, name):
            raise KeyError(name)

    def used(self, world: World, wall: float) -> None:
        """Note that a made world is in use, once in a while."""
        if isinstance(world, SharedWorld) and wall >= world.used + _USED:
            world.used = wall
            self.link.command("ZADD", "covermock:used", "XX", wall + _patience(world), world.name)

    def bound(self, limits: Limits) -> None:
        """Hold worlds and journals to these limits."""
        self._limits = limits

    def has_room(self, wall: float) -> bool:
        """Return True if one more world may be made; those that were abandoned are dropped first."""
        for name in self.link.command("ZRANGEBYSCORE", "covermock:used", "-inf", f"({wall}"):
            self.link.command("ZREM", "covermock:used", name)
            self.link.script(REMOVE, name)
        return int(self.link.command("HLEN", "covermock:worlds")) < self._limits.worlds

    def note_made(self, world: World, wall: float) -> None:
        """Note that a world was made at the wall instant, so that it is dropped once nobody has used it for long."""
        self.link.command("ZADD", "covermock:used", wall + _patience(world), world.name)

    def close(self) -> None:
        """Let go of the connection; whoever asks again gets a new one."""
        self.link.close()

    def owing(self) -> set[str]:
        """Return the names of the worlds that owe webhooks, whoever has accepted their tasks."""
        found = (self.link.command("HGET", f"covermock:{uid.decode()}:facts", "name") for uid in self._owing())
        return {name.decode() for name in found if name}

    # One step.

    def _begin(self) -> None:
        self._step = _Step(running=True)
        self.strays.current = False
        self.strays.fresh.clear()

    def _meet(self, world: SharedWorld) -> None:
        """Let the step look at a world."""
        if world.name not in self._step.worlds or not self._step.running:
            world.limits = self._limits
            wall = time.time() + self.ahead
            world.begin_step(wall, wall + self._lease)
            self._step.worlds[world.name] = world

    def _revert(self) -> None:
        for world in self._step.worlds.values():
            world.revert()

    def _committed(self) -> bool:
        """Tell whether Redis has taken in what the step has done."""
        for entry in self.strays.fresh:
            self.link.script(STRAY, 1000, entry)
        return all(self._commit(world) for world in self._step.worlds.values())

    def _commit(self, world: SharedWorld) -> bool:
        step = Change(world, exchange=self._step.exchange)
        if step.idle:
            return True
        answer = self.link.script(COMMIT, CAPACITY, self._limits.journal_bytes, world.uid, *step.words())
        if answer[0] == 1:
            step.taken_in(answer)
            return True
        world.revert()
        if answer[0] == -1:
            self._knowledge.forget(world)
            return not self._step.exchange
        world.adopt(zip((field.decode() for field in answer[1][::2]), answer[1][1::2], strict=True))
        world.count(sums(answer[2]))
        return False

    def _watched(self, result: Any) -> Any:
        """Return an answer that is held back so that it is looked at when another process has done something."""
        if not isinstance(result, Answer) or not (result.hold or result.stream) or not self._step.worlds:
            return result
        world = next(iter(self._step.worlds.values()))

        def fresh(look: Callable[[float], Any]) -> Callable[[float], Any]:
            def refreshed(_: None, wall: float) -> Any:
                self._refresh(world)
                return look(wall)

            return lambda wall: self.run(refreshed, None, wall)

        def watched(on: Any) -> Any:
            again = lambda wall: on.again(wall + self.ahead) - self.ahead  # noqa: E731 - Redis's time is told inside
            return on and replace(on, look=fresh(on.look), again=again, version=lambda: self._pulse.of(world))

        stream = watched(result.stream)
        if stream:
            piece = stream.piece
            stream.piece = lambda wall, *, full=False: piece(wall + self.ahead, full=full)
        return replace(result, hold=watched(result.hold), stream=stream)

    # What Redis says.

    def _refresh(self, world: SharedWorld) -> None:
        """Bring a world up to date that somebody waits for; one that is away stays as it is."""
        self._step.control = True
        self._meet(world)
        if not world.gone:
            try:
                self._knowledge.sync(world)
            except StoreAwayError:
                world.current = True

    def _stray_tail(self, seen: int) -> tuple[int, list[bytes], float]:
        total, rows = self.link.script(TAIL, "", "strays", seen)
        return total, rows, time.time() + self.ahead

    def _owing(self) -> list[bytes]:
        uids: list[bytes] = self.link.command("SMEMBERS", "covermock:owing")
        return uids

    def _create(self, world: World, *, replace: bool) -> None:
        keys = {account.key: name for name, account in world.accounts.items()}
        if len(keys) < len(world.accounts):
            every = [account.key for account in world.accounts.values()]
            raise TakenError("key", next(key for key in every if every.count(key) > 1))
        self._step.worlds.pop(world.name, None)
        words = creation(world, keys)
        answer = self.link.script(CREATE, os.urandom(4).hex(), world.name, int(replace), *words)
        if len(answer) > 1:
            raise TakenError(answer[0].decode(), answer[1].decode())

    def _connected(self, link: Link) -> None:
        """Tell the time as Redis does, and put the first world into a Redis that has lost everything."""
        before = time.time()
        seconds, micros = link.command("TIME")
        ahead = int(seconds) + int(micros) / 1e6 - (before + time.time()) / 2
        self.ahead = ahead if abs(ahead) > _BEHIND else 0.0
        if self._first is not None and not link.command("EXISTS", "covermock:seq"):
            self._create(self._first, replace=False)


def _patience(world: World) -> float:
    seconds: float = world.spec.get("idle_seconds", IDLE_SECONDS)
    return seconds


__all__ = ["LEASE", "RedisStore"]
