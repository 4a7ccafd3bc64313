"""A world's clock as a value: wall time in, world time out. It never looks at a clock itself."""

from dataclasses import dataclass, replace

LAST = 253402300799.0  # the last second of the year 9999: no later instant has a form

_LATE = 5.0  # seconds that a request may have waited since its wall instant, in a store or behind others


@dataclass(frozen=True, slots=True)
class Clock:
    """World time, in Unix seconds, as a straight line over wall time.

    At the wall instant `wall` the world's time is `world`; it then runs at `scale` (1 real time, 0 frozen).
    `moved` is the sum of all seconds that control calls have added: the time of tasks that only they move.
    It stops at the `LAST` instant that can be told. A request that waited while the clock was begun or set sees what
    it was set to, not what was before: a world that is made with a completed task never shows it as pending.
    """

    world: float
    wall: float
    scale: float = 1.0
    moved: float = 0.0

    def now(self, wall: float) -> float:
        """Return the world's time at the wall instant."""
        since = wall - self.wall
        if since < 0 and since >= -_LATE:
            since = 0.0
        now = self.world + since * self.scale
        return now if now < LAST else LAST  # noqa: FURB136 - no call of `min` in each request

    def advance(self, seconds: float) -> "Clock":
        """Return the clock after `seconds` (>= 0) more have passed at once."""
        return replace(self, world=min(LAST, self.world + seconds), moved=self.moved + seconds)

    def at(self, wall: float, world: float) -> "Clock":
        """Return the clock that shows the `world` instant at the wall instant, and goes on from there."""
        return replace(self, world=world, wall=wall)

    def at_scale(self, wall: float, scale: float) -> "Clock":
        """Return the clock that runs at `scale` from the wall instant on; 0 freezes it."""
        return replace(self, world=self.now(wall), wall=wall, scale=scale)

    def wall_at(self, world: float) -> float | None:
        """Return the wall instant at which the world's time will be `world`; None if it never comes by itself."""
        return self.wall + (world - self.world) / self.scale if self.scale > 0 and world <= LAST else None


REAL = Clock(0.0, 0.0)  # shows the wall's time
