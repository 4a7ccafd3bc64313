"""Accounts and their credits: charged when a task is accepted, given back when it fails (C6, U13, G11)."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from .task import Task

Failed = Callable[[Task], bool]


@dataclass(slots=True)
class Account:
    """One key's account. `balance` is what was granted less all charges; `risky` are its tasks that may still fail.

    The credits of a failed task are available again from the instant it fails, whether anybody looks or not.
    """

    name: str
    key: str
    granted: int
    balance: int
    risky: list[Task] = field(default_factory=list)

    def available(self, failed: Failed) -> int:
        """Return the credits that can be spent, given which tasks have failed by now."""
        return self.balance + sum(task.price for task in self.risky if failed(task)) if self.risky else self.balance

    def charge(self, task: Task, failed: Failed, *, risky: bool) -> bool:
        """Take the task's price and return True, or take nothing and return False if the account can't pay it."""
        if self.risky and self.balance < task.price:
            self._settle(failed)
        if self.balance < task.price:
            return False
        self.balance -= task.price
        if risky:
            self.risky.append(task)
            # Each time that it has doubled: so a charge costs the same however many tasks may still fail.
            if len(self.risky).bit_count() == 1:
                self._settle(failed)
        return True

    def _settle(self, failed: Failed) -> None:
        """Book the refunds that are due, so that `risky` stays short, and all that is available in `balance`."""
        running: list[Task] = []
        for task in self.risky:
            if failed(task):
                self.balance += task.price
            else:
                running.append(task)
        self.risky = running


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where an account's credits are: granted == available + held + captured, at every instant."""

    granted: int
    available: int
    held: int
    captured: int


def ledgers(
    accounts: Collection[Account], tasks: Iterable[Task], failed: Failed, done: Failed, fails: Failed
) -> dict[str, Ledger]:
    """Return each account's ledger by its name: a running task holds its price, a successful one has captured it.

    One that `fails` in the end and is no risk any more was refunded: by a process, maybe, whose clock is ahead.
    """
    held, captured = Counter[str](), Counter[str]()
    risky = {task.id for account in accounts for task in account.risky}
    for task in tasks:
        if task.price and done(task):
            captured[task.account] += task.price
        elif task.price and not failed(task) and (task.id in risky or not fails(task)):
            held[task.account] += task.price
    return {
        account.name: Ledger(account.granted, account.available(failed), held[account.name], captured[account.name])
        for account in accounts
    }
