-- Append one entry to the audit trail.
-- KEYS: 1 the audit stream, 2 where there is one, a key that is never there: a Redis whose memory is full refuses a script
--       whose first write needs some, and lets through what follows one that needs none
-- ARGV: 1 the head that the entry was sealed upon, 2 deadline (ms), 3… the entry: field, value, …
-- → {'done', now, id}, or a refusal of the chain
-- needs: chain

if KEYS[2] then redis.pcall('DEL', KEYS[2]) end
local refused = chain_begin(KEYS[1], ARGV[1], ARGV[2])
if refused then return refused end
return {'done', chain_now, chain_append(KEYS[1], 3)}
