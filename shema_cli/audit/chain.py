"""Audit entries and the chain that they form (contract 1.5).

The stream `{shema}:audit` holds flat text fields. Each entry's `hash` is the SHA-256 of all its other fields,
among them `prev`: the `hash` of the entry before it (64 zeros for the first). Entries are appended by a script
only while the newest entry's `hash` is still the `prev` that was hashed, so the chain cannot fork.

A script that must write an audit entry together with something else prepends `AUDIT_LUA`:

    if shema_audit_head(KEYS[1]) ~= ARGV[1] then return {'moved', shema_audit_head(KEYS[1])} end
    …its own writes…
    shema_audit(KEYS[1], ARGV[1], {unpack(ARGV, 5)})

with the fields of `seal(draft, prev)` as arguments, and tries again with the head that it was given.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

AUDIT_KEY = "{shema}:audit"
GENESIS = "0" * 64
FIELDS = (
    "at",
    "actor",
    "actorEmail",
    "profile",
    "command",
    "action",
    "target",
    "eventId",
    "reason",
    "requestId",
    "prev",
    "hash",
)

AUDIT_LUA = f"""
if redis.replicate_commands then redis.replicate_commands() end  -- servers before 7 need it for XADD with *

local function shema_audit_head(key)
  local newest = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)
  if not newest[1] then return '{GENESIS}' end
  local fields = newest[1][2]
  for i = 1, #fields, 2 do
    if fields[i] == 'hash' then return fields[i + 1] end
  end
  return ''
end

local function shema_audit(key, expected_prev, fields)
  if shema_audit_head(key) ~= expected_prev then return nil end
  return redis.call('XADD', key, '*', unpack(fields))
end
"""

APPEND_LUA = f"""{AUDIT_LUA}
local id = shema_audit(KEYS[1], ARGV[1], {{unpack(ARGV, 2)}})
if id then return {{'added', id}} end
return {{'moved', shema_audit_head(KEYS[1])}}
"""


@dataclass(frozen=True)
class AuditEntry:
    """One entry as it is stored: its stream id and its fields as bytes."""

    id: str
    stored: Mapping[bytes, bytes]

    def text(self, name: str) -> str:
        return self.stored.get(name.encode(), b"").decode("utf-8", "surrogateescape")

    @property
    def hash(self) -> str:
        return self.text("hash")

    @property
    def prev(self) -> str:
        return self.text("prev")

    @property
    def whole(self) -> bool:
        """Whether it has the two fields that put it into the chain."""
        return b"hash" in self.stored and b"prev" in self.stored

    @property
    def sound(self) -> bool:
        """Whether `hash` is the hash of its fields."""
        return digest(self.stored) == self.hash

    @property
    def details(self) -> Any:
        """The decoded `details`; the text itself when it is not JSON, None when there are none."""
        text = self.text("details")
        try:
            return json.loads(text) if text else None
        except ValueError:
            return text

    def document(self) -> dict[str, Any]:
        """`{"id", the fields of contract 1.5, "details" when there are any}`."""
        shown: dict[str, Any] = {"id": self.id} | {name: self.text(name) for name in FIELDS}
        return shown if self.details is None else shown | {"details": self.details}


def digest(fields: Mapping[bytes, bytes]) -> str:
    """SHA-256 in hex of every field but `hash`: by name, each name and value led by its length in bytes."""
    parts = (_measured(part) for name in sorted(fields) if name != b"hash" for part in (name, fields[name]))
    return hashlib.sha256(b"".join(parts)).hexdigest()


def seal(draft: Mapping[str, str], prev: str) -> dict[bytes, bytes]:
    """The fields of an entry that follows the one whose hash is `prev`, with its own `hash`."""
    fields = {name.encode(): to_bytes(value) for name, value in draft.items()} | {b"prev": prev.encode()}
    return fields | {b"hash": digest(fields).encode()}


def flat(fields: Mapping[bytes, bytes]) -> list[bytes]:
    """Name, value, name, value, … as XADD wants them."""
    return [part for pair in fields.items() for part in pair]


def to_bytes(text: str) -> bytes:
    """UTF-8; bytes that reached us as surrogates go out as they came in."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")


def entries_of(reply: Any) -> list[AuditEntry]:
    """The entries in an answer of XRANGE or XREVRANGE."""
    return [AuditEntry(id.decode(), fields or {}) for id, fields in reply or ()]


def id_after(id: str) -> str:
    """The smallest stream id greater than `id`."""
    milliseconds, _, sequence = id.partition("-")
    return f"{milliseconds}-{int(sequence or 0) + 1}"


def id_before(id: str) -> str | None:
    """The greatest stream id smaller than `id`; None below the first."""
    milliseconds, _, sequence = id.partition("-")
    if int(sequence or 0) > 0:
        return f"{milliseconds}-{int(sequence) - 1}"
    return f"{int(milliseconds) - 1}-{2**64 - 1}" if int(milliseconds) > 0 else None


def _measured(part: bytes) -> bytes:
    return b"%d:%s" % (len(part), part)
