-- Decide on one enrollment: its record, its event and its audit entry come about in this step, or none of them.
-- KEYS: 1 the audit stream, 2 the record
-- ARGV: 1 head, 2 deadline (ms), 3 presence prefix, 4 decision, 5 republish ('1'), 6 unheard too ('1'), 7 channel,
--       8 payload, 9 listeners on other nodes, 10 number of the record's arguments, 11… the record (its eventId first),
--       then the entry
-- → {'done', now, services} | {'unheard', now} | {'standing', now, record}, or a refusal of the chain
-- needs: chain, deliver

local late = chain_late(KEYS[1], ARGV[2])
if late then return late end
local standing = redis.call('HGETALL', KEYS[2])
if #standing > 0 and (ARGV[5] ~= '1' or redis.call('HGET', KEYS[2], 'decision') ~= ARGV[4]) then
  return {'standing', chain_now, standing}
end
local moved = chain_moved(KEYS[1], ARGV[1])
if moved then return moved end

-- The record comes first and is taken back where nobody hears: that this user may do both is seen while nothing is
-- published. Only the entry comes last, because one that is taken back would count as one removed.
local last = 10 + tonumber(ARGV[10])
local event_before = redis.call('HGET', KEYS[2], 'eventId')
redis.call('HDEL', KEYS[2], '')
if #standing > 0 then
  redis.call('HSET', KEYS[2], ARGV[11], ARGV[12])
else
  redis.call('HSET', KEYS[2], unpack(ARGV, 11, last))
end
local function take_back()
  if event_before then redis.call('HSET', KEYS[2], ARGV[11], event_before) return end
  for field = 11, #standing > 0 and 11 or last, 2 do redis.call('HDEL', KEYS[2], ARGV[field]) end
end
local outcome, told = deliver(ARGV[3], ARGV[7], ARGV[8], ARGV[9], ARGV[6] == '1')
if outcome ~= 'heard' then
  take_back()
  if outcome == 'failed' then return redis.error_reply(told) end
  return {'unheard', chain_now}
end
chain_append(KEYS[1], last + 1)
return {'done', chain_now, tostring(told)}
