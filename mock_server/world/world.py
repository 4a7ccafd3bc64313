"""A world: accounts, credits, sources, tasks and a clock of its own. Facts and the rules that keep them; no edges."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from covermock.openapi import Contract, Lifecycle, excerpt

from ..http.errors import limit_refusal
from ..limits import Limits, unit_of
from .account import Account, Ledger, ledgers
from .clock import Clock
from .fault import Fault
from .journal import Journal
from .outbox import Outbox
from .task import FAILURE, STALL, SUCCESS, TIME, Plan, Task, Tasks, at, ends_in, own_time, plan

Spec = Mapping[str, Any]
KINDS = ("accounts", "sources", "faults", "tasks")  # of what a world may have many, up to its limits
_LIMITS = Limits()
_AS_USUAL: Spec = {}


def digits(seed: int, number: int) -> str:
    """Return the 18 hexadecimal digits of the id with this number, in worlds of this seed."""
    return blake2b(b"%d:%d" % (seed, number), digest_size=9).hexdigest()


@dataclass(frozen=True, slots=True)
class TaskSource:
    """What tasks are started from and was there before, such as an uploaded audio file, and whose it is (empty: all's).

    `numbers` are what rules of the contract look at, such as its seconds.
    """

    numbers: Mapping[str, float]
    account: str = ""


def source_key(kind: str, name: str) -> str:
    """Return the key of a source in its world; a kind has no slash."""
    return f"{kind}/{name}"


def use_key(operation: str, source: str) -> str:
    """Return the key of what an operation has started from a source."""
    return f"{operation}\n{source}"


@dataclass(slots=True, eq=False)
class World:
    """An island of facts. `yields` says, by source id, what becomes of the tasks that are started from it.

    `uses` maps what an operation was started from (see `use_key`) to its latest task; `made` counts the ids that
    were given out; `version` counts all that happened here, so who waits looks again when it has changed, and entries
    stand in its order. `gone`: the world was deleted or replaced. `journal` has the exchanges, `controls` the control
    calls that changed something; `origin` is how it all began. `bases` and `plans` are texts and plans that many tasks
    share; `mark` tells the world from any other of its name.
    """

    name: str
    spec: Spec
    contract: Contract
    clock: Clock
    seed: int = 0
    drive: str = TIME
    accounts: dict[str, Account] = field(default_factory=dict)
    sources: dict[str, TaskSource] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=Tasks)
    uses: dict[str, str] = field(default_factory=dict)
    yields: dict[str, Spec] = field(default_factory=dict)
    made: int = 0
    faults: list[Fault] = field(default_factory=list)
    faults_made: int = 0
    journal: Journal = field(default_factory=Journal)
    controls: Journal = field(default_factory=Journal)
    outbox: Outbox = field(default_factory=Outbox)
    bases: dict[str, str] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    version: int = 0
    gone: bool = False
    mark: str = ""
    origin: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = _LIMITS

    def state(self, task: Task, now: float) -> str:
        """Return the name of the task's state at the world's time `now`."""
        return at(task, own_time(task, self.clock, now))

    def lifecycle(self, task: Task) -> Lifecycle:
        return self.contract.lifecycles[task.lifecycle]

    def has_failed(self, task: Task, now: float) -> bool:
        """Return True if the task has failed by `now`."""
        return self.state(task, now) == self.lifecycle(task).failure.name

    def fails(self, task: Task) -> bool:
        """Return True if the task's plan ends with failure."""
        return task.plan[-1].state == self.lifecycle(task).failure.name

    def has_succeeded(self, task: Task, now: float) -> bool:
        """Return True if the task has succeeded by `now`."""
        return self.state(task, now) == self.lifecycle(task).success.name

    def ends_in(self, task: Task, now: float) -> float | None:
        """Return the seconds until the task's end, 0 or less once it has ended; None while it stalls or is held."""
        return ends_in(task, self.clock, now) if task.plan[-1].state in self.lifecycle(task).terminal else None

    def available(self, account: Account, now: float) -> int:
        """Return the credits that the account can spend at `now`."""
        return account.available(lambda task: self.has_failed(task, now))

    def ledgers(self, now: float) -> dict[str, Ledger]:
        """Return where the credits of each account are at `now`, by its name."""
        return ledgers(
            self.accounts.values(),
            self.tasks.values(),
            lambda task: self.has_failed(task, now),
            lambda task: self.has_succeeded(task, now),
            self.fails,
        )

    def price(self, operation: str) -> int:
        """Return what the operation costs here: the world's price, else the contract's least."""
        prices: Mapping[str, int] | None = self.spec.get("prices")
        return prices[operation] if prices and operation in prices else self.contract.by_id[operation].price

    def outcome(self, task: Task) -> str:
        """Return what the task's plan ends with: success, failure or stall."""
        ends = dict(zip(self.lifecycle(task).terminal, (SUCCESS, FAILURE), strict=True))
        return ends.get(task.plan[-1].state, STALL)

    def seconds(self, lifecycle: str, own: Spec) -> Mapping[str, float]:
        """Return the stage lengths (seconds) of a coming task: its own, else the world's; the contract has the rest."""
        chosen = own.get("stage_seconds", self.spec.get("stage_seconds", {}))
        if isinstance(chosen, Mapping):
            return chosen
        return {stage.name: chosen for stage in self.contract.lifecycles[lifecycle].stages}

    def plan(self, lifecycle: str, own: Spec) -> Plan:
        """Return the plan that `own` (keys stage_seconds, outcome, stalls_at) asks for; usual ones are shared."""
        if not own:
            if lifecycle not in self.plans:
                self.plans[lifecycle] = self.plan(lifecycle, {"outcome": SUCCESS})
            return self.plans[lifecycle]
        declared = self.contract.lifecycles[lifecycle]
        outcome = own.get("outcome", SUCCESS)
        drive = own.get("drive", self.drive)
        return plan(declared, self.seconds(lifecycle, own), outcome, own.get("stalls_at", ""), drive)

    def yields_of(self, source: str, operation: str) -> Spec:
        """Return what is to become of a task that the operation starts from the source: settings of its plan."""
        own = self.yields.get(source)
        if own is None or "operations" not in own:
            return own or _AS_USUAL
        every = {name: value for name, value in own.items() if name != "operations"}
        return {**every, **own["operations"].get(operation, _AS_USUAL)}

    def accept(self, task: Task, now: float, *, once: bool = False) -> bool:
        """Charge for the task, store it and return True, or return False. `once`: its source gives one at a time."""
        risky = task.plan is not self.plans.get(task.lifecycle) and self.fails(task)  # the usual plan succeeds
        account = self.accounts[task.account]
        if not account.charge(task, lambda other: self.has_failed(other, now), risky=risky):
            return False
        self.tasks[task.id] = task
        if once:
            self.uses[use_key(task.started_by, task.source)] = task.id
        return True

    def set_limits(self, limits: Limits) -> None:
        self.limits = limits
        self.journal.room = self.controls.room = limits.journal_bytes

    def number_of(self, kind: str) -> int:
        return len(getattr(self, kind))

    def refuse_more(self, kind: str, more: int = 1) -> None:
        """Raise `Refusal` if the world can't have so many more of a kind."""
        most: int = getattr(self.limits, kind)
        if self.number_of(kind) + more > most:
            raise limit_refusal(
                kind, f"{most} {unit_of(kind)} in world {excerpt(self.name)}", "Reset or delete the world"
            )

    def new_id(self, prefix: str, kind: str = "") -> str:
        """Return the next id: the prefix and 18 hexadecimal digits, the same for the same seed and count.

        It is a whole number where those of the kind are, below 2^48 so that every language can hold it; or a UUID.
        """
        ids = self.contract.ids
        while True:
            self.made += 1
            number = digits(self.seed, self.made)
            name = prefix + number
            if kind in ids.shaped:
                name = str(int(number[:12], 16)) if kind in ids.whole else ids.spelled(kind, name)
            if self.tasks.get(name) is None:  # `in` is an operator, and costs a call more
                return name

    def begin(self, lifecycle: str, own: Spec, now: float, name: str, account: str) -> Task:
        """Return a new task of that name (its id) with the plan that `own` asks for; it is not stored yet."""
        drive = own.get("drive", self.drive)
        began = now if drive == TIME else self.clock.moved
        return Task(name, lifecycle, account, now, began, self.plan(lifecycle, own), drive)
