-- The whole at one moment, and the runs at work on it.
-- KEYS: as in dlq.lua
-- ARGV: 1 as in dlq.lua
-- → {now, gap, total, run, end of its lease, its hash, …}
-- needs: dlq

local gap = redis.call('LLEN', S)
local found = {dlq_now, gap, gap + redis.call('LLEN', M)}
local runs = redis.call('ZRANGE', RUNS, 0, -1, 'WITHSCORES')
for i = 1, #runs, 2 do
  found[#found + 1] = runs[i]
  found[#found + 1] = tonumber(runs[i + 1])
  found[#found + 1] = redis.call('HGETALL', RUN .. runs[i])
end
return found
