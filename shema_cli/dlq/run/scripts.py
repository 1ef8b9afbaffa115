"""What runs inside Redis. Every change to the dead letters is one script, here or in `script_act`: no kill falls into
the middle of one.

The list M (`events:dead_letter`) and the in-flight list S are one sequence with a gap in it, M ++ S: newest on M's
left, oldest on S's right. An entry's *position* counts from the oldest (0). Services only push on M's left, so
positions stand still under them; the gap stands at position LLEN(S), and an entry is taken out where the gap stands.
Each run keeps `frontier` (all positions below it are done) and `bound` (where its snapshot ends); whoever takes an
entry out moves the frontier and the bound of every other run with it.

A run is `live` until somebody claims it whose lease is over; then it is `dead`, holds nothing, and its record stays for
a while, so that one that was only silent can go on where it stood if nobody has taken anything out since.
"""

from __future__ import annotations

from shema_cli.dlq.keys import HISTORY, REPLAYS, RUN

LEASE_MS = 2500
TURN_MS = 250
MOVES = 2000  # entries across the gap in one script: about a millisecond
PERIOD_S = 14 * 86400  # a replay count lives for one to two of these
SHARDS = 1024  # hashes small enough to expire without blocking
REMEMBERED_S = 3600  # the record of a run that was given up for dead

COMMON = f"""
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
    local place = redis.call('HMGET', RUN .. other, 'state', 'frontier')
    if other ~= run and place[1] == 'live' then
      target = math.max(target, tonumber(place[2]) or 0)
    end
  end
  return target
end
"""

# A Redis whose memory is full refuses a script whose first write needs some. This one needs none, and what follows it
# is let through: a full Redis must not keep anybody from taking things back or out.
FREEING = COMMON + "redis.call('ZREM', RUNS, '')\n"

# ARGV: run, lease ms, field, value… → bound
# Whoever may not run one of the commands learns it here, and not between a PUBLISH and the end of its script.
JOIN = (
    FREEING
    + """
local key = RUN .. ARGV[1]
local proof = key .. ':proof'
for _, words in ipairs({
  {'LPUSH', proof, ''}, {'RPUSH', proof, ''}, {'RPOPLPUSH', proof, proof}, {'LRANGE', proof, 0, -1},
  {'LTRIM', proof, 1, 0}, {'SETBIT', proof, 0, 1}, {'GET', proof}, {'EXPIRE', proof, 60}, {'PERSIST', proof},
  {'DEL', proof}, {'HINCRBY', proof, 'a', 1}, {'HSET', proof, 'a', 1}, {'HMGET', proof, 'a'}, {'HGETALL', proof},
  {'HDEL', proof, 'a'}, {'ZADD', proof, 1, 'a'}, {'ZSCORE', proof, 'a'}, {'ZRANGE', proof, 0, -1}, {'DEL', proof},
}) do
  local answer = redis.pcall(unpack(words))
  if type(answer) == 'table' and answer.err then
    redis.pcall('DEL', proof)
    return redis.error_reply('NOPERM ' .. answer.err)
  end
end
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
    FREEING
    + """
local place = redis.call('HMGET', RUN .. ARGV[1], 'state', 'frontier', 'bound')
if place[1] ~= 'live' then return {} end
redis.call('ZADD', RUNS, now + ARGV[2], ARGV[1])
return {tonumber(place[2]), tonumber(place[3])}
"""
)

# A run that was given up for dead is live again. ARGV: run, lease ms → ok | unknown (Redis has lost its record) |
# overtaken (others took entries out when nobody kept its place)
REJOIN = (
    FREEING
    + """
local key = RUN .. ARGV[1]
local state = redis.call('HMGET', key, 'state', 'taken')
if not state[1] then return 'unknown' end
if state[1] == 'dead' then
  if state[2] and state[2] ~= (redis.call('HGET', GAP, 'taken') or '0') then return 'overtaken' end
  redis.call('HDEL', key, 'taken')
  redis.call('HSET', key, 'state', 'live')
  redis.call('HINCRBY', key, 'deaths', 1)
  redis.call('PERSIST', key)
end
redis.call('ZADD', RUNS, now + ARGV[2], ARGV[1])
return 'ok'
"""
)

# ARGV: first position, count → {entries newest first, total, entries ever taken out}
READ = (
    COMMON
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

# ARGV: run, seq, lease ms, entry… → {outcome, entries pushed so far}
PUSH = (
    COMMON
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
    FREEING
    + """
local key = RUN .. ARGV[1]
if ARGV[2] == '1' and redis.call('EXISTS', key) == 1 then redis.call('HSET', key, 'frontier', 0, 'bound', 0) end
local target = held_by_others(ARGV[1])
local gap, moved = redis.call('LLEN', S), 0
if gap > target then gap, moved = move_gap(target, MOVES) end
return {moved, math.max(0, gap - target)}
""".replace("MOVES", str(MOVES))
)

# Take over a run whose lease is over. ARGV: run, by, lease ms, a lease end that has outlived its lease ('': none)
# → its hash, or nothing when it lives or is taken
CLAIM = (
    FREEING
    + """
local ends = tonumber(redis.call('ZSCORE', RUNS, ARGV[1]) or nil)
if not ends or (ends > now and ends ~= tonumber(ARGV[4])) then return {} end
local key = RUN .. ARGV[1]
redis.call('ZADD', RUNS, now + ARGV[3], ARGV[1])
redis.call('HSET', key, 'state', 'dead', 'by', ARGV[2])
return redis.call('HGETALL', key)
"""
)

# ARGV: run, only when it has done nothing (0/1)
FORGET = (
    COMMON
    + """
if ARGV[2] == '1' and tonumber(redis.call('HGET', RUN .. ARGV[1], 'done') or 0) > 0 then return 0 end
redis.call('ZREM', RUNS, ARGV[1])
redis.call('DEL', RUN .. ARGV[1])
return 1
"""
)

# Strike off a run that was claimed, unless it lives again. ARGV: run
BURY = (
    FREEING
    + f"""
local key = RUN .. ARGV[1]
if redis.call('HGET', key, 'state') ~= 'dead' then return 0 end
redis.call('ZREM', RUNS, ARGV[1])
redis.call('HSET', key, 'taken', redis.call('HGET', GAP, 'taken') or '0')
redis.call('EXPIRE', key, {REMEMBERED_S})
return 1
"""
)

# → {now, gap, total, run, lease end, hash, …}
LOOK = (
    COMMON
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

# ARGV: replay key → "<milliseconds> <who>", newest first, of the replays that are remembered
ATTEMPTS = f"""
local found = {{}}
for _, record in ipairs(redis.call('LRANGE', '{HISTORY}', 0, -1)) do
  if string.sub(record, 1, 8) == ARGV[1] then found[#found + 1] = string.sub(record, 9) end
end
return found
"""

# ARGV: replay key… → counts
COUNTS = (
    COMMON
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
