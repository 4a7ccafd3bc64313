"""The store in memory: the worlds of this process and the keys that name them."""

from collections.abc import Callable, Iterable, Sequence
from secrets import token_hex
from typing import TypeVar

from covermock.openapi import excerpt, first_repeat

from ..limits import Limits
from ..world.account import Account
from ..world.journal import Journal
from ..world.world import World

IDLE_SECONDS = 3600.0  # a made world that nobody used for so long (wall) is abandoned, unless it says otherwise
_SWEEP_SECONDS = 1.0

Subject = TypeVar("Subject")
Result = TypeVar("Result")


class TakenError(ValueError):
    """A name or key that belongs to another world; `kind` says which of the two, `name` which one, `world` whose."""

    def __init__(self, kind: str, name: str, world: str = "") -> None:
        super().__init__(f"expected a new {kind}, received {excerpt(name)}, which is in use; choose another")
        self.kind = kind
        self.name = name
        self.world = world


class MemoryStore:
    """Worlds by name; every key belongs to one account of one world.

    Worlds that were made over the control API are dropped when abandoned: looked for when another is made, never
    in a request. `strays` is the journal of requests that belong to no world.
    """

    far = False

    def __init__(self) -> None:
        self._worlds: dict[str, World] = {}
        self._keys: dict[str, tuple[World, Account]] = {}
        self._used: dict[str, float] = {}  # when a world was used last, by the wall; of those that may be abandoned
        self._made = 0
        self._limits = Limits()
        self._swept = 0.0
        self.strays = Journal()
        self.find_key = self._keys.get
        self.world = self._worlds.get

    def run(self, work: Callable[[Subject, float], Result], subject: Subject, wall: float) -> Result:
        """Do one step of work on worlds: here, simply do it."""
        return work(subject, wall)

    def run_each(
        self, work: Callable[[Subject, float], Result], subjects: Sequence[Subject], wall: float
    ) -> list[Result | Exception]:
        """Do the work for each subject."""
        found: list[Result | Exception] = []
        for subject in subjects:
            try:
                found.append(work(subject, wall))
            except Exception as crash:  # noqa: BLE001 - the caller answers it
                found.append(crash)
        return found

    def start_with(self, world: World) -> None:
        """Store the world that the server was started with."""
        self.add(world)

    def ready(self) -> None:
        """Make sure that worlds can be reached; here they always can."""

    def close(self) -> None:
        """Let go of all that waits for worlds: they are gone."""
        self._used.clear()
        for world in self.worlds():
            self._drop(world)

    def owing(self, wall: float) -> set[str]:  # noqa: ARG002 - as the port has it
        """Return the names of the worlds that owe webhooks at which nobody has looked yet, such as those of a fork."""
        return {world.name for world in self.worlds() if world.outbox.stirred}

    def worlds(self) -> Iterable[World]:
        return list(self._worlds.values())

    def names(self) -> list[str]:
        return list(self._worlds)

    def new_name(self) -> str:
        while True:
            self._made += 1
            if f"w{self._made}" not in self._worlds:
                return f"w{self._made}"

    def add(self, world: World) -> None:
        if world.name in self._worlds:
            raise TakenError("name", world.name)
        self._claim(world)

    def replace(self, world: World) -> None:
        old = self._worlds.get(world.name)
        self._refuse_names_in_use(world, old)
        if old is not None:
            self._drop(old)
        self._take(world)

    def remove(self, name: str) -> None:
        self._drop(self._worlds[name])
        self._used.pop(name, None)

    def note_use(self, world: World, wall: float) -> None:
        if world.name in self._used:
            self._used[world.name] = wall

    def set_limits(self, limits: Limits) -> None:
        self._limits = limits
        self.strays.room = limits.journal_bytes

    def has_room(self, wall: float) -> bool:
        """Return True if one more world may be made; those that were abandoned are dropped first, once in a while."""
        if wall >= self._swept + _SWEEP_SECONDS:
            self._swept = wall
            for name in [name for name, used in self._used.items() if used < wall - self._patience(name)]:
                self.remove(name)
        return len(self._worlds) < self._limits.worlds

    def note_creation(self, world: World, wall: float) -> None:
        self._used[world.name] = wall

    def _patience(self, name: str) -> float:
        seconds: float = self._worlds[name].spec.get("idle_seconds", IDLE_SECONDS)
        return seconds

    def _claim(self, world: World) -> None:
        self._refuse_names_in_use(world, None)
        self._take(world)

    def _refuse_names_in_use(self, world: World, old: World | None) -> None:
        keys = [account.key for account in world.accounts.values()]
        twice = first_repeat(keys)
        if twice is not None:
            raise TakenError("key", twice)
        for key in keys:
            owner = self._keys.get(key)
            if owner is not None and owner[0] is not old:
                raise TakenError("key", key)

    def _take(self, world: World) -> None:
        world.mark = token_hex(8)
        world.set_limits(self._limits)
        self._worlds[world.name] = world
        self._keys |= {account.key: (world, account) for account in world.accounts.values()}

    def _drop(self, world: World) -> None:
        world.gone = True
        world.version += 1
        del self._worlds[world.name]
        for account in world.accounts.values():
            del self._keys[account.key]
