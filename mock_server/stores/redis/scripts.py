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
  for first = 1, #list, 1000 do act({unpack(list, first, math.min(first + 999, #list))}, first) end
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
local function write(uid, rows)
  local born = 0
  for _, row in ipairs(rows) do
    if not row[3] and string.sub(row[1], 1, 5) == 'task:' then born = born + 1 end
  end
  if born > 0 then call('HINCRBY', of(uid, 'facts'), 'tasks', born) end
  local last = call('HINCRBY', of(uid, 'facts'), 'stamp', #rows)
  each(rows, function(some, first)
    local fields, stamps = {}, {}
    for n, row in ipairs(some) do
      local stamp = last - #rows + first + n - 1
      fields[2 * n - 1] = row[1]
      fields[2 * n] = stamp .. ' ' .. (row[3] or stamp) .. ' ' .. row[2]
      stamps[2 * n - 1] = stamp
      stamps[2 * n] = row[1]
    end
    call('HSET', of(uid, 'records'), unpack(fields))
    call('ZADD', of(uid, 'changes'), unpack(stamps))
  end)
  return last
end
local function values(uid, fields)
  local found = {}
  each(fields, function(some)
    for _, value in ipairs(call('HMGET', of(uid, 'records'), unpack(some))) do found[#found + 1] = value end
  end)
  return found
end
"""

# capacity, room, U, then counted: (field, version) read, (field, json) written, (account, how, number) of sums; the
# same of a list (its name before them): its new entries; how many ids to draw, owing. Answers {1, last version, last
# id drawn, world version, sums, tasks in all or -1}, {0, fresh records, sums} where anything is not as it was read,
# or {-1} where the world is gone. Tables that others share are written first: should another program have put
# something else there, nothing was done yet.
COMMIT: Final = (
    COMMON
    + """
local function bytes(kept) return #kept - string.find(kept, ' ', 1, true) end
local function append(uid, list, order, entries)
  local key, facts, most, room = of(uid, list), of(uid, 'facts'), tonumber(ARGV[1]), tonumber(ARGV[2])
  local size, kept = 0, 0
  for n, entry in ipairs(entries) do
    size = size + #entry
    entries[n] = (order - #entries + n) .. ' ' .. entry
  end
  call('HINCRBY', facts, list, #entries)
  each(entries, function(some) kept = call('RPUSH', key, unpack(some)) end)
  if kept > #entries then size = size + tonumber(call('HGET', facts, list .. '_bytes') or '0') end
  if kept > most then
    for _, old in ipairs(call('LRANGE', key, 0, kept - most - 1)) do size = size - bytes(old) end
    call('LTRIM', key, kept - most, -1)
    kept = most
  end
  while kept > 1 and size > room do
    size = size - bytes(call('LPOP', key))
    kept = kept - 1
  end
  call('HSET', facts, list .. '_bytes', size)
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
local writes, gone = {}, {}
for _ = 1, tonumber(take()) do
  local field, json = take(), take()
  if json == '' then gone[#gone + 1] = field else writes[#writes + 1] = {field, json, old[field]} end
end
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
local list, entries = take(), {}
for n = 1, tonumber(take()) do entries[n] = take() end
local draw, owing = tonumber(take()), take()
local version = call('HINCRBY', 'covermock:versions', uid, math.max(#entries, 1))
if owing == '1' then call('SADD', 'covermock:owing', uid) end
if owing == '0' then call('SREM', 'covermock:owing', uid) end
each(gone, function(some)
  call('HDEL', records, unpack(some))
  call('ZREM', of(uid, 'changes'), unpack(some))
end)
local stamp = #writes > 0 and write(uid, writes) or 0
for n, row in ipairs(counted) do
  if row[2] == 'add' then totals[2 * n] = call('HINCRBY', sums, row[1], row[3]) end
end
if #entries > 0 then append(uid, list, version, entries) end
local drawn = draw > 0 and call('HINCRBY', of(uid, 'facts'), 'made', draw) or 0
local tasks = #writes > 0 and tonumber(call('HGET', of(uid, 'facts'), 'tasks')) or -1
return {1, stamp, drawn, version, totals, tasks}
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

# U, how many. Answers the last of so many numbers that no other process gets, 0 where the world is gone.
DRAW: Final = """
local facts = 'covermock:' .. ARGV[1] .. ':facts'
return redis.call('EXISTS', facts) == 1 and redis.call('HINCRBY', facts, 'made', ARGV[2]) or 0
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
