"""The body of a call: given as text, from a file, or from stdin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TextIO

from shema_cli.errors import InvalidUsage

LARGEST = 10 * 1024 * 1024


def read_body(given: str | None, stdin: TextIO, *, must_be_json: bool) -> bytes | None:
    """The bytes of `-d JSON|@FILE|-`, sent exactly so.

    Raises InvalidUsage when the file cannot be read, the body is longer than 10 MiB, or is not the JSON it must be.
    """
    if given is None:
        return None
    body = _content(given, stdin)
    if len(body) > LARGEST:
        raise InvalidUsage("body_too_long", f"-d: the body is longer than {LARGEST} bytes", "send less at once")
    if must_be_json:
        _check_json(body)
    return body


def _content(given: str, stdin: TextIO) -> bytes:
    if given == "-":
        return stdin.buffer.read(LARGEST + 1) if hasattr(stdin, "buffer") else stdin.read().encode()
    if not given.startswith("@"):
        return given.encode("utf-8", "surrogateescape")
    path = Path(given[1:])
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise InvalidUsage(
            "no_such_file", f"-d: {path} cannot be read: {error.strerror}", "check the path after the @"
        ) from error


def _check_json(body: bytes) -> None:
    try:
        json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidUsage(
            "bad_json", f"-d: the body is not JSON: {error}", "mend it, or name its type with -H 'Content-Type: …'"
        ) from None
