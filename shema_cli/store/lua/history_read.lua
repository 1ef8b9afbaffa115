-- Entries of the history by their ids, as many as are about a megabyte; one at least is looked for.
-- KEYS: 1 the history
-- ARGV: 1 bytes, 2… ids
-- → {how many of these ids were looked for, those of the entries that are there, as XRANGE tells them}

local most, size, found = tonumber(ARGV[1]), 0, {}
for i = 2, #ARGV do
  local entry = redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i])[1]
  if entry then
    for j = 2, #entry[2], 2 do size = size + #entry[2][j] end
    if size > most and #found > 0 then return {i - 2, found} end
    found[#found + 1] = entry
  end
end
return {#ARGV - 1, found}
