"""The world that the server was started with, and the epoch of the database: how a loss is noticed and made good.

An epoch begins when covermock first uses a database, and ends when Redis has lost what was in it.
"""

import logging
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import quote, unquote

import orjson
from covermock.openapi import Contract, excerpt

from ...world.build import build
from ...world.world import World
from ..memory import TakenError
from ..port import UnfitStoreError
from .connection.link import Link, StoreUnreachableError
from .making import LostError, make
from .scripts import COMMON, OPEN

FORMAT: Final = "3"  # of what is in Redis: goes up when a version of covermock can't read what the last one wrote
_HEARD: Final = 15  # seconds within which a live server says something: its sweep is every 5 s
_TRIES: Final = 5
_log = logging.getLogger("covermock")

# format, nonce, epoch that the caller knows or ''. Answers the epoch, a new one if the tables are lost, or '?' where
# the caller knows none, and there is something of another version. To write the epoch again shows that Redis takes
# writes; types are looked at, since whoever writes to a key of another type fails half-way.
EPOCH: Final = (
    COMMON
    + """
local format, nonce, mine = take(), take(), take()
local types = {epoch = 'string', worlds = 'hash', keys = 'hash', versions = 'hash', owing = 'set', used = 'zset'}
for table, wanted in pairs(types) do
  local kind = call('TYPE', 'covermock:' .. table).ok
  if kind ~= wanted and kind ~= 'none' then return redis.error_reply('WRONGTYPE covermock:' .. table) end
end
local now = epoch()
if now ~= '' then call('SET', 'covermock:epoch', now); return now end
local tables = {'covermock:worlds', 'covermock:keys', 'covermock:versions', 'covermock:owing', 'covermock:used'}
if mine == '' and call('EXISTS', 'covermock:seq', 'covermock:epoch', unpack(tables)) > 0 then return '?' end
for _, uid in ipairs(call('HKEYS', 'covermock:versions')) do drop(uid) end
for _, uid in ipairs(call('HVALS', 'covermock:worlds')) do drop(uid) end
call('UNLINK', unpack(tables))
call('SET', 'covermock:epoch', format .. ' ' .. nonce)
call('HSET', 'covermock:worlds', '', '')
call('HSET', 'covermock:keys', '', '')
call('HSET', 'covermock:versions', '', 0)
if mine ~= '' then call('SET', 'covermock:made', call('TIME')[1]) end
return format .. ' ' .. nonce
"""
)


class First:
    """The first world in Redis. `wall` tells the time at which one is made anew, `epoch` is the database's."""

    def __init__(self, link: Link, contract: Contract, wall: Callable[[], float]) -> None:
        self._link = link
        self._contract = contract
        self._wall = wall
        self._world: World | None = None
        self._settings = ""
        self.words = _digest(_words(contract))
        self.epoch = ""

    def start_with(self, world: World) -> None:
        """Make the world, or go on with the one of that name that outlived its server.

        One whose file has changed since is made anew. Raises `UnfitStoreError`, with the remedy, where a live server
        has the world under other settings, another world has a key of it, or Redis doesn't keep what it is given.
        """
        self._world = world
        self._settings = _digest([world.spec, self._contract.root])
        self._link.open()
        self.introduce()
        self._refuse_forgetful()
        self._refuse_rivals(world)
        self.epoch = self._begin()
        for _ in range(_TRIES):
            if self._settle(world):
                return
            self.epoch = self._begin()
        problem = f"expected world {excerpt(world.name)} to stay as it is, received changes by others all the while"
        raise UnfitStoreError(f"{problem}; start again")

    def check(self) -> bool:
        """Make the world anew if the database is another; return True if so. Raises `StoreUnreachableError`."""
        try:
            epoch = self._begin()
        except UnfitStoreError as error:
            raise StoreUnreachableError(error) from None
        if epoch == self.epoch:
            return False
        self.restore(epoch)
        return True

    def restore(self, epoch: str) -> None:
        """Make the world as it began, unless there is one of that name. Raises `StoreUnreachableError`."""
        if self._world is None:
            return
        try:
            self._make(self._world, epoch)
        except UnfitStoreError as error:
            raise StoreUnreachableError(error) from None
        self.epoch = epoch

    def introduce(self) -> None:
        """Tell Redis who this is, so that a server that starts later can see it; not every user may do that."""
        if self._world is not None:
            words = (self._settings, self._world.name, socket.gethostname(), os.getpid())
            name = ":".join(["covermock", *(quote(str(word), safe="") for word in words)])
            with suppress(StoreUnreachableError):
                self._link.ask("CLIENT", "SETNAME", name)

    def _begin(self) -> str:
        """Return the epoch, a new one if Redis has lost the last. Raises `UnfitStoreError` for another version's."""
        epoch: str = self._link.script(EPOCH, FORMAT, os.urandom(4).hex(), self.epoch).decode()
        if epoch.partition(" ")[0] != FORMAT:
            problem = "expected an empty database, or one of this version of covermock, received another version's keys"
            raise UnfitStoreError(f"{problem} (covermock:…); empty it, or take another database number")
        return epoch

    def _settle(self, world: World) -> bool:
        """Make the world, keep it, or replace it; return False if others were quicker."""
        found = self._link.script(OPEN, "name", world.name, "", "", 0)
        if found[0] is None:
            return self._make(world, self.epoch)
        facts = dict(zip(found[2][::2], found[2][1::2], strict=True))
        founded = facts.get(b"founded", b"").decode()
        if founded in {"", self._fingerprint(world)}:
            return True
        if not self._make(world, self.epoch, found[0].decode()):
            return False
        _log.warning("world %s is made anew: its file, or what it is made with, has changed", excerpt(world.name))
        return True

    def _make(self, world: World, epoch: str, replaces: str = "") -> bool:
        """Make the world as it is in the beginning, now; return False where others were quicker."""
        facts = (("contract", self.words), ("founded", self._fingerprint(world)))
        try:
            make(self._link, epoch, build(world.name, world.spec, self._contract, self._wall()), facts, replaces)
        except TakenError as taken:
            if taken.kind == "name":
                return False
            problem = f"expected keys that only world {excerpt(world.name)} has, received {excerpt(taken.name)}"
            remedy = "change it in the file, delete that world over /__mock/, or take another database number"
            raise UnfitStoreError(f"{problem}, a key of world {excerpt(taken.world)} in this Redis; {remedy}") from None
        except LostError:
            return False
        return True

    def _fingerprint(self, world: World) -> str:
        return _digest([world.name, world.spec, self.words])

    def _refuse_rivals(self, world: World) -> None:
        """Raise `UnfitStoreError` if a live server has the world under another file, contract or settings."""
        for client in self._clients():
            us, settings, name, host, pid, *_ = [*map(unquote, client.get("name", "").split(":")), *[""] * 5]
            rival = us == "covermock" and name == world.name and settings != self._settings
            if rival and int(client.get("idle", 0)) <= _HEARD:
                problem = f"expected world {excerpt(name)} as the live server on {host} (process {pid}) has it"
                remedy = "end that server first, name another world in the file, or take another database number"
                raise UnfitStoreError(f"{problem}, received another file, contract or setting for it; {remedy}")

    def _refuse_forgetful(self) -> None:
        """Raise `UnfitStoreError` for a Redis that drops what it was given when it is full."""
        try:
            info = self._link.ask("INFO", "memory").decode()
        except StoreUnreachableError:  # not every user may ask
            return
        rows = dict(line.partition(":")[::2] for line in info.splitlines())
        policy = rows.get("maxmemory_policy", "")
        if rows.get("maxmemory", "0") != "0" and policy.startswith("allkeys"):
            problem = f"expected a Redis that keeps what it is given, received maxmemory-policy {policy}"
            raise UnfitStoreError(f"{problem}; set it to noeviction, or take a Redis that is no cache")

    def _clients(self) -> list[dict[str, str]]:
        """Return who is connected; nobody where this user may not know."""
        try:
            text = self._link.ask("CLIENT", "LIST").decode(errors="replace")
        except StoreUnreachableError:
            return []
        return [dict(word.partition("=")[::2] for word in line.split(" ")) for line in text.splitlines()]


def _digest(value: Any) -> str:
    text = orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return blake2b(text, digest_size=8).hexdigest()


def _words(contract: Contract) -> Mapping[str, Any]:
    """Return the names of a contract that the facts of a world refer to: lifecycles with their states, operations."""
    cycles = {name: [state.name for state in cycle.states] for name, cycle in contract.lifecycles.items()}
    return {"lifecycles": cycles, "operations": sorted(contract.by_id)}
