"""What every way of judging sends through: budget, rate, patience with Retry-After, and the history of it all."""

import time
from collections.abc import Mapping
from threading import BoundedSemaphore, Event, Lock

from covermock.openapi import KeyScheme, in_place

from ...exchange import CUT_KEY, MAIN_KEY, UPPER_KEY, Exchange, Sent
from ...statuses import is_refusal
from .budget import Budget
from .pace import Pace
from .wire import Target, receive

ANSWER_SECONDS = 5.0  # how long an answer is waited for; G15 allows 2
_AT_ONCE = 6  # requests on their way at the same time: more could overrun a small server's queue


class StoppedError(Exception):
    """The run was cut short."""


class Transport:
    """Sends requests to one gateway, from many threads. `history` holds every exchange, in the order of their ends."""

    def __init__(
        self, url: str, keys: Mapping[str, str], budget: Budget, rate: float = 0.0, scheme: KeyScheme | None = None
    ) -> None:
        self.budget = budget
        self.scheme = scheme
        self.history: list[Exchange] = []
        self.stopped = Event()
        self.timeout = ANSWER_SECONDS
        self.began = time.monotonic()
        self._target = Target.of(url)
        self._keys = keys
        self.pace = Pace(rate)
        self._lock = Lock()
        self._turns = BoundedSemaphore(_AT_ONCE)

    def send(self, sent: Sent, price: int = 0, *, probe: bool = False) -> Exchange:
        """Send one request that may cost up to `price` credits; obey a Retry-After.

        What got 429 is sent again, and a free one that got 503. Raises `OutOfBudgetError` and `StoppedError` instead of
        sending.
        """
        exchange, tries = self._once(sent, price, probe), 0
        while (pause := self.pace.pause_before(exchange.answer, tries, paid=price > 0)) is not None:
            self.wait(pause)
            exchange, tries = self._once(sent, price, probe), tries + 1
        return exchange

    def wait(self, seconds: float) -> None:
        """Wait, unless the run is cut short. Raises `StoppedError`."""
        if self.stopped.wait(seconds):
            raise StoppedError

    @property
    def now(self) -> float:
        """Return the seconds since the run began."""
        return time.monotonic() - self.began

    def _once(self, sent: Sent, price: int, probe: bool) -> Exchange:
        self._take_turn()
        self.budget.reserve(price, probe=probe)
        charged = True  # until the answer says otherwise, a paid request counts as charged
        began = self.now
        try:
            headers = tuple((name, self._filled(value)) for name, value in sent.headers)
            key = [self.scheme.carry(self._keys[sent.who])] if sent.who and self.scheme else []
            headers, query = in_place((*key, *headers), sent.query)
            wired = Sent(sent.method, sent.path, sent.who, query, headers, sent.body)
            with self._turns:
                answer = receive(self._target, wired, self.timeout)
            self.pace.note(answer)
            charged = bool(answer.problem) or not is_refusal(answer.status)
        finally:
            self.budget.settle(price, charged=charged and price > 0, probe=probe)
        with self._lock:
            exchange = Exchange(len(self.history) + 1, sent, answer, began, self.now)
            self.history.append(exchange)
        return exchange

    def _filled(self, value: str) -> str:
        """Put a key where a header names its environment variable: so no curl line ever holds a key."""
        key = self._keys.get("main", "")
        for spelled, meant in ((MAIN_KEY, key), (CUT_KEY, key[:-1]), (UPPER_KEY, key.upper())):
            value = value.replace(spelled, meant)
        return value

    def _take_turn(self) -> None:
        if self.stopped.is_set():
            raise StoppedError
        if pause := self.pace.turn():
            self.wait(pause)
