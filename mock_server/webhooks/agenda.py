"""The order in which a world's webhooks go: by receiver, so that no slow one holds back another's. Pure."""

import heapq
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from ..world.webhook import Delivery
from ..world.webhook_due import comes_by_itself, due_in
from ..world.world import World

_NOISE = 1e-6  # seconds; instants that differ by less are the same, rounded
Coming = tuple[float, int, int, Delivery]
"""A world instant, the delivery's number and identity, so that no two deliveries are compared, and the delivery."""


@dataclass(slots=True)
class Agenda:
    """What a world's outbox says of the coming tries, sorted. Only hints: whether one is due is asked of the facts.

    `coming` is a heap; `instants` has by id the entry of it that counts. `lanes` have those that are due, by
    receiver, the receiver that was served last at the end; `queued` are the ids of all in them. `under_way` are those
    that this process is sending, also when a store has given one of them to another process in the meantime.
    """

    world: World
    coming: list[Coming] = field(default_factory=list)
    instants: dict[str, float] = field(default_factory=dict)
    lanes: OrderedDict[str, deque[Delivery]] = field(default_factory=OrderedDict)
    queued: set[str] = field(default_factory=set)
    under_way: set[Delivery] = field(default_factory=set)

    def look(self, now: float) -> list[Delivery]:
        """Learn what has changed, and put what is due by `now` into its lane, in order; return what is due and lost."""
        fresh, lost = self.world.outbox.fresh, []
        for delivery in fresh.values():
            self._place(delivery, now)
        fresh.clear()
        for delivery in list(self._due_now(now)):
            if not self._is_due(delivery, now):
                self._place(delivery, now)
            elif delivery.loses_first:
                lost.append(delivery)
            else:
                self._queue(delivery)
        return lost

    def heads(self, now: float, most: int) -> Iterator[Delivery]:
        """Yield the first of each lane from which nothing is on its way, `most` at most."""
        busy = {delivery.receiver for delivery in chain(self.world.outbox.sending.values(), self.under_way)}
        for receiver in list(self.lanes):
            if most <= 0:
                return
            head = None if receiver in busy else self._head(receiver, now)
            if head is not None:
                most -= 1
                yield head

    def take(self, delivery: Delivery) -> None:
        """Take the head of a lane out, to send it; its receiver is served next after all others."""
        self.under_way.add(delivery)
        lane = self.lanes.pop(delivery.receiver)
        self.queued.discard(lane.popleft().id)
        if lane:
            self.lanes[delivery.receiver] = lane

    @property
    def next(self) -> float | None:
        """Return the world instant at which time alone may make a webhook due."""
        return self.coming[0][0] if self.coming else None

    def _place(self, delivery: Delivery, now: float) -> None:
        """Note when the delivery is due, if time alone brings it; a call or a poll that does makes it fresh again."""
        left = due_in(self.world, delivery, now) if self._waits(delivery) else None
        if left is None or (left > 0 and not comes_by_itself(self.world, delivery)):
            self.instants.pop(delivery.id, None)
            return
        instant, known = now + left, self.instants.get(delivery.id)
        if known is None or abs(known - instant) > _NOISE:
            self.instants[delivery.id] = instant
            heapq.heappush(self.coming, (instant, delivery.number, id(delivery), delivery))

    def _due_now(self, now: float) -> Iterator[Delivery]:
        """Yield those whose instant has come, in order."""
        while self.coming and self.coming[0][0] <= now:
            instant, _, _, delivery = heapq.heappop(self.coming)
            if self.instants.get(delivery.id) == instant:
                del self.instants[delivery.id]
                yield delivery

    def _queue(self, delivery: Delivery) -> None:
        if delivery.id not in self.queued:
            self.queued.add(delivery.id)
            self.lanes.setdefault(delivery.receiver, deque()).append(delivery)

    def _head(self, receiver: str, now: float) -> Delivery | None:
        """Return the first of the lane that is due; what another process has sent meanwhile is dropped."""
        lane = self.lanes[receiver]
        while lane and not self._is_due(lane[0], now):
            self.queued.discard(lane.popleft().id)
        if lane:
            return lane[0]
        del self.lanes[receiver]
        return None

    def _is_due(self, delivery: Delivery, now: float) -> bool:
        left = due_in(self.world, delivery, now) if self._waits(delivery) else None
        return left is not None and left <= 0

    def _waits(self, delivery: Delivery) -> bool:
        outbox = self.world.outbox
        return outbox.running.get(delivery.task) is delivery or outbox.due.get(delivery.id) is delivery
