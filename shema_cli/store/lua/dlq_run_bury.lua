-- Strike off a run that was claimed, unless it lives again; its record stays for a while.
-- KEYS: as in dlq.lua
-- ARGV: 1 as in dlq.lua, 2 run
-- → 1 | 0
-- needs: dlq

dlq_frees()
local key = RUN .. ARGV[2]
if redis.call('HGET', key, 'state') ~= 'dead' then return 0 end
redis.call('ZREM', RUNS, ARGV[2])
redis.call('HSET', key, 'taken', redis.call('HGET', GAP, 'taken') or '0')
redis.call('EXPIRE', key, dlq_fixed.remembered_s)
return 1
