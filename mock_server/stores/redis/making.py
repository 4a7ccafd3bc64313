"""How a world comes to be in Redis: in pieces that nobody sees, so that no step is long; then all at once."""

import os
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from covermock.openapi import first_repeat

from ...world.world import World
from ..memory import TakenError
from .connection.link import Link
from .records import entry_json, records
from .scripts import COMMON

ANY: Final = "*"
_ITEMS, _BYTES = 1000, 262_144  # of a piece: some milliseconds of Redis's time
_SECONDS: Final = 60  # for which pieces are kept that nothing comes of
Item = tuple[str, str, Any]

# epoch, U or '', nonce, seconds, name ('': a piece only), replaces ('', U or '*'), records in all, then items of four
# words. Answers {U}, {'epoch', now} where the tables are others than the caller thinks, {'pieces', U} where some are
# lost, or {kind, name, world} of what is taken; of a world that isn't put in its place nothing stays.
CREATE: Final = (
    COMMON
    + """
local mine, uid, nonce, seconds = take(), take(), take(), take()
local name, replaces, count = take(), take(), tonumber(take())
if epoch() ~= mine then return {'epoch', epoch()} end
if uid == '' then uid = call('INCR', 'covermock:seq') .. '-' .. nonce end
local put = {
  record = function(field, json) write(uid, {{field, json}}) end,
  key = function(key, account) call('HSET', of(uid, 'keys'), key, account) end,
  sum = function(account, balance) call('HSET', of(uid, 'sums'), account, balance) end,
  fact = function(fact, number) call('HSET', of(uid, 'facts'), fact, number) end,
}
for _, list in ipairs({'journal', 'controls'}) do
  put[list] = function(order, entry)
    call('RPUSH', of(uid, list), order .. ' ' .. entry)
    call('HINCRBY', of(uid, 'facts'), list .. '_bytes', #entry)
  end
end
while at < #ARGV do
  local kind, first, second = take(), take(), take()
  put[kind](first, second)
end
local parts = {'facts', 'records', 'changes', 'sums', 'keys', 'journal', 'controls'}
if name == '' then
  for _, part in ipairs(parts) do call('EXPIRE', of(uid, part), seconds) end
  return {uid}
end
local function refused(answer) clear(uid); return answer end
if call('HLEN', of(uid, 'records')) ~= count then return refused({'pieces', uid}) end
local old = call('HGET', 'covermock:worlds', name)
if old and not whole(old) then drop(old); old = false end
if old and replaces ~= '*' and replaces ~= old then return refused({'name', name, name}) end
local keys = call('HGETALL', of(uid, 'keys'))
for n = 1, #keys, 2 do
  local owner = string.match(call('HGET', 'covermock:keys', keys[n]) or '', '^%S+')
  if owner and owner ~= old and whole(owner) then
    return refused({'key', keys[n], call('HGET', of(owner, 'facts'), 'name')})
  end
end
if old then
  local founded = call('HGET', of(old, 'facts'), 'founded')
  if founded then call('HSETNX', of(uid, 'facts'), 'founded', founded) end
  drop(old)
end
call('HSET', 'covermock:worlds', name, uid)
call('HSET', of(uid, 'facts'), 'name', name)
call('HSET', 'covermock:versions', uid, call('HGET', of(uid, 'facts'), 'version'))
for n = 1, #keys, 2 do call('HSET', 'covermock:keys', keys[n], uid .. ' ' .. keys[n + 1]) end
for _, part in ipairs(parts) do call('PERSIST', of(uid, part)) end
if call('HGET', of(uid, 'facts'), 'owes') == '1' then call('SADD', 'covermock:owing', uid) end
return {uid}
"""
)

# name. Answers 1, or 0 where there was no such world.
REMOVE: Final = (
    COMMON
    + """
local uid = call('HGET', 'covermock:worlds', take())
if not uid or uid == '' then return 0 end
drop(uid)
return 1
"""
)


class LostError(Exception):
    """The tables of the database are not those that the caller knows: Redis has lost them."""


def make(link: Link, epoch: str, world: World, facts: Iterable[tuple[str, Any]] = (), replaces: str = "") -> None:
    """Put a world into Redis: a new one, in the place of the one with the id `replaces`, or of `ANY`.

    Raises `TakenError` when its name or a key of it is in use, and `LostError`; nothing is changed then.
    """
    twice = first_repeat(account.key for account in world.accounts.values())
    if twice is not None:
        raise TakenError("key", twice)
    uid, nonce, count = "", os.urandom(4).hex(), 0
    *pieces, last = _pieces(_items(world, facts))
    for piece in pieces:
        count += piece.records
        uid = _send(link, (epoch, uid, nonce, _SECONDS, "", "", 0, *piece.words))
    _send(link, (epoch, uid, nonce, _SECONDS, world.name, replaces, count + last.records, *last.words))


def _send(link: Link, words: tuple[Any, ...]) -> str:
    """Return the world's id in Redis."""
    answer: list[bytes] = link.script(CREATE, *words)
    kind, *rest = (part.decode() for part in answer)
    if kind in {"epoch", "pieces"}:
        raise LostError(kind)
    if rest:
        raise TakenError(kind, *rest)
    return kind


class _Piece(NamedTuple):
    words: list[Any]
    records: int


def _pieces(items: Iterator[Item]) -> Iterator[_Piece]:
    """Yield the items in pieces, the last of which may be small, but is there."""
    words: list[Any] = []
    size = count = 0
    for kind, first, second in items:
        words += (kind, first, second)
        size += len(first) + (len(second) if isinstance(second, bytes | str) else 0)
        count += kind == "record"
        if len(words) >= 3 * _ITEMS or size >= _BYTES:
            yield _Piece(words, count)
            words, size, count = [], 0, 0
    yield _Piece(words, count)


def _items(world: World, facts: Iterable[tuple[str, Any]]) -> Iterator[Item]:
    """Yield (kind, name, value) of all that the world is."""
    counts = (("made", world.made), ("version", world.version), ("owes", int(world.outbox.open > 0)))
    yield from (("fact", fact, value) for fact, value in (*counts, *facts))
    for name, account in world.accounts.items():
        yield "key", account.key, name
        yield "sum", name, account.balance
    yield from (("record", field, json) for field, json in records(world))
    for name, journal in (("journal", world.journal), ("controls", world.controls)):
        yield "fact", name, journal.total
        yield from ((name, str(entry.order), entry_json(entry, 0.0)) for entry in journal.entries)
