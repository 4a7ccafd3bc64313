"""What was asked and answered, in order and bounded. Entries are kept as they came; they are rendered when read."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from .request import Answer, Request

CAPACITY = 10_000  # entries
BODY_LIMIT = 65_536  # bytes of a body that are kept


@dataclass(slots=True, eq=False)
class Entry:
    """One exchange. `wall` and `now` are its instants, by the wall and the world's clock, in Unix seconds.

    `order` is its place among all that happened in its world, control calls too.

    `capped` tells that the request's body was cut; `waiting`, that the answer is being held back still.
    """

    number: int
    wall: float
    now: float
    request: Request
    answer: Answer
    order: int = 0
    capped: bool = False
    waiting: bool = False


@dataclass(slots=True)
class Journal:
    """The last exchanges of a world. `total` counts all there ever were; numbers start at 1."""

    capacity: int = CAPACITY
    total: int = 0
    entries: deque[Entry] = field(default_factory=deque)

    def add(self, wall: float, now: float, request: Request, answer: Answer, order: int = 0) -> Entry:
        """Append an exchange; the oldest goes when there is no more room."""
        self.total += 1
        capped = len(request.body) > BODY_LIMIT
        if capped:
            body = request.body[:BODY_LIMIT]
            request = Request(request.method, request.path, request.query, request.headers, body)
        entry = Entry(self.total, wall, now, request, answer, order, capped)
        if len(self.entries) >= self.capacity:
            self.entries.popleft()
        self.entries.append(entry)
        return entry

    @property
    def evicted(self) -> int:
        """Return how many entries are gone."""
        return self.total - len(self.entries)

    def since(self, number: int) -> Iterator[Entry]:
        """Yield the kept entries after the one with this number, oldest first."""
        return islice(self.entries, min(max(number - self.evicted, 0), len(self.entries)), None)


Criteria = Mapping[str, Any]


def facts(entry: Entry) -> dict[str, Any]:
    """Return what criteria are compared with."""
    why = entry.answer.why
    return {
        "method": entry.request.method,
        "path": entry.request.path,
        "operation": why.get("operation"),
        "status": entry.answer.status,
        "task": why.get("task"),
        "account": why.get("account"),
        "error": why.get("error"),
        "contains": entry.request.body.decode("utf-8", "replace") + entry.request.query,
    }


def difference(entry: Entry, criteria: Criteria) -> list[tuple[str, Any, Any]]:
    """Return (criterion, what it is, what was wanted) for each criterion that the entry does not meet."""
    given = facts(entry)
    return [
        (name, given[name], wanted)
        for name, wanted in criteria.items()
        if (wanted not in given[name] if name == "contains" else given[name] != wanted)
    ]


def matches(entry: Entry, criteria: Criteria) -> bool:
    """Tell whether the entry meets all criteria."""
    return not difference(entry, criteria)
