"""Whether worlds that somebody waits for have changed, in whatever process: asked for all at once, now and then.

Answers that wait, and streams, are looked at when they have, by the time that all tell.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from ...http.messages import Answer, Hold, Stream
from .connection.link import Link, StoreUnreachableError
from .connection.times import SharedTime
from .shared import SharedWorld

_SECONDS: Final = 0.008  # between two looks
_PATIENCE: Final = 1.0  # seconds after which nobody waits any more who hasn't asked again

Look = Callable[[float], Any]


class Pulse:
    """The versions of the worlds that are waited for."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._next = 0.0
        self._asked: dict[SharedWorld, float] = {}
        self._versions: dict[SharedWorld, int] = {}

    def of(self, world: SharedWorld) -> int:
        """Return a number that changes when the world does."""
        now = time.monotonic()
        if world not in self._asked or now >= self._next:
            self._asked[world] = now
            self._look(now)
        self._asked[world] = now
        return self._versions.get(world, world.version)

    def _look(self, now: float) -> None:
        self._next = now + _SECONDS
        self._asked = {world: asked for world, asked in self._asked.items() if asked > now - _PATIENCE}
        worlds = list(self._asked)
        try:
            versions = self._link.ask("HMGET", "covermock:versions", *(world.uid for world in worlds))
        except StoreUnreachableError:
            if self._link.back:  # a look takes the new connection; this may be asked for outside of the mock's lock
                self._versions = dict.fromkeys(worlds, -2)
            return
        self._versions = {
            world: -1 if version is None else int(version) for world, version in zip(worlds, versions, strict=True)
        }
        for world in worlds:
            world.gone = world.gone or self._versions[world] < 0


def watch(answer: Answer, clock: SharedTime, fresh: Callable[[Look], Look], version: Callable[[], int]) -> Answer:
    """Return the answer, whose looks `fresh` brings up to date, and which are due whenever `version` has changed."""

    def on(what: Any) -> Any:
        again = lambda wall: what.again(wall + clock.ahead) - clock.ahead  # noqa: E731 - Redis's time is told inside
        return what and replace(what, look=fresh(what.look), again=again, version=version)

    hold: Hold | None = on(answer.hold)
    stream: Stream | None = on(answer.stream)
    if stream:
        piece = stream.piece
        stream.piece = lambda wall, *, full=False: piece(wall + clock.ahead, full=full)
    return replace(answer, hold=hold, stream=stream)
