"""Refusals that have nothing to do with what was asked: by a firewall, or for who has asked badly too often.

An unexpected one is asked again, after a request of which the usual answer is known has told that it gets through.
"""

from collections.abc import Callable
from threading import Lock

from ...exchange import Exchange, Sent
from ...statuses import AT_THE_DOOR
from ..expect.expectations import Expectation
from .budget import OutOfBudgetError
from .transport import Transport

_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # seconds for which a lockout is waited for, in turn
_MOST = 60.0  # seconds that are waited for in a run
_ROUNDS = 3  # lockouts in a row
_ROOM = 4  # requests that must be left for it
_WARNING = "a request got {}, and another answer when it was sent again: something in front may limit or block"


class Lockouts:
    """Asks again what was refused unexpectedly; `warn` takes a text."""

    def __init__(self, transport: Transport, warn: Callable[[str], None]) -> None:
        self._transport, self._warn = transport, warn
        self._usual: dict[object, tuple[Sent, int]] = {}  # by fact: what got what was due, and which status
        self._meant: set[object] = set()  # refusals that stayed the same while others got what they usually get
        self._locked = -1.0  # when a lockout was last seen to be over
        self._waited = 0.0
        self._lock = Lock()

    def look(self, first: Exchange, expected: Expectation, repeat: Callable[[], Exchange]) -> Exchange:
        """Return the answer, or that to a repetition. Raises `OutOfBudgetError` where nobody gets through any more."""
        status, due, operation = first.answer.status, expected.due, expected.operation
        form = first.answer.headers.get("content-type", "").partition(";")[0].lower()
        fact = (operation and operation.id, due.fact if due else "", first.sent.who)
        if due is not None and status in due.statuses:
            if not expected.top_price:  # a start that is refused now may be accepted later, and cost something
                self._usual.setdefault(fact, (first.sent, status))
            return first
        if status not in AT_THE_DOOR or self._transport.budget.requests_left < _ROOM:
            return first
        with self._lock:
            control, usual = self._usual.get(fact) or next(iter(self._usual.values()), (first.sent, status))
            if status == usual or (fact, status, form) in self._meant:
                return first
            again = self._again(first, control, repeat, least=0 if expected.open and "json" in form else 1)
            if again.answer.status != status:
                self._warn(_WARNING.format(status))
            elif due and not expected.open:
                self._meant.add((fact, status, form))
            return again

    def _again(self, first: Exchange, control: Sent, repeat: Callable[[], Exchange], *, least: int) -> Exchange:
        """Ask again, `least` times at least, and after each lockout."""
        again, status = first, first.answer.status
        for number in range(_ROUNDS):
            locked = again.ended <= self._locked or self._wait_for(control, status)
            if not locked and number >= least:
                break
            again = repeat()
            if again.answer.status != status:
                break
        return again

    def _wait_for(self, control: Sent, status: int) -> bool:
        """Wait until the known request gets another answer; return False if it does at once.

        Raises `OutOfBudgetError` where it never does, and from then on without waiting.
        """
        if self._transport.send(control).answer.status != status:
            return False
        for pause in _PAUSES:
            if self._waited + pause > _MOST:
                break
            self._waited += pause
            self._transport.wait(pause)
            if self._transport.send(control).answer.status != status:
                self._locked = self._transport.now
                return True
        self._waited = _MOST
        raise OutOfBudgetError(f"every request gets {status}: the gateway has locked this run out")
