-- Close the gap as far as no other live run has gone: what only this run, or nobody, holds goes back into the list.
-- KEYS: as in dlq.lua
-- ARGV: 1 as in dlq.lua, 2 run ('': none), 3 whether it is leaving ('1')
-- → {entries moved, entries still to move}
-- needs: dlq

dlq_frees()
local key = RUN .. ARGV[2]
if ARGV[3] == '1' and redis.call('EXISTS', key) == 1 then redis.call('HSET', key, 'frontier', 0, 'bound', 0) end
local target = dlq_held_by_others(ARGV[2])
local gap, moved = redis.call('LLEN', S), 0
if gap > target then gap, moved = dlq_move_gap(target, dlq_fixed.moves) end
return {moved, math.max(0, gap - target)}
