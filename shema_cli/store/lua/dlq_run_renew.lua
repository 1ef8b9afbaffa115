-- Renew a run's lease, and tell where it stands.
-- KEYS: as in dlq.lua
-- ARGV: 1 as in dlq.lua, 2 run
-- → {frontier, bound, who has told it to stop ('': nobody)}, or nothing for a run that was given up for dead
-- needs: dlq

dlq_frees()
local place = redis.call('HMGET', RUN .. ARGV[2], 'state', 'frontier', 'bound', 'stoppedBy')
if place[1] ~= 'live' then return {} end
redis.call('ZADD', RUNS, dlq_now + dlq_fixed.lease_ms, ARGV[2])
return {tonumber(place[2]), tonumber(place[3]), place[4] or ''}
