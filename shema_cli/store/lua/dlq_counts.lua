-- How often events were replayed, in this period and the one before it.
-- KEYS: as in dlq.lua
-- ARGV: 1 as in dlq.lua, 2… replay keys
-- → {count, …}
-- needs: dlq_counted

local counts = {}
for i = 2, #ARGV do counts[i - 1] = counted_times(ARGV[i], dlq_shard(ARGV[i])) end
return counts
