"""A set of texts, eight bytes each, so that a trail of millions fits into memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from hashlib import blake2b


class Digests:
    """What was added is in it; anything else is not, but for one in 10^19."""

    def __init__(self) -> None:
        self._seen = array("Q")
        self._sorted = True

    def add(self, *parts: bytes) -> None:
        self._seen.append(_short(parts))
        self._sorted = False

    def has(self, *parts: bytes) -> bool:
        return self._holds(_short(parts))

    def within(self, other: Digests) -> bool:
        """Whether everything in it is in the other."""
        return all(map(other._holds, self._seen))

    def _holds(self, wanted: int) -> bool:
        if not self._sorted:
            self._seen = array("Q", sorted(self._seen))
            self._sorted = True
        place = bisect_left(self._seen, wanted)
        return place < len(self._seen) and self._seen[place] == wanted


def _short(parts: tuple[bytes, ...]) -> int:
    led = [b"%d:%b" % (len(part), part) for part in parts]
    return int.from_bytes(blake2b(b"".join(led), digest_size=8).digest(), "big")
