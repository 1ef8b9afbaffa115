-- How often events were replayed, in this period and the one before it.
-- KEYS: as in dlq.lua
-- ARGV: 1 as in dlq.lua, 2… replay keys
-- → {count, …}
-- needs: dlq

local period, counts = math.floor(dlq_time[1] / dlq_fixed.period_s), {}
for i = 2, #ARGV do
  local replay_key = ARGV[i]
  local shard = ':' .. dlq_shard(replay_key)
  counts[i - 1] = tonumber(redis.call('HGET', REPLAYS .. period .. shard, replay_key) or 0)
    + tonumber(redis.call('HGET', REPLAYS .. (period - 1) .. shard, replay_key) or 0)
end
return counts
