-- A page of entries, wherever they stand.
-- KEYS: as in dlq.lua
-- ARGV: 1 as in dlq.lua, 2 first position, 3 count, 4 bytes after which it ends (0: however many)
-- → {stretches of it, from the oldest on, each newest first; total; entries ever taken out}
-- needs: dlq

local first, count, most = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local gap, listed = redis.call('LLEN', S), redis.call('LLEN', M)
local last = math.min(first + count, gap + listed) - 1

local function stretch(from, to)
  local found = {}
  if to >= gap then
    found = redis.call('LRANGE', M, -(to - gap + 1), -(math.max(from, gap) - gap + 1))
  end
  if from < gap and to >= from then
    for _, raw in ipairs(redis.call('LRANGE', S, -(math.min(to, gap - 1) + 1), -(from + 1))) do
      found[#found + 1] = raw
    end
  end
  return found
end

-- More at a time the more is known of their sizes, so that few more are read than are wanted.
local stretches, size, from, count_of = {}, 0, first, most > 0 and 16 or count
while from <= last and (size < most or most == 0) do
  local some = stretch(from, math.min(from + count_of - 1, last))
  for i = 1, #some do size = size + #some[i] end
  stretches[#stretches + 1] = some
  from = from + count_of
  count_of = math.max(1, math.min(4 * count_of, math.floor((most - size) * (from - first) / math.max(1, size))))
end
return {stretches, gap + listed, dlq_whole(redis.call('HGET', GAP, 'taken'), GAP)}
