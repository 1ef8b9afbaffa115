-- What the server's clock says, and how many seats of each course are taken, going by what its service has just told.
-- KEYS: the courses' seats
-- ARGV: 1 when the services were asked (ms, the server's clock), then what each told: current
-- → {now, taken…}
-- needs: seats

local answer = {chain_now}
for i = 2, #ARGV do
  local taken = seats_taken(KEYS[i - 1], seats_told(ARGV[i], ARGV[1], chain_now))
  answer[i] = string.format('%.0f', taken)
end
return answer
