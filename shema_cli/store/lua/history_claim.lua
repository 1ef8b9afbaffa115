-- See who writes the history, and become the one where nobody does.
-- KEYS: 1 the history, 2 its state, 3 a key that is never there: removing it lets what follows through where memory is full
-- ARGV: 1 recorder, 2 the place that it takes for the one that stands ('?': it only looks), 3 lease (ms),
--       4 how long to leave it to others first (ms), 5 how much behind that place it remembers, 6 an epoch in case there is none
-- → {word, now, epoch, place, heard (ms), entries, writer}, word being
--   'yours' | 'held': another writes | 'wait': another may know more | 'moved': another place stands | 'lost': the stream is
--   gone, 'none': there is none yet: with a new epoch, and it is yours; who only looks is told 'held', 'free' or 'blank'
-- needs: history

local OFFER_MS = 3000
local history, stands = KEYS[1], KEYS[2]
local me, place, lease, grace, ahead = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local state, entries = history_state(stands), redis.call('XLEN', history)

local function answer(word)
  return {word, history_text(history_now), state.epoch or '', state.place or '', state.heard or '0', entries, state.writer or ''}
end

local function take(...)
  redis.pcall('DEL', KEYS[3])
  redis.call('HSET', stands, 'writer', me, 'lease', history_text(history_now + lease), ...)
  state.writer = me
end

local function last_ms()
  local newest = redis.call('XREVRANGE', history, '+', '-', 'COUNT', 1)
  return newest[1] and string.match(newest[1][1], '^%d+') or '0'
end

if not state.epoch or (entries == 0 and history_number(state.entries) > 0) then
  if place == '?' then return answer('blank') end
  local word = state.epoch and 'lost' or 'none'
  local heard = entries > 0 and last_ms() or '0'
  redis.call('DEL', stands)
  state = {epoch = ARGV[6], heard = heard}
  take('epoch', ARGV[6], 'began', history_text(history_now), 'heard', heard, 'entries', entries, 'size', 0, 'trimmed', 0)
  return answer(word)
end
local held = state.writer ~= me and history_lease_holds(state, lease)
if place == '?' then return answer(held and 'held' or 'free') end
if held then return answer('held') end
if place ~= (state.place or '') then return answer('moved') end
if not (state.writer == me and grace == 0) then
  if history_now < history_number(state.lease) + grace and history_now > history_number(state.lease) - lease then
    redis.pcall('DEL', KEYS[3])
    redis.call('HSET', stands, 'offer:' .. me, history_text(history_now) .. ' ' .. ahead .. ' ' .. place)
    return answer('wait')
  end
  for name, offer in pairs(state) do
    local at, more, of = string.match(offer, '^(%d+) (%d+) (.*)$')
    if at and string.sub(name, 1, 6) == 'offer:' then
      if math.abs(history_now - tonumber(at)) > OFFER_MS then
        redis.call('HDEL', stands, name)
      elseif name ~= 'offer:' .. me and of == place and tonumber(more) > ahead then
        return answer('wait')
      end
    end
  end
end
take()
redis.call('HDEL', stands, 'offer:' .. me)
return answer('yours')
