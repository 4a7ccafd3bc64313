"""Whose webhooks go next: worlds take turns, and none holds so many connections that another finds no room. Pure."""

from collections import Counter
from collections.abc import Iterable


class Turns:
    """The worlds that may have something to send, the next one first, and how many webhooks of each are under way."""

    def __init__(self) -> None:
        self._waiting: dict[str, None] = {}
        self._under_way: Counter[str] = Counter()

    def want(self, names: Iterable[str]) -> None:
        """Give these worlds a turn, after those that wait for theirs."""
        self._waiting |= dict.fromkeys(names)

    def take(self, limit: int) -> list[tuple[str, int]]:
        """Return (world, how many it may begin) for each world that has a turn now; the others keep theirs.

        A world may begin while fewer of its own are under way than are free. So however many receivers of however
        many worlds are slow, there is room for the first webhook of another one.
        """
        free = limit - self._under_way.total()
        taken = []
        for name in list(self._waiting):
            if free <= 0:
                break
            own = self._under_way[name]
            if own < free:
                most = max((free - own) // (len(self._waiting) + 1), 1)
                del self._waiting[name]
                taken.append((name, most))
                free -= most
        return taken

    def begin(self, name: str, count: int, *, more: bool) -> None:
        """Note that `count` are under way; the world gets another turn if it may have `more`."""
        if count:
            self._under_way[name] += count
        if more:
            self.want([name])

    def end(self, name: str) -> None:
        """Note that one of the world's isn't under way any more."""
        self._under_way[name] -= 1
        if not self._under_way[name]:
            del self._under_way[name]

    @property
    def crowded(self) -> bool:
        return bool(self._waiting)
