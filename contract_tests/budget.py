"""Money and requests, held below everything that sends: reserved before, settled after, told in a ledger."""

from dataclasses import dataclass, field
from threading import Lock


class OutOfBudgetError(Exception):
    """A request that was not sent; its text says which limit stood in the way, and how to raise it."""


@dataclass
class Budget:
    """Credits and requests that a run may use. Credits are counted at the highest price that the contract allows.

    `spent` is what accepted requests may have cost, `held` what is on its way, `strays` what requests that had to be
    refused may have cost, since the gateway accepted them.
    """

    max_credits: int
    max_requests: int
    spent: int = 0
    held: int = 0
    strays: int = 0
    accepted: int = 0
    stray_requests: int = 0
    requests: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def reserve(self, price: int) -> None:
        """Take one request and up to `price` credits. Raises `OutOfBudgetError`; nothing is taken then."""
        with self._lock:
            if self.requests >= self.max_requests:
                raise OutOfBudgetError(f"the {self.max_requests} requests were used up (--max-requests)")
            if price and self.spent + self.strays + self.held + price > self.max_credits:
                left = max(self.max_credits - self.spent - self.strays - self.held, 0)
                raise OutOfBudgetError(f"it may cost {price} credits and {left} are left (--max-credits)")
            self.requests += 1
            self.held += price

    def settle(self, price: int, *, charged: bool) -> None:
        """Book what was reserved: as spent when the gateway may have charged, else give it back."""
        with self._lock:
            self.held -= price
            if charged:
                self.spent += price
                self.accepted += 1

    def stray(self, price: int) -> None:
        """Book the highest price of a request that had to be refused for free, and was accepted."""
        with self._lock:
            self.strays += price
            self.stray_requests += 1

    @property
    def requests_left(self) -> int:
        """Return how many requests may still be sent."""
        return max(self.max_requests - self.requests, 0)
