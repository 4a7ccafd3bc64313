"""Facts as records: each a field and its JSON. Pure translation, both ways."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, NamedTuple

import orjson

from ...http.messages import Answer, Request, Wire, bytes_as_json, bytes_from_json
from ...world.account import Account
from ...world.clock import Clock
from ...world.fault import Fault
from ...world.journal import BODY_LIMIT, Entry
from ...world.task import Task, task_of
from ...world.webhook import Delivery, delivery_of
from ...world.world import TaskSource, World

Json = Any
HEAD, SPEC, OUTBOX = "head", "spec", "outbox"
ACCOUNT, SOURCE, USES, YIELDS, TASK, DELIVERY = "account", "source", "uses", "yields", "task", "delivery"


class StoredRecord(NamedTuple):
    """A record as Redis last said it: its version, when it was born, and its bytes."""

    version: int
    born: int
    raw: bytes


class SharedAccount(Account):
    """An account whose balance others change, too. `asked`: a decision rests on what it can spend."""

    __slots__ = ("asked",)

    def __init__(self, name: str, key: str, granted: int, balance: int, risky: list[Task]) -> None:
        super().__init__(name, key, granted, balance, risky)
        self.asked = False

    def available(self, failed: Any) -> int:
        """Return the credits that can be spent, and note that this was asked."""
        self.asked = True
        return super().available(failed)


def record_json(value: Json) -> bytes:
    """Return the JSON of facts; a named tuple is a list."""
    return orjson.dumps(value, default=list)


def task_json(task: Task) -> bytes:
    return orjson.dumps(task, default=list)


def read_task(raw: bytes) -> Task:
    return task_of(orjson.loads(raw))


def head_json(world: World) -> bytes:
    """Return the record of what few requests change: clock, drive, seed, faults."""
    return record_json([world.clock, world.drive, world.seed, world.faults_made, world.faults])


def read_head(world: World, raw: bytes) -> None:
    """Put the record's facts into the world."""
    clock, world.drive, world.seed, world.faults_made, faults = orjson.loads(raw)
    world.clock = Clock(**clock)
    world.faults = [Fault(**fault) for fault in faults]


def account_json(account: Account) -> bytes:
    """Return the record of an account; its balance is a counter beside it."""
    return record_json([account.key, account.granted, [task.id for task in account.risky]])


def delivery_json(delivery: Delivery, lease: float | None) -> bytes:
    """Return the record of a webhook; `lease` is the wall instant until which somebody sends it."""
    return record_json([delivery, lease])


def read_delivery(raw: bytes) -> tuple[Delivery, float | None]:
    """Return the webhook of a record, and until when it is being sent."""
    row, lease = orjson.loads(raw)
    return delivery_of(row), lease


def records(world: World) -> Iterator[tuple[str, bytes]]:
    """Yield (field, json) of all that a world is, but for its balances, counters and journals."""
    yield SPEC, record_json([world.name, world.spec, world.origin])
    yield HEAD, head_json(world)
    yield OUTBOX, record_json([world.outbox.total, world.outbox.delivered, world.outbox.attempts])
    yield from ((f"{ACCOUNT}:{name}", account_json(account)) for name, account in world.accounts.items())
    yield from ((f"{SOURCE}:{key}", record_json(source)) for key, source in world.sources.items())
    yield from ((f"{YIELDS}:{name}", record_json(own)) for name, own in world.yields.items())
    yield from ((f"{TASK}:{name}", task_json(task)) for name, task in world.tasks.items())
    yield from ((f"{USES}:{key}", record_json(task)) for key, task in world.uses.items())
    yield from ((f"{DELIVERY}:{one.id}", delivery_json(one, None)) for one in world.outbox)


def read_source(raw: bytes) -> TaskSource:
    return TaskSource(**orjson.loads(raw))


def become(old: Any, new: Any) -> None:
    """Give an object the facts of another, so that all who know it see them."""
    for name in type(new).__slots__:
        setattr(old, name, getattr(new, name))


def entry_json(entry: Entry, until: float) -> bytes:
    """Return the record of an exchange; `until` is the wall instant to which its answer is held back, or 0."""
    request, answer = entry.request, entry.answer
    wire = asdict(answer.wire) if answer.wire else None
    body = request.body[:BODY_LIMIT]
    asked = (request.method, request.path, request.query, request.headers, bytes_as_json(body))
    given = (answer.status, answer.headers, bytes_as_json(answer.body), answer.why, wire)
    return orjson.dumps((entry.wall, entry.now, until, entry.capped or len(body) < len(request.body), asked, given))


def read_entry(raw: bytes, number: int, wall: float) -> Entry:
    """Return the exchange of a list's element, which begins with its order."""
    order, _, text = raw.partition(b" ")
    at, now, until, capped, asked, given = orjson.loads(text)
    method, path, query, headers, body = asked
    status, shown, answered, why, wire = given
    request = Request(method, path, query, headers, bytes_from_json(body))
    rows = tuple((name, value) for name, value in shown)
    answer = Answer(status, bytes_from_json(answered), rows, why, Wire(**wire) if wire else None)
    return Entry(number, at, Clock(now, at), request, answer, int(order), capped, waiting=until > wall)


def stored_record(value: bytes) -> StoredRecord | None:
    """Return the record that Redis has as "version born json", None for nothing."""
    if not value:
        return None
    version, born, raw = value.split(b" ", 2)
    return StoredRecord(int(version), int(born), raw)
