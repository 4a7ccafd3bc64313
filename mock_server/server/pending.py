"""Answers that wait or go on, looked at from the event loop: hundreds of them cost no thread and little time."""

import asyncio
import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from ..http.messages import Answer, Hold, Request, Stream, Wire
from ..mock import Mock
from ..real_time import CLOCKS

_TICK = 0.01  # seconds between two looks; an answer leaves at most so long after what it waited for
_SOON = 0.001  # the same, right after a request was answered
_AT_ONCE = 0.002  # seconds for which those who wait are looked at before requests have their turn
_SHARE = 3  # times as long as a look has taken is the pause after it, so that requests have most of the time
_LONGEST = 0.1  # seconds of that pause: what stops a process for a moment delays no answer long
_DEAF = 0.25  # seconds without a look at most where time alone makes anything due

Note = Callable[[Request, Answer, float], None]


class Client(Protocol):
    """Who waits for an answer, or reads a body that goes on."""

    @property
    def full(self) -> bool:
        """Return True if the client reads more slowly than the body goes on."""

    def hold(self, drop: Callable[[], None]) -> None:
        """Call `drop` if the client goes before the end of its answer."""

    def reply(self, answer: Answer) -> None:
        """Send the answer."""

    def more(self, piece: bytes | None) -> bool:
        """Send a piece of the body, or end it (None); return True if the client is still there."""


class Noted(NamedTuple):
    """Passes everything on to `client`, and tells `note` of its answer to the request that began at that instant."""

    client: Client
    request: Request
    began: float
    note: Note

    @property
    def full(self) -> bool:
        return self.client.full

    def hold(self, drop: Callable[[], None]) -> None:
        self.client.hold(drop)

    def reply(self, answer: Answer) -> None:
        self.client.reply(answer)
        self.note(self.request, answer, self.began)

    def more(self, piece: bytes | None) -> bool:
        return self.client.more(piece)


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """A request that waits for its answer."""

    mock: Mock
    on: Hold
    client: Client
    request: Request

    def prepare(self, wall: float) -> None:
        """Do nothing: each answer is looked at by itself."""

    def goes_on(self, wall: float) -> bool:
        """Reply if the answer is due; return True if it isn't."""
        answer = self.mock.look(self.on, wall)
        if answer is not None:
            self.client.reply(answer)
        return answer is None

    def crash(self, crash: Exception) -> None:
        """Answer with a defect of ours."""
        self.client.reply(self.mock.crash_answer(self.request, crash))

    def drop(self) -> None:
        """Let the world know that nobody waits any more."""
        self.on.drop()

    def stop(self) -> None:
        self.client.reply(Answer(503, b"", (), wire=Wire("empty")))


@dataclass(frozen=True, slots=True, eq=False)
class _Followed:
    """A body that goes on."""

    mock: Mock
    on: Stream
    client: Client
    request: Request

    def prepare(self, wall: float) -> None:
        """Find what is new for all streams of the group."""
        self.mock.look(self.on, wall)

    def goes_on(self, wall: float) -> bool:
        """Write what is new; return True if there may be more."""
        return self.client.more(self.mock.piece(self.on, wall, full=self.client.full))

    def crash(self, crash: Exception) -> None:
        """End the body: its answer has gone out, so that the log alone can say why."""
        self.mock.crash_answer(self.request, crash)
        self.stop()

    def drop(self) -> None:
        """Do nothing: a stream leaves no trace."""

    def stop(self) -> None:
        self.client.more(None)


_One = _Held | _Followed


@dataclass(slots=True)
class _Group:
    """Those that wait for the same thing to change; `seen` is its version at the last look at them.

    `todo` are those that were not looked at yet since then.
    """

    version: Callable[[], Hashable]
    seen: Hashable
    again: float = math.inf
    kept: dict[_One, None] = field(default_factory=dict)
    todo: list[_One] = field(default_factory=list)

    def look_at(self, version: Hashable, wall: float, until: float) -> None:
        """Let those go that are due, as far as there is time; note when time alone may make another one due."""
        if not self.todo:
            self.seen, self.again, self.todo = version, math.inf, [*reversed(self.kept)]
        first = True
        while self.todo and (first or CLOCKS.monotonic() < until):
            one = self.todo.pop()
            if one not in self.kept:
                continue
            again = _look_at(one, wall, first=first)
            first = False
            if again is None:
                del self.kept[one]
            else:
                self.again = min(self.again, again)


def _look_at(one: _One, wall: float, *, first: bool) -> float | None:
    """Let one go if it is due, else return when time alone may make it due."""
    try:
        if first:
            one.prepare(wall)
        return one.on.again(wall) if one.goes_on(wall) else None
    except Exception as crash:  # noqa: BLE001 - one that fails must not take the others with it
        one.crash(crash)
        return None


class Waiting:
    """The held answers and the streams of a server, `most` at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0
        self._groups: dict[Hashable, _Group] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._hurried = False
        self._pause = 0.0  # seconds until the next look at least
        self._deaf = False  # nothing that happens makes anything due: time alone does

    @property
    def full(self) -> bool:
        return self._count >= self._most

    def keep(self, mock: Mock, hold: Hold, client: Client, request: Request) -> None:
        """Reply as soon as the answer is due."""
        self._add(_Held(mock, hold, client, request), hold.again(CLOCKS.wall()))

    def follow(self, mock: Mock, stream: Stream, client: Client, request: Request) -> None:
        """Write each piece of the stream as it comes, from now on."""
        one = _Followed(mock, stream, client, request)
        again = _look_at(one, CLOCKS.wall(), first=False)
        if again is not None:
            self._add(one, again)

    def _add(self, one: _One, again: float) -> None:
        of = id(one.on) if one.on.of is None else one.on.of
        group = self._groups.setdefault(of, _Group(one.on.version, one.on.version()))
        group.kept[one] = None
        group.again = min(group.again, again)
        self._count += 1
        one.client.hold(lambda: self._drop(of, one))
        if self._timer is None or self._deaf:
            self._deaf = False
            self._look_in(_TICK)

    def _drop(self, of: Hashable, one: _One) -> None:
        """Forget one whose client has gone."""
        group = self._groups.get(of)
        if group is not None and one in group.kept:
            del group.kept[one]
            self._count -= 1
            one.drop()
            if not group.kept:
                del self._groups[of]

    def soon(self) -> None:
        """Look sooner than usual: something has just been answered that others may wait for."""
        if self._timer is not None and not self._hurried and not self._deaf:
            self._hurried = True
            self._look_in(max(_SOON, self._pause))

    def stop(self) -> None:
        groups, self._groups, self._count = self._groups, {}, 0
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
        began, wall = CLOCKS.monotonic(), CLOCKS.wall()
        try:
            self._look(wall, began + _AT_ONCE)
        finally:
            self._hurried = False
            self._pause = min(_SHARE * (CLOCKS.monotonic() - began), _LONGEST)
            if self._groups:
                due = min(group.again for group in self._groups.values()) - wall if self._deaf else 0.0
                self._look_in(max(_TICK, self._pause, min(due, _DEAF)))
            else:
                self._rest()

    def _look(self, wall: float, until: float) -> None:
        """Look at the groups for which something has changed; who was not reached is the first at the next look."""
        self._deaf, looked = True, False
        for of, group in list(self._groups.items()):
            version = group.version()
            self._deaf = self._deaf and version is None
            if not group.todo and version == group.seen and wall < group.again:
                continue
            if looked and CLOCKS.monotonic() >= until:
                self._deaf = False
                return
            looked = True
            before = len(group.kept)
            group.look_at(version, wall, until)
            self._count += len(group.kept) - before
            del self._groups[of]
            if group.kept:
                self._groups[of] = group
