-- Change one registration of a service together with its audit entry: both, or neither.
-- KEYS: 1 the audit stream, 2 the registrations of the service
-- ARGV: 1 head, 2 deadline (ms), 3 the field as it is to be, 4 its value ('': it goes), 5 the field as it stands now
--       ('': there is none), 6… the entry
-- → {'done', now, fields that are new} | {'gone', now} (nothing to remove), or a refusal of the chain
-- needs: chain

local refused = chain_begin(KEYS[1], ARGV[1], ARGV[2])
if refused then return refused end

local fields = ARGV[5] ~= '' and ARGV[5] ~= ARGV[3] and {ARGV[3], ARGV[5]} or {ARGV[3]}
local before = redis.call('HMGET', KEYS[2], unpack(fields))
if ARGV[4] == '' and not before[1] then return {'gone', chain_now} end

local new = 0
if ARGV[4] ~= '' then new = redis.call('HSET', KEYS[2], ARGV[3], ARGV[4]) end
if ARGV[4] == '' then redis.call('HDEL', KEYS[2], ARGV[3]) end
if fields[2] then redis.call('HDEL', KEYS[2], ARGV[5]) end

local _, unwritable = chain_try_append(KEYS[1], 6)
if unwritable then
  for i, field in ipairs(fields) do
    if before[i] then redis.call('HSET', KEYS[2], field, before[i]) else redis.call('HDEL', KEYS[2], field) end
  end
  return unwritable
end
return {'done', chain_now, new}
