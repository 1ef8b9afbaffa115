-- One step of a run: what publishes or drops entries also takes them out of the list, here.
-- KEYS: as in dlq.lua, and last where tails register
-- ARGV: 1 as in dlq.lua, 2 run, 3 seq, 4 expected frontier, 5 expected bound, 6 skip, 7 count, 8 sha1 of the batch,
--       9 max replays (-1: any), 10 unheard too ('1'), 11 specs, 12 edited payload, 13 presence (`deliver.lua`),
--       14… channel, listeners elsewhere, channel, …
--       A spec: uint16 index in the batch (from the oldest), uint32 start, uint32 length, uint16 channel, 8 bytes
--       replay key, uint16 size and text of the copies that its publication is also for (`dlq/letters/copies.py`; `!`:
--       publish it although it may be one). Channel 0 drops the entry instead of publishing it.
-- → {done, frontier, bound, a letter for each entry} | {gone} (given up for dead) | {moved} (read again) |
--   {stopped, frontier, bound, by whom} (`dlq_run_stop.lua`) |
--   {turn, frontier, bound, milliseconds to wait} | {gap, frontier, bound, its position} (ask again: it is on its way) |
--   {ask, frontier, bound, tokens} (vouch for these tails, and ask again)
--   Letters: p published, c a copy of what went out (taken out unpublished), u unheard, s at its limit, f failed,
--   d dropped, - passed over
-- needs: dlq_step

local run, seq, lease_end = ARGV[2], tonumber(ARGV[3]), dlq_now + dlq_fixed.lease_ms
local skip, count = tonumber(ARGV[6]), tonumber(ARGV[7])
local limit, unheard_too = tonumber(ARGV[9]), ARGV[10] == '1'
local key = RUN .. run
if #ARGV == 13 then dlq_frees() end  -- it only drops entries
local state = redis.call('HMGET', key, 'state', 'seq', 'frontier', 'bound', 'reply', 'done', 'actorEmail', 'stoppedBy')
if state[1] ~= 'live' then return {'gone', 0, 0, ''} end
local frontier, bound = tonumber(state[3]), tonumber(state[4])
if seq <= tonumber(state[2]) then return {'done', frontier, bound, state[5]} end
if state[8] then return {'stopped', frontier, bound, state[8]} end
if frontier ~= tonumber(ARGV[4]) or bound ~= tonumber(ARGV[5]) then return {'moved', frontier, bound, ''} end
local from = frontier + skip

local gap = redis.call('LLEN', S)
if count > 0 and gap ~= from then
  local turn = redis.call('HMGET', GAP, 'turn', 'began', 'till')
  local till = tonumber(turn[3] or 0)
  -- An end that is far away was written before the clock was set back.
  if turn[1] ~= run and till > dlq_now and till <= dlq_now + dlq_fixed.longest_turn_ms then
    local its_end = turn[1] and redis.call('ZSCORE', RUNS, turn[1])
    if its_end and tonumber(its_end) > dlq_now then return {'turn', frontier, bound, till - dlq_now} end
  end
  local began = turn[1] == run and till > dlq_now and tonumber(turn[2]) or 0
  if began == 0 then began = dlq_now end
  redis.call('HSET', key, 'frontier', from)
  frontier = from
  gap = dlq_move_gap(from, dlq_fixed.moves)
  -- Whoever has moved the gap a long way may work there for twice as long before another moves it away.
  local till_now = dlq_now + math.min(dlq_fixed.longest_turn_ms, dlq_fixed.turn_ms + 2 * (dlq_now - began))
  redis.call('HSET', GAP, 'turn', run, 'began', gap == from and 0 or began, 'till', till_now)
  if gap ~= from then
    redis.call('ZADD', RUNS, lease_end, run)
    return {'gap', frontier, bound, gap}
  end
end

local batch = count > 0 and redis.call('LRANGE', M, -count, -1) or {}
local sizes = {}
for i = 1, #batch do sizes[i] = #batch[i] end
if #batch ~= count or redis.sha1hex(table.concat(sizes, ',') .. ':' .. table.concat(batch)) ~= ARGV[8] then
  return {'moved', frontier, bound, 'changed'}
end

local wanted, at = {}, 1
while at <= #ARGV[11] do
  local index, start, length, channel, replay_key, copies
  index, start, length, channel, replay_key, copies, at = struct.unpack('<HIIHc8Hc0', ARGV[11], at)
  wanted[index] = {start = start, length = length, channel = channel, replay_key = replay_key, copies = copies}
end

local channels = {}
for channel = 14, #ARGV, 2 do channels[#channels + 1] = {ARGV[channel], ARGV[channel + 1]} end
local unknown = step_unknown(ARGV[13], channels, unheard_too)
if unknown then return {'ask', frontier, bound, unknown} end

-- Whatever can fail behind a PUBLISH fails here, before the first one: memory and read-only servers with the first
-- write; rights by doing each command to no effect on the key that it is meant for; types and numbers by reading them.
redis.call('ZADD', RUNS, lease_end, run)
redis.call('HSET', key, 'seq', state[2])
local others = {}
if count > 0 then
  redis.call('LTRIM', M, 0, -1)
  step_prove_list(S)
  step_prove_list(step_events(run))
  dlq_whole(redis.call('HINCRBY', key, 'done', 0), key)
  dlq_whole(redis.call('HGET', GAP, 'taken'), GAP)
  for _, other in ipairs(redis.call('ZRANGE', RUNS, 0, -1)) do
    if other ~= run then
      local place = redis.call('HMGET', RUN .. other, 'frontier', 'bound')
      others[other] = {tonumber(place[1]), tonumber(place[2])}
    end
  end
end

if #ARGV > 13 and count > 0 then
  local published = {}
  for _, want in pairs(wanted) do
    if want.channel > 0 then published[#published + 1] = want.replay_key end
  end
  step_read_counts(published)
  step_prove_counts()
  step_prove_list(HISTORY)
end

-- The entries that a publication was also for. `covers`: some of this batch may come to be among them.
local copied, covers = redis.call('HLEN', COPIES) > 0, false
for _, want in pairs(wanted) do covers = covers or #want.copies > 1 end
if copied or covers then
  redis.call('HSET', COPIES, '', '')
  redis.call('EXPIRE', COPIES, dlq_fixed.period_s)
  redis.call('HDEL', COPIES, '')
end
local function digest_of(data) return string.sub(redis.sha1hex(data), 1, 16) end
local function keep_copies(event, copies)
  if copies == '' then redis.call('HDEL', COPIES, event) else redis.call('HSET', COPIES, event, copies) end
end
local function take_copy(event, raw)
  local left = redis.call('HGET', COPIES, event)
  if not left then return false end
  if string.sub(left, 1, 1) == '#' then
    local number = (tonumber(string.sub(left, 2)) or 1) - 1
    keep_copies(event, number > 0 and '#' .. number or '')
    return true
  end
  local digest = digest_of(raw)
  for at = 1, #left, 16 do
    if string.sub(left, at, at + 15) == digest then
      keep_copies(event, string.sub(left, 1, at - 1) .. string.sub(left, at + 16))
      return true
    end
  end
  return false
end
local function cover(event, copies)
  local left = redis.call('HGET', COPIES, event) or ''
  local function number_of(some)
    if string.sub(some, 1, 1) == '#' then return tonumber(string.sub(some, 2)) or 0 end
    return #some / 16
  end
  local counted = string.sub(left, 1, 1) == '#' or string.sub(copies, 1, 1) == '#'
  if not counted and #left % 16 ~= 0 then left = '' end  -- none of ours
  keep_copies(event, counted and '#' .. (number_of(left) + number_of(copies)) or left .. copies)
  redis.call('EXPIRE', COPIES, dlq_fixed.period_s)
  copied = true
end

local replayed, by_whom = {}, dlq_now .. ' ' .. (state[7] or '')
local function publish(raw, want)
  local payload = ARGV[12] ~= '' and ARGV[12] or string.sub(raw, want.start + 1, want.start + want.length)
  local code = step_publish(ARGV[13], channels[want.channel], payload, want.replay_key, limit, unheard_too)
  if code == 'p' then replayed[#replayed + 1] = want.replay_key .. by_whom end
  return code
end
-- What becomes of an entry. A copy is struck off whatever takes it out.
local function act(raw, want)
  local alone, copies = want.copies == '!', want.copies
  local event = ''
  if (copied or copies ~= '') and want.length > 0 then
    event = digest_of(string.sub(raw, want.start + 1, want.start + want.length))
  end
  if copied and not alone and take_copy(event, raw) then return want.channel == 0 and 'd' or 'c' end
  if want.channel == 0 then return 'd' end
  local code = publish(raw, want)
  if code == 'p' and alone and copied then take_copy(event, raw) end
  if code == 'p' and not alone and copies ~= '' then cover(event, copies) end
  return code
end

local codes, kept, taken, touched = {}, {}, {}, {}
for i = 0, count - 1 do
  local raw, code = batch[count - i], '-'
  if wanted[i] then code = act(raw, wanted[i]) end
  if code == 'p' or code == 'c' or code == 'd' then
    taken[#taken + 1] = from + #kept
    touched[#touched + 1] = wanted[i].replay_key
  else
    kept[#kept + 1] = raw
  end
  codes[i + 1] = code
end

if count > 0 then
  redis.call('LTRIM', M, 0, -(count + 1))
  for first = 1, #kept, 500 do
    redis.call('LPUSH', S, unpack(kept, first, math.min(first + 499, #kept)))
  end
end
if #replayed > 0 then
  redis.call('LPUSH', HISTORY, unpack(replayed))
  redis.call('LTRIM', HISTORY, 0, dlq_fixed.remembered_replays - 1)
  redis.call('EXPIRE', HISTORY, 2 * dlq_fixed.period_s)
end
step_remember(run, touched)
if #taken > 0 then
  redis.call('HINCRBY', GAP, 'taken', #taken)
  for other, place in pairs(others) do
    local its_frontier, its_bound = place[1], place[2]
    if its_frontier and its_bound then
      for _, position in ipairs(taken) do
        if position < its_frontier then its_frontier = its_frontier - 1 end
        if position < its_bound then its_bound = its_bound - 1 end
      end
      redis.call('HSET', RUN .. other, 'frontier', its_frontier, 'bound', its_bound)
    end
  end
end
local reply = table.concat(codes)
frontier, bound = from + #kept, bound - #taken
redis.call('HSET', key, 'seq', seq, 'reply', reply, 'frontier', frontier, 'bound', bound,
  'done', tonumber(state[6] or 0) + #taken)
return {'done', frontier, bound, reply}
