-- Tell a run to stop: none of its steps does anything from here on. The first who says so stays named.
-- KEYS: as in dlq.lua
-- ARGV: 1 as in dlq.lua, 2 run, 3 by whom
-- → {now, end of its lease (0: it has none), its hash}, or nothing when there is no such run
-- needs: dlq

dlq_frees()
local key = RUN .. ARGV[2]
local known = redis.call('HMGET', key, 'state', 'stoppedBy')
if not known[1] then return {} end
if not known[2] then redis.call('HSET', key, 'stoppedBy', ARGV[3]) end
return {dlq_now, tonumber(redis.call('ZSCORE', RUNS, ARGV[2]) or 0), redis.call('HGETALL', key)}
