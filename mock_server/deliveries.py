"""Webhook deliveries as facts (U7): when each is due, what was tried. Whoever sends them is elsewhere (courier.py)."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

PLANNED, SENDING, DELIVERED, FAILED, BLOCKED, LOST = "planned", "sending", "delivered", "failed", "blocked", "lost"
OPEN = frozenset({PLANNED, SENDING})
_SWAP_SECONDS = 1.0  # how long a reordered delivery waits for another one to overtake it


@dataclass(slots=True)
class Attempt:
    """One try: the world's time (Unix seconds), the status that came back or None, and what went wrong."""

    at: float
    status: int | None
    problem: str = ""


@dataclass(slots=True, eq=False)
class Delivery:
    """One webhook of one task. `due` is a world instant, known once the task has ended; `mode` is how it misbehaves."""

    id: str
    task: str
    operation: str
    url: str
    mode: Mapping[str, Any] = field(default_factory=dict)
    state: str = PLANNED
    due: float | None = None
    copies: int = 0
    attempts: list[Attempt] = field(default_factory=list)

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


def ready(deliveries: Iterable[Delivery], now: float) -> list[Delivery]:
    """Return the deliveries that are to be sent at the world's time `now`, in order."""
    waiting = [d for d in deliveries if d.state == PLANNED and d.due is not None]
    due = [d for d in waiting if _due(d, waiting) <= now]
    return sorted(due, key=lambda d: (_due(d, waiting), d.id))


def _due(delivery: Delivery, others: list[Delivery]) -> float:
    """Return when it is to go; a reordered one waits until a later one can overtake it."""
    due = delivery.due or 0.0
    if delivery.wayward != "reordered" or delivery.attempts:
        return due
    following = [other.due for other in others if other.due is not None and other.due > due]
    return math.nextafter(min(following, default=due + _SWAP_SECONDS), math.inf)


def next_due(deliveries: Iterable[Delivery], now: float) -> float | None:
    """Return the world instant at which the next known delivery is due; None when none is planned."""
    waiting = [d for d in deliveries if d.state == PLANNED and d.due is not None]
    return min((max(_due(d, waiting), now) for d in waiting), default=None)


def attempted(delivery: Delivery, attempt: Attempt, repeat_after: list[float]) -> None:
    """Record a try, and plan what follows: a copy, a repetition on the world's clock, or the end."""
    delivery.attempts.append(attempt)
    good = attempt.status is not None and 200 <= attempt.status < 300
    failures = sum(1 for one in delivery.attempts if one.status is None or not 200 <= one.status < 300)
    if good and delivery.copies:
        delivery.copies -= 1
        delivery.state = PLANNED
    elif good:
        delivery.state = DELIVERED
    elif failures <= len(repeat_after):
        delivery.state = PLANNED
        delivery.due = (delivery.due or attempt.at) + repeat_after[failures - 1]
    else:
        delivery.state = FAILED


def blocked(delivery: Delivery, at: float, problem: str) -> None:
    """Record that the address is not allowed; nothing was sent."""
    delivery.attempts.append(Attempt(at, None, problem))
    delivery.state = BLOCKED


def redelivered(delivery: Delivery, now: float) -> None:
    """Plan the delivery once more, at once."""
    delivery.state = PLANNED
    delivery.due = now
    delivery.mode = {}
