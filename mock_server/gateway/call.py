"""One request on its way through checks and handler: who asks, for what, when, and what was found so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from covermock.openapi import Operation

from ..http.reader import Inputs
from ..world.account import Account
from ..world.task import Task
from ..world.webhook import Delivery
from ..world.world import TaskSource, World


@cache
def _split(place: str) -> tuple[str, str]:
    part, _, name = place.partition(".")
    return part, name


@dataclass
class Call:
    """A request that has a valid key and valid parameters. `now` is the world's time, in Unix seconds.

    The preconditions fill `source` (the id that was asked about) and `task` or `found` (what it names). Faults fill
    `own` (what the task to come is to be), `back` (how many stages a status lies back) and `repeats` (the id to answer
    with); the start of a task sets `early`, the webhook that has to go out before the answer. `price` is what the
    operation costs, once somebody has asked.
    """

    operation: Operation
    world: World
    account: Account
    now: float
    base: str
    given: Inputs
    own: Mapping[str, Any] | None = field(default=None, init=False)
    back: int = field(default=0, init=False)
    repeats: str = field(default="", init=False)
    early: Delivery | None = field(default=None, init=False)
    price: int | None = field(default=None, init=False)
    source: str = field(default="", init=False)
    task: Task | None = field(default=None, init=False)
    found: TaskSource | None = field(default=None, init=False)

    def tell(self, **own: Any) -> None:
        """Say more of what the task to come is to be."""
        self.own = {**(self.own or {}), **own}

    def first_value(self, places: list[str]) -> str:
        """Return the value at the first of `places` (`body.taskId`, `query.task_id`) that the request has."""
        for place in places:
            part, name = _split(place)
            values = getattr(self.given, part)
            if values and (value := values.get(name)) is not None:
                return str(value)
        return ""
