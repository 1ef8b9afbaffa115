"""Redis' glob matching, byte by byte as the server does it (`stringmatchlen`); `lua/glob.lua` is the same in Lua.

`*`, `?`, `[abc]`, `[^a-c]` and `\\` as escape; a range is taken in either order and over signed bytes; a class without
its `]` ends with the pattern.
"""

from __future__ import annotations

_DEEPEST = 1000  # stars, one inside another, that the server follows
_STAR = ord("*")


def matches(pattern: bytes, text: bytes) -> bool:
    """Whether Redis delivers a message on channel `text` to a subscriber of `pattern`."""
    p, s = pattern, text
    pi = si = stars = 0
    again: tuple[int, int] | None = (
        None  # behind the last star: where in the pattern, and where in the text it is tried
    )
    while True:
        taken = False
        if pi < len(p) and si < len(s):
            if p[pi] == _STAR:
                pi = _behind_stars(p, pi)
                stars += 1
                if pi == len(p) or stars > _DEEPEST:
                    return pi == len(p)
                again = (pi, si)
                continue
            taken, pi = _match_one(p, pi, s[si])
            si += 1
        elif si == len(s) and (_behind_stars(p, pi) if s else pi) == len(p):
            return True
        if not taken:
            if again is None or again[1] + 1 >= len(s):
                return False  # longer matches of an earlier star are pointless
            again = (again[0], again[1] + 1)
            pi, si = again


def _behind_stars(p: bytes, pi: int) -> int:
    while p[pi : pi + 1] == b"*":
        pi += 1
    return pi


def _match_one(p: bytes, pi: int, c: int) -> tuple[bool, int]:
    """Whether the byte is the next one of the pattern, and what comes behind that."""
    symbol = p[pi : pi + 1]
    if symbol == b"[":
        taken, pi = _match_class(p, pi + 1, c)
        return taken, pi + 1
    if symbol == b"\\" and pi + 1 < len(p):
        pi += 1
    return symbol == b"?" or p[pi] == c, pi + 1


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
