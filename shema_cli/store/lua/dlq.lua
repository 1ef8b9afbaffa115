-- Library: what every script of the dead letters has in common.
--
-- The list M (`events:dead_letter`) and the in-flight list S are one sequence with a gap in it, M ++ S: newest on M's
-- left, oldest on S's right. An entry's *position* counts from the oldest (0). Services only push on M's left, so
-- positions stand still under them; the gap stands at position LLEN(S), and an entry is taken out where the gap stands.
-- Each run keeps `frontier` (all positions below it are done) and `bound` (where its snapshot ends); whoever takes an
-- entry out moves the frontier and the bound of every other run with it.
--
-- A run is `live` until somebody claims it whose lease is over; then it is `dead`, holds nothing, and its record stays
-- for a while, so that one that was only silent can go on where it stood if nobody has taken anything out since.
--
-- KEYS of each of them (`store/keys.py` says what they hold): 1 the list M, 2 the in-flight list S, 3 the runs, 4 the
--       gap, 5 the latest replays; what names begin with: 6 of a run's hash, 7 of the replay counts; 8 the copies
-- ARGV[1] of each of them: what is fixed, as `name=number name=number …`: lease_ms, turn_ms, longest_turn_ms, moves,
--       period_s, shards, remembered_replays, remembered_steps, remembered_s
-- dlq_move_gap(target, most) → where the gap stands then, entries moved
-- dlq_held_by_others(run) → the highest frontier of the other live runs
-- dlq_whole(value, key) → what a key of ours holds as a number, 0 where there is nothing; an error for what is no count
-- dlq_shard(replay_key) → in which of a period's hashes it is counted
-- dlq_frees() → nothing; says that this script may run on a server whose memory is full

local M, S, RUNS, GAP, HISTORY, RUN, REPLAYS, COPIES = unpack(KEYS)

local dlq_fixed = {}
for name, number in string.gmatch(ARGV[1], '([%a_]+)=(%d+)') do dlq_fixed[name] = tonumber(number) end

local dlq_time = redis.call('TIME')
local dlq_now = dlq_time[1] * 1000 + math.floor(dlq_time[2] / 1000)

local function dlq_whole(value, key)
  local number = tonumber(value or 0)
  if number and number == math.floor(number) and math.abs(number) < 2 ^ 53 then return number end
  error('ERR ' .. key .. ' holds ' .. tostring(value) .. ', which is no count', 0)
end

local function dlq_shard(replay_key)
  local high, low = string.byte(replay_key, 1, 2)
  return (high * 256 + low) % dlq_fixed.shards
end

local function dlq_move_gap(target, most)
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

local function dlq_held_by_others(run)
  local target = 0
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', RUNS, '(' .. dlq_now, '+inf')) do
    local place = redis.call('HMGET', RUN .. other, 'state', 'frontier')
    if other ~= run and place[1] == 'live' then
      target = math.max(target, tonumber(place[2]) or 0)
    end
  end
  return target
end

-- A Redis whose memory is full refuses a script whose first write needs some. This one needs none, and what follows it
-- is let through: a full Redis must not keep anybody from taking things back or out.
local function dlq_frees()
  redis.call('ZREM', RUNS, '')
end
