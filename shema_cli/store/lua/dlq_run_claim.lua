-- Take over a run whose lease is over.
-- KEYS: as in dlq.lua
-- ARGV: 1 as in dlq.lua, 2 run, 3 by whom, 4 an end of its lease that was watched for longer than a lease lasts
--       ('': none)
-- → its hash, or nothing when it lives or somebody else has taken it
-- needs: dlq

dlq_frees()
local ends = tonumber(redis.call('ZSCORE', RUNS, ARGV[2]) or nil)
if not ends or (ends > dlq_now and ends ~= tonumber(ARGV[4])) then return {} end
local key = RUN .. ARGV[2]
redis.call('ZADD', RUNS, dlq_now + dlq_fixed.lease_ms, ARGV[2])
redis.call('HSET', key, 'state', 'dead', 'by', ARGV[3])
return redis.call('HGETALL', key)
