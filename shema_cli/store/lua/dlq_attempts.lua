-- The replays of one event that are remembered.
-- KEYS: as in dlq.lua
-- ARGV: 1 as in dlq.lua, 2 replay key
-- → {"<milliseconds> <who>", …}, newest first
-- needs: dlq

local found = {}
for _, record in ipairs(redis.call('LRANGE', HISTORY, 0, -1)) do
  if string.sub(record, 1, 8) == ARGV[2] then found[#found + 1] = string.sub(record, 9) end
end
return found
