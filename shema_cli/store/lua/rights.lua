-- What this user may do, asked without doing it.
-- KEYS: 1 any key: on a cluster, where to ask
-- ARGV: a command line each, a word a line
-- → {1 (may) | 0, …}, or nothing where it cannot be asked (before 7.0)

if not redis.acl_check_cmd then return nil end
local answers = {}
for i, line in ipairs(ARGV) do
  local words = {}
  for word in string.gmatch(line .. '\n', '([^\n]*)\n') do words[#words + 1] = word end
  answers[i] = redis.acl_check_cmd(unpack(words)) and 1 or 0
end
return answers
