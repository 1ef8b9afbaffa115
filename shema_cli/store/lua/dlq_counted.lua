-- Library: how often events were published again, over this period and the one before it.
-- needs: dlq
--
-- A period's counts are hashes, one for each shard, and which of these there are is told by a bitmap, read once, so that
-- most events need no look at an empty one of the period before.
--
-- counted_marks → the key of this period's bitmap; with ':' and a shard behind it, the key of a hash
-- counted_known() → this period's bitmap, '' where there is none
-- counted_has(bitmap, shard) → whether there is this shard
-- counted_hash(shard) → the key of its counts in this period
-- counted_times(replay_key, shard) → how often

local counted_period = math.floor(dlq_time[1] / dlq_fixed.period_s)
local counted_marks, counted_marks_before = REPLAYS .. counted_period, REPLAYS .. (counted_period - 1)
local counted_names, counted_bitmaps = {}, {}

local function counted_bitmap(marks)
  if not counted_bitmaps[marks] then counted_bitmaps[marks] = redis.call('GET', marks) or '' end
  return counted_bitmaps[marks]
end
local function counted_known() return counted_bitmap(counted_marks) end

local function counted_has(bitmap, shard)
  local byte = string.byte(bitmap, math.floor(shard / 8) + 1)
  return byte and math.floor(byte / 2 ^ (7 - shard % 8)) % 2 == 1
end

local function counted_hash(shard)
  local name = counted_names[shard]
  if not name then
    name = counted_marks .. ':' .. shard
    counted_names[shard] = name
  end
  return name
end

local function counted_times(replay_key, shard)
  local counts = counted_hash(shard)
  local times = dlq_whole(redis.call('HGET', counts, replay_key), counts)
  if not counted_has(counted_bitmap(counted_marks_before), shard) then return times end
  local before = counted_marks_before .. ':' .. shard
  return times + dlq_whole(redis.call('HGET', before, replay_key), before)
end
