"""The body of an answer as it comes: unpacked, and never more of it than the limit (contract 1.2)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping

from shema_cli.calls.reply import AttemptFailed, NoUsableAnswer, Received, Unacceptable

LONGEST_BODY = 10 * 1024 * 1024  # bytes, decompressed
_INFLATE_STEP = 256 * 1024


class Body:
    """A body as it comes, unpacked. Never holds more than the limit, however small it was packed.

    Raises Unacceptable for one that is too long, damaged or packed in an unknown way (of a 5xx, AttemptFailed without
    it), AttemptFailed for one cut short.
    """

    def __init__(self, method: str, status: int, headers: Mapping[str, str]) -> None:
        self._status = status
        self._headers = {name.lower(): value for name, value in headers.items()}
        self._bytes = bytearray()
        self._unpack: Inflate | None = None
        if method != "HEAD":
            self._expect()

    def feed(self, chunk: bytes) -> None:
        try:
            for piece in self._unpack.feed(chunk) if self._unpack else (chunk,):
                self._bytes += piece
                if len(self._bytes) > LONGEST_BODY:
                    raise self._too_long()
        except zlib.error:
            raise self._refused("bad_answer", "the packed answer is damaged") from None

    def received(self) -> Received:
        if self._unpack and not self._unpack.complete:
            raise AttemptFailed("cut_short", "the packed answer ended before its end")
        return Received(self._status, self._headers, bytes(self._bytes))

    def _expect(self) -> None:
        encoding = self._headers.get("content-encoding", "identity").strip().lower()
        if encoding in ("gzip", "x-gzip", "deflate"):
            self._unpack = Inflate()
        elif encoding not in ("identity", ""):
            raise self._refused("bad_answer", f"packed in an unknown way: {encoding}")
        declared = self._headers.get("content-length", "")
        if declared.isdigit() and int(declared[:20]) > LONGEST_BODY:
            raise self._too_long()

    def _too_long(self) -> NoUsableAnswer:
        return self._refused("too_long", f"the answer is longer than {LONGEST_BODY // 1024 // 1024} MiB")

    def _refused(self, code: str, problem: str) -> NoUsableAnswer:
        if self._status >= 500:
            return AttemptFailed("server_error", f"answered {self._status}", Received(self._status, {}, b""))
        return Unacceptable(code, problem, self._status)


class Inflate:
    """gzip or deflate, in steps of bounded size, so that a bomb is seen before it goes off. Raises zlib.error."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._begun = False

    @property
    def complete(self) -> bool:
        return self._stream.eof or not self._begun

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        self._begun = self._begun or bool(chunk)
        waiting = chunk
        while waiting:
            if self._stream.eof:  # a gzip file may have several members
                self._stream = zlib.decompressobj(zlib.MAX_WBITS | 32)
            yield self._stream.decompress(waiting, _INFLATE_STEP)
            waiting = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
