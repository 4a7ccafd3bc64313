"""What a step has done to a world, as words for Redis."""

from typing import Any

from .records import StoredRecord
from .shared import SharedWorld


class Change:
    """What a step rests on in one world, and what it has done to it, as words for Redis."""

    def __init__(self, world: SharedWorld, *, exchange: bool) -> None:
        self.world = world
        self.reads: list[Any] = []
        self.writes: list[tuple[str, bytes]] = []
        self.removed = [name for name in world.surplus() if name in world.known]
        self.sums: list[Any] = []
        for name, raw in world.records_now():
            known = world.known.get(name)
            changed = raw != (known.raw if known else None)
            if changed and raw is not None:
                self.writes.append((name, raw))
            if changed or exchange:
                self.reads += (name, known.version if known else 0)
        for account in world.accounts_read():
            before = world.balances[account.name]
            added = account.balance - before
            if exchange and account.asked:
                self.sums += (account.name, "is", before)
            if added:
                self.sums += (account.name, "add", added)
        lists = zip(("journal", "controls"), world.journals(), strict=True)
        self.list, self.entries = next(((name, journal.fresh) for name, journal in lists if journal.fresh), ("", []))

    @property
    def idle(self) -> bool:
        return not (self.writes or self.sums or self.entries)

    def words(self) -> list[Any]:
        rows = [*self.writes, *((name, b"") for name in self.removed)]
        written = [part for row in rows for part in row]
        counts = len(self.reads) // 2, len(rows), len(self.sums) // 3
        listed = self.list, len(self.entries), *self.entries
        last = *listed, self.world.drew, self._owing()
        return [self.world.uid, counts[0], *self.reads, counts[1], *written, counts[2], *self.sums, *last]

    def adopt_commit(self, answer: list[Any]) -> None:
        """Note the versions and balances that Redis has given."""
        world, last, drawn = self.world, answer[1], answer[2]
        first = last - len(self.writes) + 1
        for version, (name, raw) in enumerate(self.writes, first):
            known = world.known.get(name)
            world.known[name] = StoredRecord(version, known.born if known else version, raw)
        for name in self.removed:
            world.known.pop(name, None)
        if self.writes and world.synced == first - 1:
            world.synced = last
        world.reserve = [*world.reserve[world.drew :], *range(drawn - world.drew + 1, drawn + 1)]
        world.version = answer[3]
        world.count(sums(answer[4]))
        world.born = max(world.born, answer[5])

    def adopt_refusal(self, answer: list[Any]) -> None:
        """Believe what Redis says of all that the step has rested on."""
        self.world.adopt(zip((field.decode() for field in answer[1][::2]), answer[1][1::2], strict=True))
        self.world.count(sums(answer[2]))

    def _owing(self) -> str:
        """Say whether the world owes webhooks, where that may have changed."""
        if not any(name.startswith("delivery:") for name, _ in self.writes):
            return ""
        return "1" if self.world.outbox.open else "0" if self.world.current else ""


def sums(flat: list[bytes]) -> dict[str, int]:
    """Return the balances that Redis gives, by account."""
    return {name.decode(): int(balance) for name, balance in zip(flat[::2], flat[1::2], strict=True)}
