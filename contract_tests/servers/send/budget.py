"""Money and requests, held below everything that sends: reserved before, settled after, told in a ledger."""

from dataclasses import dataclass, field
from threading import Lock


class OutOfBudgetError(Exception):
    """A request that was not sent; its text says which limit stood in the way, and how to raise it."""


@dataclass
class Budget:
    """Credits and requests that a run may use. Credits are counted at the highest price that the contract allows.

    `spent` is what accepted requests may have cost, `held` what is on its way, `strays` what requests that had to be
    refused may have cost, since the gateway accepted them. `probes` are the credits left for requests that may only be
    sent because their acceptance can be paid for. Once a `quote` is given it is the limit.
    """

    max_credits: int
    max_requests: int
    spent: int = 0
    held: int = 0
    strays: int = 0
    accepted: int = 0
    stray_requests: int = 0
    requests: int = 0
    probes: int = 0
    quote: int | None = None
    _lock: Lock = field(default_factory=Lock, repr=False)

    def reserve(self, price: int, *, probe: bool = False) -> None:
        """Take one request and up to `price` credits. Raises `OutOfBudgetError`; nothing is taken then."""
        with self._lock:
            if self.requests >= self.max_requests:
                raise OutOfBudgetError(f"the {self.max_requests} requests were used up (--max-requests)")
            left = min(self.left, self.probes) if probe else self.left
            if price > left:
                raise OutOfBudgetError(f"it may cost {price} credits and {left} are left (--max-credits)")
            self.requests += 1
            self.held += price
            self.probes -= price if probe else 0

    def settle(self, price: int, *, charged: bool, probe: bool = False) -> None:
        """Book what was reserved: as spent when the gateway may have charged, else give it back."""
        with self._lock:
            self.held -= price
            if charged:
                self.spent += price
                self.accepted += 1
            elif probe:
                self.probes += price

    def stray(self, price: int, booked: int) -> None:
        """Book the highest price of a request that had to be refused, and was accepted; `booked` counts as spent."""
        with self._lock:
            self.spent -= booked
            self.accepted -= bool(booked)
            self.strays += price
            self.stray_requests += 1

    @property
    def left(self) -> int:
        limit = self.max_credits if self.quote is None else self.quote
        return max(limit - self.spent - self.strays - self.held, 0)

    @property
    def requests_left(self) -> int:
        return max(self.max_requests - self.requests, 0)
