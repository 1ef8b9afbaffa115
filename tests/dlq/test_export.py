"""Dead letters as lines, out and in again, on a Redis in this process: any bytes, any copies, any order."""

from __future__ import annotations

import base64
import io
import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shema_cli.dlq import transfer
from shema_cli.dlq.letters.entry import entry_id
from shema_cli.dlq.letters.selection import EntrySelection
from shema_cli.dlq.transfer import (
    ExportedLines,
    ExportFailed,
    IdenticalEntries,
    Imported,
    NewFile,
    decode_line,
    encode_line,
    import_lines,
    readable,
    write_export,
)
from shema_cli.errors import Failed, InvalidUsage, NotFound, Refused
from tests.dlq.operator import operator_of
from tests.dlq.support import LIST, letter, push, runs_of, stored
from tests.support.in_process import InProcessClient, in_process
from tests.support.trail import ended
from tests.support.world import StillClock

ENTRIES = st.lists(st.binary(max_size=12) | st.text(max_size=8).map(str.encode) | st.just(letter(1)), max_size=12)


def exported(client: InProcessClient) -> list[bytes]:
    return list(ExportedLines(operator_of(client).store, EntrySelection(everything=True)))


def imported(client: InProcessClient, lines: list[bytes], *, dry_run: bool = False) -> Imported:
    return import_lines(operator_of(client), io.BytesIO(b"".join(lines)), yes_to=lambda new: None, dry_run=dry_run)


def test_only_what_ids_name_is_exported_and_nothing_where_one_names_nothing() -> None:
    with in_process() as client:
        push(client, [letter(1), letter(2), letter(3)])
        store = operator_of(client).store
        ids = (entry_id(letter(3)), entry_id(letter(1)))
        lines = list(ExportedLines(store, EntrySelection(ids)))
        assert [decode_line(line, 1)[0] for line in lines] == [letter(1), letter(3)]
        with pytest.raises(NotFound, match="no dead letter has the id ffffffff"):
            list(ExportedLines(store, EntrySelection((*ids, "ffffffff"))))


@given(st.binary(max_size=40), st.integers(1, 9))
def test_a_line_brings_back_every_byte_and_its_copy(raw: bytes, copy: int) -> None:
    line = encode_line(raw, copy)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert line.isascii()
    assert decode_line(line, 1) == (raw, copy)


@settings(deadline=None, max_examples=40)
@given(ENTRIES, st.data())
def test_an_import_fills_in_exactly_what_is_missing(raws: list[bytes], data: st.DataObject) -> None:
    """Also in a list that has some already: nothing is doubled, and what is there stays in its order."""
    client = in_process()
    if raws:
        push(client, raws)
    lines = exported(client)
    there = [raw for raw in raws if data.draw(st.booleans())]
    client.delete(LIST)
    if there:
        push(client, there)
    missing = len(raws) - len(there)
    assert imported(client, lines, dry_run=True) == Imported(0, len(there), missing)
    assert stored(client) == there
    assert imported(client, lines) == Imported(missing, len(there), missing)
    after = stored(client)
    assert Counter(after) == Counter(raws)
    assert after[: len(there)] == there
    if not there:
        assert after == raws
    assert imported(client, lines) == Imported(0, len(raws), 0)
    assert runs_of(client) == []


def test_an_import_is_audited_once_however_many_batches_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "PUSH_COUNT", 2)
    client = in_process()
    lines = [encode_line(letter(n)) for n in range(7)]
    assert imported(client, lines).imported == 7
    assert stored(client) == [letter(n) for n in range(7)]
    (entry,) = ended(client)
    assert (entry["action"], json.loads(entry["details"])["imported"]) == ("dlq.import", 7)


def test_batches_are_bounded_by_size_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "PUSH_BYTES", 10)
    batches = list(transfer._batches(iter([b"1234", b"567890", b"1", b"x" * 50, b"y"])))
    assert batches == [[b"1234", b"567890"], [b"1"], [b"x" * 50], [b"y"]]


def test_nobody_is_asked_where_there_is_nothing_new() -> None:
    client = in_process()
    push(client, [letter(1)])

    def asked(_: int) -> None:
        raise AssertionError("asked")

    result = import_lines(operator_of(client), io.BytesIO(encode_line(letter(1))), yes_to=asked, dry_run=False)
    assert result == Imported(0, 1, 0)


def test_a_no_imports_nothing() -> None:
    client = in_process()

    def no(new: int) -> None:
        raise Refused("refused", f"{new} were not imported")

    lines = encode_line(letter(1)) + b"\n" + encode_line(letter(2))
    with pytest.raises(Refused, match="2 were not"):
        import_lines(operator_of(client), io.BytesIO(lines), yes_to=no, dry_run=False)
    assert stored(client) == []


def test_of_two_imports_whoever_came_later_gives_way() -> None:
    client = in_process()
    operator = operator_of(client)
    store = operator.store
    store.join("aaaa", {"action": "dlq.import", "actorEmail": "bo@shema.test"})
    first = store.look().runs[0].lease_end_ms

    class Alive(StillClock):
        def sleep(self, seconds: float) -> None:
            while store.look().runs[0].lease_end_ms == first:
                store.renew("aaaa")
            super().sleep(seconds)

    source = io.BytesIO(encode_line(letter(1)))
    with pytest.raises(Refused, match=r"an import by bo@shema\.test is under way"):
        import_lines(replace(operator, clock=Alive()), source, yes_to=lambda new: None, dry_run=False)
    assert stored(client) == []


@pytest.mark.parametrize(
    "line",
    [
        b"x",
        b"[]",
        b"{}",
        b"null",
        b"5",
        b'{"id":"x"}',
        b'{"raw":5}',
        b'{"raw":"\\ud800"}',
        b'{"raw_b64":"*"}',
        b'{"raw":"a","copy":"x"}',
        b'{"raw":"a","copy":null}',
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_a_line_that_is_none_of_ours_is_named_by_its_number(line: bytes) -> None:
    with pytest.raises(InvalidUsage, match="line 7 is not a line of an export"):
        decode_line(line, 7)
    client = in_process()
    with pytest.raises(InvalidUsage, match="line 3 is"):
        imported(client, [encode_line(letter(1)), b"  \n", line])
    assert stored(client) == []


def test_a_line_whose_bytes_were_altered_is_not_taken() -> None:
    line = json.loads(encode_line(b"\xff\x00"))
    with pytest.raises(InvalidUsage, match="line 1 was altered"):
        decode_line(json.dumps(line | {"raw_b64": base64.b64encode(b"\xff\x01").decode()}).encode(), 1)
    without = {"raw": "abc"}  # written by hand: the id is not needed
    assert decode_line(json.dumps(without).encode(), 1) == (b"abc", 1)


@given(st.lists(st.tuples(st.sampled_from([b"a", b"b"]), st.booleans()), max_size=20))
def test_copies_are_numbered_without_a_gap_also_after_some_were_taken_back(steps: list[tuple[bytes, bool]]) -> None:
    copies, there = IdenticalEntries(), Counter[bytes]()
    for raw, taken_back in steps:
        there[raw] += 1
        assert copies.number(raw) == there[raw]
        if taken_back:
            copies.take_back(raw)
            there[raw] -= 1


def test_copies_have_their_number_and_the_first_has_none() -> None:
    client = in_process()
    push(client, [b"a", b"b", b"a", b"a"])
    lines = [json.loads(line) for line in exported(client)]
    assert [(line["raw"], line.get("copy")) for line in lines] == [("a", None), ("b", None), ("a", 2), ("a", 3)]
    assert lines[0]["id"] == entry_id(b"a")


# -- files -----------------------------------------------------------------------------------------------------------


def test_an_export_that_breaks_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "letters"
    write_export(path, [b"1\n", b"2\n"], force=False)
    assert path.stat().st_mode & 0o077 == 0

    def breaking() -> io.BytesIO:
        raise OSError(28, "No space left on device")

    with pytest.raises(Failed, match="No space left"):
        write_export(path, (breaking().read() for _ in range(1)), force=True)
    assert path.read_bytes() == b"1\n2\n"
    assert [one.name for one in tmp_path.iterdir()] == ["letters"]


def test_a_new_file_is_never_an_old_one(tmp_path: Path) -> None:
    with NewFile(tmp_path / "x") as file:
        file.append(b"1")
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600
    with pytest.raises(InvalidUsage, match="exists already"):
        NewFile(tmp_path / "x")
    (tmp_path / "dangling").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidUsage, match="exists already"):
        NewFile(tmp_path / "dangling")
    with pytest.raises(Failed, match="cannot be written"):
        NewFile(tmp_path / "no" / "folder")
    with NewFile(tmp_path / "empty"):
        pass
    assert not (tmp_path / "empty").exists()


def test_stdin_can_be_read_twice(tmp_path: Path) -> None:
    with readable("-", io.TextIOWrapper(io.BytesIO(b"a\nb\n"))) as source:
        assert [source.read(), source.seek(0), source.read()] == [b"a\nb\n", 0, b"a\nb\n"]
    with pytest.raises(InvalidUsage, match="cannot be read"), readable(str(tmp_path / "none"), io.StringIO()):
        pass


def test_what_cannot_be_written_whole_leaves_nothing_of_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = [9]

    def write(handle: int, content: memoryview) -> int:
        """A disk that is full after so many bytes."""
        some = bytes(content[: min(room[0], 4)])
        if not some:
            raise OSError(28, "No space left on device")
        room[0] -= len(some)
        return real(handle, some)

    real = os.write
    monkeypatch.setattr(os, "write", write)
    with NewFile(tmp_path / "x") as file:
        file.append(b"12345\n")
        with pytest.raises(ExportFailed, match="No space left on device"):
            file.append(b"67890\n")
        assert file.tell() == 6
        room[0] = 100
        file.append(b"abc\n")
    assert (tmp_path / "x").read_bytes() == b"12345\nabc\n"


def test_a_link_is_written_through_and_stays_a_link(tmp_path: Path) -> None:
    link, real = tmp_path / "link", tmp_path / "real"
    real.write_text("old")
    link.symlink_to(real)
    with pytest.raises(InvalidUsage, match="exists already"):
        write_export(link, [b"1\n"], force=False)
    write_export(link, [b"1\n"], force=True)
    assert (link.is_symlink(), real.read_bytes()) == (True, b"1\n")
    (tmp_path / "dangling").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidUsage, match="exists already"):
        write_export(tmp_path / "dangling", [b"1\n"], force=False)


@pytest.mark.parametrize("torn_after", [1, 5, 30, -2])
def test_a_line_that_was_torn_off_is_left_out_with_a_warning(torn_after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    client = in_process()
    operator = operator_of(client)
    warned: list[str] = []
    monkeypatch.setattr(operator.person, "warn", warned.append)
    content = encode_line(letter(1)) + encode_line(letter(2)) + encode_line(letter(3))[:torn_after]
    result = import_lines(operator, io.BytesIO(content), yes_to=lambda new: None, dry_run=False)
    assert (result.imported, stored(client)) == (2, [letter(1), letter(2)])
    assert warned == ["line 3, the last one, was torn off in the middle: its entry cannot be imported"]


def test_a_last_line_without_its_end_is_whole_and_a_torn_one_elsewhere_is_an_error() -> None:
    client = in_process()
    assert imported(client, [encode_line(letter(1)).rstrip(b"\n")]).imported == 1
    for lines in ([encode_line(letter(2))[:20] + b"\n"], [encode_line(letter(2))[:20] + b"\n", encode_line(letter(3))]):
        with pytest.raises(InvalidUsage, match="line 1 is not a line of an export"):
            imported(client, lines)
