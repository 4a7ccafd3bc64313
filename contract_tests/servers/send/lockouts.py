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

_PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # seconds for which a lockout is waited for, in turn
_ROUNDS = 3  # lockouts in a row
_ROOM = 4  # requests that must be left for it
_WARNING = "a request got {}, and another answer when it was sent again: something in front may limit or block"


class Lockouts:
    """Asks again what was refused unexpectedly; `warn` takes a text."""

    def __init__(self, transport: Transport, warn: Callable[[str], None]) -> None:
        self._transport, self._warn = transport, warn
        self._usual: dict[object, tuple[Sent, int]] = {}  # by fact: what got what was due, and which status
        self._meant: set[object] = set()  # refusals that stayed the same while others got what they usually get
        self._lock = Lock()

    def look(self, first: Exchange, expected: Expectation, repeat: Callable[[], Exchange]) -> Exchange:
        """Return the answer, or that to a repetition. Raises `OutOfBudgetError` where nobody gets through any more."""
        status, due, operation = first.answer.status, expected.due, expected.operation
        what = due.fact if due else first.sent.story
        fact = (operation and operation.id, what, first.sent.who, expected.open)
        is_due = due is not None and status in due.statuses
        if is_due:
            self._usual.setdefault(fact, (first.sent, status))
        control, usual = self._usual.get(fact) or next(iter(self._usual.values()), (first.sent, status))
        room = self._transport.budget.requests_left >= _ROOM
        if is_due or status == usual or status not in AT_THE_DOOR or (fact, status) in self._meant or not room:
            return first
        again = first
        for _ in range(_ROUNDS):
            with self._lock:
                self._get_through(control, status)
                again = repeat()
            if again.answer.status != status:
                self._warn(_WARNING.format(status))
                return again
            if self._transport.send(control).answer.status != status:
                break
        self._meant.add((fact, status))
        return again

    def _get_through(self, control: Sent, status: int) -> None:
        for pause in _PAUSES:
            self._transport.wait(pause)
            if self._transport.send(control).answer.status != status:
                return
        raise OutOfBudgetError(f"everything got {status} for {sum(_PAUSES):.0f} s: the gateway locked this run out")
