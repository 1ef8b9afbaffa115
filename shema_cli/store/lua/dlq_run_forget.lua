-- Strike a run off.
-- KEYS: as in dlq.lua
-- ARGV: 1 as in dlq.lua, 2 run, 3 only when it has done nothing ('1')
-- → 1 | 0
-- needs: dlq

if ARGV[3] == '1' and tonumber(redis.call('HGET', RUN .. ARGV[2], 'done') or 0) > 0 then return 0 end
redis.call('ZREM', RUNS, ARGV[2])
redis.call('DEL', RUN .. ARGV[2])
return 1
