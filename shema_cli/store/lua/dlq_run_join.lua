-- Register a run, and take its snapshot: the entries that there are now.
-- KEYS: as in dlq.lua
-- ARGV: 1 as in dlq.lua, 2 run, 3 what must be allowed: a command a line, a space after each word, KEY for a key;
--       4… its hash: field, value, …
-- → its bound, or an error for whoever may not run one of these commands: better here than between a PUBLISH and the
--   end of its script
-- needs: dlq, named

dlq_frees()
local key = RUN .. ARGV[2]
local proof = key .. ':proof'
for line in string.gmatch(ARGV[3], '[^\n]+') do
  local words = {}
  for word in string.gmatch(line, '([^ ]*) ') do words[#words + 1] = word == 'KEY' and proof or word end
  local answer = redis.pcall(unpack(words))
  if type(answer) == 'table' and answer.err then
    redis.pcall('DEL', proof)
    local command = words[1] == 'PUBSUB' and words[1] .. ' ' .. words[2] or words[1]
    return redis.error_reply((named(command, answer.err)))
  end
end
if redis.call('EXISTS', key) == 0 then
  local bound = redis.call('LLEN', M) + redis.call('LLEN', S)
  redis.call('ZADD', RUNS, dlq_now + dlq_fixed.lease_ms, ARGV[2])
  redis.call('HSET', key, 'seq', 0, 'frontier', 0, 'bound', bound, 'started', dlq_now, unpack(ARGV, 4))
end
return tonumber(redis.call('HGET', key, 'bound'))
