-- Library: Redis' glob matching, byte by byte as the server does it (`stringmatchlen`).
-- glob_matches(pattern, text) → whether a subscriber of `pattern` hears the channel `text`

local function glob_signed(byte)
  if byte and byte > 127 then return byte - 256 end
  return byte
end

-- One class, from after its '[': whether it takes byte c, and the place of its end.
local function glob_class(p, pi, c)
  local plen = #p
  local negated = string.byte(p, pi) == 94
  if negated then pi = pi + 1 end
  local taken = false
  while true do
    local left, b = plen - pi + 1, string.byte(p, pi)
    if left >= 2 and b == 92 then
      pi = pi + 1
      if string.byte(p, pi) == c then taken = true end
    elseif b == 93 then
      break
    elseif left <= 0 then
      pi = pi - 1
      break
    elseif left >= 3 and string.byte(p, pi + 1) == 45 then
      local low, high = glob_signed(b), glob_signed(string.byte(p, pi + 2))
      if low > high then low, high = high, low end
      pi = pi + 2
      local signed = glob_signed(c)
      if signed >= low and signed <= high then taken = true end
    elseif b == c then
      taken = true
    end
    pi = pi + 1
  end
  return taken ~= negated, pi
end

-- Returns whether p from pi matches s from si, and whether longer matches of an earlier '*' are pointless.
local function glob_from(p, pi, s, si, depth)
  local plen, slen = #p, #s
  if depth > 1000 then return false, false end
  while pi <= plen and si <= slen do
    local b = string.byte(p, pi)
    if b == 42 then
      while string.byte(p, pi + 1) == 42 do pi = pi + 1 end
      if pi == plen then return true, false end
      while si <= slen do
        local found, hopeless = glob_from(p, pi + 1, s, si, depth + 1)
        if found then return true, false end
        if hopeless then return false, true end
        si = si + 1
      end
      return false, true
    elseif b == 63 then
      si = si + 1
    elseif b == 91 then
      local taken
      taken, pi = glob_class(p, pi + 1, string.byte(s, si))
      if not taken then return false, false end
      si = si + 1
    else
      if b == 92 and pi < plen then pi = pi + 1 end
      if string.byte(p, pi) ~= string.byte(s, si) then return false, false end
      si = si + 1
    end
    pi = pi + 1
    if si > slen then
      while string.byte(p, pi) == 42 do pi = pi + 1 end
      break
    end
  end
  return pi > plen and si > slen, false
end

local function glob_matches(pattern, text)
  local found = glob_from(pattern, 1, text, 1, 0)
  return found
end
