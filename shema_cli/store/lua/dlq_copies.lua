-- Which entries are copies of an event that has gone out for another entry, and are still to be taken out.
-- KEYS: as in dlq.lua
-- ARGV: 1 as in dlq.lua
-- → {event, copies, …} (`dlq/letters/copies.py` says how they are written)
-- needs: dlq

return redis.call('HGETALL', COPIES)
