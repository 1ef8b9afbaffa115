-- How the recording of events stands.
-- KEYS: 1 the history, 2 its state
-- ARGV: none
-- → milliseconds now (the server's clock), entries, and the state's fields and values, one after another
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return {now, redis.call('XLEN', KEYS[1]), redis.call('HGETALL', KEYS[2])}
