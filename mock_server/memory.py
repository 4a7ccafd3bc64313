"""The store in memory: the worlds of this process and the keys that name them."""

from collections import OrderedDict
from collections.abc import Iterable

from covermock.openapi import shown

from .accounts import Account
from .journal import Journal
from .worlds import World

WORLDS = 10_000  # how many made worlds are kept; the longest unused goes first
IDLE_SECONDS = 3600.0  # a made world that nobody used for so long (wall) is abandoned


class TakenError(ValueError):
    """A name or key that belongs to another world; `kind` says which of the two, `name` which one."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"expected a new {kind}, received {shown(name)}, which is in use; choose another")
        self.kind = kind
        self.name = name


class MemoryStore:
    """Worlds by name; every key belongs to one account of one world.

    Worlds that were made over the control API are dropped when abandoned: looked for when another is made, never
    in a request. `strays` is the journal of requests that belong to no world.
    """

    def __init__(self) -> None:
        self._worlds: dict[str, World] = {}
        self._keys: dict[str, tuple[World, Account]] = {}
        self._used: OrderedDict[str, float] = OrderedDict()
        self._made = 0
        self.strays = Journal()

    def find_key(self, key: str) -> tuple[World, Account] | None:
        """Return the world and account that the key names, or None."""
        return self._keys.get(key)

    def world(self, name: str) -> World | None:
        """Return the world of that name, or None."""
        return self._worlds.get(name)

    def worlds(self) -> Iterable[World]:
        """Return all worlds, oldest first."""
        return list(self._worlds.values())

    def new_name(self) -> str:
        """Return a name that no world has had."""
        while True:
            self._made += 1
            if f"w{self._made}" not in self._worlds:
                return f"w{self._made}"

    def add(self, world: World) -> None:
        """Take a world in. Raises `TakenError` when its name or a key of it is in use; nothing is changed then."""
        if world.name in self._worlds:
            raise TakenError("name", world.name)
        self._claim(world)

    def replace(self, world: World) -> None:
        """Put a world in the place of the one that has its name, if there is one."""
        old = self._worlds.get(world.name)
        if old is not None:
            self._drop(old)
        try:
            self._claim(world)
        except TakenError:
            if old is not None:
                old.gone = False
                self._claim(old)
            raise

    def remove(self, name: str) -> None:
        """Delete the world of that name, and its keys. Raises `KeyError` when there is none."""
        self._drop(self._worlds[name])
        self._used.pop(name, None)

    def used(self, world: World, wall: float) -> None:
        """Note that a made world is in use."""
        if world.name in self._used:
            self._used[world.name] = wall
            self._used.move_to_end(world.name)

    def expire(self, made: World, wall: float) -> None:
        """Note that a world was made at the wall instant, and drop those that were abandoned before."""
        self._used[made.name] = wall
        while len(self._used) > WORLDS or next(iter(self._used.values())) < wall - IDLE_SECONDS:
            self.remove(next(iter(self._used)))

    def _claim(self, world: World) -> None:
        keys = [account.key for account in world.accounts.values()]
        for key in keys:
            if key in self._keys or keys.count(key) > 1:
                raise TakenError("key", key)
        self._worlds[world.name] = world
        self._keys |= {account.key: (world, account) for account in world.accounts.values()}

    def _drop(self, world: World) -> None:
        world.gone = True
        world.version += 1
        del self._worlds[world.name]
        for account in world.accounts.values():
            del self._keys[account.key]
