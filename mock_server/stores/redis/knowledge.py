"""What this process knows of the worlds in Redis, and how it learns more."""

import time
from collections.abc import Callable
from itertools import islice
from typing import Any, Final

from covermock.openapi import Contract, excerpt

from ...http.errors import UNAVAILABLE, Refusal
from .change import sums
from .connection.link import Link
from .scripts import DRAW, OPEN, TAIL
from .shared import SharedWorld, Sources

_PAGE: Final = 2000  # records that Redis gives in one step
_LOOK: Final = 1000  # worlds that are looked for in one step, to forget those that are gone


class RetryError(BaseException):
    """What the step has looked at has changed under it; nobody on the way but the store may catch this."""


class ForeignWorldError(Refusal):
    """A world that was made under another contract: its tasks have states, or come from operations, that this lacks."""

    def __init__(self, name: str) -> None:
        problem = f"world {excerpt(name)}, which was made under a contract with other lifecycles or operations"
        super().__init__(UNAVAILABLE, received=f"{problem}; ask a server that has that one, or make it anew")


class Knowledge:
    """The worlds that this process has met, by their id in Redis, their name and their keys.

    `meet` is told of each world that is brought up to date; `strict` tells whether the step must not go on with less
    than it began with. `lost` is asked about a world that isn't there, with the epoch of the database and whether
    parts of the world are missing: it returns True if another look may find it. `words` are those of the contract.
    """

    def __init__(
        self,
        link: Link,
        contract: Contract,
        words: str,
        meet: Callable[[SharedWorld], None],
        strict: Callable[[], bool],
        lost: Callable[[str, bool], bool],
    ) -> None:
        self._link = link
        self._contract = contract
        self._words = words.encode()
        self._meet = meet
        self._strict = strict
        self._lost = lost
        self._worlds: dict[str, SharedWorld] = {}
        self._names: dict[str, SharedWorld] = {}
        self._keys: dict[str, tuple[SharedWorld, str]] = {}
        self._sources = Sources(self._whole, self._fetch, self._tail, self._draw)

    def owner(self, key: str) -> tuple[SharedWorld, str] | None:
        """Return the world of a key, as far as it is known, and the name of the account."""
        known = self._keys.get(key)
        if known is not None and not known[0].gone:
            return known
        found = self._open("key", key)
        if found is None:
            return None
        world = self._learnt(found, whole=False)
        self._keys[key] = world, found[1].decode()
        world.keys.add(key)
        if self._strict():  # earlier requests of this step rest on what was known before
            raise RetryError
        return self._keys[key]

    def open(self, name: str) -> SharedWorld | None:
        """Return the world of that name with all that happened to it, or None."""
        known = self._names.get(name)
        uid, since = (known.uid, known.synced) if known else ("", 0)
        found = self._open("name", name, uid, since)
        if known is not None and (found is None or found[0].decode() != known.uid):
            self.forget(known)
        if found is None:
            return None
        world = self._complete(found)
        world.take_over()
        return world

    def sync(self, world: SharedWorld) -> None:
        found = self._link.script(OPEN, "uid", world.uid, world.uid, world.synced, _PAGE)
        if found[0] is None:
            self.forget(world)
        else:
            self._complete(found)

    def forget(self, world: SharedWorld) -> None:
        world.gone = True
        world.version += 1
        self._worlds.pop(world.uid, None)
        if self._names.get(world.name) is world:
            del self._names[world.name]
        for key in world.keys:
            self._keys.pop(key, None)

    def forget_name(self, name: str) -> None:
        known = self._names.get(name)
        if known is not None:
            self.forget(known)

    def doubt(self) -> None:
        """Believe nothing any more: a Redis that was unreachable may have come back with less than it had said."""
        self._keys.clear()
        for world in self._worlds.values():
            world.forget()

    def forget_gone(self) -> None:
        """Forget worlds that others have deleted: the longest known ones are looked for first, some in each call."""
        worlds = list(islice(self._worlds.values(), _LOOK))
        if worlds:
            versions = self._link.command("HMGET", "covermock:versions", *(world.uid for world in worlds))
        for n, world in enumerate(worlds):
            if versions[n] is None:
                self.forget(world)
            else:
                self._worlds[world.uid] = self._worlds.pop(world.uid)

    def _open(self, how: str, what: str, known: str = "", since: int | str = "") -> Any:
        """Return what OPEN says of a world, None where there is none."""
        found = self._link.script(OPEN, how, what, known, since, _PAGE)
        if found[0] is None and self._lost(found[1].decode(), bool(found[2])):
            found = self._link.script(OPEN, how, what, known, since, _PAGE)
        return None if found[0] is None else found

    def _complete(self, found: list[Any]) -> SharedWorld:
        """Return the world of an answer of OPEN, with all that happened to it: page by page where that is much."""
        world = self._learnt(found, whole=True)
        while world.synced < world.stamp:
            found = self._link.script(OPEN, "uid", world.uid, world.uid, world.synced, _PAGE)
            if found[0] is None:
                self.forget(world)
                break
            self._learnt(found, whole=True)
        return world

    def _whole(self, world: SharedWorld) -> None:
        """Bring a world up to date in the midst of a step, which begins anew where that has changed anything."""
        before = world.synced
        self.sync(world)
        if self._strict() and world.synced != before:
            raise RetryError

    def _learnt(self, found: list[Any], *, whole: bool) -> SharedWorld:
        """Return the world of an answer of OPEN, which knows more now."""
        uid, facts = found[0].decode(), dict(zip(found[2][::2], found[2][1::2], strict=True))
        world = self._worlds.get(uid)
        if world is None:
            name = facts[b"name"].decode()
            if facts.get(b"contract") != self._words:
                raise ForeignWorldError(name)
            self.forget_name(name)  # another process has put this one in its place
            world = SharedWorld(uid, name, self._contract, self._sources)
            self._worlds[uid] = self._names[world.name] = world
        if whole:
            self._meet(world)
        try:
            self._believe(world, found, facts)
        except (ValueError, TypeError, KeyError, LookupError) as error:
            self.forget(world)
            problem = f"records of world {excerpt(world.name)} that this version can't read ({type(error).__name__})"
            raise Refusal(UNAVAILABLE, received=f"{problem}; delete it with the version that wrote it") from error
        if whole:
            world.synced, world.stamp = int(found[6] or 0), int(facts.get(b"stamp", 0))
            world.current = world.synced >= world.stamp
            if world.current and found[5]:
                world.order()
        return world

    def _believe(self, world: SharedWorld, found: list[Any], facts: dict[bytes, bytes]) -> None:
        taken = [(one, one.balance - world.balances.get(one.name, one.balance)) for one in world.accounts_read()]
        world.count(sums(found[3]))
        rows = zip((field.decode() for field in found[5][::2]), found[5][1::2], strict=True)
        world.adopt(_news(world, list(rows)))
        for account, credit in taken:  # what earlier requests of this step took isn't in Redis yet
            account.balance = world.balances.get(account.name, account.balance - credit) + credit
        world.version = int(found[4] or 0)
        world.born = int(facts.get(b"tasks", 0))
        made = int(facts.get(b"made", 0))
        world.made = made - (len(world.reserve) if made in world.reserve[-1:] else 0)

    def _fetch(self, world: SharedWorld, fields: list[str]) -> None:
        for first in range(0, len(fields), _PAGE):
            some = fields[first : first + _PAGE]
            values = self._link.command("HMGET", f"covermock:{world.uid}:records", *some)
            if None in values:  # the world was deleted a moment ago
                raise RetryError
            world.adopt(zip(some, values, strict=True))

    def _tail(self, world: SharedWorld, name: str, seen: int) -> tuple[int, list[bytes], float]:
        total, rows = self._link.script(TAIL, world.uid, name, seen)
        return total, rows, time.time()

    def _draw(self, world: SharedWorld, count: int) -> list[int]:
        last = int(self._link.script(DRAW, world.uid, count))
        return list(range(last - count + 1, last + 1))


def _news(world: SharedWorld, rows: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Return the records that the world doesn't know in that version."""
    known = world.known
    return [
        (name, value)
        for name, value in rows
        if value and (name not in known or known[name].version != int(value.partition(b" ")[0]))
    ]
