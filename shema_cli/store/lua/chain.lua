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
-- chain_late, chain_moved → the two refusals one by one; chain_append(stream, first) appends ARGV[first], … → its id;
-- chain_append_one(stream, first, number) appends one of several entries
-- What lets chain_moved pass, chain_append cannot fail at: chain_unwritable has found it before anything else was done.
-- needs: named

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
    if newest.err then return nil, chain_refused(named('XREVRANGE', newest.err)) end
    if not newest[1] then break end
    local hash = chain_hash(newest[1][2])
    if hash then return hash end
    till = '(' .. newest[1][1]
  end
  return string.rep('0', 64)
end

-- The last id that was ever given; where XINFO is forbidden the newest entry's has to do for it.
local function chain_last_id(stream)
  local info = redis.pcall('XINFO', 'STREAM', stream)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return info[i + 1] end
  end
  local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)
  return newest[1] and newest[1][1]
end

local function chain_late(stream, deadline)
  if chain_ms <= tonumber(deadline) then return end
  local stands, refused = chain_head(stream)
  return refused or {'late', chain_now, stands}
end

-- An XADD under the id 0-0 writes nothing, on any server: it ends in one error when everything else is in order, and in
-- what is not in order otherwise (rights, memory, a read-only server). As the first write of its script it is the only
-- one whose memory is looked at. What keeps a server from all writes for now is told as it is.
local CHAIN_PASSING = {READONLY = true, NOREPLICAS = true, MISCONF = true}
local function chain_unwritable(stream)
  local err = tostring(redis.pcall('XADD', stream, '0-0', 'at', '').err)
  if not string.find(err, '0-0', 1, true) then
    local told, kind = named('XADD', err)
    if CHAIN_PASSING[kind] then return redis.error_reply(told) end
    return chain_refused(told)
  end
  if chain_last_id(stream) == '18446744073709551615-18446744073709551615' then
    return chain_refused('ERR the stream has exhausted its ids')
  end
end

local function chain_moved(stream, head)
  local stands, refused = chain_head(stream)
  if refused then return refused end
  if stands ~= head then return {'moved', chain_now, stands} end
  return chain_unwritable(stream)
end

local function chain_begin(stream, head, deadline)
  return chain_late(stream, deadline) or chain_moved(stream, head)
end

-- One of several entries, `number` of them from 0, the last for any greater: ARGV[first] of them, ARGV[first + 1] fields
-- that differ, their names, their values for each entry, and the other fields.
local function chain_append_one(stream, first, number)
  local count, width = tonumber(ARGV[first]), tonumber(ARGV[first + 1])
  local names, entry = first + 1, {}
  local values = names + width * (1 + math.min(number, count - 1))
  for i = 1, width do
    entry[#entry + 1] = ARGV[names + i]
    entry[#entry + 1] = ARGV[values + i]
  end
  for i = names + width * (1 + count) + 1, #ARGV do entry[#entry + 1] = ARGV[i] end
  return redis.call('XADD', stream, '*', unpack(entry))
end

local function chain_append(stream, first)
  return redis.call('XADD', stream, '*', unpack(ARGV, first))
end
