"""Redis' glob matching, byte by byte as the server does it (`stringmatchlen`), in Python and in Lua.

`*`, `?`, `[abc]`, `[^a-c]` and `\\` as escape; a range is taken in either order and over signed bytes; a class without
its `]` ends with the pattern.
"""

from __future__ import annotations

GLOB_LUA = r"""
local function shema_signed(byte)
  if byte and byte > 127 then return byte - 256 end
  return byte
end

-- One class, from after its '[': whether it takes byte c, and the place of its end.
local function shema_class(p, pi, c)
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
      local low, high = shema_signed(b), shema_signed(string.byte(p, pi + 2))
      if low > high then low, high = high, low end
      pi = pi + 2
      local signed = shema_signed(c)
      if signed >= low and signed <= high then taken = true end
    elseif b == c then
      taken = true
    end
    pi = pi + 1
  end
  return taken ~= negated, pi
end

-- Returns whether p from pi matches s from si, and whether longer matches of an earlier '*' are pointless.
local function shema_glob_from(p, pi, s, si, depth)
  local plen, slen = #p, #s
  if depth > 1000 then return false, false end
  while pi <= plen and si <= slen do
    local b = string.byte(p, pi)
    if b == 42 then
      while string.byte(p, pi + 1) == 42 do pi = pi + 1 end
      if pi == plen then return true, false end
      while si <= slen do
        local found, hopeless = shema_glob_from(p, pi + 1, s, si, depth + 1)
        if found then return true, false end
        if hopeless then return false, true end
        si = si + 1
      end
      return false, true
    elseif b == 63 then
      si = si + 1
    elseif b == 91 then
      local taken
      taken, pi = shema_class(p, pi + 1, string.byte(s, si))
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

local function shema_glob(pattern, text)
  local found = shema_glob_from(pattern, 1, text, 1, 0)
  return found
end
"""
_DEEPEST = 1000


def matches(pattern: bytes, text: bytes) -> bool:
    """Whether Redis delivers a message on channel `text` to a subscriber of `pattern`."""
    return _match(pattern, 0, text, 0, 0)[0]


def _match(p: bytes, pi: int, s: bytes, si: int, depth: int) -> tuple[bool, bool]:
    """Whether the rest matches, and whether longer matches of an earlier `*` are pointless."""
    if depth > _DEEPEST:
        return False, False
    while pi < len(p) and si < len(s):
        symbol = p[pi : pi + 1]
        if symbol == b"*":
            return _match_star(p, pi, s, si, depth)
        if symbol == b"[":
            taken, pi = _match_class(p, pi + 1, s[si])
            if not taken:
                return False, False
        elif symbol != b"?":
            if symbol == b"\\" and pi + 1 < len(p):
                pi += 1
            if p[pi] != s[si]:
                return False, False
        pi, si = pi + 1, si + 1
    if si == len(s) and s:
        while p[pi : pi + 1] == b"*":
            pi += 1
    return pi >= len(p) and si == len(s), False


def _match_star(p: bytes, pi: int, s: bytes, si: int, depth: int) -> tuple[bool, bool]:
    while p[pi + 1 : pi + 2] == b"*":
        pi += 1
    if pi == len(p) - 1:
        return True, False
    for start in range(si, len(s)):
        found, hopeless = _match(p, pi + 1, s, start, depth + 1)
        if found or hopeless:
            return found, hopeless
    return False, True


def _match_class(p: bytes, pi: int, c: int) -> tuple[bool, int]:
    negated = p[pi : pi + 1] == b"^"
    pi += negated
    taken = False
    while pi < len(p) and p[pi] != ord("]"):
        if p[pi] == ord("\\") and pi + 1 < len(p):
            pi += 1
            taken |= p[pi] == c
        elif pi + 2 < len(p) and p[pi + 1] == ord("-"):
            low, high = sorted((_signed(p[pi]), _signed(p[pi + 2])))
            taken |= low <= _signed(c) <= high
            pi += 2
        else:
            taken |= p[pi] == c
        pi += 1
    return taken != negated, min(pi, len(p) - 1) if pi >= len(p) else pi


def _signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte
