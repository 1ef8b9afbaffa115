-- Append one entry to the audit trail.
-- KEYS: 1 the audit stream
-- ARGV: 1 the head that the entry was sealed upon, 2 deadline (ms), 3… the entry: field, value, …
-- → {'done', now, id}, or a refusal of the chain
-- needs: chain

local refused = chain_begin(KEYS[1], ARGV[1], ARGV[2])
if refused then return refused end
local id, unwritable = chain_try_append(KEYS[1], 3)
return unwritable or {'done', chain_now, id}
