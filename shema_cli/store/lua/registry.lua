-- Change one registration of a service together with its audit entry: both, or neither.
-- KEYS: 1 the audit stream, 2 the registrations of the service
-- ARGV: 1 head, 2 deadline (ms), 3 the field as it is to be, 4 its value ('': it goes), 5 the field as it stands now
--       ('': there is none), 6… the entry
-- → {'done', now, fields that are new} | {'gone', now} (nothing to remove), or a refusal of the chain
-- needs: chain

local refused = chain_begin(KEYS[1], ARGV[1], ARGV[2])
if refused then return refused end

-- What may be refused comes before the entry, which is not (`chain_unwritable`).
local before = redis.call('HGET', KEYS[2], ARGV[3])
if ARGV[4] == '' and not before then return {'gone', chain_now} end
redis.call('HDEL', KEYS[2], '')
local new = 0
if ARGV[4] == '' then
  redis.call('HDEL', KEYS[2], ARGV[3])
else
  new = redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
end
chain_append(KEYS[1], 6)
if ARGV[5] ~= '' and ARGV[5] ~= ARGV[3] then redis.call('HDEL', KEYS[2], ARGV[5]) end
return {'done', chain_now, new}
