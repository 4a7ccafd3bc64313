"""What was asked and answered, in order and bounded. Entries are kept as they came; they are rendered when read."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from ..http.messages import Answer, Request
from .clock import Clock

CAPACITY = 10_000  # entries
BODY_LIMIT = 65_536  # bytes of a body that are kept
ROOM = 33_554_432  # bytes of all that is kept
_OBJECTS = 1_000  # bytes that an entry takes besides its texts, roughly
_HEADER = 100  # the same for each header of a request


@dataclass(slots=True, eq=False)
class Entry:
    """One exchange. `wall` is its instant, in Unix seconds, and `clock` the one that its world had then.

    `order` is its place among all that happened in its world, control calls too.

    `capped`: the request's body was cut. `waiting`: the answer is still held back.
    """

    number: int
    wall: float
    clock: Clock
    request: Request
    answer: Answer
    order: int = 0
    capped: bool = False
    waiting: bool = False
    size: int = 0

    @property
    def now(self) -> float:
        """Return its instant by the world's clock."""
        return self.clock.now(self.wall)


@dataclass(slots=True)
class Journal:
    """The last exchanges of a world. `total` counts all there ever were; numbers start at 1.

    `size` is what the entries take, heads, bodies and answers, in bytes; `room` what they may take.
    """

    capacity: int = CAPACITY
    total: int = 0
    size: int = 0
    entries: deque[Entry] = field(default_factory=deque)
    room: int = ROOM

    def add(self, wall: float, clock: Clock, request: Request, answer: Answer, order: int = 0) -> Entry:
        """Append an exchange; the oldest goes when there is no more room."""
        total = self.total = self.total + 1
        capped = len(request.body) > BODY_LIMIT
        if capped:
            request = replace(request, body=request.body[:BODY_LIMIT])
        entry = Entry(total, wall, clock, request, answer, order, capped)
        self.keep(entry)
        return entry

    def keep(self, entry: Entry) -> None:
        """Append an entry, whose size is what it takes, roughly; the oldest go when there is no more room."""
        request, answer = entry.request, entry.answer
        bodies, head = len(request.body) + len(answer.body), request.head or _head_weight(request)
        entry.size = _OBJECTS + head + _HEADER * len(request.headers) + bodies + _headers_weight(answer.headers)
        entries, size = self.entries, self.size + entry.size
        entries.append(entry)
        count = len(entries)
        while (count > self.capacity or size > self.room) and count > 1:
            size -= entries.popleft().size
            count -= 1
        self.size = size

    @property
    def evicted(self) -> int:
        """Return how many entries are gone."""
        return self.total - len(self.entries)

    def since(self, number: int, most: int | None = None) -> Iterator[Entry]:
        """Yield the kept entries after the one with this number, oldest first, `most` at most; costs what it yields."""
        fresh = min(max(self.total - number, 0), len(self.entries))
        if most is not None and fresh > most:
            entries, first = self.entries, len(self.entries) - fresh
            return (entries[at] for at in range(first, first + most))
        if 2 * fresh < len(self.entries):
            return reversed(list(islice(reversed(self.entries), fresh)))
        return islice(self.entries, len(self.entries) - fresh, None)

    def find(self, number: int) -> Entry | None:
        entries = self.entries
        place = number - self.total + len(entries) - 1
        return entries[place] if 0 <= place < len(entries) else None


def _head_weight(request: Request) -> int:
    """Return the bytes of a head that nobody counted, roughly."""
    headers = request.headers
    return sum(map(len, headers)) + sum(map(len, headers.values())) + len(request.path) + len(request.query)


@lru_cache(maxsize=64)
def _headers_weight(headers: tuple[tuple[str, str], ...]) -> int:
    """Return the bytes of an answer's headers; nearly all answers have the same."""
    return sum(len(name) + len(value) for name, value in headers)


Criteria = Mapping[str, Any]

FACTS: Final[Mapping[str, Callable[[Entry], Any]]] = {
    "method": lambda entry: entry.request.method,
    "path": lambda entry: entry.request.path,
    "operation": lambda entry: entry.answer.why.get("operation"),
    "status": lambda entry: entry.answer.status,
    "task": lambda entry: entry.answer.why.get("task"),
    "account": lambda entry: entry.answer.why.get("account"),
    "error": lambda entry: entry.answer.why.get("error"),
    "contains": lambda entry: entry.request.body.decode("utf-8", "replace") + entry.request.query,
}


def difference(entry: Entry, criteria: Criteria) -> list[tuple[str, Any, Any]]:
    """Return (criterion, what it is, what was wanted) for each criterion that the entry does not meet."""
    given = [(name, FACTS[name](entry), wanted) for name, wanted in criteria.items()]
    return [row for row in given if (row[2] not in row[1] if row[0] == "contains" else row[1] != row[2])]


def matches(entry: Entry, criteria: Criteria) -> bool:
    """Return True if the entry meets all criteria; the first that it doesn't meet ends the look."""
    for name, wanted in criteria.items():
        given = FACTS[name](entry)
        if (wanted not in given) if name == "contains" else (given != wanted):
            return False
    return True
