-- Library: seats that were given away, and that the course service's own number may not show yet (contract 2.4).
-- `{shema}:seats:<course>` is a sorted set: a reservation is the key of its decision, scored with when it was made (ms, the
-- server's clock); scored 0 is what the number was when it was last looked at, `told:<current>:<asked>:<came>`: an answer
-- that was asked for at `asked` and was there at `came`.
-- A reservation counts until the number has grown by it, the oldest first, or was asked for 120 s after it. An answer that
-- was asked for before the one that is remembered had come may be the older of the two: it shows nothing. Where a
-- millisecond does not tell which was first, the seat counts.
-- needs: chain
-- seats_told(current, asked, came) → an answer, the three as text
-- seats_taken(key, told) → how many seats are taken in all
-- seats_learn(key, told): remember the answer; what it shows counts no longer
-- seats_reserve(key, member); seats_give_back(key, member) of a reservation, or of the first answer that was remembered
-- seats_counted(key) → whether any number is remembered

local SEATS_SHOWN_MS = 120000
local SEATS_KEPT_MS = 3600000

local function seats_told(current, asked, came)
  return {
    current = tonumber(current), asked = tonumber(asked), came = tonumber(came), came_text = came,
    member = 'told:' .. current .. ':' .. asked .. ':' .. came,
  }
end

local function seats_last(key)
  local found = redis.call('ZRANGEBYSCORE', key, 0, 0)
  if not found[1] then return nil end
  local current, asked, came = string.match(found[1], '^told:(%d+):(%d+):(%d+)$')
  return current and seats_told(current, asked, came)
end

local function seats_counted(key)
  return seats_last(key) ~= nil
end

-- How many of the oldest reservations count no longer when `told` is believed after `last`.
local function seats_over(key, told, last)
  local grown = last and math.max(0, told.current - last.current) or 0
  local shown = math.min(grown, redis.call('ZCOUNT', key, '(0', '(' .. told.came_text))
  return math.max(shown, redis.call('ZCOUNT', key, '(0', told.asked - SEATS_SHOWN_MS))
end

local function seats_taken(key, told)
  local last = seats_last(key)
  local reserved = redis.call('ZCOUNT', key, '(0', '+inf')
  if last and told.asked <= last.came then return math.max(told.current, last.current + reserved) end
  return told.current + reserved - seats_over(key, told, last)
end

local function seats_learn(key, told)
  local last = seats_last(key)
  if last and told.asked <= last.came then return end
  local over = seats_over(key, told, last)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', 0)
  if over > 0 then redis.call('ZREMRANGEBYRANK', key, 0, over - 1) end
  redis.call('ZADD', key, 0, told.member)
end

local function seats_give_back(key, member)
  redis.call('ZREM', key, member)
end

-- Whoever may not give back, or keep it for a while, learns it here, and not when something else was already done.
local function seats_reserve(key, member)
  redis.call('PEXPIRE', key, SEATS_KEPT_MS)
  seats_give_back(key, member)
  redis.call('ZADD', key, chain_now, member)
  redis.call('PEXPIRE', key, SEATS_KEPT_MS)
end
