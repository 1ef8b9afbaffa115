-- Acknowledge a family of dead letters, or take that back, together with its audit entry: both, or neither.
-- KEYS: 1 the audit stream, 2 the acknowledgements
-- ARGV: 1 head, 2 deadline (ms), 3 fingerprint, 4 what is to stand there ('': nothing), 5 what stands there now ('':
--       nothing), 6 how many families may stand there, 7… the entry
-- → {'done', now} | {'changed', now} (something else stands there) | {'full', now}, or a refusal of the chain
-- needs: chain

local refused = chain_begin(KEYS[1], ARGV[1], ARGV[2])
if refused then return refused end

local stands = redis.call('HGET', KEYS[2], ARGV[3]) or ''
if stands ~= ARGV[5] then return {'changed', chain_now} end
if ARGV[4] == '' then
  redis.call('HDEL', KEYS[2], ARGV[3])
elseif stands == '' and redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[6]) then
  return {'full', chain_now}
else
  redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
end
chain_append(KEYS[1], 7)
return {'done', chain_now}
