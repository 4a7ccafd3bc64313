"""Answers that are held back, looked at from the event loop: two hundred of them cost no thread and little time."""

import asyncio
import math
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from .request import Answer, Hold, Wire

_TICK = 0.01  # seconds between two looks; an answer leaves at most so long after what it waited for
_SOON = 0.001  # the same, right after a request was answered


@dataclass(slots=True)
class _Group:
    """Answers that wait for the same thing to change; `seen` is its version at the last look at them."""

    version: Callable[[], int]
    seen: int
    again: float = math.inf
    kept: list[tuple[Hold, Callable[[Answer], None]]] = field(default_factory=list)


class Waiting:
    """The held answers of a server. `look` returns one that is due, else None."""

    def __init__(self, look: Callable[[Hold], Answer | None]) -> None:
        self._look = look
        self._groups: dict[Hashable, _Group] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._hurried = False

    def keep(self, hold: Hold, reply: Callable[[Answer], None]) -> None:
        """Reply as soon as the answer is due."""
        of = id(hold) if hold.of is None else hold.of
        group = self._groups.setdefault(of, _Group(hold.version, hold.version()))
        group.kept.append((hold, reply))
        group.again = min(group.again, hold.again(time.time()))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_TICK, self._tick)

    def soon(self) -> None:
        """Look sooner than usual: something has just been answered that others may wait for."""
        if self._timer is not None and not self._hurried:
            self._hurried = True
            self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_later(_SOON, self._tick)

    def stop(self) -> None:
        """Close the connections of all of them."""
        groups, self._groups = self._groups, {}
        for _, reply in [one for group in groups.values() for one in group.kept]:
            reply(Answer(503, b"", (), wire=Wire("empty")))
        if self._timer is not None:
            self._timer.cancel()

    def _tick(self) -> None:
        wall, self._hurried = time.time(), False
        for of, group in list(self._groups.items()):
            version = group.version()
            if version == group.seen and wall < group.again:
                continue
            group.seen = version
            self._look_at(group, wall)
            if not group.kept:
                del self._groups[of]
        self._timer = asyncio.get_running_loop().call_later(_TICK, self._tick) if self._groups else None

    def _look_at(self, group: _Group, wall: float) -> None:
        """Reply to those that are due; note when time alone may make another one due."""
        due, group.kept, group.again = group.kept, [], math.inf
        for hold, reply in due:
            answer = self._look(hold)
            if answer is None:
                group.kept.append((hold, reply))
                group.again = min(group.again, hold.again(wall))
            else:
                reply(answer)
