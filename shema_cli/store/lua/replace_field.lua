-- Replace a field of a hash, if its value is still the one that was read: a change meanwhile wins.
-- KEYS: 1 the hash
-- ARGV: 1 field, 2 the value as it was read, 3 the new value
-- → 1 | 0

if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
