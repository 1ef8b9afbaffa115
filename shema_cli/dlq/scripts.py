"""What runs inside Redis. Every change to the dead letters is one of these scripts: no kill falls into its middle.

The list M (`events:dead_letter`) and the in-flight list S are one sequence with a gap in it, M ++ S: newest on M's
left, oldest on S's right. An entry's *position* counts from the oldest (0). Services only push on M's left, so
positions stand still under them; the gap stands at position LLEN(S), and an entry is taken out where the gap stands.
Each run keeps `frontier` (all positions below it are done) and `bound` (where its snapshot ends); whoever takes an
entry out moves the frontier and the bound of every other run with it.
"""

from __future__ import annotations

from shema_cli.dlq.keys import REPLAYS, RUN
from shema_cli.events.heard import DELIVER_LUA

LEASE_MS = 2500
TURN_MS = 250
MOVES = 2000  # entries across the gap in one script: about a millisecond
PERIOD_S = 14 * 86400  # a replay count lives for one to two of these
SHARDS = 1024  # hashes small enough to expire without blocking

_COMMON = f"""
local M, S, RUNS, GAP = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local RUN = '{RUN}'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function move_gap(target, most)
  local gap = redis.call('LLEN', S)
  local moved = 0
  while gap < target and moved < most do
    if not redis.call('RPOPLPUSH', M, S) then break end
    gap, moved = gap + 1, moved + 1
  end
  while gap > target and moved < most do
    local first = math.min(gap - target, most - moved, 500)
    local block = redis.call('LRANGE', S, 0, first - 1)
    redis.call('RPUSH', M, unpack(block))
    redis.call('LTRIM', S, #block, -1)
    gap, moved = gap - #block, moved + #block
  end
  return gap, moved
end

local function held_by_others(run)
  local target = 0
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', RUNS, '(' .. now, '+inf')) do
    if other ~= run then
      local frontier = tonumber(redis.call('HGET', RUN .. other, 'frontier') or 0) or 0
      if frontier > target then target = frontier end
    end
  end
  return target
end
"""

# ARGV: run, lease ms, field, value… → bound
JOIN = (
    _COMMON
    + """
local key = RUN .. ARGV[1]
if redis.call('EXISTS', key) == 0 then
  local bound = redis.call('LLEN', M) + redis.call('LLEN', S)
  redis.call('ZADD', RUNS, now + ARGV[2], ARGV[1])
  redis.call('HSET', key, 'seq', 0, 'frontier', 0, 'bound', bound, 'started', now, unpack(ARGV, 3))
end
return tonumber(redis.call('HGET', key, 'bound'))
"""
)

# ARGV: run, lease ms → {frontier, bound}, or nothing for a run that was given up for dead
RENEW = (
    _COMMON
    + """
local place = redis.call('HMGET', RUN .. ARGV[1], 'state', 'frontier', 'bound')
if place[1] ~= 'live' then return {} end
redis.call('ZADD', RUNS, now + ARGV[2], ARGV[1])
return {tonumber(place[2]), tonumber(place[3])}
"""
)

# ARGV: first position, count → {entries newest first, total, entries ever taken out}
READ = (
    _COMMON
    + """
local first, count = tonumber(ARGV[1]), tonumber(ARGV[2])
local gap, listed = redis.call('LLEN', S), redis.call('LLEN', M)
local last = math.min(first + count, gap + listed) - 1
local found = {}
if last >= gap then
  found = redis.call('LRANGE', M, -(last - gap + 1), -(math.max(first, gap) - gap + 1))
end
if first < gap and last >= first then
  for _, raw in ipairs(redis.call('LRANGE', S, -(math.min(last, gap - 1) + 1), -(first + 1))) do
    found[#found + 1] = raw
  end
end
return {found, gap + listed, tonumber(redis.call('HGET', GAP, 'taken') or 0)}
"""
)

# ARGV: run, seq, lease ms, expected frontier, expected bound, skip, count, sha1 of the batch, max replays (-1: any),
#       allow unheard (0/1), specs, edited payload, channel, elsewhere, channel, elsewhere, …
# A spec: uint16 index in the batch (from the oldest), uint32 start, uint32 length, uint16 channel, 8 bytes replay key.
# Channel 0 drops the entry instead of publishing it.
# → {outcome, frontier, bound, codes | milliseconds to wait | position of the gap}
ACT = (
    DELIVER_LUA
    + _COMMON
    + f"""
local PERIOD, SHARDS, REPLAYS = {PERIOD_S}, {SHARDS}, '{REPLAYS}'
"""
    + """
local run, seq, lease = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local skip, count = tonumber(ARGV[6]), tonumber(ARGV[7])
local limit, unheard_too = tonumber(ARGV[9]), ARGV[10] == '1'
local key = RUN .. run
local state = redis.call('HMGET', key, 'state', 'seq', 'frontier', 'bound', 'reply', 'done')
if state[1] ~= 'live' then return {'gone', 0, 0, ''} end
local frontier, bound = tonumber(state[3]), tonumber(state[4])
if seq <= tonumber(state[2]) then return {'done', frontier, bound, state[5]} end
if frontier ~= tonumber(ARGV[4]) or bound ~= tonumber(ARGV[5]) then return {'moved', frontier, bound, ''} end
local from = frontier + skip

local gap = redis.call('LLEN', S)
if count > 0 and gap ~= from then
  local turn = redis.call('HMGET', GAP, 'turn', 'began', 'till')
  local till = tonumber(turn[3] or 0)
  if turn[1] ~= run and till > now then
    local lease_end = turn[1] and redis.call('ZSCORE', RUNS, turn[1])
    if lease_end and tonumber(lease_end) > now then return {'turn', frontier, bound, till - now} end
  end
  local began = turn[1] == run and till > now and tonumber(turn[2]) or 0
  if began == 0 then began = now end
  redis.call('HSET', key, 'frontier', from)
  frontier = from
  gap = move_gap(from, MOVES)
  -- Whoever has moved the gap a long way may work there for twice as long before another moves it away.
  local till_now = now + TURN + 2 * (now - began)
  redis.call('HSET', GAP, 'turn', run, 'began', gap == from and 0 or began, 'till', till_now)
  if gap ~= from then
    redis.call('ZADD', RUNS, now + lease, run)
    return {'gap', frontier, bound, gap}
  end
end

local batch = count > 0 and redis.call('LRANGE', M, -count, -1) or {}
local sizes = {}
for i = 1, #batch do sizes[i] = #batch[i] end
if #batch ~= count or redis.sha1hex(table.concat(sizes, ',') .. ':' .. table.concat(batch)) ~= ARGV[8] then
  return {'moved', frontier, bound, 'changed'}
end

-- The first write comes before the first PUBLISH: when Redis refuses writes, it refuses here.
redis.call('ZADD', RUNS, now + lease, run)

-- Which shards of a period exist is told by a bitmap, read once, so that most entries need no look at an empty one.
local period = math.floor(time[1] / PERIOD)
local marks, earlier = REPLAYS .. period, REPLAYS .. (period - 1)
local known, known_earlier = redis.call('GET', marks) or '', redis.call('GET', earlier) or ''
local fresh = {}
local function has(bitmap, shard)
  local byte = string.byte(bitmap, math.floor(shard / 8) + 1)
  return byte and bit.band(byte, bit.rshift(128, shard % 8)) ~= 0
end
local function shard_of(replay_key)
  local high, low = string.byte(replay_key, 1, 2)
  return (high * 256 + low) % SHARDS
end
local function counted_earlier(replay_key, shard)
  if not has(known_earlier, shard) then return 0 end
  return tonumber(redis.call('HGET', earlier .. ':' .. shard, replay_key) or 0)
end
local function keep_shard(counts, shard)
  if fresh[shard] or has(known, shard) then return end
  redis.call('EXPIRE', counts, 2 * PERIOD)
  redis.call('SETBIT', marks, shard, 1)
  if not next(fresh) then redis.call('EXPIRE', marks, 2 * PERIOD) end
  fresh[shard] = true
end
local function uncount(counts, replay_key)
  if redis.call('HINCRBY', counts, replay_key, -1) == 0 then redis.call('HDEL', counts, replay_key) end
end

local silent = {}
local function deliver(raw, start, length, channel, replay_key)
  local name, elsewhere = ARGV[12 + 2 * channel - 1], ARGV[12 + 2 * channel]
  local shard = shard_of(replay_key)
  local counts = marks .. ':' .. shard
  local replays = redis.call('HINCRBY', counts, replay_key, 1) + counted_earlier(replay_key, shard)
  local code = 'p'
  if limit >= 0 and replays > limit then
    code = 's'
  elseif silent[name] then
    code = 'u'
  else
    local payload = ARGV[12] ~= '' and ARGV[12] or string.sub(raw, start + 1, start + length)
    local heard = shema_deliver(name, payload, elsewhere)
    if not heard then
      code = 'f'
    elseif heard == 0 and not unheard_too then
      silent[name], code = true, 'u'
    end
  end
  if code == 'p' then keep_shard(counts, shard) else uncount(counts, replay_key) end
  return code
end

local specs, at, codes, kept, taken = ARGV[11], 1, {}, {}, {}
local wanted, start, length, channel, replay_key
if #specs > 0 then wanted, start, length, channel, replay_key, at = struct.unpack('<HIIHc8', specs, at) end
for i = 0, count - 1 do
  local raw, code = batch[count - i], '-'
  if wanted == i then
    code = channel == 0 and 'd' or deliver(raw, start, length, channel, replay_key)
    wanted = nil
    if at <= #specs then wanted, start, length, channel, replay_key, at = struct.unpack('<HIIHc8', specs, at) end
  end
  if code == 'p' or code == 'd' then
    taken[#taken + 1] = from + #kept
  else
    kept[#kept + 1] = raw
  end
  codes[i + 1] = code
end

if count > 0 then
  redis.call('LTRIM', M, 0, -(count + 1))
  for first = 1, #kept, 500 do
    redis.call('LPUSH', S, unpack(kept, first, math.min(first + 499, #kept)))
  end
end
if #taken > 0 then
  redis.call('HINCRBY', GAP, 'taken', #taken)
  for _, other in ipairs(redis.call('ZRANGE', RUNS, 0, -1)) do
    if other ~= run then
      local place = redis.call('HMGET', RUN .. other, 'frontier', 'bound')
      local its_frontier, its_bound = tonumber(place[1]), tonumber(place[2])
      if its_frontier and its_bound then
        for _, position in ipairs(taken) do
          if position < its_frontier then its_frontier = its_frontier - 1 end
          if position < its_bound then its_bound = its_bound - 1 end
        end
        redis.call('HSET', RUN .. other, 'frontier', its_frontier, 'bound', its_bound)
      end
    end
  end
end
local reply = table.concat(codes)
frontier, bound = from + #kept, bound - #taken
redis.call('HSET', key, 'seq', seq, 'reply', reply, 'frontier', frontier, 'bound', bound,
  'done', tonumber(state[6] or 0) + #taken)
return {'done', frontier, bound, reply}
""".replace("MOVES", str(MOVES)).replace("TURN +", f"{TURN_MS} +")
)

# ARGV: run, seq, lease ms, entry… → {outcome, entries pushed so far}
PUSH = (
    _COMMON
    + """
local run, seq, key = ARGV[1], tonumber(ARGV[2]), RUN .. ARGV[1]
local state = redis.call('HMGET', key, 'state', 'seq', 'done')
if state[1] ~= 'live' then return {'gone', 0} end
local done = tonumber(state[3] or 0)
if seq <= tonumber(state[2]) then return {'done', done} end
redis.call('ZADD', RUNS, now + ARGV[3], run)
for first = 4, #ARGV, 500 do redis.call('LPUSH', M, unpack(ARGV, first, math.min(first + 499, #ARGV))) end
done = done + #ARGV - 3
redis.call('HSET', key, 'seq', seq, 'done', done)
return {'done', done}
"""
)

# Close the gap as far as no other live run has gone. ARGV: run, leaving (0/1) → {entries moved, entries still to move}
SETTLE = (
    _COMMON
    + """
local key = RUN .. ARGV[1]
if ARGV[2] == '1' and redis.call('EXISTS', key) == 1 then redis.call('HSET', key, 'frontier', 0, 'bound', 0) end
local target = held_by_others(ARGV[1])
local gap, moved = redis.call('LLEN', S), 0
if gap > target then gap, moved = move_gap(target, MOVES) end
return {moved, math.max(0, gap - target)}
""".replace("MOVES", str(MOVES))
)

# Take over a run whose lease is over. ARGV: run, by, lease ms → its hash, or nothing when it lives or is taken
CLAIM = (
    _COMMON
    + """
local ends = redis.call('ZSCORE', RUNS, ARGV[1])
if not ends or tonumber(ends) > now then return {} end
local key = RUN .. ARGV[1]
redis.call('ZADD', RUNS, now + ARGV[3], ARGV[1])
redis.call('HSET', key, 'state', 'dead', 'frontier', 0, 'bound', 0, 'by', ARGV[2])
return redis.call('HGETALL', key)
"""
)

# ARGV: run, only when it has done nothing (0/1)
FORGET = (
    _COMMON
    + """
if ARGV[2] == '1' and tonumber(redis.call('HGET', RUN .. ARGV[1], 'done') or 0) > 0 then return 0 end
redis.call('ZREM', RUNS, ARGV[1])
redis.call('DEL', RUN .. ARGV[1])
return 1
"""
)

# → {now, gap, total, run, lease end, hash, …}
LOOK = (
    _COMMON
    + """
local gap = redis.call('LLEN', S)
local found = {now, gap, gap + redis.call('LLEN', M)}
local runs = redis.call('ZRANGE', RUNS, 0, -1, 'WITHSCORES')
for i = 1, #runs, 2 do
  found[#found + 1] = runs[i]
  found[#found + 1] = tonumber(runs[i + 1])
  found[#found + 1] = redis.call('HGETALL', RUN .. runs[i])
end
return found
"""
)

# ARGV: replay key… → counts
COUNTS = (
    _COMMON
    + f"""
local period, counts = math.floor(time[1] / {PERIOD_S}), {{}}
for i, replay_key in ipairs(ARGV) do
  local high, low = string.byte(replay_key, 1, 2)
  local shard = ':' .. ((high * 256 + low) % {SHARDS})
  counts[i] = tonumber(redis.call('HGET', '{REPLAYS}' .. period .. shard, replay_key) or 0)
    + tonumber(redis.call('HGET', '{REPLAYS}' .. (period - 1) .. shard, replay_key) or 0)
end
return counts
"""
)
