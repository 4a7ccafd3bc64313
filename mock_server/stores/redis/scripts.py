"""What Redis does in one step each, in Lua. No rule of the mock is here: records, versions, counters and lists only.

Of a world with the id U, below `covermock:U:`: `facts` (hash: name and counters), `records` (hash: field to
"version born json"), `changes` (sorted set: field by version), `sums` (hash: balance by account), `keys` (hash: API
key to account), `journal` and `controls` (lists of "order entry"). Of all worlds: `covermock:epoch` ("format nonce"),
`covermock:worlds` (hash: name to U), `covermock:keys` (hash: API key to "U account"), `covermock:versions` (hash: U
to how much has happened in the world), `covermock:owing` (the U that owe webhooks), `covermock:used` (made worlds
by their last use), `covermock:strays`, and counters. The first four are never empty: each hash has an entry for ''.
So a table that doesn't exist is one that Redis has lost.
"""

from typing import Final

COMMON: Final = """
local call = redis.call
local function of(uid, part) return 'covermock:' .. uid .. ':' .. part end
local at = 0
local function take() at = at + 1; return ARGV[at] end
local function epoch()
  local there = call('EXISTS', 'covermock:epoch', 'covermock:worlds', 'covermock:keys', 'covermock:versions')
  return there == 4 and call('GET', 'covermock:epoch') or ''
end
local function whole(uid) return call('EXISTS', of(uid, 'facts'), of(uid, 'records'), of(uid, 'changes')) == 3 end
local function each(list, act)
  for first = 1, #list, 1000 do act({unpack(list, first, math.min(first + 999, #list))}) end
end
local function clear(uid)
  for _, part in ipairs({'facts', 'records', 'changes', 'sums', 'keys', 'journal', 'controls'}) do
    call('UNLINK', of(uid, part))
  end
end
local function drop(uid)
  local name = call('HGET', of(uid, 'facts'), 'name')
  if name and call('HGET', 'covermock:worlds', name) == uid then
    call('HDEL', 'covermock:worlds', name)
    call('ZREM', 'covermock:used', name)
  end
  each(call('HKEYS', of(uid, 'keys')), function(keys)
    for n, owner in ipairs(call('HMGET', 'covermock:keys', unpack(keys))) do
      if owner and string.match(owner, '^%S+') == uid then call('HDEL', 'covermock:keys', keys[n]) end
    end
  end)
  call('HDEL', 'covermock:versions', uid)
  call('SREM', 'covermock:owing', uid)
  clear(uid)
end
local function write(uid, field, born, json)
  local stamp = call('HINCRBY', of(uid, 'facts'), 'stamp', 1)
  call('HSET', of(uid, 'records'), field, stamp .. ' ' .. (born or stamp) .. ' ' .. json)
  call('ZADD', of(uid, 'changes'), stamp, field)
  return stamp
end
local function values(uid, fields)
  local found = {}
  each(fields, function(some)
    for _, value in ipairs(call('HMGET', of(uid, 'records'), unpack(some))) do found[#found + 1] = value end
  end)
  return found
end
"""

# capacity, room, U, then counted: (field, version) read, (field, json) written, (account, how, number) of sums; list
# and entry, draw, owing. Answers {1, last version, drawn id, world version, sums}, {0, fresh records, sums} where
# anything is not as it was read, or {-1} where the world is gone. Tables that others share are written first: should
# another program have put something else there, nothing was done yet.
COMMIT: Final = (
    COMMON
    + """
local function append(uid, list, order, entry)
  local key, facts = of(uid, list), of(uid, 'facts')
  call('HINCRBY', facts, list, 1)
  local kept = call('RPUSH', key, order .. ' ' .. entry)
  if kept == 1 then call('HDEL', facts, list .. '_bytes') end
  local size = call('HINCRBY', facts, list .. '_bytes', #entry)
  while kept > 1 and (kept > tonumber(ARGV[1]) or size > tonumber(ARGV[2])) do
    size = call('HINCRBY', facts, list .. '_bytes', -(#call('LPOP', key) - #(order .. ' ')))
    kept = kept - 1
  end
end
at = 2
local uid = take()
if not whole(uid) then return {-1} end
local records, sums = of(uid, 'records'), of(uid, 'sums')
local fields, wanted = {}, {}
for n = 1, tonumber(take()) do fields[n] = take(); wanted[n] = take() end
local stale, fresh, old = false, {}, {}
for n, value in ipairs(values(uid, fields)) do
  if (value and string.match(value, '^%d+') or '0') ~= wanted[n] then
    stale = true
    fresh[#fresh + 1] = fields[n]
    fresh[#fresh + 1] = value or ''
  end
  old[fields[n]] = value and string.match(value, '^%d+ (%d+)') or nil
end
local writes = {}
for n = 1, tonumber(take()) do writes[n] = {take(), take()} end
local counted, totals = {}, {}
for n = 1, tonumber(take()) do
  local account, how, number = take(), take(), tonumber(take())
  local now = tonumber(call('HGET', sums, account) or 'x')
  if not now then return {-1} end
  if (how == 'is' and now ~= number) or (how == 'add' and now + number < 0) then stale = true end
  counted[n] = {account, how, number}
  totals[#totals + 1] = account
  totals[#totals + 1] = now
end
if stale then return {0, fresh, totals} end
local list = take()
local entry = list ~= '' and take() or ''
local draw, owing = take(), take()
local version = call('HINCRBY', 'covermock:versions', uid, 1)
if owing == '1' then call('SADD', 'covermock:owing', uid) end
if owing == '0' then call('SREM', 'covermock:owing', uid) end
local stamp = 0
for _, row in ipairs(writes) do
  if row[2] == '' then
    call('HDEL', records, row[1])
    call('ZREM', of(uid, 'changes'), row[1])
  else
    stamp = write(uid, row[1], old[row[1]], row[2])
  end
end
for n, row in ipairs(counted) do
  if row[2] == 'add' then totals[2 * n] = call('HINCRBY', sums, row[1], row[3]) end
end
if list ~= '' then append(uid, list, version, entry) end
local drawn = draw == '1' and call('HINCRBY', of(uid, 'facts'), 'made', 1) or 0
return {1, stamp, drawn, version, totals}
"""
)

# how (key, name, uid), what, U that the caller knows or '', last version that it has seen ('' for just the basics),
# how many records at most. Answers {U, account, facts, sums, world version, fields and values of what changed, the
# version up to which that is all}, or {false, epoch, whether parts of the world are lost}.
OPEN: Final = (
    COMMON
    + """
local how, what, known, since, most = take(), take(), take(), take(), take()
local uid, account = what, ''
if how == 'name' then uid = call('HGET', 'covermock:worlds', what) end
if how == 'key' then
  uid, account = string.match(call('HGET', 'covermock:keys', what) or '', '^(%S+) (.*)$')
end
if not uid or uid == '' then return {false, epoch(), 0} end
if not whole(uid) or (how == 'key' and call('HEXISTS', of(uid, 'sums'), account) == 0) then
  if how ~= 'uid' then drop(uid) end
  return {false, epoch(), how == 'uid' and 0 or 1}
end
local sums = call('HGETALL', of(uid, 'sums'))
local fields, upto = {}, call('HGET', of(uid, 'facts'), 'stamp')
if since == '' then
  fields = {'head', 'spec', 'outbox'}
  for n = 1, #sums, 2 do fields[#fields + 1] = 'account:' .. sums[n] end
else
  if uid ~= known then since = '0' end
  fields = call('ZRANGEBYSCORE', of(uid, 'changes'), '(' .. since, '+inf', 'LIMIT', 0, most)
  if #fields == tonumber(most) then upto = call('ZSCORE', of(uid, 'changes'), fields[#fields]) end
end
local found = {}
for n, value in ipairs(values(uid, fields)) do
  found[2 * n - 1] = fields[n]
  found[2 * n] = value or ''
end
local version = call('HGET', 'covermock:versions', uid)
return {uid, account, call('HGETALL', of(uid, 'facts')), sums, version, found, upto}
"""
)

# U. Answers a number that no other process gets, 0 where the world is gone.
DRAW: Final = """
local facts = 'covermock:' .. ARGV[1] .. ':facts'
return redis.call('EXISTS', facts) == 1 and redis.call('HINCRBY', facts, 'made', 1) or 0
"""

# U, list, how many entries the caller has seen. Answers {total, entries since}; U '' is that of the strays.
TAIL: Final = """
local uid, list, seen = ARGV[1], ARGV[2], tonumber(ARGV[3])
local key, total = 'covermock:' .. list, nil
if uid == '' then total = tonumber(redis.call('GET', key .. '_total') or '0')
else
  key = 'covermock:' .. uid .. ':' .. list
  total = tonumber(redis.call('HGET', 'covermock:' .. uid .. ':facts', list) or '0')
end
if total == seen then return {total, {}} end
if total < seen then seen = 0 end
return {total, redis.call('LRANGE', key, -(total - seen), -1)}
"""

# capacity, room, entry.
STRAY: Final = """
local key, size = 'covermock:strays', 0
redis.call('INCR', key .. '_total')
local kept = redis.call('RPUSH', key, '0 ' .. ARGV[3])
if kept == 1 then redis.call('DEL', key .. '_bytes') end
size = redis.call('INCRBY', key .. '_bytes', #ARGV[3])
while kept > 1 and (kept > tonumber(ARGV[1]) or size > tonumber(ARGV[2])) do
  size = redis.call('INCRBY', key .. '_bytes', 2 - #redis.call('LPOP', key))
  kept = kept - 1
end
return 1
"""
