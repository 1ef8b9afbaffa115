"""Packed bodies, unpacked in steps of bounded size, so that a bomb is seen before it goes off."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

_STEP = 256 * 1024
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


class Damaged(Exception):
    """The body cannot be unpacked."""


class Unpacker:
    """Undoes one `Content-Encoding`. Raises Damaged for one that is not known."""

    def __init__(self, encoding: str) -> None:
        if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise Damaged(f"packed in an unknown way: {encoding}")
        self._stream = None if encoding in ("", "identity") else zlib.decompressobj(_GZIP_OR_ZLIB)
        self._begun = False

    @property
    def complete(self) -> bool:
        """Whether the end of what was packed has been seen."""
        return self._stream is None or self._stream.eof or not self._begun

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        if self._stream is None:
            yield chunk
            return
        self._begun = self._begun or bool(chunk)
        waiting = chunk
        try:
            while waiting:
                if self._stream.eof:  # a gzip file may have several members
                    self._stream = zlib.decompressobj(_GZIP_OR_ZLIB)
                yield self._stream.decompress(waiting, _STEP)
                waiting = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
        except zlib.error:
            raise Damaged("the packed answer is damaged") from None
