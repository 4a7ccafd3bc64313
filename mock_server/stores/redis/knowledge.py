"""What this process knows of the worlds in Redis, and how it learns more."""

import time
from collections.abc import Callable
from typing import Any

from covermock.openapi import Contract

from .change import sums
from .link import Link
from .scripts import OPEN, TAIL
from .shared import SharedWorld, Sources


class AgainError(BaseException):
    """What the step has looked at has changed under it; nobody on the way but the store may catch this."""


class Knowledge:
    """The worlds that this process has met, by their id in Redis, their name and their keys.

    `meet` is told of each world that is brought up to date; `strict` tells whether the step must not go on with less
    than it began with.
    """

    def __init__(
        self, link: Link, contract: Contract, meet: Callable[[SharedWorld], None], strict: Callable[[], bool]
    ) -> None:
        self._link = link
        self._contract = contract
        self._meet = meet
        self._strict = strict
        self._worlds: dict[str, SharedWorld] = {}
        self._names: dict[str, SharedWorld] = {}
        self._keys: dict[str, tuple[SharedWorld, str]] = {}
        self._sources = Sources(self._whole, self._fetch, self._tail, self._draw)

    def owner(self, key: str) -> tuple[SharedWorld, str] | None:
        """Return the world of a key, as far as it is known, and the name of the account."""
        known = self._keys.get(key)
        if known is not None and not known[0].gone:
            return known
        found = self._link.script(OPEN, "key", key, "", "")
        if found is None:
            return None
        self._keys[key] = (self._learnt(found, whole=False), found[1].decode())
        return self._keys[key]

    def open(self, name: str) -> SharedWorld | None:
        """Return the world of that name with all that happened to it, or None."""
        known = self._names.get(name)
        uid, since = (known.uid, known.synced) if known else ("", 0)
        found = self._link.script(OPEN, "name", name, uid, since)
        if known is not None and (found is None or found[0].decode() != known.uid):
            self.forget(known)
        if found is None:
            return None
        world = self._learnt(found, whole=True)
        world.take_over()
        return world

    def sync(self, world: SharedWorld) -> None:
        """Bring a world up to date."""
        found = self._link.script(OPEN, "uid", world.uid, world.uid, world.synced)
        if found is None:
            self.forget(world)
        else:
            self._learnt(found, whole=True)

    def forget(self, world: SharedWorld) -> None:
        """Note that a world is gone."""
        world.gone = True
        world.version += 1
        self._worlds.pop(world.uid, None)
        self._names.pop(world.name, None)
        self._keys = {key: row for key, row in self._keys.items() if row[0] is not world}

    def _whole(self, world: SharedWorld) -> None:
        """Bring a world up to date in the midst of a step, which begins anew where that has changed anything."""
        before = world.synced
        self.sync(world)
        if self._strict() and world.synced != before:
            raise AgainError

    def _learnt(self, found: list[Any], *, whole: bool) -> SharedWorld:
        """Return the world of an answer of OPEN, which knows more now."""
        uid, facts = found[0].decode(), dict(zip(found[2][::2], found[2][1::2], strict=True))
        world = self._worlds.get(uid)
        if world is None:
            world = SharedWorld(uid, facts[b"name"].decode(), self._contract, self._sources)
            self._worlds[uid] = self._names[world.name] = world
        if whole:
            self._meet(world)
        world.count(sums(found[3]))
        rows = zip((field.decode() for field in found[5][::2]), found[5][1::2], strict=True)
        world.adopt(_unseen(world, list(rows)))
        world.acts, world.version = int(facts.get(b"acts", 0)), int(found[4] or 0)
        world.made = int(facts.get(b"made", 0)) - (world.reserve == int(facts.get(b"made", 0)))
        if whole:
            world.synced = int(facts.get(b"stamp", 0))
            world.current = True
            world.order()
        return world

    def _fetch(self, world: SharedWorld, fields: list[str]) -> None:
        values = self._link.command("HMGET", f"covermock:{world.uid}:records", *fields)
        world.adopt((field, value or b"") for field, value in zip(fields, values, strict=True))

    def _tail(self, world: SharedWorld, name: str, seen: int) -> tuple[int, list[bytes], float]:
        total, rows = self._link.script(TAIL, world.uid, name, seen)
        return total, rows, time.time()

    def _draw(self, world: SharedWorld) -> int:
        return int(self._link.command("HINCRBY", f"covermock:{world.uid}:facts", "made", 1))


def _unseen(world: SharedWorld, rows: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Return the records that the world doesn't know in that version."""
    known = world.known
    return [
        (name, value)
        for name, value in rows
        if value and (name not in known or known[name].version != int(value.partition(b" ")[0]))
    ]
