-- Library: publishing, and whether anybody hears it. The unheard rule (contract 2.4) is decided here alone.
-- needs: glob
-- deliver(presence, channel, payload, elsewhere, unheard_too)
--     → 'heard', services | 'unheard', 0 | 'failed', the server's error
-- `services` are the receivers that PUBLISH reports, without our own tails, and `elsewhere`: those on the nodes of a
-- cluster that do not run the script. With `unheard_too` an event that nobody hears counts as heard by 0.
-- Each tail also subscribes to `presence` .. its pattern; that is read once a script and before the first PUBLISH, so
-- that an error comes while nothing is published yet.

local deliver_presence = nil
local deliver_tails_of = {}

local function deliver_read_presence(prefix)
  local names = redis.pcall('PUBSUB', 'CHANNELS', prefix .. '*')
  if names.err then return 'NOPERM PUBSUB CHANNELS: ' .. names.err end
  local found = {}
  for first = 1, #names, 1000 do
    local counts = redis.pcall('PUBSUB', 'NUMSUB', unpack(names, first, math.min(first + 999, #names)))
    if counts.err then return 'NOPERM PUBSUB NUMSUB: ' .. counts.err end
    for i = 1, #counts, 2 do
      found[#found + 1] = {string.sub(counts[i], #prefix + 1), tonumber(counts[i + 1])}
    end
  end
  deliver_presence = found
  return nil
end

local function deliver_tails(prefix, channel)
  if deliver_tails_of[channel] then return deliver_tails_of[channel] end
  if not deliver_presence then
    local err = deliver_read_presence(prefix)
    if err then return nil, err end
  end
  local count = 0
  for _, tail in ipairs(deliver_presence) do
    if glob_matches(tail[1], channel) then count = count + tail[2] end
  end
  deliver_tails_of[channel] = count
  return count
end

local function deliver(presence, channel, payload, elsewhere, unheard_too)
  local tails, err = deliver_tails(presence, channel)
  if err then return 'failed', err end
  local receivers = redis.pcall('PUBLISH', channel, payload)
  if type(receivers) == 'table' then return 'failed', 'NOPERM PUBLISH: ' .. receivers.err end
  local services = math.max(0, receivers - tails) + (tonumber(elsewhere) or 0)
  if services == 0 and not unheard_too then return 'unheard', 0 end
  return 'heard', services
end
