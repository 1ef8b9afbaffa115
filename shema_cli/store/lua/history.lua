-- Library: the stream of what was published and its state (contract 3.3; docs/decisions/history.md).
-- The state: a hash. `epoch` of this stream; `writer` and `lease` (ms): who writes, and until when without a sign of life;
-- `place`: how far it has written; `heard`, `began`, `trimmed` (ms) and `size` as events/history/stream.py has them;
-- `entries`: how many the stream must have, `last`: the last id given, `oldest` (ms): of its first entry, 0 where not known;
-- `present`, `usual`: who was there.
-- history_now (ms); history_state(key) → the state as a table; history_number(word) → a number of it, 0 for what is none;
-- history_size(fields) → bytes of names and values
-- needs: named

if redis.replicate_commands then redis.replicate_commands() end  -- servers before 7 need it for writes after TIME

local history_time = redis.call('TIME')
local history_now = history_time[1] * 1000 + math.floor(history_time[2] / 1000)

local function history_text(number)
  return string.format('%.0f', number)
end

local function history_state(key)
  local flat, state = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do state[flat[i]] = flat[i + 1] end
  return state
end

local function history_number(word)
  return #(word or '') <= 15 and string.match(word or '', '^%d+$') and tonumber(word) or 0
end

local function history_size(fields)
  local size = 0
  for i = 1, #fields do size = size + #fields[i] end
  return size
end

-- A lease that ends later than any could is of a clock that was set back.
local function history_lease_holds(state, lease)
  local ends = history_number(state.lease)
  return (state.writer or '') ~= '' and ends > history_now and ends <= history_now + lease
end
