"""What a command reads from where it is told to: an argument's text, a file, or stdin."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from pathlib import Path
from typing import TextIO

from shema_cli.errors import InvalidUsage, NotFound


def read_given(given: str, stdin: TextIO, *, flag: str, most: int = -1) -> bytes:
    """The bytes of `TEXT|@FILE|-`; of a file or stdin at most the first `most`. For JSON, see `without_mark`.

    Raises InvalidUsage for a file that cannot be read.
    """
    if given == "-":
        return _from_stdin(stdin, most)
    if given.startswith("@"):
        return _from_file(given[1:], flag, most)
    return given.encode("utf-8", "surrogateescape")


_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?(?:([kmgt])(i?)b?|b)?", re.IGNORECASE)
_LARGEST = 1 << 60


def parse_size(text: str, flag: str) -> int:
    """Bytes in `500MB`, `2G`, `1.5GiB` or a bare number. Raises InvalidUsage, naming `flag`, for anything else."""
    found = _SIZE.fullmatch(text.strip())
    power = "kmgt".index(found[2].lower()) + 1 if found and found[2] else 0
    size = int(float(found[1]) * (1024 if found[3] else 1000) ** power) if found else 0
    if not 0 < size <= _LARGEST:
        raise InvalidUsage(
            "bad_size", f"{flag}: {text!r} is not a size", "write it as 500MB, 2GiB or a number of bytes"
        )
    return size


def without_mark(content: bytes) -> bytes:
    """Text without the byte order mark that editors put before it, and that is none of JSON's."""
    return content.removeprefix(BOM_UTF8)


def read_ids(name: str, stdin: TextIO) -> list[str]:
    """The ids of `--ids-file FILE|-`, one a line; empty lines and lines that begin with # are passed over.

    Raises InvalidUsage for a file that cannot be read, NotFound for one that names no ids.
    """
    content = _from_stdin(stdin) if name == "-" else _from_file(name, "--ids-file")
    lines = (line.strip() for line in content.decode("utf-8-sig", "surrogateescape").splitlines())
    ids = [line for line in lines if line and not line.startswith("#")]
    if not ids:
        source = "stdin" if name == "-" else name
        raise NotFound("no_ids", f"--ids-file: {source} names no ids; nothing was done", "write one id a line")
    return ids


def need_utf8(text: str, flag: str) -> str:
    """`text` itself. Raises InvalidUsage, naming the `flag` that it was given for, when it is not UTF-8."""
    from shema_cli.json_text import not_utf8  # not for `--help`

    if not_utf8(text):
        raise InvalidUsage("not_utf8", f"{flag}: {text!r} is not UTF-8", "type it in UTF-8")
    return text


def _from_stdin(stdin: TextIO, most: int = -1) -> bytes:
    binary = getattr(stdin, "buffer", None)
    content: bytes = binary.read(most) if binary else stdin.read().encode()
    return content


def _from_file(name: str, flag: str, most: int = -1) -> bytes:
    try:
        with Path(name).open("rb") as file:
            return file.read(most)
    except OSError as error:
        message = f"{flag}: {name} cannot be read: {error.strerror}"
        raise InvalidUsage("file_unreadable", message, "check the path") from error
