"""An event loop and a transport in memory: connections without sockets, time without waiting."""

import asyncio
import heapq
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from itertools import count
from threading import get_ident
from typing import Any

from covermock.mock_server.real_time import CLOCKS

from .inside import WALL


class Timer:
    """A callback to come."""

    def __init__(self, at: float, act: Callable[[], object]) -> None:
        self.at, self.act, self.off = at, act, False

    def cancel(self) -> None:
        """Take it back."""
        self.off = True

    def cancelled(self) -> bool:
        """Return True if it was taken back."""
        return self.off

    def when(self) -> float:
        """Return the loop's time at which it is due."""
        return self.at


class MemoryLoop:
    """As much of an event loop as the server asks of one. Its time passes when `advance` says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self._soon: deque[Timer] = deque()
        self._later: list[tuple[float, int, Timer]] = []
        self._numbers = count()

    def time(self) -> float:
        """Return the loop's time."""
        return self.now

    def get_debug(self) -> bool:
        """Return False: nobody debugs."""
        return False

    def call_soon(self, act: Callable[..., object], *given: Any, **_: Any) -> Timer:
        """Do it in the next round."""
        timer = Timer(self.now, lambda: act(*given))
        self._soon.append(timer)
        return timer

    call_soon_threadsafe = call_soon

    def call_later(self, delay: float, act: Callable[..., object], *given: Any, **_: Any) -> Timer:
        """Do it after `delay` seconds."""
        return self.call_at(self.now + delay, act, *given)

    def call_at(self, at: float, act: Callable[..., object], *given: Any, **_: Any) -> Timer:
        """Do it at that time."""
        timer = Timer(at, lambda: act(*given))
        heapq.heappush(self._later, (at, next(self._numbers), timer))
        return timer

    def run_in_executor(self, _: object, act: Callable[..., Any], *given: Any) -> "Future[Any]":
        """Do it at once; this loop has no threads."""
        done: Future[Any] = Future()
        done.set_result(act(*given))
        return done

    def run(self) -> None:
        """Do what is due by now."""
        while self._soon:
            timer = self._soon.popleft()
            if not timer.off:
                timer.act()

    def advance(self, seconds: float) -> None:
        """Let time pass at once, then do what has become due, each callback once."""
        self.now += seconds
        due = []
        while self._later and self._later[0][0] <= self.now:
            due.append(heapq.heappop(self._later)[2])
        self._soon.extend(due)
        self.run()

    def clear(self) -> None:
        """Forget all that was to come."""
        self._soon.clear()
        self._later.clear()


class Transport:
    """What a connection writes to. `out` is what a client has received."""

    def __init__(self, loop: MemoryLoop, protocol: asyncio.Protocol) -> None:
        self._loop, self._protocol = loop, protocol
        self.out = bytearray()
        self.closed = self.reading = False
        self.ended = False
        self.reading = True

    def write(self, data: bytes) -> None:
        """Send at once."""
        assert not self.ended, "written after write_eof"
        if not self.closed:
            self.out += data

    def writelines(self, pieces: list[bytes]) -> None:
        """Send all at once."""
        for piece in pieces:
            self.write(piece)

    def write_eof(self) -> None:
        """End the sending side."""
        self.ended = True

    def can_write_eof(self) -> bool:
        """Return True: it can."""
        return True

    def close(self, failure: Exception | None = None) -> None:
        """Close; the protocol hears of it in the next round."""
        if not self.closed:
            self.closed = True
            self._loop.call_soon(self._protocol.connection_lost, failure)

    abort = close

    def is_closing(self) -> bool:
        """Return True once it is closed."""
        return self.closed

    def is_reading(self) -> bool:
        """Return True while it isn't paused."""
        return self.reading

    def pause_reading(self) -> None:
        """Read no more for a while."""
        self.reading = False

    def resume_reading(self) -> None:
        """Read again."""
        self.reading = True

    def get_write_buffer_size(self) -> int:
        """Return 0: the client reads at once."""
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Do nothing: there is no buffer."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return something that takes any option, in the place of a socket."""
        return _Socket() if name == "socket" else ("127.0.0.1", 1) if name == "peername" else default


class _Socket:
    """Takes any option; its descriptor is that of a pair of sockets which nobody closes."""

    _pair = socket.socketpair()

    def setsockopt(self, *_: Any) -> None:
        """Take any option."""

    def fileno(self) -> int:
        """Return a descriptor that is open and says nothing."""
        return self._pair[0].fileno()


@contextmanager
def running(loop: MemoryLoop) -> Iterator[None]:
    """Make this the running loop of the thread, and let its wall clock go with it; other threads keep theirs."""
    before, real, held, here = asyncio._get_running_loop(), time.time, CLOCKS.wall, get_ident()
    asyncio._set_running_loop(loop)  # type: ignore[arg-type]
    time.time = lambda: WALL + loop.now if get_ident() == here else real()
    CLOCKS.wall = lambda: WALL + loop.now if get_ident() == here else held()
    try:
        yield
    finally:
        time.time, CLOCKS.wall = real, held
        asyncio._set_running_loop(before)
