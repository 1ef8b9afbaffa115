-- Library: the audit chain (contract 1.5). Each entry's `prev` is the `hash` of the entry before it.
-- A script that changes something together with its entry begins with
--     local refused = chain_begin(stream, head, deadline)
--     if refused then return refused end
-- where `head` is the hash that the entry was sealed upon and `deadline` the last moment (ms, the server's clock) at which
-- it may begin: a command whose answer was lost cannot run later, when it was already taken for lost. Refusals are
--     {'late', now, head} | {'moved', now, head}
-- or an error that begins with NOTRAIL where the trail cannot be read or written; every other answer begins with a word
-- of the script's own and `chain_now`.
-- The head is the newest entry whose `hash` is one, 64 hex digits: anybody may write to the stream, and what shema did
-- not write is passed over. After a thousand such entries the chain begins anew.
-- chain_late, chain_moved → the two refusals one by one; chain_append(stream, first) appends ARGV[first], … → its id
-- chain_try_append(stream, first) → its id, or nil and what to answer when the server refuses it

if redis.replicate_commands then redis.replicate_commands() end  -- servers before 7 need it for XADD with *

local chain_time = redis.call('TIME')
local chain_ms = chain_time[1] * 1000 + math.floor(chain_time[2] / 1000)
local chain_now = string.format('%.0f', chain_ms)

local function chain_refused(err)
  return redis.error_reply('NOTRAIL ' .. err)
end

local function chain_hash(fields)
  local hash
  for i = 1, #fields, 2 do
    if fields[i] == 'hash' then hash = fields[i + 1] end
  end
  if hash and #hash == 64 and not string.find(hash, '[^0-9a-f]') then return hash end
end

local function chain_head(stream)
  local till = '+'
  for _ = 1, 1000 do
    local newest = redis.pcall('XREVRANGE', stream, till, '-', 'COUNT', 1)
    if newest.err then return nil, chain_refused(newest.err) end
    if not newest[1] then break end
    local hash = chain_hash(newest[1][2])
    if hash then return hash end
    till = '(' .. newest[1][1]
  end
  return string.rep('0', 64)
end

local function chain_late(stream, deadline)
  if chain_ms <= tonumber(deadline) then return end
  local stands, refused = chain_head(stream)
  return refused or {'late', chain_now, stands}
end

-- Whoever may not append learns it here, and not when something else was already done.
local function chain_moved(stream, head)
  local stands, refused = chain_head(stream)
  if refused then return refused end
  if stands ~= head then return {'moved', chain_now, stands} end
  if redis.acl_check_cmd and not redis.acl_check_cmd('XADD', stream, '*', 'at', '') then
    return chain_refused('NOPERM this user may not XADD to ' .. stream)
  end
end

local function chain_begin(stream, head, deadline)
  return chain_late(stream, deadline) or chain_moved(stream, head)
end

local function chain_append(stream, first)
  return redis.call('XADD', stream, '*', unpack(ARGV, first))
end

local function chain_try_append(stream, first)
  local id = redis.pcall('XADD', stream, '*', unpack(ARGV, first))
  if type(id) == 'table' and id.err then return nil, chain_refused(id.err) end
  return id
end
