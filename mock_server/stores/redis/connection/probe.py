"""Looks for an unreachable Redis in a thread of its own: nobody else waits for names, connections or time-outs."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Any, Final
from weakref import ref

from redis.exceptions import RedisError

_REST: Final = 0.25  # seconds between two attempts


class Probe:
    """Connects again and again, until `found` is a connection. `reason` is why there is none.

    The thread ends with the first connection, with `stop`, or when nobody has the probe any more.
    """

    def __init__(self, connect: Callable[[], Any], reason: object) -> None:
        self.reason = reason
        self.found: Any = None
        self._stopped = Event()
        Thread(target=_look, args=(ref(self), connect, self._stopped), name="redis-probe", daemon=True).start()

    def stop(self) -> None:
        """End the thread, and close the connection that it has found."""
        self._stopped.set()
        found, self.found = self.found, None
        if found is not None:
            found.disconnect()


def _look(owner: "ref[Probe]", connect: Callable[[], Any], stopped: Event) -> None:
    while not stopped.wait(_REST) and owner() is not None:
        found, reason = None, None
        try:
            found = connect()
        except (RedisError, OSError) as error:
            reason = error
        if _report(owner(), stopped, found, reason):
            return


def _report(probe: Probe | None, stopped: Event, found: Any, reason: object) -> bool:
    """Note what came of an attempt; return True if it was the last one."""
    if probe is not None:
        probe.reason = reason or probe.reason
        probe.found = found
    if found is not None and (probe is None or stopped.is_set()):
        found.disconnect()
    return found is not None
