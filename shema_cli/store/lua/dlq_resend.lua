-- One step of a run that publishes what it is given, and counts it, which marks it as published, in the same step.
-- KEYS: as in dlq.lua, and last where tails register
-- ARGV: 1 as in dlq.lua, 2 run, 3 seq, 4 how often each may be published (-1: any), 5 unheard too ('1'), 6 presence
--       (`deliver.lua`), 7 specs, 8… a payload for each spec, then channel, listeners elsewhere, channel, …
--       A spec: uint16 channel, 8 bytes replay key, by which it is counted, 8 bytes by which `trace` finds it
-- → {done, frontier, bound, a letter for each} | {gone} (given up for dead) |
--   {stopped, frontier, bound, by whom} (`dlq_run_stop.lua`) |
--   {ask, frontier, bound, tokens} (vouch for these tails, and ask again)
--   Letters: p published, u unheard, s published often enough, f failed
-- needs: dlq_step

local run, seq, limit, unheard_too = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5] == '1'
local key = RUN .. run
local state = redis.call('HMGET', key, 'state', 'seq', 'frontier', 'bound', 'reply', 'done', 'stoppedBy')
if state[1] ~= 'live' then return {'gone', 0, 0, ''} end
local frontier, bound = tonumber(state[3]), tonumber(state[4])
if seq <= tonumber(state[2]) then return {'done', frontier, bound, state[5]} end
if state[7] then return {'stopped', frontier, bound, state[7]} end

local wanted, replay_keys, channels = {}, {}, {}
for at = 1, #ARGV[7], 18 do
  local channel, replay_key, event = struct.unpack('<Hc8c8', ARGV[7], at)
  wanted[#wanted + 1] = {channel = channel, replay_key = replay_key, event = event}
  replay_keys[#replay_keys + 1] = replay_key
end
for i = 8 + #wanted, #ARGV, 2 do channels[#channels + 1] = {ARGV[i], ARGV[i + 1]} end
local unknown = step_unknown(ARGV[6], channels, unheard_too)
if unknown then return {'ask', frontier, bound, unknown} end

-- Whatever can fail behind a PUBLISH fails here, before the first one (`dlq_step.lua`).
redis.call('ZADD', RUNS, dlq_now + dlq_fixed.lease_ms, run)
redis.call('HSET', key, 'seq', state[2])
dlq_whole(redis.call('HINCRBY', key, 'done', 0), key)
step_prove_list(step_events(run))
step_read_counts(replay_keys)
step_prove_counts()

local codes, published = {}, {}
for i, want in ipairs(wanted) do
  codes[i] = step_publish(ARGV[6], channels[want.channel], ARGV[7 + i], want.replay_key, limit, unheard_too)
  if codes[i] == 'p' then published[#published + 1] = want.event end
end
step_remember(run, published)
local reply = table.concat(codes)
redis.call('HSET', key, 'seq', seq, 'reply', reply, 'done', tonumber(state[6] or 0) + #published)
return {'done', frontier, bound, reply}
