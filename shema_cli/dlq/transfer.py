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
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import IO, Self, TextIO

from shema_cli.admin import Mandate
from shema_cli.dlq.letters.entry import entry_id, parse_entry
from shema_cli.dlq.letters.selection import EntrySelection, nothing_matches, resolve
from shema_cli.dlq.run.recover import join, settle_up, take_back
from shema_cli.dlq.run.run import Operator, Run
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.errors import Failed, InvalidUsage, NotFound, Refused, ShemaError
from shema_cli.files import followed, replacing, sync_folder
from shema_cli.frozen import dataclass
from shema_cli.inputs import without_mark
from shema_cli.output.sink import PipeClosed
from shema_cli.shell import to_type

PUSH_COUNT = 200
PUSH_BYTES = 1_000_000
GZIP = b"\x1f\x8b"


class IdenticalEntries:
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


class ExportFailed(Failed):
    """What was to be written is not on the disk."""


class ExportedLines:
    """The lines of an export, from the oldest on; counts what it passes."""

    def __init__(self, store: DeadLetters, selection: EntrySelection) -> None:
        self.count = self.listed = self.untimed = 0
        self._store = store
        self._selection = selection

    def __iter__(self) -> Iterator[bytes]:
        """Raises NotFound for an id that names nothing, and at its end when nothing matched."""
        copies, ids = IdenticalEntries(), self._selection.ids
        found = resolve(self._store, ids) if ids else None
        if found and found.missing:
            raise NotFound(
                "entry_not_found", f"no dead letter has the id {', '.join(found.missing[:5])}", "shema dlq list"
            )
        chooser = self._selection.chooser(found)
        for _, raw in self._store.oldest_first():
            self.listed += 1
            if chooser.ruled_out(raw):
                continue
            entry = parse_entry(raw)
            if chooser.selected(entry):
                self.count += 1
                yield encode_line(raw, copies.number(raw))
            else:
                self.untimed += chooser.untimed(entry)
        if (ids or self._selection.filters) and not self.count:
            raise nothing_matches(self.listed, replace(self._selection, everything=False).describe())


def is_stdout(name: str) -> bool:
    return name in ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


def write_export(path: Path, lines: Iterable[bytes], *, force: bool) -> None:
    """Write a whole export or none, readable by its owner alone, and safe on the disk; through a link, where it leads.

    What is no regular file (a pipe, a descriptor of the shell's) is written to as it is. Raises InvalidUsage for a file
    that is there already unless it is `force`d, ExportFailed when it cannot be written, PipeClosed when nobody reads
    the pipe any more.
    """
    try:
        if _is_written_to_as_it_is(path):
            with path.open("wb") as pipe:
                pipe.writelines(lines)
            return
        if not force and (path.exists() or path.is_symlink()):
            raise _exists(path, "--force replaces it, or name another file")
        real = followed(path)
        with replacing(real) as file:
            file.writelines(lines)
        sync_folder(real.parent)
    except BrokenPipeError:
        raise PipeClosed from None
    except OSError as error:
        raise ExportFailed(*_unwritable(path, error)) from error


def _is_written_to_as_it_is(path: Path) -> bool:
    opened_by_the_shell = path.parent.name == "fd" and path.parts[1:2] in (("dev",), ("proc",))
    return opened_by_the_shell or (path.exists() and not path.is_file())


class NewFile:
    """A new file of mode 0600 that holds whole batches: what cannot be written leaves nothing of itself."""

    def __init__(self, path: Path) -> None:
        """Raises InvalidUsage when there is one already, Failed when it cannot be made."""
        self.path = path
        try:
            self._handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            sync_folder(path.resolve().parent)
        except FileExistsError:
            raise _exists(path, "name another file") from None
        except OSError as error:
            raise ExportFailed(*_unwritable(path, error)) from error
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """An empty file goes again."""
        os.close(self._handle)
        if not self._end:
            self.path.unlink(missing_ok=True)

    def append(self, content: bytes) -> None:
        """Have it on the disk, whole. Raises ExportFailed when it cannot be; then the file is as it was."""
        end, left = self._end, memoryview(content)
        try:
            while left:
                left = left[os.write(self._handle, left) :]
            os.fsync(self._handle)
        except OSError as error:
            self.cut(end)
            raise ExportFailed(*_unwritable(self.path, error)) from error
        self._end += len(content)

    def cut(self, end: int) -> None:
        """Take away what was written after this place."""
        os.ftruncate(self._handle, end)
        os.lseek(self._handle, end, os.SEEK_SET)
        self._end = end

    def tell(self) -> int:
        return self._end


def _exists(path: Path, hint: str) -> InvalidUsage:
    return InvalidUsage("file_exists", f"{path} exists already", hint)


def _unwritable(path: Path, error: OSError) -> tuple[str, str, str]:
    return "file_unwritable", f"{path} cannot be written: {error.strerror}", "make room, or name another file"


@contextmanager
def readable(name: str, stdin: TextIO) -> Iterator[IO[bytes]]:
    """A file, a pipe, or stdin for -, that can be read more than once. Raises InvalidUsage when it cannot be read."""
    with ExitStack() as stack:
        try:
            source = stdin.buffer if name == "-" else stack.enter_context(Path(name).open("rb"))
            if not source.seekable() or name == "-":
                spool = stack.enter_context(tempfile.TemporaryFile())
                shutil.copyfileobj(source, spool)
                source = spool
            source.seek(0)
            compressed = source.read(len(GZIP)) == GZIP
            source.seek(0)
        except OSError as error:
            hint = "check the path, and that there is room for a copy"
            raise InvalidUsage("file_unreadable", f"{name} cannot be read: {error.strerror}", hint) from None
        if compressed:
            hint = f"unpack it on the way: shema dlq import <({to_type('zcat', name)})"
            raise InvalidUsage("bad_export", f"{name} is compressed", hint)
        yield source


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
    the number of new entries. A last line that was torn off is left out with a warning. Raises InvalidUsage for a line
    that is none of ours.
    """
    if torn := _torn_line(source):
        operator.person.warn(f"line {torn}, the last one, was torn off in the middle: its entry cannot be imported")
    wanted = {entry_id(raw) for raw, _ in _lines(source)}
    present = _present(operator.store, wanted)
    new = sum(1 for _ in _missing(source, present.copy()))
    total = sum(1 for _ in _lines(source))
    if dry_run or not new:
        return Imported(0, total - new, new)
    yes_to(new)
    take_back(operator)
    with Run(operator.store, operator.clock) as run:
        join(operator, run, "dlq.import", "file")
        _alone(operator.store, run)
        present = _present(operator.store, wanted)
        new = sum(1 for _ in _missing(source, present.copy()))
        run.expect(new)
        ended = _push(operator, run, _batches(_missing(source, present)), new)
        imported = run.done
        settle_up(operator, run, {"imported": imported})
    return Imported(imported, total - new, new, ended)


def _push(operator: Operator, run: Run, batches: Iterable[list[bytes]], total: int) -> ShemaError | None:
    """Batch after batch, for as long as the admin is one and nobody stops it; else why not. Ctrl-C interrupts."""
    with operator.person.progress("import", total) as drawn:
        mandate = Mandate(operator.still_admin, run.stopped)
        for batch in batches:
            if not (mandate.holds() and run.push(batch)):
                return mandate.ended
            drawn.step(len(batch))
    return None


def _alone(store: DeadLetters, run: Run) -> None:
    """Two imports at once could push the same entry twice: whoever came later gives way."""
    imports = [other for other in store.look().runs if other.fields.get("action") == "dlq.import" and not other.expired]
    first = min(imports, key=lambda other: (int(other.fields["started"]), other.run), default=None)
    if first is not None and first.run != run.id:
        message = f"an import by {first.who} is under way; nothing was imported"
        raise Refused("import_running", message, "try again after it; how far it is: shema dlq runs")


def _lines(source: IO[bytes]) -> Iterator[tuple[bytes, int]]:
    source.seek(0)
    for number, read in enumerate(source, 1):
        line = without_mark(read) if number == 1 else read
        if line.strip() and not _is_torn(line):
            yield decode_line(line, number)


def _torn_line(source: IO[bytes]) -> int | None:
    """The number of the line in whose middle the file ends."""
    source.seek(0)
    return next((number for number, line in enumerate(source, 1) if _is_torn(without_mark(line))), None)


def _is_torn(line: bytes) -> bool:
    """Whether this is the beginning of a line of ours, as it is left where a disk was full or a machine died."""
    if line.endswith(b"\n") or not line.startswith(b"{"):
        return False
    try:
        json.loads(line.rstrip(b"\0"))
    except (ValueError, RecursionError):
        return True
    return False


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
