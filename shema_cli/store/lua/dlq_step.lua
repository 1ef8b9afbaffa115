-- Library: what every step that publishes has in common, whatever it takes its events from.
-- needs: dlq_counted, deliver
--
-- Whatever can fail behind a PUBLISH must fail before the first one. So each command is done to no effect on the key that
-- it is meant for, and what is counted is read: that proves rights, memory, types and numbers.
--
-- step_unknown(presence, channels, unheard_too) → the tokens of tails to vouch for before anything can be decided, with
--     blanks between them; nil when there are none. `channels`: {{name, listeners elsewhere}, …}; presence: `deliver.lua`
-- step_prove_list(list) → nothing; that LPUSH and LTRIM may be done there
-- step_events(run) → the key of the list of events that the run has published or taken out, for `trace`
-- step_remember(run, events) → nothing; adds these (8 bytes each) to it as one element, behind the moment (13 digits)
-- step_read_counts(replay_keys) → nothing; how often each was published again, over this period and the one before
-- step_prove_counts() → nothing; that they may be counted
-- step_publish(presence, channel, payload, replay_key, limit, unheard_too) → p published, and counted; u unheard;
--     s published `limit` times already (-1: any); f failed. `replay_key` is one that was read

local step_kept_s = 2 * dlq_fixed.period_s

local function step_unknown(presence, channels, unheard_too)
  local unknown = {}
  for _, channel in ipairs(channels) do
    for _, token in ipairs(deliver_unknown(KEYS[#KEYS], presence, channel[1], channel[2], unheard_too) or {}) do
      unknown[#unknown + 1] = token
    end
  end
  return unknown[1] and table.concat(unknown, ' ')
end

local function step_prove_list(list)
  redis.call('LPUSH', list, '')
  redis.call('LTRIM', list, 1, -1)
end

local function step_events(run) return HISTORY .. ':' .. run end
local function step_remember(run, events)
  if #events == 0 then return end
  local list = step_events(run)
  redis.call('LPUSH', list, string.format('%013.0f', dlq_now) .. table.concat(events))
  redis.call('LTRIM', list, 0, dlq_fixed.remembered_steps - 1)
  redis.call('EXPIRE', list, step_kept_s)
end

local step_counts, step_fresh = {}, {}
local function step_read_counts(replay_keys)
  for _, replay_key in ipairs(replay_keys) do
    if not step_counts[replay_key] then
      local shard = dlq_shard(replay_key)
      step_counts[replay_key] = {times = counted_times(replay_key, shard), shard = shard}
    end
  end
end
local function step_prove_counts()
  redis.call('SETBIT', counted_marks, 0, counted_has(counted_known(), 0) and 1 or 0)
  redis.call('EXPIRE', counted_marks, counted_known() == '' and 0 or step_kept_s)  -- 0 removes what was not there before
end
local function step_count(replay_key)
  local count = step_counts[replay_key]
  local shard, counts = count.shard, counted_hash(count.shard)
  count.times = count.times + 1
  redis.call('HINCRBY', counts, replay_key, 1)
  if step_fresh[shard] or counted_has(counted_known(), shard) then return end
  redis.call('EXPIRE', counts, step_kept_s)
  redis.call('SETBIT', counted_marks, shard, 1)
  if not next(step_fresh) then redis.call('EXPIRE', counted_marks, step_kept_s) end
  step_fresh[shard] = true
end

local step_silent = {}
local function step_publish(presence, channel, payload, replay_key, limit, unheard_too)
  local name, elsewhere = channel[1], channel[2]
  if limit >= 0 and step_counts[replay_key].times >= limit then return 's' end
  if step_silent[name] then return 'u' end
  local outcome = deliver(KEYS[#KEYS], presence, name, payload, elsewhere, unheard_too)
  if outcome == 'failed' then return 'f' end
  if outcome == 'unheard' then
    step_silent[name] = true
    return 'u'
  end
  step_count(replay_key)
  return 'p'
end
