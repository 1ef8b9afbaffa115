"""The chain of audit entries (contract 1.5): what an entry is, how it is sealed, how one is found again.

The stream `{shema}:audit` holds flat text fields. Each entry's `hash` is the SHA-256 of all its other fields but the
seal, `mac` (`seal.py`), among them `prev`: the `hash` of the entry before it (64 zeros for the first). Entries are
appended by a script (`lua/chain.lua`) only while the newest entry's `hash` is still the `prev` that was hashed, so the
chain cannot fork.
Anybody may write to the stream: an entry whose `hash` is not 64 hex digits is no link of the chain, and `prev` passes
over it. `commit.py` seals and sends.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from redis.exceptions import ResponseError

from shema_cli.frozen import dataclass
from shema_cli.json_text import loads
from shema_cli.store import keys
from shema_cli.store.seal import KEY_ID, MAC, Sealer

if TYPE_CHECKING:
    from redis import Redis

GENESIS = "0" * 64
LOOK_BACK = 1000
MOST_DIGITS = 18
UNKEYED = Sealer()
_UNHASHED = (b"hash", MAC)
_HASH = re.compile(r"[0-9a-f]{64}")
_GREATEST = 2**64 - 1  # of either half of a stream id
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
    "project",
    "redis",
    "prev",
    "hash",
)
EMULATOR = "emulator"  # a field that an entry has only where it was written in the name of an emulator's admin


@dataclass(frozen=True)
class AuditEntry:
    """One entry as it is stored: its stream id and its fields as bytes."""

    id: str
    stored: Mapping[bytes, bytes]

    def text(self, name: str) -> str:
        return self.stored.get(name.encode(), b"").decode("utf-8", "surrogateescape")

    @property
    def written_ms(self) -> int:
        """When it was appended, by the server's clock (milliseconds since 1970)."""
        return int(self.id.partition("-")[0])

    @property
    def hash(self) -> str:
        return self.text("hash")

    @property
    def prev(self) -> str:
        return self.text("prev")

    @property
    def who(self) -> str:
        """In whose name it was done; empty where it does not say."""
        return self.text("actorEmail") or self.text("actor")

    @property
    def linked(self) -> bool:
        """Whether what follows it can name it: its `hash` is one."""
        return _HASH.fullmatch(self.hash) is not None

    @property
    def sound(self) -> bool:
        """Whether `hash` is the hash of its fields."""
        return digest(self.stored) == self.hash

    @property
    def details(self) -> object:
        """The decoded `details`; the text itself when it is not JSON, None when there are none."""
        return _decoded(self.text("details"))

    @property
    def hearing(self) -> dict[str, object]:
        """How many heard what it tells of, and which services were missing; of a publication alone."""
        receivers, missing = self.text("receivers"), self.text("missing")
        count = receivers.isdecimal() and len(receivers) <= MOST_DIGITS
        heard: dict[str, object] = {"receivers": int(receivers) if count else receivers}
        return (heard | {"missing": _decoded(missing) if missing else []}) if receivers else {}

    def document(self) -> dict[str, object]:
        """`{"id", the fields of contract 1.5, "details" when there are any}`."""
        names = [*FIELDS, *([EMULATOR] if self.text(EMULATOR) else [])]
        shown: dict[str, object] = {"id": self.id, **{name: self.text(name) for name in names}, **self.hearing}
        return shown if self.details is None else shown | {"details": self.details}


def _decoded(text: str) -> object:
    try:
        return loads(text) if text else None
    except ValueError:
        return text


def digest(fields: Mapping[bytes, bytes]) -> str:
    """SHA-256 in hex of every field but `hash` and `mac`: by name, each name and value led by its length in bytes."""
    pairs = [(name, fields[name]) for name in sorted(fields) if name not in _UNHASHED]
    led = [b"%d:%b%d:%b" % (len(name), name, len(value), value) for name, value in pairs]
    return hashlib.sha256(b"".join(led)).hexdigest()


def seal(draft: Mapping[str, str], prev: str, sealer: Sealer = UNKEYED) -> dict[bytes, bytes]:
    """The fields of an entry that follows the one whose hash is `prev`, with its own `hash`, and `mac` where there is a
    key."""
    fields = {name.encode(): to_bytes(value) for name, value in draft.items()} | {b"prev": prev.encode()}
    if sealer.own_id is None:
        return fields | {b"hash": digest(fields).encode()}
    fields[KEY_ID] = sealer.own_id
    hashed = fields | {b"hash": digest(fields).encode()}
    return hashed | {MAC: sealer.mac(sealer.own_id, hashed[b"hash"])}


def flat(fields: Mapping[bytes, bytes]) -> list[bytes]:
    """Name, value, name, value, … as XADD wants them."""
    return [part for pair in fields.items() for part in pair]


def to_bytes(text: str) -> bytes:
    """UTF-8; bytes that reached us as surrogates go out as they came in."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")


def as_text(value: object) -> str:
    """What Redis answered, as text; bytes that are no UTF-8 survive as surrogates."""
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)


def entries_of(reply: Any) -> list[AuditEntry]:
    """The entries in an answer of XRANGE or XREVRANGE."""
    return [AuditEntry(id.decode(), fields or {}) for id, fields in reply or ()]


def variants(sealed: Sequence[Mapping[bytes, bytes]]) -> list[bytes | int]:
    """Entries that differ in a few fields, as `chain_append_one` of `lua/chain.lua` wants them: how many there are, how
    many fields differ, their names, their values of each entry in turn, and the rest once."""
    first = sealed[0]
    differing = [name for name in first if any(one[name] != first[name] for one in sealed)]
    values = [one[name] for one in sealed for name in differing]
    return [
        len(sealed),
        len(differing),
        *differing,
        *values,
        *flat({n: v for n, v in first.items() if n not in differing}),
    ]


def find(client: Redis, hashes: Collection[bytes], since: bytes) -> dict[bytes, str]:
    """The stream ids of those entries that are in the trail, by their hashes; looked for back to the one of `since`."""
    found: dict[bytes, str] = {}
    newest: str | None = "+"
    while newest and (page := entries_of(client.xrevrange(keys.AUDIT, max=newest, count=LOOK_BACK))):
        for entry in page:
            hash = entry.stored.get(b"hash", b"")
            if hash == since:
                return found
            if hash in hashes:
                found[hash] = entry.id
        newest = id_before(page[-1].id)
    return found


def id_after(id: str) -> str | None:
    """The smallest stream id greater than `id`; None above the last."""
    milliseconds, _, sequence = id.partition("-")
    if int(sequence or 0) < _GREATEST:
        return f"{milliseconds}-{int(sequence or 0) + 1}"
    return f"{int(milliseconds) + 1}-0" if int(milliseconds) < _GREATEST else None


def id_before(id: str) -> str | None:
    """The greatest stream id smaller than `id`; None below the first."""
    milliseconds, _, sequence = id.partition("-")
    if int(sequence or 0) > 0:
        return f"{milliseconds}-{int(sequence) - 1}"
    return f"{int(milliseconds) - 1}-{_GREATEST}" if int(milliseconds) > 0 else None


@dataclass(frozen=True)
class StreamFacts:
    """What the server itself remembers of the stream, taken at one moment. None: this server does not tell."""

    last_generated: str
    length: int
    last_entry: str | None
    highest_removed: str | None
    removed: int | None

    @classmethod
    def read(cls, client: Redis) -> StreamFacts | None:
        """None when there is no stream."""
        try:
            return cls.told(client.xinfo_stream(keys.AUDIT))
        except ResponseError as error:
            return cls.told(error)

    @classmethod
    def told(cls, info: dict[str, Any] | ResponseError) -> StreamFacts | None:
        """From an answer to XINFO STREAM, as `read` does. Servers before version 7 do not count what was removed."""
        if isinstance(info, ResponseError):
            if "no such key" in str(info).lower():
                return None
            raise info
        added, highest, last = info.get("entries-added"), info.get("max-deleted-entry-id"), info.get("last-entry")
        return cls(
            last_generated=as_text(info["last-generated-id"]),
            length=int(info["length"]),
            last_entry=as_text(last[0]) if last else None,
            highest_removed=as_text(highest) if highest is not None and as_text(highest) != "0-0" else None,
            removed=int(added) - int(info["length"]) if added is not None else None,
        )
