"""What a run has asked already, and whose turn it is: for its many threads."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from threading import Lock, RLock
from typing import TypeVar

from covermock.openapi import Operation

Item = TypeVar("Item")


def by_turns(items: Iterable[Item], kind: Callable[[Item], object]) -> list[Item]:
    """Return one of each kind, then another one of each, and so on: where requests run short, each gets some."""
    every = list(items)
    kinds = [kind(one) for one in every]
    turns = [kinds[:number].count(one) for number, one in enumerate(kinds)]
    return [every[number] for number in sorted(range(len(every)), key=turns.__getitem__)]


class Agenda:
    """Knows what was asked. `asked` holds what is to be asked once in a run.

    Of the operations in `kept`, by their ids, nobody starts a second task.
    """

    def __init__(self) -> None:
        self.asked: set[str] = set()
        self._taken = Counter[str]()
        self._turns = defaultdict[str, Lock](Lock)
        self._lock = RLock()
        self.kept = set[str]()

    def turn(self, operation: Operation) -> Lock:
        """Return what makes the starts of an operation follow one another."""
        with self._lock:
            return self._turns[operation.id]

    def first_time(self, *what: str) -> bool:
        """Return True once for what is to be asked once in a run."""
        with self._lock:
            known = ":".join(what) in self.asked
            self.asked.add(":".join(what))
            return not known

    def turns_taken(self, what: str) -> int:
        """Return how often this was asked before, so that whoever asks takes the next of several."""
        with self._lock:
            self._taken[what] += 1
            return self._taken[what] - 1
