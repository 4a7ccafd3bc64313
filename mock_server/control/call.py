"""What a control operation is given, and the words with which it refuses."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from covermock.openapi import Contract, excerpt, nearest

from ..history.replay import Replayer
from ..http.errors import INVALID_PARAMS, NAME_TAKEN, UNKNOWN_NAME, Refusal
from ..http.messages import Request
from ..http.redaction import Keys
from ..limits import Limits
from ..stores.port import Store
from ..world.files import WorldFiles
from ..world.world import World

Result = tuple[int, Any]


@dataclass(slots=True)
class ControlCall:
    """A valid control request. `wall` is the wall instant (Unix seconds); `settings` are laid over new worlds."""

    contract: Contract
    store: Store
    files: WorldFiles
    settings: Mapping[str, Any]
    request: Request
    base: str
    wall: float
    path: Mapping[str, Any]
    query: Mapping[str, Any]
    header: Mapping[str, Any]
    body: Any
    limits: Limits = field(default_factory=Limits)
    lock: AbstractContextManager[Any] = field(default_factory=nullcontext)
    replayer: Callable[[World], Replayer] | None = None
    _known: dict[str, bool] = field(default_factory=dict)

    @property
    def fields(self) -> Mapping[str, Any]:
        """Return the JSON body, empty where there was none."""
        fields: Mapping[str, Any] = self.body or {}
        return fields

    @property
    def world(self) -> World:
        """Return the world that the path names. Raises `Refusal`."""
        name = self.path["world"]
        world = self.store.world(name)
        if world is None:
            raise unknown("path.world", "a world", name, self.store.names())
        return world

    @property
    def knows(self) -> Keys:
        """Return what says of a key if it is this mock's own, and may be shown."""
        return Keys(self._is_own, self.contract.scheme)

    def _is_own(self, key: str) -> bool:
        """Return True if a key is one of this mock's. May be asked outside of the lock, too."""
        if key not in self._known:
            with self.lock:
                self._known[key] = self.store.find_key(key) is not None
        return self._known[key]

    @property
    def now(self) -> float:
        """Return the time of that world, in Unix seconds."""
        return self.world.clock.now(self.wall)


def unknown(where: str, kind: str, name: str, valid: Any) -> Refusal:
    """Return the refusal of a name that doesn't exist, with the nearest ones that do."""
    return Refusal(
        UNKNOWN_NAME, violations=f"{where}: expected {kind}, received {excerpt(name)} ({nearest(name, valid)})"
    )


def refuse_unknown(where: str, name: str, valid: Iterable[str]) -> None:
    """Refuse a name in a query or body that doesn't exist, with the nearest ones that do."""
    known = list(valid)
    if name not in known:
        problem = f"{where}: expected a known name, received {excerpt(name)} ({nearest(name, known)})"
        raise Refusal(INVALID_PARAMS, violations=problem)


def name_in_use(kind: str, name: str) -> Refusal:
    return Refusal(NAME_TAKEN, expected=kind, received=excerpt(name))
