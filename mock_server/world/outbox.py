"""The webhooks of one world: those that are open, in the order of their tasks, and the last that are closed. Pure."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from .webhook import DELIVERED, OPEN, SENDING, Delivery, plan_delivery

CLOSED = 1000  # how many webhooks that are delivered or given up are kept


@dataclass(slots=True)
class Outbox:
    """What a world owes and has sent.

    `total` counts all webhooks there ever were, `delivered` those that arrived, `attempts` every try. Open ones are
    `running` (by task) until their first try, then `due`, or `sending` while they are on their way; the last others
    are `closed`. `kept` has all of them by their ids.
    `fresh` are the open ones whose next try may be due at another instant than whoever sends knows; `stirred` says
    that this process has made it so.
    """

    total: int = 0
    delivered: int = 0
    attempts: int = 0
    kept: dict[str, Delivery] = field(default_factory=dict)
    running: dict[str, Delivery] = field(default_factory=dict)
    due: dict[str, Delivery] = field(default_factory=dict)
    sending: dict[str, Delivery] = field(default_factory=dict)
    closed: OrderedDict[str, Delivery] = field(default_factory=OrderedDict)
    fresh: dict[str, Delivery] = field(default_factory=dict)
    stirred: bool = False

    def plan(self, task: str, operation: str, url: str, mode: Mapping[str, Any]) -> Delivery:
        """Add the webhook that a started task owes."""
        self.total += 1
        delivery = plan_delivery(self.total, task, operation, url, mode)
        self.note(delivery)
        return delivery

    def note(self, delivery: Delivery) -> None:
        """Put a webhook where its state says that it belongs; whoever sends should look at it.

        A try that has no number yet gets the next one.
        """
        if delivery.attempts and not delivery.attempts[-1].number:
            self.attempts += 1
            delivery.attempts[-1].number = self.attempts
        self.file(delivery)
        self.stirred = True

    def file(self, delivery: Delivery) -> None:
        """Put a webhook where its state says that it belongs."""
        self.drop(delivery)
        if delivery.state == DELIVERED and not delivery.arrived:
            delivery.arrived = True
            self.delivered += 1
        self.kept[delivery.id] = delivery
        if delivery.state not in OPEN:
            self.closed[delivery.id] = delivery
            while len(self.closed) > CLOSED:
                self.drop(next(iter(self.closed.values())))
            return
        self.fresh[delivery.id] = delivery
        if delivery.state == SENDING:
            self.sending[delivery.id] = delivery
        elif delivery.due is None:
            self.running[delivery.task] = delivery
        else:
            self.due[delivery.id] = delivery

    def drop(self, delivery: Delivery) -> None:
        self.running.pop(delivery.task, None)
        for part in (self.kept, self.due, self.sending, self.closed, self.fresh):
            part.pop(delivery.id, None)

    def stir(self, task: str = "") -> None:
        """Let whoever sends look at the webhook of the task, or at all that are open: their tasks have moved."""
        moved = [self.running[task]] if task in self.running else [] if task else self.pending()
        self.fresh |= {delivery.id: delivery for delivery in moved}
        self.stirred = self.stirred or bool(self.fresh)

    def pending(self) -> Iterable[Delivery]:
        """Return those whose next try is still to come."""
        return chain(self.running.values(), self.due.values())

    def with_attempts(self) -> Iterable[Delivery]:
        """Return those that were tried at least once, if they are still kept."""
        return chain(self.due.values(), self.sending.values(), self.closed.values())

    @property
    def open(self) -> int:
        """Return how many are neither delivered nor given up."""
        return len(self.running) + len(self.due) + len(self.sending)

    def find(self, name: str) -> Delivery | None:
        """Return the webhook of that id, if it is still kept."""
        return self.kept.get(name)

    def __iter__(self) -> Iterator[Delivery]:
        """Yield every webhook that is kept, in the order of their tasks."""
        return iter(sorted(self.kept.values(), key=lambda delivery: delivery.number))
