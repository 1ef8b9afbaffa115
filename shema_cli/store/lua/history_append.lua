-- Append what was heard to the history, in one step with how far that is: only for its writer, only behind the place that
-- stands, so that nothing is ever written twice.
-- KEYS: 1 the history, 2 its state, 3 a key that is never there: removing it lets what follows through where memory is full
-- ARGV: 1 writer, 2 the place that stands, 3 the place behind these entries, 4 heard: all until then (ms), 5 lease (ms; 0: the
--       writer gives it back), 6 keep (ms), 7 keep (bytes; 0: whatever they are), 8 most to trim (entries),
--       9 how many words of state follow, then these: field, value, …, then the entries, each one of
--           'm', at (ms), n, and n times: channel, payload
--           'e', at (ms), n, and n words: field, value, … (`at` is added)
-- → {'done', now, entries, size, oldest (ms)} | {'moved', now, place} | {'fenced', now, writer} | {'lost', now}, or the error of the
--   first write: then nothing was done. Without entries it trims also where memory is full.
-- needs: history

local TRIM_BYTES = 1000000  -- that many at most are looked through in a step, and one entry more
local history, stands = KEYS[1], KEYS[2]
local state = history_state(stands)
local entries, size, oldest = redis.call('XLEN', history), history_number(state.size), history_number(state.oldest)
local trimmed, known = history_number(state.trimmed), history_number(state.entries)
local last_ms, last_n = string.match(state.last or '', '^(%d+)-(%d+)$')

if not state.epoch or (entries == 0 and known > 0) then return {'lost', history_text(history_now)} end
if state.writer ~= ARGV[1] then return {'fenced', history_text(history_now), state.writer or ''} end
if (state.place or '') ~= ARGV[2] then return {'moved', history_text(history_now), state.place or ''} end

-- The last id, from the server: somebody else has written here.
local function ask_last()
  local info = redis.call('XINFO', 'STREAM', history)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last_ms, last_n = string.match(info[i + 1], '^(%d+)-(%d+)$') end
  end
end

local function next_id(at)
  if not last_ms or (#last_ms < 16 and tonumber(at) > tonumber(last_ms)) then
    last_ms, last_n = at, '0'
  elseif #last_n < 16 then
    last_n = history_text(tonumber(last_n) + 1)
  else
    return nil
  end
  return last_ms .. '-' .. last_n
end

local EXHAUSTED = {err = 'EXHAUSTED the last id that there is was given'}
local wrote = false
local function append(at, fields)
  local id = next_id(at)
  local answer = id and redis.pcall('XADD', history, id, unpack(fields)) or EXHAUSTED
  if type(answer) == 'table' and string.find(answer.err, 'equal or smaller', 1, true) and not wrote then
    ask_last()
    id = next_id(at)
    answer = id and redis.pcall('XADD', history, id, unpack(fields)) or EXHAUSTED
  end
  if answer == EXHAUSTED or (type(answer) == 'table' and string.find(answer.err, 'exhausted', 1, true)) then return EXHAUSTED.err end
  if type(answer) == 'table' then return (named('XADD', answer.err)) end
  if entries == 0 then oldest = tonumber(at) end
  wrote, entries, size = true, entries + 1, size + history_size(fields)
end

local function append_all(i)
  while i < #ARGV do
    local kind, at, count = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
    i = i + 3
    if kind == 'm' then
      for j = i, i + 2 * count - 1, 2 do
        local err = append(at, {'channel', ARGV[j], 'payload', ARGV[j + 1], 'at', at})
        if err then return err end
      end
      i = i + 2 * count
    else
      local fields = {unpack(ARGV, i, i + count - 1)}
      fields[#fields + 1], fields[#fields + 2] = 'at', at
      local err = append(at, fields)
      if err then return err end
      i = i + count
    end
  end
end

-- 0 for what is none of ours: it goes once it is the oldest, whatever its id says.
local function at_of(entry)
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'at' then return history_number(entry[2][i + 1]) end
  end
  return 0
end

-- A few of the oldest, of each its exact size. The last is always kept: a stream without entries is one that was lost.
local function trim(before, most, at_most)
  local from, gone, freed, latest = '-', 0, 0, nil
  while gone < at_most and freed < TRIM_BYTES and entries - gone > 1 do
    if oldest >= before and (most == 0 or size - freed <= most) then break end
    local entry = redis.call('XRANGE', history, from, '+', 'COUNT', 1)[1]
    oldest = at_of(entry)
    if oldest >= before and (most == 0 or size - freed <= most) then break end
    gone, freed, latest = gone + 1, freed + history_size(entry[2]), math.max(latest or 0, oldest)
    from, oldest = '(' .. entry[1], 0
  end
  if gone > 0 then
    local ms, n = string.match(from, '^%((%d+)-(%d+)$')
    redis.call('XTRIM', history, 'MINID', '=', ms .. '-' .. history_text(tonumber(n) + 1))
    entries, size = redis.call('XLEN', history), size - freed
    trimmed = math.max(latest, trimmed)
  end
end

-- Somebody else has removed entries, most likely the oldest. How much they held is not known any more.
local function notice_what_is_gone()
  if entries >= known then return end
  local first = redis.call('XRANGE', history, '-', '+', 'COUNT', 1)[1]
  local first_ms = tonumber((string.match(first[1], '^%d+')))
  oldest, trimmed, size = 0, math.max(trimmed, math.min(first_ms, history_now)), math.floor(size * entries / known)
end

local first = 10 + tonumber(ARGV[9])
if not ARGV[first] then redis.pcall('DEL', KEYS[3]) end
notice_what_is_gone()
local err = append_all(first)
if err then return redis.error_reply(err) end
trim(history_now - tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]))
local lease = tonumber(ARGV[5])
redis.call('HSET', stands, 'place', ARGV[3], 'heard', history_text(math.min(tonumber(ARGV[4]), history_now)), 'entries', entries, 'size',
  history_text(math.max(size, 0)), 'oldest', history_text(oldest), 'trimmed', history_text(trimmed), 'last',
  last_ms and last_ms .. '-' .. last_n or '', 'writer', lease > 0 and ARGV[1] or '', 'lease', history_text(history_now + lease),
  unpack(ARGV, 10, first - 1))
return {'done', history_text(history_now), entries, history_text(size), history_text(oldest)}
