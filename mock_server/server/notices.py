"""What the log says of a bound that is reached: once a minute at most, however often it happens."""

import logging
import time
from collections.abc import Callable

_EACH = 60.0  # seconds
_log = logging.getLogger("covermock")


class Notices:
    """Notices of several kinds, each of which is written once a minute at most."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: dict[str, float] = {}
        self._unsaid: dict[str, int] = {}

    def say(self, kind: str, text: str) -> None:
        """Write a notice, and how many of its kind were not written since the last one."""
        now = self._clock()
        if now - self._last.get(kind, -_EACH) < _EACH:
            self._unsaid[kind] = self._unsaid.get(kind, 0) + 1
            return
        self._last[kind] = now
        unsaid = self._unsaid.pop(kind, 0)
        _log.warning("covermock: %s%s", text, f" ({unsaid} more times since this was last said)" if unsaid else "")
