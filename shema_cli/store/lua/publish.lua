-- Publish one event and append its audit entry; an event that nobody hears leaves no entry.
-- KEYS: 1 the audit stream, 2 where tails register
-- ARGV: 1 head, 2 deadline (ms), 3 presence (`deliver.lua`), 4 channel, 5 payload, 6 listeners on other nodes, 7 unheard too ('1'),
--       8… the entry for each number of services
-- → {'done', now, services} | {'unheard', now} | {'ask', now, token, …} | {'failed', now, error}, or a refusal of the chain
-- needs: chain, deliver

local refused = chain_begin(KEYS[1], ARGV[1], ARGV[2])
if refused then return refused end

local unheard_too = ARGV[7] == '1'
local unknown = deliver_unknown(KEYS[2], ARGV[3], ARGV[4], ARGV[6], unheard_too)
if unknown then return {'ask', chain_now, unpack(unknown)} end
local outcome, told = deliver(KEYS[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], unheard_too)
if outcome ~= 'heard' then return {outcome, chain_now, tostring(told)} end
chain_append_one(KEYS[1], 8, told)
return {'done', chain_now, tostring(told)}
