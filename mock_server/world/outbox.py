"""The webhooks of one world: those that are open, in the order of their tasks, and the last that are closed. Pure."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .webhook import DELIVERED, OPEN, Delivery, planned

CLOSED = 1000  # how many webhooks that are delivered or given up are kept


@dataclass(slots=True)
class Outbox:
    """What a world owes and has sent.

    `total` counts all webhooks there ever were, `delivered` those that arrived, `attempts` every try.
    `running` has, by task, those whose task has not ended; they and `due` are all that is open, so that looking for
    what is to be sent costs as much as there is to send. `stirred` tells that whoever sends should look.
    """

    total: int = 0
    delivered: int = 0
    attempts: int = 0
    running: dict[str, Delivery] = field(default_factory=dict)
    due: dict[str, Delivery] = field(default_factory=dict)
    closed: OrderedDict[str, Delivery] = field(default_factory=OrderedDict)
    stirred: bool = False

    def plan(self, task: str, operation: str, url: str, mode: Mapping[str, Any]) -> Delivery:
        """Take in the webhook that a started task owes."""
        self.total += 1
        delivery = planned(self.total, task, operation, url, mode)
        self.note(delivery)
        return delivery

    def note(self, delivery: Delivery) -> None:
        """Put a webhook where its state says that it belongs."""
        self.stirred = True
        self.running.pop(delivery.task, None)
        self.due.pop(delivery.id, None)
        self.closed.pop(delivery.id, None)
        if delivery.state == DELIVERED and not delivery.arrived:
            delivery.arrived = True
            self.delivered += 1
        if delivery.state not in OPEN:
            self.closed[delivery.id] = delivery
            if len(self.closed) > CLOSED:
                self.closed.popitem(last=False)
        elif delivery.due is None:
            self.running[delivery.task] = delivery
        else:
            self.due[delivery.id] = delivery

    @property
    def open(self) -> int:
        """Return how many are neither delivered nor given up."""
        return len(self.running) + len(self.due)

    def find(self, name: str) -> Delivery | None:
        """Return the webhook of that id, if it is still kept."""
        return self.due.get(name) or self.closed.get(name) or next((d for d in self if d.id == name), None)

    def __iter__(self) -> Iterator[Delivery]:
        """Yield every webhook that is kept, in the order of their tasks."""
        kept = [*self.running.values(), *self.due.values(), *self.closed.values()]
        return iter(sorted(kept, key=lambda delivery: delivery.number))
