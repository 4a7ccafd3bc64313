"""What the clients of one run saw, as values. Instants are seconds of one clock. A status of 0: no answer came."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

REDIS, WORKER, FLUSH = "redis", "worker", "flush"  # what a trouble is about
_REFUSALS = frozenset({400, 401, 402, 404})  # after which nothing was started


@dataclass(frozen=True, slots=True)
class Start:
    """A request that starts a task. `hook`: it asked for a webhook. `odd` is what was wrong with the answer's form."""

    number: int
    account: str
    kind: str
    source: str
    price: int
    began: float
    ended: float
    status: int
    task: str = ""
    said: str = ""
    hook: bool = False
    odd: str = ""

    @property
    def refused(self) -> bool:
        """Return True if it certainly started nothing."""
        return self.status in _REFUSALS


@dataclass(frozen=True, slots=True)
class Poll:
    """A request for a task's state. `lasting` is what never changes once the state is terminal."""

    account: str
    kind: str
    task: str
    began: float
    ended: float
    status: int
    state: str = ""
    lasting: str = ""
    said: str = ""
    odd: str = ""


class Webhook(NamedTuple):
    """A webhook that came, by the number of the start that asked for it, and the status it was answered with."""

    start: int
    at: float
    task: str
    state: str
    status: int


class Trouble(NamedTuple):
    """Something that was done to Redis or a worker, from its first instant to the last one of its cure."""

    about: str
    name: str
    began: float
    ended: float


class Credits(NamedTuple):
    """The credits of an account at the end."""

    granted: int
    available: int
    held: int
    captured: int


class Listed(NamedTuple):
    """A task that the world has at the end."""

    account: str
    kind: str
    price: int


@dataclass(frozen=True, slots=True)
class Last:
    """What is there when everything is mended and the load has ended, since the instant `since`."""

    since: float
    credits: Mapping[str, Credits]
    tasks: Mapping[str, Listed]
    code: int = 143  # with which `serve` ended when it was asked to
    left: int = 0  # processes that outlived it
    log: Sequence[str] = ()  # lines that no log should have


@dataclass(frozen=True)
class History:
    """One run. `granted` are the credits that each account began with, `order` the states of each kind of task."""

    granted: Mapping[str, int]
    order: Mapping[str, Sequence[str]]
    last: Last
    starts: Sequence[Start] = ()
    polls: Sequence[Poll] = ()
    webhooks: Sequence[Webhook] = ()
    troubles: Sequence[Trouble] = field(default_factory=list)

    @cached_property
    def flushes(self) -> list[Trouble]:
        """Return when Redis was emptied: what was accepted before is gone, and the world made anew."""
        return sorted((one for one in self.troubles if one.about == FLUSH), key=lambda one: one.began)

    def life(self, one: Start | Poll) -> int | None:
        """Return in which life of the world a request was answered, from 0 on; None if a flush was under way."""
        if any(flush.began <= one.ended and one.began <= flush.ended for flush in self.flushes):
            return None
        return sum(flush.ended < one.began for flush in self.flushes)

    @cached_property
    def accepted(self) -> dict[tuple[int, str, str], Start]:
        """Return the starts that were answered 200 in one life of the world: by life, account and task."""
        lives = ((self.life(one), one) for one in self.starts if one.status == 200)
        return {(life, one.account, one.task): one for life, one in lives if life is not None}

    @cached_property
    def survivors(self) -> list[Start]:
        """Return the accepted starts that have to be there at the end."""
        return [one for (life, _, _), one in self.accepted.items() if life == len(self.flushes)]

    @cached_property
    def unknown(self) -> list[Start]:
        """Return the starts that may have started something that is there at the end, or not."""
        end = len(self.flushes)
        return [
            one
            for one in self.starts
            if not one.refused and self.life(one) in {None, end} and not (one.status == 200 and self.life(one) == end)
        ]

    def figures(self) -> Counter[str]:
        """Return how many there were of each thing that docs/reliability.md counts."""
        both = [*self.starts, *self.polls]
        rows = {
            "requests": len(both),
            "accepted": sum(one.status == 200 for one in self.starts),
            "polls": sum(one.status == 200 for one in self.polls),
            "503": sum(one.status == 503 for one in both),
            "lost": sum(one.status == 0 for one in both),
            "webhooks": len(self.webhooks),
            "unknown": len(self.unknown),
            "flushes": len(self.flushes),
            "troubles": len(self.troubles),
        }
        return Counter(rows)
