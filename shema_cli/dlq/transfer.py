"""Dead letters as lines of JSON that carry any bytes, out and in again (contract 2.3).

A line is `{"id", "raw": text}`, or `{"id", "raw_b64": base64}` for bytes that are not UTF-8. The oldest comes first.
`copy` (2, 3, …) tells identical entries apart, so that all of them come back and none twice.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, TextIO

from shema_cli.admin import Mandate
from shema_cli.dlq.letters.entry import entry_id, parse_entry
from shema_cli.dlq.letters.selection import Chooser
from shema_cli.dlq.run.recover import join, settle_up, take_back
from shema_cli.dlq.run.run import Operator, Run
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.errors import Failed, InvalidUsage, Refused, ShemaError
from shema_cli.files import replacing, sync_folder
from shema_cli.inputs import without_mark

PUSH_COUNT = 200
PUSH_BYTES = 1_000_000


class Copies:
    """Counts identical entries by eight bytes of their digest."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._more: Counter[int] = Counter()

    def number(self, raw: bytes) -> int:
        """Which copy of `raw` this is: 1, 2, …"""
        key = int.from_bytes(sha256(raw).digest()[:8])
        if key not in self._seen:
            self._seen.add(key)
            return 1
        self._more[key] += 1
        return self._more[key] + 1

    def take_back(self, raw: bytes) -> None:
        """The last number that was given to `raw` was not used."""
        key = int.from_bytes(sha256(raw).digest()[:8])
        if self._more[key]:
            self._more[key] -= 1
        else:
            self._seen.discard(key)


def encode_line(raw: bytes, copy: int = 1) -> bytes:
    """One entry as a line, with its line break."""
    line: dict[str, str | int] = {"id": entry_id(raw)}
    if copy > 1:
        line["copy"] = copy
    try:
        line["raw"] = raw.decode("utf-8")
    except UnicodeDecodeError:
        line["raw_b64"] = base64.b64encode(raw).decode()
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


def decode_line(line: bytes, number: int) -> tuple[bytes, int]:
    """(entry, which copy). Raises InvalidUsage naming the line when it is none of ours."""
    try:
        found = json.loads(line)
        raw = found["raw"].encode("utf-8") if "raw" in found else base64.b64decode(found["raw_b64"], validate=True)
        copy = int(found.get("copy", 1))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error):
        raise InvalidUsage(
            "bad_export", f"line {number} is not a line of an export", 'a line is {"id": …, "raw": …}: shema dlq export'
        ) from None
    if found.get("id", entry_id(raw)) != entry_id(raw):
        raise InvalidUsage("bad_export", f"line {number} was altered: its id does not fit its bytes", "export it again")
    return raw, copy


def export_lines(store: DeadLetters, selected: Chooser) -> Iterator[bytes]:
    copies = Copies()
    for _, raw in store.oldest_first():
        if selected(parse_entry(raw)):
            yield encode_line(raw, copies.number(raw))


def write_export(path: Path, lines: Iterable[bytes]) -> int:
    """Write a whole export or none, readable by its owner alone, and safe on the disk. Returns the number of lines.

    Raises Failed when it cannot be written.
    """
    count = 0
    try:
        with replacing(path) as file:
            for line in lines:
                file.write(line)
                count += 1
    except OSError as error:
        raise _unwritable(path, error) from error
    sync_folder(path.parent)
    return count


def new_file(path: Path) -> IO[bytes]:
    """A new file of mode 0600. Raises InvalidUsage when there is one already, Failed when it cannot be made."""
    try:
        return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")
    except FileExistsError:
        raise InvalidUsage("file_exists", f"{path} exists already", "name another file") from None
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> Failed:
    return Failed("file_unwritable", f"{path} cannot be written: {error.strerror}", "name another file")


@contextmanager
def readable(name: str, stdin: TextIO) -> Iterator[IO[bytes]]:
    """A file, or stdin for -, that can be read more than once. Raises InvalidUsage when it cannot be read."""
    if name == "-":
        with tempfile.TemporaryFile() as spool:
            shutil.copyfileobj(stdin.buffer, spool)
            spool.seek(0)
            yield spool
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - only the opening may fail here
    except OSError as error:
        raise InvalidUsage("file_unreadable", f"{name} cannot be read: {error.strerror}", "check the path") from None
    with file:
        yield file


@dataclass(frozen=True)
class Imported:
    """`new` is how many were not in the list yet, whether they were imported or not. `ended`: why it stopped early."""

    imported: int
    duplicates: int
    new: int
    ended: ShemaError | None = None


def import_lines(operator: Operator, source: IO[bytes], *, yes_to: Callable[[int], None], dry_run: bool) -> Imported:
    """Push what is not in the list yet, oldest first, so that the exported order comes back.

    `source` is read twice (it must be seekable): every line is checked before the first is pushed. `yes_to` asks with
    the number of new entries. Raises InvalidUsage for a line that is none of ours.
    """
    wanted = {entry_id(raw) for raw, _ in _lines(source)}
    present = _present(operator.store, wanted)
    new = sum(1 for _ in _missing(source, present.copy()))
    total = sum(1 for _ in _lines(source))
    if dry_run or not new:
        return Imported(0, total - new, new)
    yes_to(new)
    take_back(operator)
    with Run(operator.store, operator.clock) as run:
        join(operator, run, "import", "file")
        _alone(operator.store, run)
        present = _present(operator.store, wanted)
        new = sum(1 for _ in _missing(source, present.copy()))
        ended = _push(operator, run, _batches(_missing(source, present)), new)
        imported = run.done
        settle_up(operator, run, {"imported": imported})
    return Imported(imported, total - new, new, ended)


def _push(operator: Operator, run: Run, batches: Iterable[list[bytes]], total: int) -> ShemaError | None:
    """Batch after batch, for as long as the admin is one; else why not. Ctrl-C interrupts."""
    with operator.person.progress("import", total) as drawn:
        mandate = Mandate(operator.still_admin)
        for batch in batches:
            if not mandate.holds():
                return mandate.ended
            run.push(batch)
            drawn.step(len(batch))
    return None


def _alone(store: DeadLetters, run: Run) -> None:
    """Two imports at once could push the same entry twice: whoever came later gives way."""
    imports = [other for other in store.look().runs if other.fields.get("action") == "import" and not other.expired]
    first = min(imports, key=lambda other: (int(other.fields["started"]), other.run), default=None)
    if first is not None and first.run != run.id:
        who = first.fields.get("actorEmail") or "somebody"
        raise Refused("import_running", f"an import by {who} is under way; nothing was imported", "try again after it")


def _lines(source: IO[bytes]) -> Iterator[tuple[bytes, int]]:
    source.seek(0)
    for number, line in enumerate(source, 1):
        if line.strip():
            yield decode_line(without_mark(line) if number == 1 else line, number)


def _present(store: DeadLetters, wanted: set[str]) -> Counter[str]:
    """How many copies of each of these ids the list holds."""
    found: Counter[str] = Counter()
    for _, raw in store.oldest_first():
        if (name := entry_id(raw)) in wanted:
            found[name] += 1
    return found


def _missing(source: IO[bytes], present: Counter[str]) -> Iterator[bytes]:
    for raw, copy in _lines(source):
        name = entry_id(raw)
        if copy > present[name]:
            present[name] += 1
            yield raw


def _batches(raws: Iterator[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for raw in raws:
        if batch and (len(batch) == PUSH_COUNT or size + len(raw) > PUSH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(raw)
        size += len(raw)
    if batch:
        yield batch
