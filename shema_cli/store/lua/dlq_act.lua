-- One step of a run: what publishes or drops entries also takes them out of the list, here.
-- KEYS: as in dlq.lua, and last where tails register
-- ARGV: 1 as in dlq.lua, 2 run, 3 seq, 4 expected frontier, 5 expected bound, 6 skip, 7 count, 8 sha1 of the batch,
--       9 max replays (-1: any), 10 unheard too ('1'), 11 specs, 12 edited payload, 13 presence (`deliver.lua`),
--       14… channel, listeners elsewhere, channel, …
--       A spec: uint16 index in the batch (from the oldest), uint32 start, uint32 length, uint16 channel, 8 bytes
--       replay key, uint16 size and text of the copies that its publication is also for (`dlq/letters/copies.py`; `!`:
--       publish it although it may be one). Channel 0 drops the entry instead of publishing it.
-- → {done, frontier, bound, a letter for each entry} | {gone} (given up for dead) | {moved} (read again) |
--   {turn, frontier, bound, milliseconds to wait} | {gap, frontier, bound, its position} (ask again: it is on its way) |
--   {ask, frontier, bound, tokens} (vouch for these tails, and ask again)
--   Letters: p published, c a copy of what went out (taken out unpublished), u unheard, s at its limit, f failed,
--   d dropped, - passed over
-- needs: dlq, deliver

local run, seq, lease_end = ARGV[2], tonumber(ARGV[3]), dlq_now + dlq_fixed.lease_ms
local skip, count = tonumber(ARGV[6]), tonumber(ARGV[7])
local limit, unheard_too = tonumber(ARGV[9]), ARGV[10] == '1'
local key = RUN .. run
if #ARGV == 13 then dlq_frees() end  -- it only drops entries
local state = redis.call('HMGET', key, 'state', 'seq', 'frontier', 'bound', 'reply', 'done', 'actorEmail')
if state[1] ~= 'live' then return {'gone', 0, 0, ''} end
local frontier, bound = tonumber(state[3]), tonumber(state[4])
if seq <= tonumber(state[2]) then return {'done', frontier, bound, state[5]} end
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

local unknown = {}
for channel = 14, #ARGV, 2 do
  for _, token in ipairs(deliver_unknown(KEYS[#KEYS], ARGV[13], ARGV[channel], ARGV[channel + 1], unheard_too) or {}) do
    unknown[#unknown + 1] = token
  end
end
if unknown[1] then return {'ask', frontier, bound, table.concat(unknown, ' ')} end

-- Whatever can fail behind a PUBLISH fails here, before the first one: memory and read-only servers with the first
-- write; rights by doing each command to no effect on the key that it is meant for; types and numbers by reading them.
local period_s = dlq_fixed.period_s
local period = math.floor(dlq_time[1] / period_s)
local marks, earlier = REPLAYS .. period, REPLAYS .. (period - 1)

local function prove_list(list)
  redis.call('LPUSH', list, '')
  redis.call('LTRIM', list, 1, -1)
end

redis.call('ZADD', RUNS, lease_end, run)
redis.call('HSET', key, 'seq', state[2])
local others = {}
-- Which events the run has taken out, for `trace`: the moment (13 digits) and 8 bytes for each, a step to an element.
local events = HISTORY .. ':' .. run
if count > 0 then
  redis.call('LTRIM', M, 0, -1)
  prove_list(S)
  prove_list(events)
  dlq_whole(redis.call('HINCRBY', key, 'done', 0), key)
  dlq_whole(redis.call('HGET', GAP, 'taken'), GAP)
  for _, other in ipairs(redis.call('ZRANGE', RUNS, 0, -1)) do
    if other ~= run then
      local place = redis.call('HMGET', RUN .. other, 'frontier', 'bound')
      others[other] = {tonumber(place[1]), tonumber(place[2])}
    end
  end
end

-- How often each event was replayed, over this period and the one before. Which shards of a period exist is told by a
-- bitmap, read once, so that most entries need no look at an empty one of the period before.
local replays, shard_of, known, fresh = {}, {}, '', {}
local function has(bitmap, shard)
  local byte = string.byte(bitmap, math.floor(shard / 8) + 1)
  return byte and bit.band(byte, bit.rshift(128, shard % 8)) ~= 0
end
local function prove_marks()
  redis.call('SETBIT', marks, 0, has(known, 0) and 1 or 0)
  redis.call('EXPIRE', marks, known == '' and 0 or 2 * period_s)  -- 0 removes what was not there before
end
local function count_replays()
  known = redis.call('GET', marks) or ''
  local known_earlier = redis.call('GET', earlier) or ''
  local function counted(counts, replay_key) return dlq_whole(redis.call('HGET', counts, replay_key), counts) end
  for _, want in pairs(wanted) do
    local replay_key = want.replay_key
    if want.channel > 0 and not replays[replay_key] then
      local high, low = string.byte(replay_key, 1, 2)
      local shard = (high * 256 + low) % dlq_fixed.shards
      shard_of[replay_key] = shard
      replays[replay_key] = counted(marks .. ':' .. shard, replay_key)
      if has(known_earlier, shard) then
        replays[replay_key] = replays[replay_key] + counted(earlier .. ':' .. shard, replay_key)
      end
    end
  end
end
if #ARGV > 13 and count > 0 then
  count_replays()
  prove_marks()
  prove_list(HISTORY)
end

local function count_one(replay_key)
  local shard = shard_of[replay_key]
  local counts = marks .. ':' .. shard
  replays[replay_key] = replays[replay_key] + 1
  redis.call('HINCRBY', counts, replay_key, 1)
  if fresh[shard] or has(known, shard) then return end
  redis.call('EXPIRE', counts, 2 * period_s)
  redis.call('SETBIT', marks, shard, 1)
  if not next(fresh) then redis.call('EXPIRE', marks, 2 * period_s) end
  fresh[shard] = true
end

-- The entries that a publication was also for. `covers`: some of this batch may come to be among them.
local copied, covers = redis.call('HLEN', COPIES) > 0, false
for _, want in pairs(wanted) do covers = covers or #want.copies > 1 end
if copied or covers then
  redis.call('HSET', COPIES, '', '')
  redis.call('EXPIRE', COPIES, period_s)
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
  redis.call('EXPIRE', COPIES, period_s)
  copied = true
end

local silent, replayed = {}, {}
local function publish(raw, want)
  local name, elsewhere = ARGV[12 + 2 * want.channel], ARGV[13 + 2 * want.channel]
  local replay_key = want.replay_key
  if limit >= 0 and replays[replay_key] >= limit then return 's' end
  if silent[name] then return 'u' end
  local payload = ARGV[12] ~= '' and ARGV[12] or string.sub(raw, want.start + 1, want.start + want.length)
  local outcome = deliver(KEYS[#KEYS], ARGV[13], name, payload, elsewhere, unheard_too)
  if outcome == 'failed' then return 'f' end
  if outcome == 'unheard' then
    silent[name] = true
    return 'u'
  end
  count_one(replay_key)
  replayed[#replayed + 1] = replay_key .. dlq_now .. ' ' .. (state[7] or '')
  return 'p'
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
  redis.call('EXPIRE', HISTORY, 2 * period_s)
end
if #touched > 0 then
  redis.call('LPUSH', events, string.format('%013.0f', dlq_now) .. table.concat(touched))
  redis.call('LTRIM', events, 0, dlq_fixed.remembered_steps - 1)
  redis.call('EXPIRE', events, 2 * period_s)
end
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
