"""What is done to Redis and to the workers, and when: from a seed, so that a run can be done again. Pure."""

import random
from collections.abc import Iterator
from typing import NamedTuple

from .history import FLUSH, REDIS, WORKER

KINDS: dict[str, tuple[str, str]] = {
    "kill redis": (REDIS, "SIGKILL, then a new one on the same files"),
    "freeze redis": (REDIS, "SIGSTOP, then SIGCONT"),
    "fill redis": (REDIS, "maxmemory 1, then none"),
    "drop connections": (REDIS, "every connection breaks, and none is accepted for a while"),
    "stall connections": (REDIS, "nothing is passed on either way for a while"),
    "lose answers": (REDIS, "Redis does what it is told, and its answers are lost"),
    "disconnect clients": (REDIS, "CLIENT KILL"),
    "flush redis": (FLUSH, "FLUSHALL"),
    "kill a worker": (WORKER, "SIGKILL"),
    "kill all workers": (WORKER, "SIGKILL to each"),
    "freeze a worker": (WORKER, "SIGSTOP, then SIGCONT"),
}
_SLOT = 1.5  # seconds between the beginnings of two troubles of a lane, at least
_LOAD = 0.8  # of a run has troubles; then there is load alone
_LANES = (frozenset({REDIS, FLUSH}), frozenset({WORKER}))


class Step(NamedTuple):
    """A trouble that begins at an instant of the run and lasts for some seconds; `pick` chooses whom it hits."""

    at: float
    name: str
    seconds: float
    pick: float

    @property
    def about(self) -> str:
        return KINDS[self.name][0]


def plan(seed: int, seconds: float) -> list[Step]:
    """Return the troubles of a run. Redis and the workers have a lane each, so that both may suffer at once."""
    chance = random.Random(seed)
    return sorted(step for lane in _LANES for step in _lane(lane, chance, seconds * _LOAD))


def _lane(about: frozenset[str], chance: random.Random, seconds: float) -> Iterator[Step]:
    """Yield troubles, one after the other; each kind comes once before any comes again."""
    names: list[str] = []
    at = chance.uniform(0.3, 0.9)
    while at + _SLOT <= seconds + 0.6:
        names = names or chance.sample([name for name, row in KINDS.items() if row[0] in about], k=_count(about))
        lasts = chance.choice((0.05, 0.3, 0.8, 2.5)) * chance.uniform(0.5, 1.0)
        lasts = min(lasts, max(seconds - at - 0.3, 0.05))
        yield Step(at, names.pop(), lasts, chance.random())
        at += max(_SLOT, lasts + 0.6) * chance.uniform(0.8, 1.2)


def _count(about: frozenset[str]) -> int:
    return sum(row[0] in about for row in KINDS.values())
