-- A run that was given up for dead is live again.
-- KEYS: as in dlq.lua
-- ARGV: 1 as in dlq.lua, 2 run
-- → ok | unknown (Redis has lost its record) | overtaken (others took entries out when nobody kept its place)
-- needs: dlq

dlq_frees()
local key = RUN .. ARGV[2]
local state = redis.call('HMGET', key, 'state', 'taken')
if not state[1] then return 'unknown' end
if state[1] == 'dead' then
  if state[2] and state[2] ~= (redis.call('HGET', GAP, 'taken') or '0') then return 'overtaken' end
  redis.call('HDEL', key, 'taken')
  redis.call('HSET', key, 'state', 'live')
  redis.call('HINCRBY', key, 'deaths', 1)
  redis.call('PERSIST', key)
end
redis.call('ZADD', RUNS, dlq_now + dlq_fixed.lease_ms, ARGV[2])
return 'ok'
