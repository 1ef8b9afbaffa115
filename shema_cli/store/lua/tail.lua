-- Register a tail, renew its registration, or end it (contract 3.2).
-- KEYS: 1 where tails register: a hash, token → '<secret> <ms of the last renewal> <client id> <its address> <pattern> …',
--       patterns in hex, `-` for what the server did not tell
-- ARGV: 1 prefix of the presence channels, 2 token, 3 secret ('' ends it), 4 the rest of it, 5 a new one ('1')
-- → how many registrations of tails that have died were removed

if redis.replicate_commands then redis.replicate_commands() end  -- servers before 7 need it for writes after TIME

local FORGOTTEN_MS = 60000

if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[2])
  return 0
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3] .. ' ' .. string.format('%.0f', now) .. ' ' .. ARGV[4])
if ARGV[5] ~= '1' then return 0 end

local removed, stored = 0, redis.call('HGETALL', KEYS[1])
for i = 1, #stored, 2 do
  local renewed = tonumber(string.match(stored[i + 1], '^%x+ (%d+) ') or 0)
  if math.abs(now - renewed) > FORGOTTEN_MS and redis.call('PUBSUB', 'NUMSUB', ARGV[1] .. stored[i])[2] == 0 then
    removed = removed + redis.call('HDEL', KEYS[1], stored[i])
  end
end
return removed
