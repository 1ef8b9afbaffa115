-- Library: the audit chain (contract 1.5). Each entry's `prev` is the `hash` of the entry before it.
-- A script that changes something together with its entry begins with
--     local refused = chain_begin(stream, head, deadline)
--     if refused then return refused end
-- where `head` is the hash that the entry was sealed upon and `deadline` the last moment (ms, the server's clock) at which
-- it may begin: a command whose answer was lost cannot run later, when it was already taken for lost. Refusals are
--     {'late', now, head} | {'moved', now, head}
-- and every other answer begins with a word of the script's own and `chain_now`.
-- chain_late, chain_moved → the two refusals one by one; chain_append(stream, first) appends ARGV[first], … → its id

if redis.replicate_commands then redis.replicate_commands() end  -- servers before 7 need it for XADD with *

local chain_time = redis.call('TIME')
local chain_ms = chain_time[1] * 1000 + math.floor(chain_time[2] / 1000)
local chain_now = string.format('%.0f', chain_ms)

local function chain_head(stream)
  local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)
  if not newest[1] then return string.rep('0', 64) end
  local fields = newest[1][2]
  for i = 1, #fields, 2 do
    if fields[i] == 'hash' then return fields[i + 1] end
  end
  return ''
end

local function chain_late(stream, deadline)
  if chain_ms > tonumber(deadline) then return {'late', chain_now, chain_head(stream)} end
end

-- Whoever may not append learns it here, and not when something else was already done.
local function chain_moved(stream, head)
  local stands = chain_head(stream)
  if stands ~= head then return {'moved', chain_now, stands} end
  if redis.acl_check_cmd and not redis.acl_check_cmd('XADD', stream, '*', 'at', '') then
    return redis.error_reply('NOPERM this user may not XADD to ' .. stream)
  end
end

local function chain_begin(stream, head, deadline)
  return chain_late(stream, deadline) or chain_moved(stream, head)
end

local function chain_append(stream, first)
  return redis.call('XADD', stream, '*', unpack(ARGV, first))
end
