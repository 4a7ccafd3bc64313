"""Webhook deliveries as facts (U7): when each is due, what was tried. Whoever sends them is elsewhere (courier.py)."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

PLANNED, SENDING, DELIVERED, FAILED, BLOCKED, LOST = "planned", "sending", "delivered", "failed", "blocked", "lost"
OPEN = frozenset({PLANNED, SENDING})
_SWAP_SECONDS = 1.0  # how long a reordered delivery waits for another one to overtake it
_ATTEMPTS = 100  # attempts of one delivery that are kept


@dataclass(slots=True)
class Attempt:
    """One try: the world's time (Unix seconds), the status that came back or None, and what went wrong.

    `number` is its place among all tries of its world.
    """

    at: float
    status: int | None
    problem: str = ""
    number: int = 0

    @property
    def good(self) -> bool:
        """Tell whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(slots=True, eq=False)
class Delivery:
    """One webhook of one task. `due` is a world instant, known once the task has ended; `mode` is how it misbehaves.

    `copies` is how often it is to be sent once more after it has arrived, `failures` how often in a row it has not;
    `arrived` tells that it was delivered once.
    """

    id: str
    task: str
    operation: str
    url: str
    mode: Mapping[str, Any] = field(default_factory=dict)
    state: str = PLANNED
    due: float | None = None
    copies: int = 0
    failures: int = 0
    arrived: bool = False
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def number(self) -> int:
        """Return its place among the webhooks of its world."""
        return int(self.id[1:])

    @property
    def wayward(self) -> str:
        """Return the name of its mode: late, lost, duplicated, reordered, early, or an empty text."""
        return str(self.mode.get("mode", ""))


def planned(number: int, task: str, operation: str, url: str, mode: Mapping[str, Any]) -> Delivery:
    """Return the delivery that a started task owes."""
    copies = mode.get("copies", 1) if mode.get("mode") == "duplicated" else 0
    return Delivery(f"d{number}", task, operation, url, mode, copies=copies)


def ended(delivery: Delivery, instant: float) -> None:
    """Note when the delivery's task ended; from then on it is due, or lost."""
    if delivery.due is None:
        late = delivery.mode.get("seconds", 1.0) if delivery.wayward == "late" else 0.0
        delivery.due = instant + late
        delivery.state = LOST if delivery.wayward == "lost" else PLANNED


def ready(due: Collection[Delivery], now: float) -> list[Delivery]:
    """Return the deliveries that are to be sent at the world's time `now`, in order. `due` have an instant."""
    instants = sorted((_due(one, due), one.number, one) for one in due if one.state == PLANNED)
    return [one for instant, _, one in instants if instant <= now]


def _due(delivery: Delivery, others: Iterable[Delivery]) -> float:
    """Return when it is to go; a reordered one waits until a later one can overtake it."""
    due = delivery.due or 0.0
    if delivery.wayward != "reordered" or delivery.attempts:
        return due
    following = [other.due for other in others if other.due is not None and other.due > due]
    return math.nextafter(min(following, default=due + _SWAP_SECONDS), math.inf)


def next_due(due: Collection[Delivery], now: float) -> float | None:
    """Return the world instant at which the next known delivery is due; None when none is planned."""
    return min((max(_due(one, due), now) for one in due if one.state == PLANNED), default=None)


def attempted(delivery: Delivery, attempt: Attempt, repeat_after: Sequence[float]) -> None:
    """Record a try, and plan what follows: a copy, a repetition on the world's clock, or the end."""
    _remember(delivery, attempt)
    delivery.failures = 0 if attempt.good else delivery.failures + 1
    if attempt.good and not delivery.copies:
        delivery.state = DELIVERED
    elif attempt.good:
        delivery.copies -= 1
        delivery.state, delivery.due = PLANNED, attempt.at
    elif delivery.failures <= len(repeat_after):
        delivery.state, delivery.due = PLANNED, attempt.at + repeat_after[delivery.failures - 1]
    else:
        delivery.state = FAILED


def blocked(delivery: Delivery, at: float, problem: str) -> None:
    """Record that the address is not allowed; nothing was sent."""
    _remember(delivery, Attempt(at, None, problem))
    delivery.state = BLOCKED


def redelivered(delivery: Delivery, now: float) -> None:
    """Plan the delivery once more: at once, or after the one that is on its way or still waits for its task's end."""
    if delivery.state == SENDING or delivery.due is None:
        delivery.copies += 1
        return
    delivery.state, delivery.due = PLANNED, now
    delivery.mode, delivery.failures = {}, 0


def _remember(delivery: Delivery, attempt: Attempt) -> None:
    delivery.attempts.append(attempt)
    del delivery.attempts[:-_ATTEMPTS]
