-- Library: publishing, and whether anybody hears it. The unheard rule (contract 2.4, 3.2) is decided here alone.
-- needs: glob, named
-- deliver_unknown(tails, presence, channel, elsewhere, unheard_too)
--     → the tokens of tails that the caller must vouch for before anything can be decided, or nil when there are none
-- deliver(tails, presence, channel, payload, elsewhere, unheard_too)
--     → 'heard', services | 'unheard', 0 | 'failed', the server's error
-- `services` are the receivers that PUBLISH reports, without our own tails, and `elsewhere`: those on the nodes of a
-- cluster that do not run the script. With `unheard_too` an event that nobody hears counts as heard by 0.
--
-- Our tails only follow patterns. So whoever is subscribed to the channel itself is a service, and where there is one it
-- is decided before the PUBLISH. Else PUBLISH alone knows which patterns match, and our tails must be taken from its count:
-- those that are registered under `tails` (`tail.lua`), which only somebody who may write {shema}:* can be, that are
-- subscribed to the channel of their token here, each once however many others are, and that the caller vouches for:
-- `presence` is the prefix of these channels, and a word '<token>+' or '<token>-' for each tail that lives, or does not
-- although somebody holds its channel.
-- Each tail that would show the event is told before it to keep it back, and behind it whether it was heard, with a
-- digest that nobody else can make: `store/verdicts.py` reads it.

local deliver_tails, deliver_vouched, deliver_prefix
local deliver_counts = {}
local deliver_told = 0

local function deliver_parse(token, value)
  local secret, rest = string.match(value, '^(%x+) %S+ %S+ %S+ ?(.*)$')
  if not secret then return nil end
  local patterns = {}
  for hex in string.gmatch(rest, '%x+') do
    patterns[#patterns + 1] = string.gsub(hex, '%x%x', function(byte) return string.char(tonumber(byte, 16)) end)
  end
  return {token = token, secret = secret, patterns = patterns}
end

local function deliver_are_here(tails)
  for first = 1, #tails, 1000 do
    local last, channels = math.min(first + 999, #tails), {}
    for i = first, last do channels[#channels + 1] = deliver_prefix .. tails[i].token end
    local counts = redis.pcall('PUBSUB', 'NUMSUB', unpack(channels))
    if counts.err then return (named('PUBSUB NUMSUB', counts.err)) end
    for i = first, last do tails[i].here = counts[2 * (i - first + 1)] > 0 end
  end
end

local function deliver_read(tails, presence)
  local words
  deliver_prefix, words = string.match(presence, '^(%S+)(.*)$')
  deliver_vouched = {}
  for token, sign in string.gmatch(words, '(%x+)([+-])') do deliver_vouched[token] = sign end
  local stored = redis.pcall('HGETALL', tails)
  if stored.err then return (named('HGETALL', stored.err)) end
  deliver_tails = {}
  for i = 1, #stored, 2 do deliver_tails[#deliver_tails + 1] = deliver_parse(stored[i], stored[i + 1]) end
  return deliver_are_here(deliver_tails)
end

-- Once a script and before the first PUBLISH, so that an error comes while nothing is published yet.
local function deliver_count(tails, presence, channel)
  if deliver_counts[channel] then return deliver_counts[channel] end
  local err = not deliver_tails and deliver_read(tails, presence)
  if err then return nil, err end
  local exact = redis.pcall('PUBSUB', 'NUMSUB', channel)
  if exact.err then return nil, (named('PUBSUB NUMSUB', exact.err)) end
  local found = {exact = tonumber(exact[2]), following = {}}
  for _, tail in ipairs(deliver_tails) do
    local times = 0
    for _, pattern in ipairs(tail.patterns) do
      if glob_matches(pattern, channel) then times = times + 1 end
    end
    if times > 0 then found.following[#found.following + 1] = {tail = tail, times = times} end
  end
  deliver_counts[channel] = found
  return found
end

local function deliver_is_sure(count, elsewhere, unheard_too)
  return unheard_too or count.exact + (tonumber(elsewhere) or 0) > 0
end

local function deliver_unknown(tails, presence, channel, elsewhere, unheard_too)
  local count = deliver_count(tails, presence, channel)
  if not count or deliver_is_sure(count, elsewhere, unheard_too) then return nil end
  local unknown = {}
  for _, one in ipairs(count.following) do
    if one.tail.here and not deliver_vouched[one.tail.token] then unknown[#unknown + 1] = one.tail.token end
  end
  return unknown[1] and unknown
end

local function deliver_tell(following, word, nonce, digest)
  for _, one in ipairs(following) do
    local told = word .. ' ' .. nonce .. ' ' .. digest
    local sealed = told .. ' ' .. redis.sha1hex(one.tail.secret .. ' ' .. told)
    local answer = redis.pcall('PUBLISH', deliver_prefix .. one.tail.token, sealed)
    if type(answer) == 'table' then return (named('PUBLISH', answer.err)) end
  end
end

local function deliver(tails, presence, channel, payload, elsewhere, unheard_too)
  local count, err = deliver_count(tails, presence, channel)
  if err then return 'failed', err end
  local kept_back, nonce, digest = not deliver_is_sure(count, elsewhere, unheard_too) and count.following or {}
  if kept_back[1] then
    local time = redis.call('TIME')
    deliver_told = deliver_told + 1
    nonce = string.format('%s.%06d.%d', time[1], time[2], deliver_told)
    digest = redis.sha1hex(#channel .. ':' .. channel .. payload)
    err = deliver_tell(kept_back, 'hold', nonce, digest)
    if err then return 'failed', err end
  end
  local receivers = redis.pcall('PUBLISH', channel, payload)
  if type(receivers) == 'table' then
    deliver_tell(kept_back, 'unheard', nonce, digest)
    return 'failed', (named('PUBLISH', receivers.err))
  end
  local own = 0
  for _, one in ipairs(count.following) do
    if one.tail.here and deliver_vouched[one.tail.token] ~= '-' then own = own + one.times end
  end
  local services = math.max(count.exact, receivers - own) + (tonumber(elsewhere) or 0)
  local outcome = (services > 0 or unheard_too) and 'heard' or 'unheard'
  deliver_tell(kept_back, outcome, nonce, digest)
  return outcome, services
end
