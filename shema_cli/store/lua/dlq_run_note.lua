-- Keep with a run what others should know of it.
-- KEYS: as in dlq.lua
-- ARGV: 1 as in dlq.lua, 2 run, 3 field, 4 value ('': the moment)
-- → 1 | 0 (it is not registered any more)
-- needs: dlq

dlq_frees()
local key = RUN .. ARGV[2]
if redis.call('EXISTS', key) == 0 then return 0 end
redis.call('HSET', key, ARGV[3], ARGV[4] ~= '' and ARGV[4] or dlq_now)
return 1
