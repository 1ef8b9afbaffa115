"""The body of an answer: read whole, unpacked, within a size (contract 1.2)."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator, Mapping

from shema_cli.calls.attempt import AttemptFailed, Unacceptable

LONGEST_BODY = 10 * 1024 * 1024  # bytes, decompressed
_INFLATE_STEP = 256 * 1024


async def read_body(chunks: AsyncIterator[bytes], headers: Mapping[str, str], status: int) -> bytes:
    """The body, unpacked. Never holds more than the limit, however small it was packed.

    Raises Unacceptable for one that is too long, damaged or packed in an unknown way, AttemptFailed for one cut short.
    """
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "x-gzip", "deflate"):
        raise Unacceptable("bad_answer", f"packed in an unknown way: {encoding}", status)
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared[:20]) > LONGEST_BODY:
        raise _too_long(status)
    body = bytearray()
    unpack = _Inflate() if encoding not in ("identity", "") else None
    async for chunk in chunks:
        for piece in unpack.feed(chunk, status) if unpack else (chunk,):
            body += piece
            if len(body) > LONGEST_BODY:
                raise _too_long(status)
    if unpack and not unpack.complete:
        raise AttemptFailed("cut_short", "the packed answer ended before its end")
    return bytes(body)


class _Inflate:
    """gzip or deflate, in steps of bounded size, so that a bomb is seen before it goes off."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._begun = False

    @property
    def complete(self) -> bool:
        return self._stream.eof or not self._begun

    def feed(self, chunk: bytes, status: int) -> Iterator[bytes]:
        self._begun = self._begun or bool(chunk)
        waiting = chunk
        try:
            while waiting:
                if self._stream.eof:  # a gzip file may have several members
                    self._stream = zlib.decompressobj(zlib.MAX_WBITS | 32)
                yield self._stream.decompress(waiting, _INFLATE_STEP)
                waiting = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
        except zlib.error:
            raise Unacceptable("bad_answer", "the packed answer is damaged", status) from None


def _too_long(status: int) -> Unacceptable:
    return Unacceptable("too_long", f"the answer is longer than {LONGEST_BODY // 1024 // 1024} MiB", status)
