"""Answers that wait or go on, looked at from the event loop: hundreds of them cost no thread and little time."""

import asyncio
import math
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from ..http.messages import Answer, Hold, Stream, Wire
from ..mock import Mock

_TICK = 0.01  # seconds between two looks; an answer leaves at most so long after what it waited for
_SOON = 0.001  # the same, right after a request was answered


class Sink(Protocol):
    """Where the pieces of a body go. `full` tells that the client doesn't read as fast as pieces come."""

    @property
    def full(self) -> bool:
        """Tell whether no more should be written now."""

    def more(self, piece: bytes | None) -> bool:
        """Write a piece, or end the body (None); tell whether the client is still there."""


class _Held(NamedTuple):
    """A request that waits for its answer."""

    mock: Mock
    on: Hold
    reply: Callable[[Answer], object]

    def prepare(self, wall: float) -> None:
        """Do nothing: each answer is looked at by itself."""

    def goes_on(self, wall: float) -> bool:
        """Reply if the answer is due; tell whether it isn't."""
        answer = self.mock.look(self.on, wall)
        if answer is not None:
            self.reply(answer)
        return answer is None

    def stop(self) -> None:
        """Close the connection."""
        self.reply(Answer(503, b"", (), wire=Wire("empty")))


class _Followed(NamedTuple):
    """A body that goes on."""

    mock: Mock
    on: Stream
    sink: Sink

    def prepare(self, wall: float) -> None:
        """Find what is new for all streams of the group."""
        self.mock.look(self.on, wall)

    def goes_on(self, wall: float) -> bool:
        """Write what is new; tell whether there may be more."""
        return self.sink.more(self.mock.piece(self.on, wall, full=self.sink.full))

    def stop(self) -> None:
        """End the body."""
        self.sink.more(None)


@dataclass(slots=True)
class _Group:
    """Those that wait for the same thing to change; `seen` is its version at the last look at them."""

    version: Callable[[], Hashable]
    seen: Hashable
    again: float = math.inf
    kept: list[_Held | _Followed] = field(default_factory=list)

    def look_at(self, wall: float) -> None:
        """Let those go that are due; note when time alone may make another one due."""
        due, self.kept, self.again = self.kept, [], math.inf
        for one in due[:1]:
            one.prepare(wall)
        for one in due:
            if one.goes_on(wall):
                self.kept.append(one)
                self.again = min(self.again, one.on.again(wall))


class Waiting:
    """The held answers and the streams of a server."""

    def __init__(self) -> None:
        self._groups: dict[Hashable, _Group] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._hurried = False

    def keep(self, mock: Mock, hold: Hold, reply: Callable[[Answer], object]) -> None:
        """Reply as soon as the answer is due."""
        self._add(_Held(mock, hold, reply))

    def follow(self, mock: Mock, stream: Stream, sink: Sink) -> None:
        """Write each piece of the stream as it comes, from now on."""
        one = _Followed(mock, stream, sink)
        if one.goes_on(time.time()):
            self._add(one)

    def _add(self, one: _Held | _Followed) -> None:
        of = id(one.on) if one.on.of is None else one.on.of
        group = self._groups.setdefault(of, _Group(one.on.version, one.on.version()))
        group.kept.append(one)
        group.again = min(group.again, one.on.again(time.time()))
        if self._timer is None:
            self._look_in(_TICK)

    def soon(self) -> None:
        """Look sooner than usual: something has just been answered that others may wait for."""
        if self._timer is not None and not self._hurried:
            self._hurried = True
            self._look_in(_SOON)

    def stop(self) -> None:
        """Close the connections of all of them."""
        groups, self._groups = self._groups, {}
        for one in [one for group in groups.values() for one in group.kept]:
            one.stop()
        self._rest()

    def _rest(self) -> None:
        """Look no more until there is something to look at."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look_in(self, seconds: float) -> None:
        """Look once more in so many seconds, and not before."""
        self._rest()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._tick)

    def _tick(self) -> None:
        try:
            self._look(time.time())
        finally:
            self._hurried = False
            if self._groups:
                self._look_in(_TICK)
            else:
                self._rest()

    def _look(self, wall: float) -> None:
        for of, group in list(self._groups.items()):
            version = group.version()
            if version == group.seen and wall < group.again:
                continue
            group.seen = version
            group.look_at(wall)
            if not group.kept:
                del self._groups[of]
