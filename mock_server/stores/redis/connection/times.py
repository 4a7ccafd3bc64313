"""The time that all processes on one Redis tell: Redis's own, so that no status goes back when polls go elsewhere."""

import time
from typing import Final

from .link import Link

_BEHIND: Final = 0.005  # seconds by which clocks may differ


class SharedTime:
    """How far Redis's clock is ahead of this process's, asked for now and then.

    In between the monotonic clock counts, so that a clock of this host that somebody sets changes nothing. An answer
    changes nothing either where its own delay explains the difference: its noise would let the time go back.
    """

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()  # what to add to the monotonic clock
        self._differs = False

    def ask(self, link: Link) -> None:
        """Learn the time of Redis. Raises `StoreUnreachableError`."""
        before = time.monotonic()
        seconds, micros = link.ask("TIME")
        delay = time.monotonic() - before
        offset = int(seconds) + int(micros) / 1e6 - before - delay / 2
        if abs(offset - self._offset) > delay / 2 + _BEHIND:
            self._offset = offset

    def now(self) -> float:
        """Return the time that all tell, in Unix seconds."""
        return time.time() + self.ahead

    @property
    def ahead(self) -> float:
        """Return the seconds that are to be added to this process's wall time; 0 while the clocks hardly differ."""
        ahead = self._offset + time.monotonic() - time.time()
        self._differs = self._differs or abs(ahead) > _BEHIND
        return ahead if self._differs else 0.0
