"""The script that decides: the one step in which record, event and audit entry come about (contract 2.4).

It writes the record first, so that a server that takes no writes says so before anything is published, then publishes,
and takes the record back when no service heard it. It refuses to begin after a deadline of the server's own clock, so
that a command whose answer was lost cannot run later, when it was already taken for lost.
"""

from __future__ import annotations

from shema_cli.audit.chain import AUDIT_LUA
from shema_cli.store.listeners import DELIVER_LUA

# KEYS: record, audit stream. ARGV: head, deadline (ms), decision, republish, allow unheard, channel, payload,
# elsewhere, number of record arguments, the record (its eventId first), the audit entry. With deadline 0 it only
# tells the server's time and the head.
DECIDE_LUA = (
    AUDIT_LUA
    + DELIVER_LUA
    + """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local said = string.format('%.0f', now)
local head = shema_audit_head(KEYS[2])
if now > tonumber(ARGV[2]) then return {'late', said, head} end

local standing = redis.call('HGETALL', KEYS[1])
if #standing > 0 and (ARGV[4] ~= '1' or redis.call('HGET', KEYS[1], 'decision') ~= ARGV[3]) then
  return {'standing', said, standing}
end
if head ~= ARGV[1] then return {'moved', said, head} end
if redis.acl_check_cmd and not redis.acl_check_cmd('XADD', KEYS[2], '*', 'at', '') then
  return redis.error_reply('NOPERM this user may not XADD to ' .. KEYS[2])
end

local last = 9 + tonumber(ARGV[9])
local event_before = redis.call('HGET', KEYS[1], 'eventId')
if #standing > 0 then
  redis.call('HSET', KEYS[1], ARGV[10], ARGV[11])
else
  redis.call('HSET', KEYS[1], unpack(ARGV, 10, last))
end
local services, problem = shema_deliver(ARGV[6], ARGV[7], ARGV[8])
if not services or (services == 0 and ARGV[5] ~= '1') then
  if #standing == 0 then redis.call('DEL', KEYS[1])
  elseif event_before then redis.call('HSET', KEYS[1], ARGV[10], event_before)
  else redis.call('HDEL', KEYS[1], ARGV[10]) end
  if not services then return redis.error_reply(problem) end
  return {'unheard', said}
end
shema_audit(KEYS[2], ARGV[1], {unpack(ARGV, last + 1)})
return {'done', said, services}
"""
)
