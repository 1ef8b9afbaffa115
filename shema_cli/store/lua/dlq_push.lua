-- Push entries as the services do, once for each `seq` of a run.
-- KEYS: as in dlq.lua
-- ARGV: 1 as in dlq.lua, 2 run, 3 seq, 4… the entries, the last becoming the newest
-- → {done, entries that the run has pushed so far} | {gone} (given up for dead) | {stopped, by whom}
-- needs: dlq

local run, seq, key = ARGV[2], tonumber(ARGV[3]), RUN .. ARGV[2]
local state = redis.call('HMGET', key, 'state', 'seq', 'done', 'stoppedBy')
if state[1] ~= 'live' then return {'gone', 0} end
local done = tonumber(state[3] or 0)
if seq <= tonumber(state[2]) then return {'done', done} end
if state[4] then return {'stopped', state[4]} end
redis.call('ZADD', RUNS, dlq_now + dlq_fixed.lease_ms, run)
for first = 4, #ARGV, 500 do redis.call('LPUSH', M, unpack(ARGV, first, math.min(first + 499, #ARGV))) end
done = done + #ARGV - 3
redis.call('HSET', key, 'seq', seq, 'done', done)
return {'done', done}
