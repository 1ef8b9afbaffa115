-- Publish one event and append its audit entry; an event that nobody hears leaves no entry.
-- KEYS: 1 the audit stream
-- ARGV: 1 head, 2 deadline (ms), 3 presence prefix, 4 channel, 5 payload, 6 listeners on other nodes, 7 unheard too ('1'),
--       8… the entry
-- → {'done', now, services} | {'unheard', now} | {'failed', now, error}, or a refusal of the chain
-- needs: chain, deliver

local refused = chain_begin(KEYS[1], ARGV[1], ARGV[2])
if refused then return refused end

local outcome, told = deliver(ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7] == '1')
if outcome ~= 'heard' then return {outcome, chain_now, tostring(told)} end
chain_append(KEYS[1], 8)
return {'done', chain_now, tostring(told)}
