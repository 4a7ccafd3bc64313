"""The machine's own clocks for whatever serves: a test that freezes its clock does not stop the mock beside it."""

import asyncio
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class _Clocks:
    """Holds the clocks. freezegun exchanges what modules hold, and does not look at what is held here."""

    def __init__(self) -> None:
        self.wall: Callable[[], float] = time.time
        self.monotonic: Callable[[], float] = time.monotonic
        self.melt()

    def melt(self) -> None:
        """Take the real clocks where freezegun or time-machine has been imported, frozen or not."""
        freezer, machine = sys.modules.get("freezegun.api"), sys.modules.get("time_machine")
        if freezer is not None:
            self.wall, self.monotonic = freezer.real_time, freezer.real_monotonic
        if machine is not None:  # it changes what the wall clock's function does, and no other's
            self.wall = _unless_travelling(machine.escape_hatch.time.time, time.time if freezer is None else self.wall)
        self._real = self.wall

    def go_on(self, instant: float) -> float:
        """Let the wall clock go on from an instant, and return it: the machine's was set back behind it."""
        real, ahead = self._real, instant - self._real()
        self.wall = lambda: real() + ahead
        return instant


def _unless_travelling(escape: Callable[[], float], real: Callable[[], float]) -> Callable[[], float]:
    def read() -> float:
        try:
            return escape()
        except ValueError:  # nobody travels
            return real()

    return read


CLOCKS = _Clocks()


def wall() -> float:
    """Return the real time, in Unix seconds."""
    return CLOCKS.wall()


class _RealLoop(asyncio.SelectorEventLoop):
    """An event loop whose timers go by the machine's clock; one that watches sockets, which not all do on Windows."""

    def time(self) -> float:
        return CLOCKS.monotonic()


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end in a loop of its own, as `asyncio.run` does."""
    with asyncio.Runner(loop_factory=_RealLoop) as runner:
        return runner.run(main)
