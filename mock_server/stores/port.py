"""The port of the stores: what the mock asks of whatever keeps its worlds. `memory.py` and `redis_store/` answer it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from ..limits import Limits
from ..world.account import Account
from ..world.journal import Journal
from ..world.world import World

Subject = TypeVar("Subject")
Result = TypeVar("Result")


class UnfitStoreError(ValueError):
    """A store in which a server can't start as it is told to; the text says why, and the remedy."""


class Store(Protocol):
    """Worlds by name; every key belongs to one account of one world. One suite of tests holds for all stores.

    A store is used under the mock's lock, and worlds are read and changed within `run`.
    """

    @property
    def strays(self) -> Journal:
        """Return the journal of requests that belong to no world."""
        ...

    def run(self, work: Callable[[Subject, float], Result], subject: Subject, wall: float) -> Result:
        """Return `work(subject, wall)`, with all that it has done to worlds committed, or nothing of it.

        `work` may be retried: it is committed only if no other process changed the same worlds meanwhile.
        Raises `Refusal` where the store is unreachable.
        """
        ...

    @property
    def far(self) -> bool:
        """Return True if each step waits for somebody else, so that requests that come together take one step."""
        ...

    def run_each(
        self, work: Callable[[Subject, float], Result], subjects: Sequence[Subject], wall: float
    ) -> list[Result | Exception]:
        """Return `work(subject, wall)` for each subject, which is about one world at most, or what it raised.

        As `run`, but what is about several worlds may be committed in one and not in another.
        """
        ...

    def start_with(self, world: World) -> None:
        """Make the world that the server was started with, or go on with the one that outlived the last server.

        Raises `UnfitStoreError`.
        """
        ...

    def ready(self) -> None:
        """Make sure that worlds can be reached. Raises `Refusal`."""
        ...

    def close(self) -> None:
        """Let go of connections, and of worlds that are nowhere else; whoever asks again gets new connections."""
        ...

    def owing(self, wall: float) -> set[str]:
        """Return the names of the worlds that owe webhooks which nobody may be about to send.

        Its process may be gone, or the world was made with webhooks that were owed before.
        """
        ...

    def find_key(self, key: str) -> tuple[World, Account] | None:
        """Return the world and account that the key names, or None."""
        ...

    def world(self, name: str) -> World | None:
        """Return the world of that name, or None."""
        ...

    def worlds(self) -> Iterable[World]:
        """Return all worlds, oldest first."""
        ...

    def names(self) -> list[str]:
        """Return the names of all worlds."""
        ...

    def new_name(self) -> str:
        """Return a name that no world has had."""
        ...

    def add(self, world: World) -> None:
        """Store a world. Raises `TakenError` when its name or a key of it is in use; nothing is changed then."""
        ...

    def replace(self, world: World) -> None:
        """Put a world in the place of the one that has its name, if there is one. Raises `TakenError`, as `add`."""
        ...

    def remove(self, name: str) -> None:
        """Delete the world of that name, and its keys. Raises `KeyError` when there is none."""
        ...

    def note_use(self, world: World, wall: float) -> None:
        """Note that a made world is in use."""
        ...

    def set_limits(self, limits: Limits) -> None:
        """Hold worlds and journals to these limits."""
        ...

    def has_room(self, wall: float) -> bool:
        """Return True if one more world may be made; those that nobody has used for long are dropped first."""
        ...

    def note_creation(self, world: World, wall: float) -> None:
        """Note that a world was made at the wall instant, so that it is dropped once nobody has used it for long."""
        ...
