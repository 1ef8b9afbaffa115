-- A page of entries, wherever they stand.
-- KEYS: as in dlq.lua
-- ARGV: 1 as in dlq.lua, 2 first position, 3 count
-- → {entries newest first, total, entries ever taken out}
-- needs: dlq

local first, count = tonumber(ARGV[2]), tonumber(ARGV[3])
local gap, listed = redis.call('LLEN', S), redis.call('LLEN', M)
local last = math.min(first + count, gap + listed) - 1
local found = {}
if last >= gap then
  found = redis.call('LRANGE', M, -(last - gap + 1), -(math.max(first, gap) - gap + 1))
end
if first < gap and last >= first then
  for _, raw in ipairs(redis.call('LRANGE', S, -(math.min(last, gap - 1) + 1), -(first + 1))) do
    found[#found + 1] = raw
  end
end
return {found, gap + listed, dlq_whole(redis.call('HGET', GAP, 'taken'), GAP)}
