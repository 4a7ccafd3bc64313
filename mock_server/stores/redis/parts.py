"""The parts of a world that others change, too: mappings, webhooks and journals that know what was looked at."""

from collections import deque
from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from typing import Any

from ...http.messages import Answer, Request
from ...world.clock import Clock
from ...world.journal import CAPACITY, ROOM, Entry, Journal
from ...world.outbox import Outbox
from ...world.webhook import SENDING, Delivery, release_delivery
from .records import become, delivery_json, entry_json, read_delivery, read_entry


class Records(dict[str, Any]):
    """The records of one kind, by name, as far as this process knows them. `seen` are the names that were looked at.

    They stand in their order. A name that isn't known counts as absent: when the step is committed, Redis says so if
    it isn't. Whoever wants all of them gets all.
    """

    __slots__ = ("_former", "_whole", "kind", "seen")

    def __init__(self, kind: str, whole: Callable[[], None]) -> None:
        super().__init__()
        self.kind = kind
        self.seen: dict[str, None] = {}
        self._whole = whole
        self._former: dict[str, Any] = {}

    def get(self, name: str, default: Any = None) -> Any:
        self.seen[name] = None
        return dict.get(self, name, default)

    def __getitem__(self, name: str) -> Any:
        self.seen[name] = None
        return dict.__getitem__(self, name)

    def __contains__(self, name: object) -> bool:
        self.seen[str(name)] = None
        return dict.__contains__(self, name)

    def __setitem__(self, name: str, value: Any) -> None:
        self.seen.pop(name, None)  # what is new is born in the order in which it was set, not first looked for
        self.seen[name] = None
        dict.__setitem__(self, name, value)

    def __len__(self) -> int:
        self._whole()
        return dict.__len__(self)

    def __iter__(self) -> Iterator[str]:
        self._whole()
        return dict.__iter__(self)

    def __reversed__(self) -> Iterator[str]:
        self._whole()
        return dict.__reversed__(self)

    def keys(self) -> KeysView[str]:  # type: ignore[override]
        self._whole()
        return KeysView(self)

    def values(self) -> ValuesView[Any]:  # type: ignore[override]
        """Return all records; those that are to be changed are taken by their names."""
        self._whole()
        return super().values()

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]
        self._whole()
        return super().items()

    def peek(self, name: str) -> Any:
        """Return the record of that name, or None, without having looked."""
        return dict.get(self, name)

    def put(self, name: str, value: Any) -> None:
        """Set what Redis says; a task or account that is known stays the same object."""
        old = dict.get(self, name) or self._former.pop(name, None)
        if old is not None and hasattr(value, "polls"):
            become(old, value)
            value = old
        dict.__setitem__(self, name, value)

    def forget(self) -> None:
        """Know no record any more."""
        self._former = dict(dict.items(self))
        dict.clear(self)


class SharedOutbox(Outbox):
    """The webhooks of a shared world. `noted` are those that this step has touched; `leases` say who is being sent.

    `dropped` are those that had to make room for others in this step.
    """

    __slots__ = ("_former", "dropped", "leases", "noted")

    def __init__(self) -> None:
        super().__init__()
        self.noted: dict[str, Delivery] = {}
        self.leases: dict[str, float | None] = {}
        self.dropped: set[str] = set()
        self._former: dict[str, Delivery] = {}

    def note(self, delivery: Delivery) -> None:
        """Put a webhook where its state says that it belongs, and remember that it may have changed."""
        oldest = next(iter(self.closed), "")
        Outbox.note(self, delivery)
        self.noted[delivery.id] = delivery
        if oldest and oldest not in self.kept:
            self.dropped.add(oldest)

    def put(self, name: str, raw: bytes) -> None:
        """Set what Redis says about a webhook."""
        new, lease = read_delivery(raw)
        old = self.find(name) or self._former.pop(name, None)
        if old is not None:
            become(old, new)
        self.file(old or new)
        self.leases[name] = lease

    def forget_all(self) -> None:
        """Know no webhook any more."""
        self._former = dict(self.kept)
        for delivery in self._former.values():
            self.drop(delivery)
        self.leases.clear()

    def forget(self, name: str) -> None:
        """Take out a webhook that was not stored after all."""
        delivery = self.find(name)
        if delivery is not None:
            self.drop(delivery)
        self.leases.pop(name, None)

    def take_over(self, wall: float) -> None:
        """Plan again what somebody sent who has not said anything for too long: at least once is the promise."""
        for delivery in list(self.sending.values()):
            if (self.leases.get(delivery.id) or 0.0) < wall:
                release_delivery(delivery)
                self.note(delivery)

    def raw(self, delivery: Delivery, until: float) -> bytes:
        """Return the record of a webhook; one that has just been claimed is leased until the wall instant `until`."""
        lease = self.leases.get(delivery.id)
        sending = delivery.state == SENDING
        self.leases[delivery.id] = lease = (lease or until) if sending else None
        return delivery_json(delivery, lease)


class SharedJournal(Journal):
    """A list of exchanges in Redis: fetched when read, as far as it isn't known yet; `fresh` are this step's own."""

    __slots__ = ("_kept", "_sizes", "_tail", "_total", "current", "fresh")

    def __init__(self, tail: Callable[[int], tuple[int, list[bytes], float]]) -> None:
        self._tail = tail
        self._kept: deque[Entry] = deque()
        self._sizes: deque[int] = deque()  # bytes of each entry, as Redis counts them
        self._total = 0
        self.capacity, self.size = CAPACITY, 0
        self.current = False
        self.fresh: list[bytes] = []

    def add(self, wall: float, clock: Clock, request: Request, answer: Answer, order: int = 0) -> Entry:
        """Append an exchange once the step is committed. Its number is known to those who read it later."""
        entry = Entry(self._total + 1, wall, clock, request, answer, order)
        self.fresh.append(entry_json(entry, wall + answer.follow_up.delay))
        return entry

    @property
    def entries(self) -> deque[Entry]:
        self._fetch()
        return self._kept

    @entries.setter
    def entries(self, value: deque[Entry]) -> None:
        self._kept = value

    @property
    def total(self) -> int:
        """Return how many there ever were."""
        self._fetch()
        return self._total

    @total.setter
    def total(self, value: int) -> None:
        self._total = value

    def forget(self) -> None:
        """Know no exchange any more."""
        self._kept.clear()
        self._sizes.clear()
        self._total = self.size = 0
        self.current = False

    def _fetch(self) -> None:
        if self.current:
            return
        total, rows, wall = self._tail(self._total)
        first = total - len(rows) + 1
        if first != self._total + 1:
            self.forget()
        for number, row in enumerate(rows, first):
            self._kept.append(read_entry(row, number, wall))
            self._sizes.append(len(row))
            self.size += len(row)
        while len(self._kept) > 1 and (len(self._kept) > CAPACITY or self.size > ROOM):
            self._kept.popleft()
            self.size -= self._sizes.popleft()
        self._total, self.current = total, True
