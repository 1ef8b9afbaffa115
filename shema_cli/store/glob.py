"""Redis' glob matching, byte by byte as the server does it (`stringmatchlen`); `lua/glob.lua` is the same in Lua.

`*`, `?`, `[abc]`, `[^a-c]` and `\\` as escape; a range is taken in either order and over signed bytes; a class without
its `]` ends with the pattern.
"""

from __future__ import annotations

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
