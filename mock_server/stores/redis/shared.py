"""A world that many processes share: what this one knows of it, what it has looked at, and what it has changed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson
from covermock.openapi import Contract

from ...world.clock import Clock
from ...world.world import World
from .parts import Records, SharedJournal, SharedOutbox
from .records import (
    ACCOUNT,
    DELIVERY,
    HEAD,
    OUTBOX,
    SOURCE,
    SPEC,
    TASK,
    USES,
    YIELDS,
    SharedAccount,
    StoredRecord,
    account_json,
    head_json,
    read_head,
    read_source,
    read_task,
    record_json,
    stored_record,
    task_json,
)

_NOW = Clock(0.0, 0.0)
_READ: Mapping[str, Callable[[bytes], Any]] = {
    TASK: read_task,
    SOURCE: read_source,
    USES: orjson.loads,
    YIELDS: orjson.loads,
}


class Sources(NamedTuple):
    """Where a world gets more of itself: all that changed, certain records, a journal's tail, free numbers for ids."""

    whole: Callable[["SharedWorld"], None]
    fetch: Callable[["SharedWorld", list[str]], None]
    tail: Callable[["SharedWorld", str, int], tuple[int, list[bytes], float]]
    draw: Callable[["SharedWorld", int], list[int]]


class SharedWorld(World):
    """A world in Redis. The rules change it as they change any world; then `changes` says what they rest on and did.

    `known` has the records by field, `balances` the counters of the accounts, `keys` those by which it was found;
    `synced` is the version up to which nothing is missing, `stamp` the last one that Redis has spoken of; `reserve` are
    numbers for ids that no other process gets, `drew` how many of them the step has used; `born` are the
    tasks that Redis last spoke of. What was not committed is taken back by `revert`.
    """

    __slots__ = (
        "_sources",
        "balances",
        "born",
        "current",
        "drew",
        "keys",
        "known",
        "reserve",
        "stamp",
        "synced",
        "uid",
        "until",
        "used",
        "wall",
    )

    def __init__(self, uid: str, name: str, contract: Contract, sources: Sources) -> None:
        World.__init__(self, name, {}, contract, _NOW)
        self.uid = uid
        self.mark = uid.replace("-", "")
        self._sources = sources
        self.known: dict[str, StoredRecord] = {}
        self.balances: dict[str, int] = {}
        self.keys: set[str] = set()
        self.used = self.until = self.wall = 0.0
        self.synced = self.stamp = self.born = 0
        self.reserve: list[int] = []
        self.drew, self.current = 0, False
        nothing: Callable[[], None] = lambda: None  # noqa: E731 - these few are known as soon as the world is
        self.accounts = Records(ACCOUNT, nothing)
        self.tasks = Records(TASK, self.complete)
        self.sources, self.yields = Records(SOURCE, self.complete), Records(YIELDS, self.complete)
        self.uses = Records(USES, self.complete)
        self.outbox = SharedOutbox()
        self.journal = SharedJournal(lambda seen: self._sources.tail(self, "journal", seen))
        self.controls = SharedJournal(lambda seen: self._sources.tail(self, "controls", seen))

    def forget(self) -> None:
        """Know nothing any more; what comes back is the same object as before, for all who hold it."""
        self.known.clear()
        self.keys.clear()
        self.synced = self.stamp = self.born = 0
        self.reserve = []
        for records in self._mappings():
            records.forget()
        self._outbox.forget_all()
        for journal in self.journals():
            journal.forget()

    def complete(self) -> None:
        if not self.current:
            self._sources.whole(self)

    def make_do(self) -> None:
        """Go on in this step with what is known, while Redis is unreachable."""
        self.current = True
        for journal in self.journals():
            journal.current = True

    def take_over(self) -> None:
        """Plan again what somebody was sending who says nothing more of it."""
        self._outbox.take_over(self.wall)

    def new_id(self, prefix: str, kind: str = "") -> str:
        """Return the next id, from a number that no other process gets."""
        if self.drew == len(self.reserve):  # each time as many again: a step of many starts needs many
            self.reserve += self._sources.draw(self, max(self.drew, 1))
        self.made = self.reserve[self.drew] - 1
        self.drew += 1
        return World.new_id(self, prefix, kind)

    def number_of(self, kind: str) -> int:
        """Return how many this process knows of a kind, or Redis has said: to know all would cost each request a look.

        So a world that is filled by several processes may have a step's tasks more for each.
        """
        records = getattr(self, kind)
        known = dict.__len__(records) if isinstance(records, dict) else len(records)
        return max(known, self.born) if kind == "tasks" else known

    def begin_step(self, wall: float, until: float) -> None:
        """Nothing was looked at yet, at the wall instant. What this step claims is claimed until the other one."""
        self.wall, self.until = wall, until
        for records in self._mappings():
            records.seen.clear()
        for account in dict.values(self.accounts):
            account.asked = False  # type: ignore[attr-defined]
        self._outbox.noted.clear()
        self._outbox.dropped.clear()
        for journal in self.journals():
            journal.current = False
            journal.fresh.clear()
        self.current, self.drew = False, 0

    def journals(self) -> Iterator[SharedJournal]:
        for journal in (self.journal, self.controls):
            assert isinstance(journal, SharedJournal)
            yield journal

    def adopt(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Believe what Redis says: fields with "version born json", or nothing for what doesn't exist."""
        parsed = [(field, stored_record(value)) for field, value in rows]
        parsed.sort(key=lambda row: (row[0].startswith(ACCOUNT), row[1].born if row[1] else 0))
        for field, record in parsed:
            if record is None:
                self._remove(field)
            else:
                self.known[field] = record
                self._put(field, record.raw)

    def order(self) -> None:
        """Put the tasks into the order of their birth."""
        tasks, known = self._tasks, self.known
        born = [known[f"{TASK}:{name}"].born for name in dict.__iter__(tasks)]
        if born != sorted(born):
            rows = sorted(dict.items(tasks), key=lambda row: known[f"{TASK}:{row[0]}"].born)
            dict.clear(tasks)
            for name, task in rows:
                dict.__setitem__(tasks, name, task)

    def count(self, sums: Mapping[str, int]) -> None:
        """Believe the balances that Redis counts."""
        for name, balance in sums.items():
            self.balances[name] = balance
            account = self._accounts.peek(name)
            if account is not None:
                account.balance = balance

    def records_now(self) -> Iterator[tuple[str, bytes | None]]:
        """Yield (field, its record now) of all that the step may rest on or have changed."""
        yield HEAD, head_json(self)
        tasks = dict(self._tasks.seen)
        for account in self.accounts_read():
            tasks |= dict.fromkeys(task.id for task in account.risky)
            yield f"{ACCOUNT}:{account.name}", account_json(account)
        yield from self._values(TASK, tasks, self._tasks, task_json)
        for records in (self.sources, self.yields, self.uses):
            assert isinstance(records, Records)
            yield from self._values(records.kind, records.seen, records, record_json)
        yield from self._webhooks()

    def accounts_read(self) -> list[SharedAccount]:
        accounts = self._accounts
        return [one for one in dict.values(accounts) if one.asked or one.name in accounts.seen]

    def surplus(self) -> list[str]:
        """Return the records of webhooks that are not kept any longer."""
        return [f"{DELIVERY}:{name}" for name in self._outbox.dropped]

    def revert(self) -> None:
        """Take back what the step has changed here."""
        for field in [*self.surplus(), *(field for field, _ in self.records_now())]:
            known = self.known.get(field)
            if known is None:
                self._remove(field)
            else:
                self._put(field, known.raw)
        self.count(dict(self.balances))

    def _webhooks(self) -> Iterator[tuple[str, bytes | None]]:
        outbox = self._outbox
        if not outbox.noted:
            return
        yield OUTBOX, record_json([outbox.total, outbox.delivered, outbox.attempts])
        for name, delivery in outbox.noted.items():
            yield f"{DELIVERY}:{name}", outbox.raw(delivery, self.until)

    def _values(
        self, kind: str, names: Iterable[str], records: Records, encode: Callable[[Any], bytes]
    ) -> Iterator[tuple[str, bytes | None]]:
        for name in names:
            value = records.peek(name)
            yield f"{kind}:{name}", None if value is None else encode(value)

    def _put(self, field: str, raw: bytes) -> None:
        kind, _, name = field.partition(":")
        if kind == HEAD:
            read_head(self, raw)
        elif kind == SPEC:
            _, self.spec, self.origin = orjson.loads(raw)
        elif kind == OUTBOX:
            self.outbox.total, self.outbox.delivered, self.outbox.attempts = orjson.loads(raw)
        elif kind == ACCOUNT:
            self._put_account(name, raw)
        elif kind == DELIVERY:
            self._outbox.put(name, raw)
        else:
            self._mapping(kind).put(name, _READ[kind](raw))

    def _put_account(self, name: str, raw: bytes) -> None:
        key, granted, risky = orjson.loads(raw)
        missing = [f"{TASK}:{task}" for task in risky if self._tasks.peek(task) is None]
        if missing:
            self._sources.fetch(self, missing)
        tasks = [self._tasks.peek(task) for task in risky]
        account = self._accounts.peek(name)
        if account is None:
            account = SharedAccount(name, key, granted, self.balances.get(name, 0), tasks)
            self._accounts.put(name, account)
        account.risky = tasks

    def _remove(self, field: str) -> None:
        kind, _, name = field.partition(":")
        self.known.pop(field, None)
        if kind == DELIVERY:
            self._outbox.forget(name)
        elif kind in _READ:
            dict.pop(self._mapping(kind), name, None)

    def _mapping(self, kind: str) -> Records:
        return next(records for records in self._mappings() if records.kind == kind)

    def _mappings(self) -> Iterator[Records]:
        for records in (self.tasks, self.accounts, self.uses, self.yields, self.sources):
            assert isinstance(records, Records)
            yield records

    @property
    def _tasks(self) -> Records:
        assert isinstance(self.tasks, Records)
        return self.tasks

    @property
    def _accounts(self) -> Records:
        assert isinstance(self.accounts, Records)
        return self.accounts

    @property
    def _outbox(self) -> SharedOutbox:
        assert isinstance(self.outbox, SharedOutbox)
        return self.outbox
