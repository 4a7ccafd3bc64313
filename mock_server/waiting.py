"""Answers that are held back, looked at from the event loop: two hundred of them cost no thread and little time."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from .request import Answer, Hold, Wire

_TICK = 0.01  # seconds between two looks; an answer leaves at most so long after what it waited for
_SOON = 0.001  # the same, right after a request was answered


@dataclass(slots=True, eq=False)
class _Kept:
    hold: Hold
    reply: Callable[[Answer], None]
    version: int
    again: float


class Waiting:
    """The held answers of a server. `look` returns one that is due, else None."""

    def __init__(self, look: Callable[[Hold], Answer | None]) -> None:
        self._look = look
        self._kept: list[_Kept] = []
        self._timer: asyncio.TimerHandle | None = None
        self._hurried = False

    def keep(self, hold: Hold, reply: Callable[[Answer], None]) -> None:
        """Reply as soon as the answer is due."""
        self._kept.append(_Kept(hold, reply, hold.version(), hold.again(time.time())))
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
        kept, self._kept = self._kept, []
        for one in kept:
            one.reply(Answer(503, b"", (), wire=Wire("empty")))
        if self._timer is not None:
            self._timer.cancel()

    def _tick(self) -> None:
        wall, self._hurried = time.time(), False
        self._kept = [kept for kept in self._kept if not self._left(kept, wall)]
        self._timer = asyncio.get_running_loop().call_later(_TICK, self._tick) if self._kept else None

    def _left(self, kept: _Kept, wall: float) -> bool:
        """Reply if the answer is due; tell whether it was."""
        version = kept.hold.version()
        if version == kept.version and wall < kept.again:
            return False
        answer = self._look(kept.hold)
        if answer is None:
            kept.version, kept.again = version, kept.hold.again(wall)
            return False
        kept.reply(answer)
        return True
