"""`.env` in all the forms that it comes in, and what of it stops a command (contract 2.1)."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shema_cli.errors import InvalidUsage, NotConfigured
from shema_cli.settings import dotenv
from shema_cli.settings.dotenv import read_dotenv


def ours(name: str) -> bool:
    return name in ("REDIS_URL", "SERVICE_NAME")


def read(path: Path, *, required: bool = False) -> dict[str, str | None]:
    return dict(read_dotenv(path, ours, required=required))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / ".env"


@pytest.mark.parametrize(
    ("content", "values"),
    [
        (b"REDIS_URL=redis://h\n", {"REDIS_URL": "redis://h"}),
        (b"\xef\xbb\xbfREDIS_URL=redis://h\n", {"REDIS_URL": "redis://h"}),
        (b"REDIS_URL=redis://h\r\nSERVICE_NAME=x\r\n", {"REDIS_URL": "redis://h", "SERVICE_NAME": "x"}),
        (b"export REDIS_URL='redis://:p#w@h' # ours\n", {"REDIS_URL": "redis://:p#w@h"}),
        (b"# caf\xe9\nREDIS_URL=redis://h\n", {"REDIS_URL": "redis://h"}),
        (b"OTHER='never closed\nREDIS_URL=redis://h\n", {"REDIS_URL": "redis://h"}),
        (b"this is no line\nREDIS_URL=redis://h\n", {"REDIS_URL": "redis://h"}),
        (b'KEY="-----\nabc=\n-----"\nSERVICE_NAME=x\n', {"KEY": "-----\nabc=\n-----", "SERVICE_NAME": "x"}),
        (b"REDIS_URL\n", {}),
        (b"REDIS_URL=redis://h\nexport REDIS_URL\n", {"REDIS_URL": "redis://h"}),
        (b"", {}),
    ],
)
def test_what_is_read(file: Path, content: bytes, values: dict[str, str]) -> None:
    file.write_bytes(content)
    assert read(file) == values


@pytest.mark.parametrize(
    ("content", "line", "lost"),
    [
        (b"A=1\nREDIS_URL='redis://h\nB=2\n", 2, "REDIS_URL"),
        (b'\n\n# x\n\nREDIS_URL="redis://h\n', 5, "REDIS_URL"),
        (b"A='1\nREDIS_URL='redis://h'\n", 1, "REDIS_URL"),
        (b"A='1\nSERVICE_NAME=x\nC='\n", 1, "SERVICE_NAME"),
        (b"export SERVICE_NAME='a' b\n", 1, "SERVICE_NAME"),
        (b"REDIS_URL redis://h\n", 1, "REDIS_URL"),
        (b"A=1\nSERVICE_NAME=caf\xe9\n", 2, "SERVICE_NAME"),
    ],
)
def test_a_line_that_loses_a_setting_of_ours_stops_the_command(
    file: Path, content: bytes, line: int, lost: str, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_bytes(content)
    with pytest.raises(NotConfigured) as told:
        read(file)
    assert told.value.message.startswith(f"{file}, line {line}: ")
    assert lost in told.value.message
    assert "redis://" not in told.value.message
    assert caplog.text == "", "the library says nothing of its own"


@settings(deadline=None)  # a disk may take its time
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_told(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.mktemp("e") / ".env"
    file.write_bytes(content)
    try:
        read(file)
    except NotConfigured as told:
        assert ", line " in told.message  # noqa: PT017 - one or the other


def test_a_named_pipe_is_read_when_somebody_writes_into_it(file: Path) -> None:
    os.mkfifo(file)
    writer = threading.Thread(target=lambda: file.write_bytes(b"REDIS_URL=redis://" + b"h" * 100_000 + b"\n"))
    writer.start()
    assert read(file) == {"REDIS_URL": "redis://" + "h" * 100_000}
    writer.join(10)


def test_a_named_pipe_into_which_nobody_writes_is_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dotenv, "PIPE_S", 0.2)
    os.mkfifo(file)
    with pytest.raises(NotConfigured, match="it is a pipe, and nobody has written into it"):
        read(file)


@pytest.mark.parametrize("written", [b"REDIS_URL=redis://h\n", b""])
def test_what_a_shell_hands_over_is_read(written: bytes) -> None:
    """`--env-file <(…)`: the writer may have gone before we look."""
    reading, writing = os.pipe()
    os.write(writing, written)
    os.close(writing)
    try:
        assert read(Path(f"/dev/fd/{reading}"), required=True) == ({"REDIS_URL": "redis://h"} if written else {})
    finally:
        os.close(reading)


@pytest.mark.parametrize("piped", [False, True])
def test_a_file_that_is_too_long_is_told_and_nothing_of_it_is_taken(file: Path, piped: bool) -> None:
    content = b"REDIS_URL=redis://h\n" + b"#" * dotenv.MOST_BYTES
    if piped:
        os.mkfifo(file)
        writer = threading.Thread(target=lambda: _written_until_nobody_reads(file, content), daemon=True)
        writer.start()
    else:
        file.write_bytes(content)
    with pytest.raises(NotConfigured, match="longer than 1 MB"):
        read(file)


def _written_until_nobody_reads(file: Path, content: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):
        file.write_bytes(content * 3)


def test_what_is_not_there(tmp_path: Path) -> None:
    assert read(tmp_path / "none") == {}
    assert read(tmp_path) == {}
    for path in (tmp_path / "none", tmp_path, tmp_path / "none" / "x"):
        with pytest.raises(InvalidUsage, match="--env-file"):
            read(path, required=True)
