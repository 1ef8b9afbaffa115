-- Decide on one enrollment: its record, its event and its audit entry come about in this step, or none of them.
-- An approval takes a seat of its course in the same step; without one to take it is refused.
-- KEYS: 1 the audit stream, 2 the record, the seats of its course (when it takes one), last where tails register
-- ARGV: 1 head, 2 deadline (ms), 3 presence (`deliver.lua`), 4 decision, 5 republish ('1'), 6 unheard too ('1'), 7 channel,
--       8 payload, 9 listeners on other nodes, 10 the seat: '' none, 'any' however many are taken, or 'maximum current
--       asked came' (`seats.lua`), 11 number of the record's arguments, 12… the record (its eventId first), then the entry for each
--       number of services (`chain_append_one`)
-- → {'done', now, services} | {'unheard', now} | {'ask', now, token, …} | {'standing', now, record}
--   | {'full', now, taken}, or a refusal of the chain
-- needs: chain, seats, deliver

local late = chain_late(KEYS[1], ARGV[2])
if late then return late end
local standing = redis.call('HGETALL', KEYS[2])
if #standing > 0 and (ARGV[5] ~= '1' or redis.call('HGET', KEYS[2], 'decision') ~= ARGV[4]) then
  return {'standing', chain_now, standing}
end
local maximum, current, asked, came = string.match(ARGV[10], '^(%d+) (%d+) (%d+) (%d+)$')
local told = maximum and seats_told(current, asked, came)
if told then
  local taken = seats_taken(KEYS[3], told)
  if taken >= tonumber(maximum) then return {'full', chain_now, string.format('%.0f', taken)} end
end
local moved = chain_moved(KEYS[1], ARGV[1])
if moved then return moved end
local unheard_too = ARGV[6] == '1'
local unknown = deliver_unknown(KEYS[#KEYS], ARGV[3], ARGV[7], ARGV[9], unheard_too)
if unknown then return {'ask', chain_now, unpack(unknown)} end

-- What the record needs is done to no effect before a seat is taken, and the record itself comes before the event and is
-- taken back where nobody hears: whatever this user may not do is seen while nothing else was done. Only the entry comes
-- last, because one that is taken back would count as one removed.
local event_before = redis.call('HGET', KEYS[2], 'eventId')
redis.call('HDEL', KEYS[2], '')
redis.call('HSET', KEYS[2], '', '')
redis.call('HDEL', KEYS[2], '')
local first_told = told and not seats_counted(KEYS[3])
if told then seats_learn(KEYS[3], told) end
local reserved = told or (ARGV[10] == 'any' and seats_counted(KEYS[3]))
if reserved then seats_reserve(KEYS[3], KEYS[2]) end

local last = 11 + tonumber(ARGV[11])
if #standing > 0 then
  redis.call('HSET', KEYS[2], ARGV[12], ARGV[13])
else
  redis.call('HSET', KEYS[2], unpack(ARGV, 12, last))
end
local function take_back()
  if reserved then seats_give_back(KEYS[3], KEYS[2]) end
  if first_told then seats_give_back(KEYS[3], told.member) end
  if event_before then redis.call('HSET', KEYS[2], ARGV[12], event_before) return end
  for field = 12, #standing > 0 and 12 or last, 2 do redis.call('HDEL', KEYS[2], ARGV[field]) end
end
local outcome, services = deliver(KEYS[#KEYS], ARGV[3], ARGV[7], ARGV[8], ARGV[9], unheard_too)
if outcome ~= 'heard' then
  take_back()
  if outcome == 'failed' then return redis.error_reply(services) end
  return {'unheard', chain_now}
end
chain_append_one(KEYS[1], last + 1, services)
return {'done', chain_now, tostring(services)}
