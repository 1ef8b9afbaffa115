"""What was verified on this machine before, so that it need not be verified by each command (contract 2.4).

A session's signature, and Google's certificates, were checked before they were kept; a MAC says so. Its key is 32
random bytes in a file of the state folder, together with what the file system says of that file: a folder that was
copied, unpacked or checked out brings MACs along that do not fit, and what they seal is verified anew.
"""

from __future__ import annotations

import os

from shema_cli.errors import NotConfigured
from shema_cli.state import StateDir

FILE = "seal.key"
KEY_BYTES = 32


class Seal:
    """Makes and checks the MACs of one state folder."""

    def __init__(self, state: StateDir) -> None:
        self._state = state

    def of(self, *parts: str) -> str:
        """The MAC of these texts; an empty text where no key can be kept, which fits nothing."""
        try:
            key = self._key() or self._new_key()
        except (OSError, NotConfigured):
            return ""
        return _mac(key, parts) if key else ""

    def fits(self, seal: str, *parts: str) -> bool:
        """Whether this machine sealed these texts before."""
        try:
            key = self._key()
        except (OSError, NotConfigured):
            return False
        if not seal or key is None or not seal.isascii():
            return False
        from hmac import compare_digest

        return compare_digest(seal, _mac(key, parts))

    def _key(self) -> bytes | None:
        """None where there is none."""
        handle = self._state.open(FILE)
        if handle is None:
            return None
        try:
            kept, stat = os.read(handle, KEY_BYTES + 1), os.fstat(handle)
        finally:
            os.close(handle)
        return kept + f"{stat.st_ino}:{stat.st_ctime_ns}".encode() if len(kept) == KEY_BYTES else None

    def _new_key(self) -> bytes | None:
        self._state.write(FILE, os.urandom(KEY_BYTES))
        return self._key()


def _mac(key: bytes, parts: tuple[str, ...]) -> str:
    import hmac  # loads OpenSSL: an emulator's session, which has no seal, does without

    message = b"".join(b"%d:%s," % (len(part), part) for part in (text.encode("utf-8", "replace") for text in parts))
    return hmac.new(key, message, "sha256").hexdigest()
