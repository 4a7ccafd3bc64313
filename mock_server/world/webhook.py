"""Webhook deliveries as facts (U7): what is owed, what was tried. When one is due is in webhook_due.py. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from covermock.openapi import Contract

PLANNED, SENDING, DELIVERED, FAILED, BLOCKED, LOST = "planned", "sending", "delivered", "failed", "blocked", "lost"
OPEN = frozenset({PLANNED, SENDING})
_SWAP_SECONDS = 1.0  # how long a reordered delivery waits, so that others overtake it
_POLICY = {"repeat_after": [], "answer_within": 15}  # where a contract says nothing
_AUTHORITY = re.compile(r"[^/]*//(?:[^/?#]*@)?([^/?#]*)")
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
        return self.status is not None and 200 <= self.status < 300


@dataclass(slots=True, eq=False)
class Delivery:
    """One webhook of one task. `due` is the world instant of its next try, or of its last; None before its first.

    Its first try is due when its task has ended: see `webhook_due`. `mode` is how it misbehaves.

    `copies` is how often it is to be sent once more after it has arrived, `failures` how often in a row it has not;
    `arrived`: it was delivered at least once.
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

    @property
    def late(self) -> float:
        """Return the seconds by which its first try comes after the end of its task."""
        if self.wayward == "late":
            return float(self.mode.get("seconds", 1.0))
        return _SWAP_SECONDS if self.wayward == "reordered" else 0.0

    @property
    def loses_first(self) -> bool:
        """Return True if its first try is never made."""
        return self.wayward == "lost" and self.due is None

    @property
    def receiver(self) -> str:
        """Return the host and port that it goes to."""
        found = _AUTHORITY.match(self.url)
        return found[1].lower() if found else self.url


def policy(contract: Contract, operation: str) -> Mapping[str, Any]:
    """Return how the webhooks of an operation's tasks are sent: `repeat_after` and `answer_within`, in seconds."""
    callback = contract.operation(operation).callback
    found: Mapping[str, Any] = callback[1].get("x-delivery", _POLICY) if callback else _POLICY
    return found


def delivery_of(row: Mapping[str, Any]) -> Delivery:
    """Return the webhook of its facts as JSON has them."""
    return Delivery(**{**row, "attempts": [Attempt(**one) for one in row["attempts"]]})


def plan_delivery(number: int, task: str, operation: str, url: str, mode: Mapping[str, Any]) -> Delivery:
    copies = mode.get("copies", 1) if mode.get("mode") == "duplicated" else 0
    return Delivery(f"d{number}", task, operation, url, mode, copies=copies)


def claim_delivery(delivery: Delivery, due: float) -> None:
    """Claim the delivery, which was due at that instant: it is on its way."""
    delivery.state, delivery.due = SENDING, due


def release_delivery(delivery: Delivery) -> None:
    """Give up a claim: the delivery is due as it was before."""
    delivery.state = PLANNED


def record_loss(delivery: Delivery, now: float) -> None:
    """Note that the delivery would have to go now, and never will."""
    delivery.state, delivery.due = LOST, now


def record_attempt(delivery: Delivery, attempt: Attempt, repeat_after: Sequence[float]) -> None:
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


def record_block(delivery: Delivery, at: float, problem: str) -> None:
    """Record that the address is not allowed; nothing was sent."""
    _remember(delivery, Attempt(at, None, problem))
    delivery.state = BLOCKED


def plan_again(delivery: Delivery, now: float, *, running: bool) -> None:
    """Plan the delivery once more: at once, or after the one that is on its way or waits for its `running` task."""
    if delivery.state == SENDING or running:
        delivery.copies += 1
        return
    delivery.state, delivery.due = PLANNED, now
    delivery.mode, delivery.failures = {}, 0


def _remember(delivery: Delivery, attempt: Attempt) -> None:
    delivery.attempts.append(attempt)
    del delivery.attempts[:-_ATTEMPTS]
