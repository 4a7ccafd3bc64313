"""What the tasks of a drawn gateway cost, and when it takes that."""

from types import SimpleNamespace

from .tasks import Task


class Credits:
    """The balances of all accounts: what they began with, less what their tasks have cost."""

    def __init__(self, points: SimpleNamespace, balances: dict[str, int]) -> None:
        self.p, self.balances = points, balances
        self._charged: list[tuple[Task, int]] = []

    def charge(self, task: Task, price: int) -> None:
        """Book the price of a task."""
        self._charged.append((task, price))

    def left(self, who: str, now: float) -> int:
        """Return what an account has left."""
        return self.balances[who] - sum(self._cost(*one, now) for one in self._charged if one[0].owner == who)

    def _cost(self, task: Task, price: int, now: float) -> int:
        ended = task.stage(now) == len(task.lengths)
        if task.fails and ended:
            return 0 if self.p.refunds else price
        return price if ended or self.p.charged == "start" else 0
