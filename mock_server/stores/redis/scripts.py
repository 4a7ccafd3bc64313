"""What Redis does in one step each, in Lua. No rule of the mock is here: records, versions, counters and lists only.

Of a world with the id U, below `covermock:U:` — `facts` (hash: name and counters), `records` (hash: field to
"version born json"), `changes` (sorted set: field by version), `sums` (hash: balance by account), `keys` (list),
`journal` and `controls` (lists of "order entry"). Of all worlds: `covermock:worlds` (name to U), `covermock:keys`
(API key to "U account"), `covermock:versions` (U to a number that changes with the world), `covermock:owing`
(the U that owe webhooks), `covermock:used` (made worlds by their last use), `covermock:strays`, `covermock:seq`.
"""

from typing import Final

_COMMON = """
local function of(uid, part) return 'covermock:' .. uid .. ':' .. part end
local function drop(uid)
  redis.call('HDEL', 'covermock:worlds', redis.call('HGET', of(uid, 'facts'), 'name'))
  for _, key in ipairs(redis.call('LRANGE', of(uid, 'keys'), 0, -1)) do redis.call('HDEL', 'covermock:keys', key) end
  for _, part in ipairs({'facts', 'records', 'changes', 'sums', 'keys', 'journal', 'controls'}) do
    redis.call('DEL', of(uid, part))
  end
  redis.call('HDEL', 'covermock:versions', uid)
  redis.call('SREM', 'covermock:owing', uid)
end
local at = 0
local function take() at = at + 1; return ARGV[at] end
local function write(uid, field, born, json)
  local stamp = redis.call('HINCRBY', of(uid, 'facts'), 'stamp', 1)
  redis.call('HSET', of(uid, 'records'), field, stamp .. ' ' .. (born or stamp) .. ' ' .. json)
  redis.call('ZADD', of(uid, 'changes'), stamp, field)
  return stamp
end
local function append(uid, list, entry)
  local key, facts = of(uid, list), of(uid, 'facts')
  local order = redis.call('HINCRBY', facts, 'acts', 1)
  redis.call('HINCRBY', facts, list, 1)
  local kept = redis.call('RPUSH', key, order .. ' ' .. entry)
  local size = redis.call('HINCRBY', facts, list .. '_bytes', #entry)
  while kept > 1 and (kept > tonumber(ARGV[1]) or size > tonumber(ARGV[2])) do
    size = redis.call('HINCRBY', facts, list .. '_bytes', -(#redis.call('LPOP', key) - #(order .. ' ')))
    kept = kept - 1
  end
end
"""

# capacity, room, U, then counted: (field, version) read, (field, json, version) written, (account, how, number) of
# sums, list and entry, draw, owing. Answers {1, last version, drawn id, world version, sums}, {0, fresh records,
# sums} where anything is not as it was read, or {-1} where the world is gone.
COMMIT: Final = (
    _COMMON
    + """
at = 2
local uid = take()
local records, sums = of(uid, 'records'), of(uid, 'sums')
if redis.call('EXISTS', of(uid, 'facts')) == 0 then return {-1} end
local fields, wanted = {}, {}
for n = 1, tonumber(take()) do fields[n] = take(); wanted[n] = take() end
local stale, fresh = false, {}
local old = {}
if #fields > 0 then
  local values = redis.call('HMGET', records, unpack(fields))
  for n, value in ipairs(values) do
    if (value and string.match(value, '^%d+') or '0') ~= wanted[n] then
      stale = true
      fresh[#fresh + 1] = fields[n]
      fresh[#fresh + 1] = value or ''
    end
    old[fields[n]] = value and string.match(value, '^%d+ (%d+)') or nil
  end
end
local writes = {}
for n = 1, tonumber(take()) do writes[n] = {take(), take()} end
local counted, totals = {}, {}
for n = 1, tonumber(take()) do
  local account, how, number = take(), take(), tonumber(take())
  local now = tonumber(redis.call('HGET', sums, account) or '0')
  if (how == 'is' and now ~= number) or (how == 'add' and now + number < 0) then stale = true end
  counted[n] = {account, how, number}
  totals[#totals + 1] = account
  totals[#totals + 1] = now
end
if stale then return {0, fresh, totals} end
local stamp = 0
for _, row in ipairs(writes) do
  if row[2] == '' then
    redis.call('HDEL', records, row[1])
    redis.call('ZREM', of(uid, 'changes'), row[1])
  else
    stamp = write(uid, row[1], old[row[1]], row[2])
  end
end
for n, row in ipairs(counted) do
  if row[2] == 'add' then totals[2 * n] = redis.call('HINCRBY', sums, row[1], row[3]) end
end
local list = take()
if list ~= '' then append(uid, list, take()) end
local drawn = 0
if take() == '1' then drawn = redis.call('HINCRBY', of(uid, 'facts'), 'made', 1) end
local owing = take()
if owing == '1' then redis.call('SADD', 'covermock:owing', uid) end
if owing == '0' then redis.call('SREM', 'covermock:owing', uid) end
return {1, stamp, drawn, redis.call('HINCRBY', 'covermock:versions', uid, 1), totals}
"""
)

# how (key, name, uid), what, U that the caller knows or '', last version that it has seen ('' for just the basics).
# Answers false, or {U, account, facts, sums, world version, fields and values of what changed, born order not kept}.
OPEN: Final = (
    _COMMON
    + """
local how, what, known, since = take(), take(), take(), take()
local uid, account = what, ''
if how == 'name' then uid = redis.call('HGET', 'covermock:worlds', what) end
if how == 'key' then
  local owner = redis.call('HGET', 'covermock:keys', what)
  if not owner then return false end
  uid, account = string.match(owner, '^(%S+) (.*)$')
end
if not uid or redis.call('EXISTS', of(uid, 'facts')) == 0 then return false end
local sums = redis.call('HGETALL', of(uid, 'sums'))
local fields = {}
if since == '' then
  fields = {'head', 'spec', 'outbox'}
  for n = 1, #sums, 2 do fields[#fields + 1] = 'account:' .. sums[n] end
else
  if uid ~= known then since = '0' end
  fields = redis.call('ZRANGEBYSCORE', of(uid, 'changes'), '(' .. since, '+inf')
end
local found = {}
for first = 1, #fields, 1000 do
  local some = {unpack(fields, first, math.min(first + 999, #fields))}
  for n, value in ipairs(redis.call('HMGET', of(uid, 'records'), unpack(some))) do
    found[#found + 1] = some[n]
    found[#found + 1] = value or ''
  end
end
local version = redis.call('HGET', 'covermock:versions', uid)
return {uid, account, redis.call('HGETALL', of(uid, 'facts')), sums, version, found}
"""
)

# nonce, name, replace ('1'), then counted: (key, account), (field, json), (account, balance), (fact, number),
# (list, order, entry); owing. Answers {U} or {kind, name} of what is taken.
CREATE: Final = (
    _COMMON
    + """
local nonce, name, replace = take(), take(), take()
local old = redis.call('HGET', 'covermock:worlds', name)
if old and replace ~= '1' then return {'name', name} end
local keys = {}
for n = 1, tonumber(take()) do
  keys[n] = {take(), take()}
  local owner = redis.call('HGET', 'covermock:keys', keys[n][1])
  if owner and string.match(owner, '^%S+') ~= old then return {'key', keys[n][1]} end
end
if old then drop(old) end
local uid = redis.call('INCR', 'covermock:seq') .. '-' .. nonce
redis.call('HSET', 'covermock:worlds', name, uid)
redis.call('HSET', of(uid, 'facts'), 'name', name)
redis.call('HSET', 'covermock:versions', uid, 1)
for _, row in ipairs(keys) do
  redis.call('HSET', 'covermock:keys', row[1], uid .. ' ' .. row[2])
  redis.call('RPUSH', of(uid, 'keys'), row[1])
end
for n = 1, tonumber(take()) do write(uid, take(), nil, take()) end
for n = 1, tonumber(take()) do redis.call('HSET', of(uid, 'sums'), take(), take()) end
for n = 1, tonumber(take()) do redis.call('HSET', of(uid, 'facts'), take(), take()) end
for n = 1, tonumber(take()) do
  local list, order, entry = take(), take(), take()
  redis.call('RPUSH', of(uid, list), order .. ' ' .. entry)
  redis.call('HINCRBY', of(uid, 'facts'), list .. '_bytes', #entry)
end
if take() == '1' then redis.call('SADD', 'covermock:owing', uid) end
return {uid}
"""
)

# name. Answers 1, or 0 where there was no such world.
REMOVE: Final = (
    _COMMON
    + """
local uid = redis.call('HGET', 'covermock:worlds', take())
if not uid then return 0 end
redis.call('ZREM', 'covermock:used', redis.call('HGET', of(uid, 'facts'), 'name'))
drop(uid)
return 1
"""
)

# U, list, how many entries the caller has seen. Answers {total, entries since}; U '' is that of the strays.
TAIL: Final = """
local uid, list, seen = ARGV[1], ARGV[2], tonumber(ARGV[3])
local key, total = 'covermock:' .. list, nil
if uid == '' then total = tonumber(redis.call('GET', key .. '_total') or '0')
else
  key = 'covermock:' .. uid .. ':' .. list
  total = tonumber(redis.call('HGET', 'covermock:' .. uid .. ':facts', list) or '0')
end
if total <= seen then return {total, {}} end
return {total, redis.call('LRANGE', key, -(total - seen), -1)}
"""

# capacity, entry.
STRAY: Final = """
redis.call('INCR', 'covermock:strays_total')
if redis.call('RPUSH', 'covermock:strays', '0 ' .. ARGV[2]) > tonumber(ARGV[1]) then
  redis.call('LPOP', 'covermock:strays')
end
return 1
"""
