"""The key that seals the trail: an HMAC beside each hash, which nobody can make who only has Redis (contract 1.5).

`SHEMA_AUDIT_KEY` is one secret of at least 32 bytes, or several with a comma between, after a rotation: the first
seals, all of them check. An entry names its key (`keyId`, which is hashed too) and bears `mac`, the HMAC-SHA-256 of its
`hash`.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import field
from enum import Enum
from hashlib import sha256
from typing import TYPE_CHECKING

from shema_cli.errors import NotConfigured
from shema_cli.frozen import dataclass

if TYPE_CHECKING:
    from shema_cli.settings.values import Settings

VARIABLE = "SHEMA_AUDIT_KEY"
SHORTEST = 32  # bytes
MAC = b"mac"
KEY_ID = b"keyId"


class Sealed(Enum):
    """What a seal says of its entry."""

    WELL = "well"
    BADLY = "badly"  # it was not made with the key that it names, or half of it is gone
    UNKNOWN = "unknown"  # with a key that is not here


@dataclass(frozen=True)
class Sealer:
    """The keys by their ids; the first seals. Without any, nothing is sealed and no seal can be checked."""

    by_id: Mapping[bytes, bytes] = field(default_factory=dict, repr=False)

    @classmethod
    def from_settings(cls, settings: Settings) -> Sealer:
        """Raises NotConfigured for a key that is too short to be one; its text is never told."""
        told = settings.get(VARIABLE) or ""
        keys = [key.strip().encode("utf-8", "surrogateescape") for key in told.split(",")] if told.strip() else []
        if any(len(key) < SHORTEST for key in keys):
            raise NotConfigured(
                "bad_audit_key",
                f"{VARIABLE} is too short: a key has at least {SHORTEST} bytes, and a comma stands between two keys",
                "make one with: openssl rand -base64 48",
            )
        return cls({_id_of(key): key for key in keys})

    def __bool__(self) -> bool:
        return bool(self.by_id)

    @property
    def own_id(self) -> bytes | None:
        """The `keyId` of what is sealed now."""
        return next(iter(self.by_id), None)

    def mac(self, key_id: bytes, hash: bytes) -> bytes:
        return hmac.new(self.by_id[key_id], hash, sha256).hexdigest().encode()

    def check(self, stored: Mapping[bytes, bytes], hash: str) -> Sealed:
        """What the seal of these fields says, whose true hash is `hash`; half a seal is one that was made badly."""
        mac, key_id = stored.get(MAC), stored.get(KEY_ID)
        if mac is None or key_id is None:
            return Sealed.BADLY
        if key_id not in self.by_id:
            return Sealed.UNKNOWN
        return Sealed.WELL if hmac.compare_digest(self.mac(key_id, hash.encode()), mac) else Sealed.BADLY


def _id_of(key: bytes) -> bytes:
    return hmac.new(key, b"shema audit key", sha256).hexdigest()[:16].encode()
